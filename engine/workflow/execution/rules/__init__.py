"""The rules of single elements: choices, joins, loops, events; each moves the run in progress."""
