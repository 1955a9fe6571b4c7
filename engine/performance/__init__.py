"""How the plant performs: what stood, for how long, and why."""
