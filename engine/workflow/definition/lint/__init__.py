"""What is wrong with a bundle before it runs: errors refuse it, warnings are shown.

Each finding names element, rule and cure. An error is what cannot run as drawn or is unsafe. Every
rule is a row of `docs/reference/bpmn-coverage.md` or `docs/reference/lint.md`.
"""

from engine.workflow.definition.lint.bundle import lint, missing_items, refused
from engine.workflow.definition.lint.changes import changes
from engine.workflow.definition.lint.known import Known

__all__ = ["Known", "changes", "lint", "missing_items", "refused"]
