"""Downtimes: when a unit stood longer than it may, and the reasons people give."""
