"""The commands of the shell, one module per group; the one place that imports all."""
