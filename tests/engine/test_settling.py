"""What one command costs in an instance with many items: about as much per item as with few.

Counted in calls of functions, which no other work on the machine slows down.
"""

import sys
from datetime import UTC, datetime
from decimal import Decimal
from types import FrameType

import pytest

from engine.kernel.store.uow import Uow
from engine.workflow.definition.plan import make_plan
from engine.workflow.definition.reading.dialect import read_bpmn
from engine.workflow.execution.advance import Advance
from engine.workflow.execution.openings import Site
from tests.support import diagrams as d

NOW = datetime(2026, 11, 24, tzinfo=UTC)
FEW, MANY = 40, 320
GOES = "go == 1"

WAIT = (d.start("s"), d.catch("c", condition=GOES), d.end("e"), "s -> c -> e")
WORK = (d.start("s"), d.user("u"), d.end("e"), "s -> u -> e")
ITEMS = {
    "catch": WAIT,
    "boundary": (*WORK, d.boundary("b", "u", condition=GOES), d.end("f"), "b -> f"),
    "beside": (*WORK, d.boundary("b", "u", False, condition=GOES), d.end("f"), "b -> f"),
    "handler": (
        *WORK,
        d.event_subprocess(
            "h", d.start("hs", condition=GOES), d.plain("x"), d.end("he"), "hs -> x -> he"
        ),
    ),
    "join": (
        *WAIT[:2],
        d.parallel("split", "join"),
        d.plain("x"),
        d.end("e"),
        "s -> split -> c -> join -> e",
        "split -> x -> join",
    ),
}


def calls(item: tuple[str, ...], number: int) -> int:
    """Calls of functions until so many items, each waiting for the same, have gone on."""
    several = d.subprocess("items", *item, loop=d.times(number))
    drawn = d.process(d.start(), several, d.end(), "start -> items -> end")
    plan = make_plan(read_bpmn(drawn).processes[0], {}, {}, {})
    uow = Uow(None, "sqlite", NOW)
    advance = Advance(uow, plan, None, Site(lambda: UTC))
    start = plan.model.plain_start
    assert start is not None
    advance.begin(start, {"go": Decimal(0)}, "ana")
    waiting, counted = len(advance.root.tokens()), 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        advance.change({"go": Decimal(1)}, "as agreed", "ana")
    finally:
        sys.setprofile(before)
    assert len([s for s in advance.outcome.steps if s.element in ("c", "b", "hs")]) == number
    assert waiting > 2 * number
    return counted


@pytest.mark.parametrize("kind", ITEMS)
def test_many_items_whose_conditions_come_true_cost_as_much_each_as_few(kind: str) -> None:
    few, many = calls(ITEMS[kind], FEW), calls(ITEMS[kind], MANY)
    assert many / MANY < 1.2 * few / FEW
