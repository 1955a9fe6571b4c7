"""The Flask side: REST now, screens later."""
