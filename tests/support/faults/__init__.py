"""Diagrams with one fault each: the rule that finds it, the element, and the parts."""

from tests.support.faults import events, flows, reading, tasks

ERRORS = [*reading.ERRORS, *events.ERRORS, *flows.ERRORS, *tasks.ERRORS]
WARNINGS = [*reading.WARNINGS, *events.WARNINGS, *flows.WARNINGS, *tasks.WARNINGS]

__all__ = ["ERRORS", "WARNINGS"]
