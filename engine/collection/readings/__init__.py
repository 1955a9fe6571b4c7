"""Readings: the telemetry of machines, in a file and behind a door of their own."""
