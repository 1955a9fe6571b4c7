"""A running instance in memory: its tokens, and how they move to the next rest."""
