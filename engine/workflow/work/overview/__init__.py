"""Instances seen from above: where they stand, which way they took, what they hold."""
