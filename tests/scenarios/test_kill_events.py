"""The server is killed while instances talk to each other: each word arrives, and arrives once.

The long form is tests/soak/test_kill_events.py.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios.test_kill import empty_postgresql, empty_sqlite, integrity
from tests.support.ledger import Entry, Instance
from tests.support.siege import IN_FLIGHT, Steps
from tests.support.siege_events import CHILD, PARENT, WATCHERS, EventSiege, Plant, event_faults

__all__ = ["empty_postgresql", "empty_sqlite"]
SEED = 20_261_124
KILLS = 6


@pytest.mark.parametrize("database", ["empty_sqlite", "empty_postgresql"])
def test_what_instances_tell_each_other_arrives_once(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with EventSiege(request.getfixturevalue(database), tmp_path, SEED) as siege:
        besiege(siege, KILLS)
    if database == "empty_sqlite":
        assert integrity(tmp_path / "plant.db") == ["ok"]


def besiege(siege: EventSiege, kills: int) -> None:
    """Kill the server so many times, let the clients finish, then compare."""
    siege.start()
    for _ in range(kills):
        siege.kill()
        siege.restart()
    siege.finish()
    siege.settle()
    print(siege)  # noqa: T201  the seed, for whoever has to look into a failure
    assert event_faults(siege.ledger.entries(), siege.found()) == []
    assert siege.incidents() == []
    assert len(siege.kills) == kills
    assert min(siege.kills) >= IN_FLIGHT


# ---- the check can fail ----

VALUES = {"begin": "B", "prepare": "P", "make": "M", "finish": "F"}
TOLD = [Entry("WO-1", element, value) for element, value in VALUES.items()]
CAST = [Entry("C-1", "shift", "S"), Entry("C-1", "hold", "H")]
REMIND = (("remind", None), ("reminded", None))


def instances(state: str, *steps: tuple[str, str | None], number: int = 1) -> list[Instance]:
    """So many alike."""
    return [Instance(state, steps)] * number


def good() -> dict[tuple[str, str | None], list[Instance]]:
    """A plant that agrees with what was told."""
    left = {"begin": "B", "prepare": "P", "made": "M", "finish": "F", "wanted": "P", "make": "M"}
    seen = (("begin", None), ("shift", "S"), ("seen", None), ("lamp", "F"), ("seen", None))
    found: dict[tuple[str, str | None], list[Instance]] = {
        ("parent", "WO-1"): instances("completed", *((e, left.get(e)) for e in PARENT)),
        ("child", "WO-1"): instances("completed", *((e, left.get(e)) for e in CHILD)),
        ("record", None): instances("completed", ("shift", "S"), ("done", None)),
        ("holding", "C-1"): instances("active", ("begin", None), *REMIND),
    }
    watching = {("watching", f"W-{n}"): instances("active", *seen) for n in range(WATCHERS)}
    return found | watching


def test_a_good_plant_has_no_faults() -> None:
    assert event_faults([*TOLD, *CAST], good()) == []


def _again(key: tuple[str, str | None]) -> Callable[[Plant], Plant]:
    return lambda plant: {**plant, key: plant[key] * 2}


def _steps(
    key: tuple[str, str | None], change: Callable[[Steps], Steps]
) -> Callable[[Plant], Plant]:
    def changed(plant: Plant) -> Plant:
        [one] = plant[key]
        return {**plant, key: [Instance(one.state, change(one.steps))]}

    return changed


FAULTS: dict[str, Callable[[Plant], Plant]] = {
    "a child started twice": _again(("child", "WO-1")),
    "a child lost": lambda plant: {k: v for k, v in plant.items() if k[0] != "child"},
    "a start by a broadcast done twice": _again(("record", None)),
    "an answer twice": _steps(("parent", "WO-1"), lambda s: (*s, ("made", "M"))),
    "an answer lost": _steps(("parent", "WO-1"), lambda s: (*s[:3], *s[4:])),
    "a broadcast twice": _steps(("watching", "W-7"), lambda s: (*s, ("shift", "S"), s[2])),
    "a broadcast lost": _steps(("watching", "W-7"), lambda s: (s[0], *s[3:])),
    "a thrown signal lost": _steps(("watching", "W-7"), lambda s: s[:3]),
    "a reminder too many": _steps(("holding", "C-1"), lambda s: (*s, *REMIND * 3)),
    "no reminder": _steps(("holding", "C-1"), lambda s: s[:1]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_check_finds(fault: str) -> None:
    assert event_faults([*TOLD, *CAST], FAULTS[fault](good()))
