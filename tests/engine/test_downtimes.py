"""Downtimes from what machines say to what people make of them, with all that was before."""

import random
from itertools import pairwise
from typing import Any

import pytest

from engine.equipment import commands as equipment
from engine.equipment.commands import Changes
from engine.kernel.errors import Invalid, Stale
from engine.kernel.ids import new_id
from engine.kernel.store import Store
from engine.performance.downtimes import commands, queries, reasons
from engine.performance.downtimes.commands import DowntimeWithdrawn, NotNeighbours
from engine.performance.downtimes.reasons import Reason, ReasonExists
from engine.performance.downtimes.rows import DowntimeNotFound
from tests.support.clock import ManualClock
from tests.support.fixtures import database, store
from tests.support.press import ANA, BEN, Item, Press

__all__ = ["database", "store"]


@pytest.fixture
def press(store: Store, clock: ManualClock) -> Press:
    return Press(store, clock)


# ---- opened and ended ----


def test_a_unit_that_stands_longer_than_it_may_has_a_downtime(press: Press) -> None:
    press.says("running", 0)
    press.says("idle", 10)
    assert press.at(69).times() == []
    assert press.at(70).times() == [(10, None)]
    item = press.only()
    assert (item["state"], item["open"], item["unexplained"]) == ("idle", True, True)
    assert (item["seconds"], item["reason"], item["by_hand"]) == (60, None, False)
    press.says("running", 100)
    assert press.at(101).times() == [(10, 100)]
    assert press.only()["seconds"] == 90
    assert press.detail(item)["changes"] == []


def test_looking_is_done_only_when_there_is_something_to_see(press: Press) -> None:
    assert press.look() == 0
    press.says("idle", 0)
    assert press.look() == 1
    assert press.look() == 0
    press.at(60)
    assert press.times() == [(0, None)]
    press.until(9_000)
    assert press.look() == 0


def test_one_stop_whatever_it_is_called(press: Press) -> None:
    for state, at in (("running", 0), ("idle", 10), ("down", 50), ("maintenance", 65)):
        press.says(state, at)
        press.at(at)
    press.says("setup", 80)
    assert press.at(80).times() == [(10, 80)]
    assert press.only()["state"] == "idle"


def test_what_came_late_counts_as_what_came_in_time(press: Press) -> None:
    """The network was away: a stop shows up when it was long over."""
    press.says("running", 0)
    press.says("running", 5_000)
    press.at(5_000)
    press.says("down", 1_000)
    press.says("running", 1_200)
    assert press.at(5_001).times() == [(1_000, 1_200)]


def test_late_news_correct_it_and_keep_what_was(press: Press) -> None:
    press.says("idle", 0)
    press.says("running", 300)
    item = press.at(300).only()
    press.says("running", 100)
    press.says("idle", 200)
    press.at(301)
    assert press.times() == [(0, 100), (200, 300)]
    [change] = press.detail(item)["changes"]
    assert (change["action"], change["actor"]) == ("moved", "system:downtimes")
    assert change["before"]["ended"] == item["ended"]


def test_a_stop_that_was_none_is_withdrawn_and_not_forgotten(press: Press) -> None:
    press.says("unknown", 0)
    press.says("running", 300)
    item = press.at(300).only()
    press.says("running", 1)
    press.at(301)
    assert press.times() == []
    assert press.times(withdrawn=True) == [(0, 300)]
    with pytest.raises(DowntimeWithdrawn, match="turned out to be none"):
        press.explain(item, "connection")


def test_a_stop_of_weeks_is_one(press: Press) -> None:
    press.says("off", 0)
    assert press.at(60).times() == [(0, None)]
    press.says("unknown", 20 * 86_400)
    press.at(20 * 86_400)
    press.says("running", 30 * 86_400)
    assert press.at(30 * 86_400).times() == [(0, 30 * 86_400)]


def test_thresholds_and_units_out_of_use(press: Press) -> None:
    def change(**values: Any) -> None:
        press.store.run(equipment.change, code=press.unit, changes=Changes(values), actor=ANA)

    change(enabled=False)
    press.says("idle", 0)
    assert press.at(100).times() == []
    change(enabled=True, downtime_after_seconds=None)
    assert press.at(200).times() == []
    change(downtime_after_seconds=201)
    assert press.at(200).times() == []
    assert press.at(201).times() == [(0, None)]


def test_what_is_out_of_use_takes_its_units_along(press: Press) -> None:
    def hall(**values: Any) -> None:
        press.store.run(equipment.change, code="LINE-1", changes=Changes(values), actor=ANA)

    about = Changes({"name": "Line 1"})
    press.store.run(equipment.create, code="LINE-1", level="work_center", about=about, actor=ANA)
    above = Changes({"parent": "LINE-1"})
    press.store.run(equipment.change, code=press.unit, changes=above, actor=ANA)
    hall(enabled=False)
    press.says("idle", 0)
    assert press.at(100).times() == []
    hall(enabled=True)
    assert press.at(100).times() == [(0, None)]


