"""Machines as YAML files: read, checked, and told what is wrong with file, line and cure."""
