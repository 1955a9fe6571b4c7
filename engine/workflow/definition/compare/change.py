"""One change between two versions, and what is compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from engine.workflow.definition.decisions import Decision
from engine.workflow.definition.model import ProcessModel
from forms.compiler import Form


class Kind(StrEnum):
    """How an element differs; `moved` is a change of the drawing alone."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


class Subject(StrEnum):
    """What a change is about."""

    STEP = "step"
    FLOW = "flow"
    CONDITION = "condition"
    ROLE = "role"
    FORM = "form"
    LIMIT = "limit"
    WORK = "work"
    TIME = "time"
    EVENT = "event"
    LOOP = "loop"
    CALL = "call"
    DECISION = "decision"
    LAYOUT = "layout"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `element` is its id on the canvas, `label` what people call it.

    Args:
        part: what of the element: a form's field, a decision's rule; empty for the element itself.
        before, after: in words, None where there is nothing.
        implied: whether another change says it already, as the flows of an added step.
    """

    element: str
    kind: Kind
    subject: Subject
    sentence: str
    label: str = ""
    part: str = ""
    before: str | None = None
    after: str | None = None
    implied: bool = False

    def as_item(self) -> dict[str, object]:
        """The change as the API shows it."""
        return {
            "element": self.element,
            "kind": str(self.kind),
            "subject": str(self.subject),
            "sentence": self.sentence,
            "label": self.label,
            "part": self.part,
            "before": self.before,
            "after": self.after,
            "implied": self.implied,
        }


Place = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two versions that are compared.

    Args:
        forms, decisions: its own, and those that it pins or would pin.
        pinned: (kind, key) -> "process key, version number" of what comes from another bundle.
        places: where shapes are drawn: x, y, width, height by element.
    """

    processes: Mapping[str, ProcessModel]
    forms: Mapping[str, Form]
    decisions: Mapping[str, Decision]
    pinned: Mapping[tuple[str, str], str] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
