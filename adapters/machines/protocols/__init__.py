"""What machines speak: one module each, with a class `Machine` that is an `Adapter`."""
