"""The process on the machines' side, and its tools."""
