"""What machines say unasked: states, counts, cycles, measurements, alarms, readings."""
