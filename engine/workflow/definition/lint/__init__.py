"""What is wrong with a bundle before it runs: errors refuse it, warnings are shown.

Each finding names element, rule and cure. An error is what cannot run as drawn or is unsafe.
"""

from engine.workflow.definition.lint.checks import Known, lint, missing_items, refused

__all__ = ["Known", "lint", "missing_items", "refused"]