def test_units_do_not_mix(press: Press, store: Store, clock: ManualClock) -> None:
    other = Press(store, clock, "PRESS-2")
    press.says("idle", 0)
    other.says("running", 0)
    other.says("down", 20)
    press.at(80)
    assert (press.times(), other.times()) == ([(0, None)], [(20, None)])
    everything = store.read(queries.downtime_list, site=1, limit=1)
    [first] = everything["items"]
    rest = store.read(queries.downtime_list, site=1, limit=1, cursor=everything["next"])
    assert [first["unit"], rest["items"][0]["unit"]] == ["PRESS-2", "PRESS-1"]
    assert rest["next"] is None


# ---- explained ----


def stopped(press: Press, *spans: tuple[float, float]) -> list[Item]:
    """Let the press stand in these spans; its downtimes, the earliest first."""
    press.says("running", 0)
    for began, ended in spans:
        press.says("down", began)
        press.says("running", ended)
    return press.at(spans[-1][1]).shown()[::-1]


def test_a_reason_is_given_and_given_anew(press: Press) -> None:
    [item] = stopped(press, (10, 100))
    said = press.explain(item, "tool_broken", note="Insert chipped")
    assert (said["reason"], said["reason_name"]) == ("tool_broken", "Technical · Tool broken")
    assert (said["unexplained"], said["explained_by"], said["planned"]) == (False, "ana", False)
    assert press.shown(unexplained=True) == []
    again = press.explain(said, "cleaning", BEN, expected=str(said["revision"]))
    assert (again["planned"], again["explained_by"], again["note"]) == (True, "ben", None)
    second, first = press.detail(item)["changes"]
    assert (first["before"]["reason"], first["actor"]) == (None, "ana")
    assert (second["before"]["reason"], second["before"]["note"]) == (
        *("tool_broken", "Insert chipped"),
    )
    gone = press.explain(again, None)
    assert (gone["unexplained"], gone["explained_by"]) == (True, None)


def test_the_same_again_changes_nothing(press: Press) -> None:
    [item] = stopped(press, (10, 100))
    said = press.explain(item, "cleaning")
    assert press.explain(said, "cleaning") == said


def test_who_saw_an_older_one_does_not_overwrite(press: Press) -> None:
    [item] = stopped(press, (10, 100))
    seen = str(item["revision"])
    press.explain(item, "cleaning", expected=seen)
    with pytest.raises(Stale):
        press.explain(item, "break", BEN, expected=seen)
    with pytest.raises(Stale):
        press.split(item, 50, expected=seen)
    assert press.only()["reason"] == "cleaning"


def test_a_group_is_no_reason(press: Press) -> None:
    [item] = stopped(press, (10, 100))
    with pytest.raises(Invalid, match=r"choose one of .*tool_broken"):
        press.explain(item, "technical")
    with pytest.raises(Invalid, match="no reason 'bad_luck'"):
        press.explain(item, "bad_luck")
    with pytest.raises(DowntimeNotFound):
        press.store.run(commands.explain, key=new_id(), reason="break", note=None, actor=ANA)


# ---- split and merged ----


def test_one_that_goes_on_is_split(press: Press) -> None:
    press.says("down", 0)
    item = press.at(100).only()
    press.explain(item, "tool_broken")
    first, second = press.split(item, 40)
    assert (first["reason"], first["open"], first["by_hand"]) == ("tool_broken", False, True)
    assert (second["reason"], second["open"], second["by_hand"]) == (None, True, True)
    press.says("running", 200)
    assert press.at(200).times() == [(0, 40), (40, 200)]
    press.says("down", 300)
    assert press.at(400).times() == [(0, 40), (40, 200), (300, None)]


@pytest.mark.parametrize("at", [10, 100, 5, 200])
def test_a_split_is_within(press: Press, at: float) -> None:
    [item] = stopped(press, (10, 100))
    with pytest.raises(Invalid, match="Choose an instant after"):
        press.split(item, at)


def test_late_news_leave_what_a_person_drew(press: Press) -> None:
    [item] = stopped(press, (10, 200))
    press.split(item, 100)
    press.says("running", 150)
    press.says("down", 160)
    assert press.at(201).times() == [(10, 100), (100, 200)]


