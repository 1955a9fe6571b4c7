"""Who counts: the machine, a person, or both; and what people say to a counter that jumped."""

from typing import Any

import pytest

from engine.collection import counting
from engine.collection.counting import Counted, CountedByMachine, NothingToConfirm
from engine.kernel.errors import Invalid, NotFound
from engine.kernel.store import Store
from tests.engine.test_access import trail
from tests.support.telling import BUILDER, Teller, work_unit


def counted_by(store: Store, counts: str) -> Teller:
    work_unit(store, counts=counts)
    return Teller(store)


def enter(press: Teller, **counted: Any) -> dict[str, Any]:
    found: dict[str, Any] = press.store.run(
        counting.enter, unit=press.unit, counted=Counted(**counted), actor=BUILDER
    )
    return found


def test_nobody_counts_where_the_machine_does(store: Store) -> None:
    press = counted_by(store, "machine")
    with pytest.raises(CountedByMachine, match="person or both"):
        enter(press, good=5)
    assert press.counts() == []


def test_what_the_machine_counts_is_kept_where_a_person_does(store: Store) -> None:
    press = counted_by(store, "person")
    press.send(press.count(10), press.count(17))
    enter(press, good=6, scrap=1, note="one dropped")
    assert press.sums() == {
        "machine": {"good": 7, "scrap": 0},
        "person": {"good": 6, "scrap": 1},
        "counted": {"good": 6, "scrap": 1},
    }


def test_both_are_kept_apart(store: Store) -> None:
    press = counted_by(store, "both")
    press.send(press.count(10), press.count(17))
    enter(press, good=6)
    assert press.sums() == {
        "machine": {"good": 7, "scrap": 0},
        "person": {"good": 6, "scrap": 0},
        "counted": {"good": 7, "scrap": 0},
    }
    entries = trail(store, action="count.entered")
    assert [(e["actor"], e["subject"]) for e in entries] == [("bea", "equipment:PRESS-1")]


def test_a_machine_without_a_network_is_served_by_readings(store: Store) -> None:
    saw = counted_by(store, "person")
    first = enter(saw, reading_start=1000, reading_end=1040, scrap=3)
    assert (first["good"], first["scrap"], first["gap"]) == (37, 3, None)
    second = enter(saw, reading_start=1042, reading_end=1050)
    assert (second["good"], second["gap"]) == (8, 2)
    assert saw.made() == (45, 3)


@pytest.mark.parametrize(
    ("counted", "field"),
    [
        ({}, "good"),
        ({"scrap": 2}, "good"),
        ({"reading_start": 5}, "reading_end"),
        ({"reading_end": 5, "good": 1}, "reading_start"),
        ({"reading_start": 5, "reading_end": 4}, "reading_end"),
        ({"reading_start": 5, "reading_end": 9, "scrap": 5}, "scrap"),
        ({"reading_start": 5, "reading_end": 9, "scrap": 1, "good": 4}, "good"),
    ],
)
def test_figures_that_contradict_each_other(
    store: Store, counted: dict[str, int], field: str
) -> None:
    saw = counted_by(store, "person")
    with pytest.raises(Invalid) as refused:
        enter(saw, **counted)
    assert [e.pointer for e in refused.value.errors] == [f"/{field}"]
    assert saw.counts() == []


def test_a_jump_counts_when_somebody_confirms_it(store: Store) -> None:
    press = counted_by(store, "machine")
    press.send(press.count(10), press.count(5_010), press.count(5_012))
    assert press.made() == (2, 0)
    [jump] = press.present()["jumps"]
    assert (jump["asked"], jump["open"], jump["good"]) == (5_000, True, 0)
    how = {"unit": press.unit, "count": jump["id"], "reason": "weighed", "actor": BUILDER}
    done = store.run(counting.confirm, good=180, **how)
    assert (done["good"], done["open"], done["confirmed_by"]) == (180, False, "bea")
    assert press.made() == (182, 0)
    assert press.present()["jumps"] == []
    with pytest.raises(NothingToConfirm):
        store.run(counting.confirm, good=5_000, **how)
    [entry] = trail(store, action="count.confirmed")
    assert entry["detail"]["asked"] == 5_000


def test_only_a_jump_of_this_unit_can_be_confirmed(store: Store) -> None:
    press = counted_by(store, "machine")
    work_unit(store, "PRESS-2")
    press.send(press.count(10), press.count(15))
    plain = press.counts()[0]["id"]
    how = {"good": 1, "reason": "a test", "actor": BUILDER}
    with pytest.raises(NothingToConfirm):
        store.run(counting.confirm, unit="PRESS-1", count=plain, **how)
    for unit, count in (("PRESS-2", plain), ("PRESS-1", "none"), ("PRESS-3", plain)):
        with pytest.raises(NotFound):
            store.run(counting.confirm, unit=unit, count=count, **how)
    assert press.made() == (5, 0)
