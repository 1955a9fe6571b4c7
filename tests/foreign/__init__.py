"""Diagrams that nobody here drew: deployed and walked, or refused, each one by name.

    ROUTECARD_TEST_DIAGRAMS=folder python -m tests.foreign

What is in the folder, and what came of it: `docs/reference/foreign-diagrams.md`.
"""
