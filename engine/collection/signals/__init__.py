"""Signals: the rows of a gateway, and what each of them does."""
