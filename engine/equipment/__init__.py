"""The equipment: its hierarchy, classes and states, and which job goes to which unit."""
