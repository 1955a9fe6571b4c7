"""A diagram with the process that it calls, and what was drawn in it."""

import random
from collections import Counter
from dataclasses import dataclass

from tests.support import diagrams as d
from tests.support.random_diagrams.blocks import Blocks
from tests.support.random_diagrams.pen import Level


@dataclass(frozen=True)
class Drawn:
    """A random diagram: `main` may call `called`."""

    seed: int
    main: str
    called: str
    diagrams: dict[str, bytes]
    features: Counter[str]


def draw(seed: int) -> Drawn:
    """The diagram of a seed."""
    choose = random.Random(seed)
    called, main = f"s{seed}c", f"s{seed}m"
    inner, outer = Blocks(choose, called), Blocks(choose, main, called)
    diagrams = {called: _document(inner, called), main: _document(outer, main)}
    features = outer.features
    if "call activity" in features:
        features = features + inner.features
    return Drawn(seed, main, called, diagrams, features)


def _document(pen: Blocks, key: str) -> bytes:
    level = Level()
    begin = pen.name("start")
    level.parts.append(d.start(begin))
    last = pen.plain(begin, level) if pen.chance(0.5) else begin
    last = pen.sequence(last, level)
    pen.ending(last, level, inside=bool(pen.called is None))
    if pen.chance(0.6):
        pen.handlers(level)
    return d.process(*level.parts, key=key)


EVENTS = ("timer", "message", "signal", "conditional", "escalation")
HOW = ("interrupting", "non-interrupting")
# What the coverage page names, and what must stand in what.
FEATURES = (
    "job",
    "function",
    "decision",
    "receive task",
    "send task with topic",
    "send task with message",
    "subprocess",
    "call activity",
    "call activity with mappings",
    "data object",
    "exclusive block",
    "parallel block",
    "inclusive block",
    "inclusive join of a parallel split",
    "event-based gateway",
    "receive task behind an event-based gateway",
    "gateway that joins and splits",
    "implicit split",
    "implicit split of an event",
    "implicit merge",
    "conditional flow",
    "loop",
    "standard loop",
    "standard loop tested before",
    "standard loop with a cap",
    "sequential multi-instance",
    "parallel multi-instance",
    "multi-instance over a collection",
    "multi-instance over a number",
    "multi-instance output",
    "completion condition",
    "subprocess in a loop",
    "optional message",
    "correlation",
    *(f"timer {kind}" for kind in ("duration", "date", "cycle")),
    *(f"throw {kind}" for kind in ("none", "message", "signal", "escalation", "link")),
    *(f"catch {kind}" for kind in ("timer", "message", "signal", "conditional")),
    *(f"end {kind}" for kind in ("none", "message", "signal", "escalation", "error", "terminate")),
    *(f"boundary {kind}, {how}" for kind in EVENTS for how in HOW),
    "boundary error",
    "boundary error for every code beside one with a code",
    *(f"event subprocess {kind}, {how}" for kind in EVENTS for how in HOW),
    "event subprocess error",
    "nesting of three and more",
    "loop in a parallel block",
    "loop in an inclusive block",
    "end in a parallel block",
    "end in an inclusive block",
    "parallel block in loop",
    "inclusive block in loop",
    "parallel block in inclusive",
    "inclusive block in parallel",
    "inclusive block in inclusive",
    "subprocess in parallel",
    "subprocess in inclusive",
    "subprocess in subprocess",
    "call activity in subprocess",
    "event-based gateway in subprocess",
)
