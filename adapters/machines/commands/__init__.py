"""Jobs on their way to a machine: exactly once where the machine allows it."""