def test_neighbours_are_merged(press: Press) -> None:
    first, second = stopped(press, (10, 100), (110, 200))
    press.explain(second, "tool_worn")
    merged = press.merge(first, second)
    assert press.times() == [(10, 200)]
    assert (merged["reason"], merged["seconds"], merged["by_hand"]) == ("tool_worn", 190, True)
    gone = press.detail(second)
    assert gone["merged_into"] == first["id"]
    assert [change["action"] for change in press.detail(first)["changes"]] == ["merged"]
    with pytest.raises(DowntimeWithdrawn, match="merged into another"):
        press.merge(second, first)
    press.says("running", 300)
    assert press.at(300).times() == [(10, 200)]


def test_only_neighbours_are_merged(press: Press, store: Store, clock: ManualClock) -> None:
    first, _, third = stopped(press, (10, 100), (110, 200), (210, 300))
    other = Press(store, clock, "PRESS-2")
    [foreign] = stopped(other, (10, 100))
    for one, problem in (
        (third, "Another downtime lies between"),
        (first, "with itself"),
        (foreign, "of two units"),
    ):
        with pytest.raises(NotNeighbours, match=problem):
            press.merge(first, one)


def test_a_merged_one_that_goes_on_ends_when_the_unit_runs(press: Press) -> None:
    press.says("down", 0)
    press.says("running", 100)
    press.says("down", 110)
    press.at(200)
    second, first = press.shown()
    press.merge(first, second)
    assert press.at(250).times() == [(0, None)]
    press.says("running", 300)
    assert press.at(300).times() == [(0, 300)]


# ---- reasons ----


def test_the_shipped_reasons_are_a_site_s_own_once_it_changes_one(store: Store) -> None:
    def groups() -> list[str]:
        return [g["code"] for g in store.read(reasons.tree, site=1)["items"]]

    before = groups()
    assert before[0] == "technical"
    wash = Reason("washing", "Washing", "technical", position=5)
    store.run(reasons.create_reason, reason=wash, actor=ANA)
    assert groups() == before
    technical = store.read(reasons.tree, site=1)["items"][0]
    assert technical["children"][0]["code"] == "washing"
    with pytest.raises(ReasonExists):
        store.run(reasons.create_reason, reason=wash, actor=ANA)


def test_a_reason_out_of_use_is_not_given_and_stays_where_it_is(press: Press) -> None:
    [item] = stopped(press, (10, 100))
    press.explain(item, "trial")
    off = press.store.run(
        reasons.change_reason, code="trial", values={"enabled": False}, actor=ANA, expected="1"
    )
    assert (off["enabled"], off["revision"]) == (False, 2)
    assert press.only()["reason_name"] == "Planned · Trial"
    with pytest.raises(Invalid, match="out of use"):
        press.explain(press.explain(item, None), "trial")
    with pytest.raises(Stale):
        press.store.run(
            reasons.change_reason, code="trial", values={"name": "x"}, actor=ANA, expected="1"
        )


@pytest.mark.parametrize("parent", ["nothing", "tool_broken", "washing"])
def test_two_levels_are_all_there_are(store: Store, parent: str) -> None:
    reason = Reason("washing", "Washing", parent)
    with pytest.raises(Invalid, match="no group"):
        store.run(reasons.create_reason, reason=reason, actor=ANA)
    with pytest.raises(Invalid, match=r"group itself|its own group"):
        store.run(
            reasons.change_reason,
            code="technical",
            values={"parent": "technical" if parent == "washing" else "quality"},
            actor=ANA,
        )


# ---- anything ----


def do_something(press: Press, dice: random.Random) -> None:
    """A machine says something, now or late, or a person does something with the latest."""
    act = dice.choice(("state", "state", "late", "split", "merge", "explain", "wait"))
    present, at = press.shown(), press.now
    if act == "state":
        press.says(dice.choice(("running", "idle", "down", "setup")), at + dice.randint(1, 90))
    elif act == "late":
        press.says(dice.choice(("running", "down")), at - dice.randint(0, 300))
    elif act == "wait":
        press.until(at + dice.randint(30, 200))
    elif act == "split" and present and present[0]["seconds"] > 1:
        began = press.teller._s(present[0]["started"])
        press.split(present[0], began + present[0]["seconds"] // 2)
    elif act == "merge" and len(present) > 1:
        press.merge(*dice.sample(present[:2], 2))
    elif act == "explain" and present:
        press.explain(dice.choice(present), dice.choice(("break", "trial", None)))


@pytest.mark.parametrize("seed", range(3))
def test_whatever_machines_and_people_do_no_two_overlap(press: Press, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(120):
        do_something(press, dice)
        press.look()
        times = press.times()
        assert all(a < b for a, b in times if b is not None), (seed, times)
        assert all(b is not None and b <= c for (_, b), (c, _) in pairwise(times)), (seed, times)
