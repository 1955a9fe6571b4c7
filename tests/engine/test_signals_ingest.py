"""What gateways send is taken in exactly once, on both databases."""

from decimal import Decimal
from typing import Any

import pytest

from engine.collection.marks import Taken
from engine.collection.signals.ingest import SLICE, take
from engine.equipment.queries import equipment_item
from engine.kernel.errors import Invalid, Unavailable
from engine.kernel.store import Store
from tests.support.clock import ManualClock
from tests.support.telling import GATEWAY, Teller, work_unit


@pytest.fixture
def press(store: Store) -> Teller:
    work_unit(store)
    return Teller(store)


def equipment(press: Teller) -> tuple[str | None, str | None]:
    found = press.store.read(equipment_item, code=press.unit, site=1)
    return found["state"], found["state_since"]


# ---- exactly once ----


def test_rows_up_to_the_mark_are_not_taken_again(press: Teller) -> None:
    rows = [press.count(10), press.count(14), press.count(20)]
    assert press.send(*rows[:2]) == Taken(2)
    assert press.send(*rows) == Taken(3)
    assert press.send(*rows) == press.send() == Taken(3)
    assert press.made() == (10, 0)


def test_a_source_whose_numbers_were_given_before_learns_how_far_it_is_taken_in(
    press: Teller,
) -> None:
    press.send(press.count(1), press.count(2))
    restored = Teller(press.store)
    assert restored.send(restored.count(90)) == Taken(2)
    assert press.made() == (1, 0)


def test_the_mark_and_the_effects_stand_or_fall_together(press: Teller) -> None:
    with pytest.raises(Invalid) as refused:
        press.send(press.count(10), {**press.count(20), "seq": 1})
    assert [e.pointer for e in refused.value.errors] == ["/rows/1/seq"]
    press.seq = 0
    assert press.send(press.count(30)) == Taken(1)
    assert press.made() == (0, 0), "nothing of the refused request was kept: this is the first"


@pytest.mark.parametrize("seq", [None, 0, -1, "1", 1.5, True, 2**62])
def test_a_row_without_a_number_of_its_own_refuses_the_request(press: Teller, seq: Any) -> None:
    with pytest.raises(Invalid):
        press.send(press.count(10) | {"seq": seq})


def test_poison_is_refused_alone_and_counts_as_acknowledged(press: Teller) -> None:
    good = press.count(10)
    poison = [
        press.row("count", counter="good", raw=-1, max_step=9, tag="good"),
        press.row("count", counter="good", raw=Decimal("1.5"), max_step=9, tag="good"),
        press.row("count", counter="rejects", raw=1, max_step=9, tag="good"),
        press.row("state", state="dancing"),
        press.row("song"),
        press.row("measurement", name="force", value="12"),
        press.row("measurement", name="force\0", value=1),
        press.row("alarm", code="E1", active="yes"),
        press.row("cycle", number=1, good=Decimal("0.5")),
        press.row("cycle", number=1, values={"force": 7}),
        press.row("state", state="idle", stete="down"),
        {**press.row("state", state="idle"), "unit": "NOWHERE"},
        {**press.row("state", state="idle"), "at": "now"},
    ]
    taken = press.send(good, *poison, press.count(15))
    assert taken.ack == press.seq
    assert [seq for seq, _ in taken.refused] == [row["seq"] for row in poison]
    assert press.made() == (5, 0)
    said = dict(taken.refused)
    assert "running" in said[poison[3]["seq"]]
    assert "NOWHERE" in said[poison[11]["seq"]]
    assert press.send(*poison) == Taken(press.seq)


def test_what_only_the_database_refuses_is_refused_alone_too(press: Teller) -> None:
    """A severity of more than 32 bits passes the reader, and the columns of SQLite."""
    press.send(press.count(10))
    before = press.count(12)
    huge = press.row("alarm", code="E1", text="hot", severity=2**40, active=True)
    taken = press.send(before, huge, press.count(13))
    if press.store.dialect == "postgresql":
        assert [seq for seq, _ in taken.refused] == [huge["seq"]]
    assert taken.ack == press.seq
    assert press.made() == (3, 0)


