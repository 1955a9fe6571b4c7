"""What a controls engineer does before a machine is connected: look, compare, trust."""
