"""Dry runs: an instance apart, on a draft too, in which a person says what comes of each step."""