def test_a_full_request_is_taken_in_by_slices_and_still_once(press: Teller) -> None:
    rows = [press.count(n) for n in range(2 * SLICE + 50)]
    rows[SLICE] = press.row("song") | {"seq": rows[SLICE]["seq"]}
    before = press.store.door.commits
    taken = press.send(*rows)
    assert press.store.door.commits - before == 3
    assert (taken.ack, [seq for seq, _ in taken.refused]) == (len(rows), [SLICE + 1])
    assert press.send(*rows) == Taken(len(rows))
    assert press.made() == (len(rows) - 1, 0)


def test_what_a_slice_brought_is_told_when_the_next_one_finds_no_room(press: Teller) -> None:
    class Full(Store):
        """The store, which takes one command and then says that too much waits."""

        def __init__(self) -> None:
            self.left = 1

        def run(self, command: Any, **args: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                raise Unavailable("Too many requests wait for the database; send this again soon.")
            return press.store.run(command, **args)

    rows = [press.count(n) for n in range(2 * SLICE)]
    rows[1] = press.row("song") | {"seq": 2}
    whole = {"source": "first", "gateway": "line", "rows": rows, "actor": GATEWAY}
    taken = take(Full(), **whole)
    assert (taken.ack, [seq for seq, _ in taken.refused]) == (SLICE, [2])
    assert take(press.store, **whole) == Taken(2 * SLICE)
    assert press.made() == (2 * SLICE - 1, 0)


# ---- counts ----


def test_what_was_made_while_nobody_listened_is_in_the_next_value(press: Teller) -> None:
    press.send(press.count(65_500, rollover=65_535))
    press.send(press.count(20, rollover=65_535))
    press.send(press.count(3, rollover=65_535))
    assert press.made() == (56 + 3, 0)
    assert [c["change"] for c in press.counts()] == ["reset", "rollover", "first"]


def test_another_gateways_late_value_says_nothing(press: Teller, clock: ManualClock) -> None:
    clock.advance(100)
    press.send(press.count(10, at=0), press.count(20, at=10))
    late = Teller(press.store, "old-file")
    late.start = press.start
    assert late.send(late.count(12, at=5)) == Taken(1)
    assert press.made() == (10, 0)
    press.send(press.count(25, at=20))
    assert press.made() == (15, 0)


def test_a_clock_that_goes_back_loses_no_piece(press: Teller, clock: ManualClock) -> None:
    clock.advance(4000)
    press.send(press.count(10, at=3600), press.count(15, at=1), press.count(18, at=2))
    assert press.made() == (8, 0)


def test_good_and_scrap_have_counters_of_their_own(press: Teller) -> None:
    press.send(press.count(0), press.count(5, counter="scrap", tag="bad"), press.count(9))
    press.send(press.count(7, counter="scrap", tag="bad"))
    assert press.made() == (9, 2)
    assert [(c["tag"], c["raw"]) for c in press.present()["counters"]] == [("bad", 7), ("good", 9)]


# ---- cycles ----


def test_a_duplicate_cycle_counts_nothing(press: Teller) -> None:
    values = {"force": {"value": Decimal("121.5"), "unit_of_measure": "kN"}}
    cycle = {"number": 7, "boot": 1, "good": 1, "serial": "S-7", "values": values}
    press.send(press.row("cycle", **cycle), press.row("cycle", **cycle))
    press.send(press.row("cycle", number=7, boot=2, good=True), press.row("cycle", number=8))
    press.send(press.row("cycle", number=9, scrap=Decimal("1.0")))
    assert press.made() == (2, 1)
    [found] = press.measurements()
    assert (found["name"], found["value"], found["serial"], found["cycle"]) == (
        "force",
        Decimal("121.5"),
        "S-7",
        7,
    )


def test_what_a_counter_counts_no_cycle_counts_again(press: Teller) -> None:
    press.send(press.count(100), press.row("cycle", number=1, good=1), press.count(101))
    press.send(press.row("cycle", number=2, good=1, scrap=1), press.count(102))
    assert press.made() == (2, 1)


# ---- states ----


def test_states_become_intervals_without_a_gap(press: Teller, clock: ManualClock) -> None:
    clock.advance(100)
    press.send(press.row("state", at=0, state="running"), press.row("state", at=10, state="down"))
    press.send(press.row("state", at=30, state="running"))
    assert press.states() == [("running", 0, 10), ("down", 10, 30), ("running", 30, None)]
    assert equipment(press)[0] == "running"


def test_late_news_changes_the_past_and_not_the_present(press: Teller, clock: ManualClock) -> None:
    clock.advance(100)
    press.send(press.row("state", at=0, state="running"), press.row("state", at=50, state="idle"))
    before = equipment(press)
    press.send(press.row("state", at=20, state="setup", backfilled=True))
    assert press.states() == [("running", 0, 20), ("setup", 20, 50), ("idle", 50, None)]
    assert equipment(press) == before == ("idle", before[1])


def test_any_order_of_arrival_comes_to_the_same(store: Store, clock: ManualClock) -> None:
    clock.advance(0)
    news = [(0, "running"), (10, "down"), (10, "idle"), (20, "running"), (30, "running")]
    seen = set()
    for number, order in enumerate(([0, 1, 2, 3, 4], [4, 2, 1, 3, 0], [3, 2, 4, 0, 1])):
        work_unit(store, f"U-{number}")
        teller = Teller(store, "x", f"U-{number}")
        rows = [teller.row("state", at=at - 60, state=state) for at, state in news]
        for index, place in enumerate(order):  # each in a request, and a source, of its own
            teller.source = f"{number}-{index}"
            teller.send(rows[place])
        seen.add(tuple(teller.states()))
    assert seen == {(("running", -60, -50), ("idle", -50, -40), ("running", -40, None))}


def test_news_from_the_future_holds_from_its_arrival(press: Teller, clock: ManualClock) -> None:
    press.send(press.row("state", at=1, state="idle"), press.row("state", at=7200, state="running"))
    assert press.states() == [("running", 0, 1), ("idle", 1, None)]
    clock.advance(5)
    press.send(press.row("state", at=4, state="down"))
    assert press.states()[-1] == ("down", 4, None)
    assert equipment(press)[0] == "down"


# ---- measurements, alarms, losses ----


def test_measurements_are_all_kept_with_their_digits(press: Teller) -> None:
    rows = [
        press.row("measurement", at=n, name="force", value=Decimal(f"{n}.50"), lower=0, upper=250)
        for n in (2, 1, 0)
    ]
    bad = press.row("measurement", at=1, name="heat", value=None, quality="bad", reason="nan")
    press.send(*rows, bad, press.row("measurement", at=0, name="heat", value=5))
    assert [str(m["value"]) for m in press.measurements(name="force")] == ["2.50", "1.50", "0.50"]
    current = {m["name"]: (m["value"], m["quality"]) for m in press.present()["measurements"]}
    assert current == {"force": (Decimal("2.50"), "good"), "heat": (None, "bad")}


def test_an_alarm_stands_from_when_to_when(press: Teller, clock: ManualClock) -> None:
    clock.advance(100)
    hot = {"code": "E7", "text": "too hot\n", "severity": 500}
    press.send(press.row("alarm", at=5, active=True, **hot))
    press.send(press.row("alarm", at=6, active=True, **hot), press.row("state", state="down"))
    assert [a["code"] for a in press.present()["alarms"]] == ["E7"]
    press.send(press.row("alarm", at=9, active=False, **hot))
    press.send(press.row("alarm", at=7, active=True, **hot))  # late, and over
    [alarm] = press.alarms()
    assert (press._s(alarm["raised"]), press._s(alarm["cleared"])) == (5, 9)
    assert alarm["text"] == "too hot "
    assert press.alarms(active=True) == []


def test_a_skewed_clock_is_told(press: Teller) -> None:
    press.send(press.row("skew", milliseconds=-90_000))
    found = press.present()
    assert (found["skew_ms"], found["gateway"]) == (-90_000, "line")
