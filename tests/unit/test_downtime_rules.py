"""Downtimes out of states: opened, moved and taken back, and never two at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.equipment.rules import STANDING
from engine.performance.downtimes.rules import Downtime, Outcome, Stop, reconcile, stops

NOW, LIMIT = 1_000, 100


@dataclass(frozen=True)
class Told:
    state: str
    began: int
    ended: int | None


def stood(*told: tuple[str, int]) -> list[Stop]:
    """The stops of a unit that went into these states at these instants, and is in the last."""
    ends = [at for _, at in told[1:]] + [None]
    return list(
        stops([Told(s, at, end) for (s, at), end in zip(told, ends, strict=True)], STANDING)
    )


def look(
    found: Sequence[Stop],
    *recorded: Downtime,
    threshold: int | None = LIMIT,
    now: int = NOW,
    news: int = 0,
) -> Outcome:
    return reconcile(found, recorded, threshold=threshold, news=news, now=now)


def key(n: int) -> bytes:
    return bytes([n])


# ---- what stands ----


def test_states_that_stand_one_after_the_other_are_one_stop() -> None:
    found = stood(("running", 0), ("idle", 10), ("down", 20), ("setup", 50), ("blocked", 60))
    assert found == [Stop(10, 50, "idle"), Stop(60, None, "blocked")]


@pytest.mark.parametrize("state", ["running", "setup"])
def test_work_and_setup_do_not_stand(state: str) -> None:
    assert stood((state, 0)) == []


def test_a_gap_in_what_is_known_parts_two_stops() -> None:
    found = list(stops([Told("idle", 0, 10), Told("idle", 20, 30)], STANDING))
    assert found == [Stop(0, 10, "idle"), Stop(20, 30, "idle")]


# ---- opening and ending ----


def test_a_stop_becomes_a_downtime_when_it_is_long_enough() -> None:
    found = stood(("idle", 900))
    assert look(found, now=999) == Outcome(again=(900, 1000))
    assert look(found, now=1000).opened == tuple(found)


def test_a_stop_that_was_over_before_anybody_looked() -> None:
    found = stood(("idle", 100), ("running", 250), ("idle", 300), ("running", 350))
    assert look(found).opened == (Stop(100, 250, "idle"),)


def test_it_ends_when_the_unit_runs_again() -> None:
    found = stood(("idle", 100), ("running", 250))
    outcome = look(found, Downtime(key(1), 100, None))
    assert outcome == Outcome(moved=(Downtime(key(1), 100, 250),))
    assert look(found, *outcome.moved) == Outcome()


def test_without_a_threshold_nothing_opens_and_what_is_open_ends() -> None:
    found = stood(("idle", 100), ("running", 250), ("down", 300))
    known = Downtime(key(1), 100, None)
    outcome = look(found, known, threshold=None)
    assert outcome == Outcome(moved=(Downtime(key(1), 100, 250),))


# ---- news that come late ----


def test_late_news_move_its_bounds() -> None:
    known = Downtime(key(1), 100, 400)
    assert look(stood(("idle", 150), ("running", 300)), known).moved == (
        Downtime(key(1), 150, 300),
    )


def test_late_news_take_back_what_was_none() -> None:
    known = Downtime(key(1), 100, 400)
    assert look([], known) == Outcome(withdrawn=(key(1),))
    short = stood(("idle", 100), ("running", 150))
    assert look(short, known) == Outcome(withdrawn=(key(1),))


def test_what_a_person_explained_stays_however_short() -> None:
    known = Downtime(key(1), 100, 400, explained=True)
    short = stood(("idle", 100), ("running", 150))
    assert look(short, known).moved == (Downtime(key(1), 100, 150, explained=True),)


def test_late_news_that_it_ran_in_between_make_two() -> None:
    known = Downtime(key(1), 100, 700, explained=True)
    outcome = look(stood(("idle", 100), ("running", 300), ("idle", 400), ("running", 700)), known)
    assert outcome.moved == (Downtime(key(1), 100, 300, explained=True),)
    assert outcome.opened == (Stop(400, 700, "idle"),)


def test_late_news_that_it_never_ran_in_between_make_one() -> None:
    first, second = Downtime(key(1), 100, 300), Downtime(key(2), 400, 700)
    outcome = look(stood(("idle", 100), ("running", 700)), first, second)
    assert outcome == Outcome(moved=(Downtime(key(1), 100, 700),), withdrawn=(key(2),))


def test_two_reasons_of_one_stop_both_stay() -> None:
    first = Downtime(key(1), 100, 300, explained=True)
    second = Downtime(key(2), 400, 700, explained=True)
    outcome = look(stood(("idle", 100), ("running", 800)), first, second)
    assert outcome.moved == (
        Downtime(key(1), 100, 400, explained=True),
        Downtime(key(2), 400, 800, explained=True),
    )


def test_the_one_with_a_reason_stays() -> None:
    first, second = Downtime(key(1), 100, 300), Downtime(key(2), 400, 700, explained=True)
    outcome = look(stood(("idle", 100), ("running", 700)), first, second)
    assert outcome.moved == (Downtime(key(2), 100, 700, explained=True),)
    assert outcome.withdrawn == (key(1),)


# ---- what a person drew ----


def test_what_a_person_drew_is_not_moved() -> None:
    first = Downtime(key(1), 100, 300, by_hand=True)
    second = Downtime(key(2), 300, 500, by_hand=True)
    found = stood(("idle", 90), ("running", 550))
    assert look(found, first, second) == Outcome()
    assert look([], first, second) == Outcome()


def test_what_a_person_drew_and_goes_on_ends_with_its_stop() -> None:
    drawn = Downtime(key(2), 300, None, by_hand=True)
    assert look(stood(("idle", 100)), drawn, news=100) == Outcome(opened=(Stop(100, 300, "idle"),))
    first = Downtime(key(1), 100, 300, by_hand=True)
    found = stood(("idle", 100), ("running", 400), ("down", 500))
    outcome = look(found, first, drawn, news=400)
    assert outcome.moved == (Downtime(key(2), 300, 400, by_hand=True),)
    assert outcome.opened == (Stop(500, None, "down"),)


def test_what_a_person_drew_and_never_was_is_taken_back() -> None:
    drawn = Downtime(key(2), 300, None, by_hand=True)
    found = stood(("idle", 100), ("running", 250))
    outcome = look(found, Downtime(key(1), 100, 300, by_hand=True), drawn, news=250)
    assert outcome == Outcome(withdrawn=(key(2),))


def test_one_merged_over_a_gap_ends_with_the_last_stop() -> None:
    merged = Downtime(key(1), 100, None, by_hand=True)
    found = stood(("idle", 100), ("running", 200), ("idle", 210), ("running", 600))
    assert look(found, merged, news=600).moved == (Downtime(key(1), 100, 600, by_hand=True),)


# ---- anything ----

STATES = st.sampled_from(["running", "idle", "down", "setup", "unknown"])


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, int]]:
    times = sorted(draw(st.sets(st.integers(0, 900), min_size=1, max_size=8)))
    return [(draw(STATES), at) for at in times]


@st.composite
def records(draw: st.DrawFn) -> list[Downtime]:
    """Downtimes that do not overlap; only the last may go on."""
    times = sorted(draw(st.sets(st.integers(0, 950), max_size=8)))
    pairs = list(zip(times[::2], times[1::2], strict=False))
    made = [
        Downtime(key(n), a, b, draw(st.booleans()), draw(st.booleans()))
        for n, (a, b) in enumerate(pairs)
    ]
    if made and draw(st.booleans()):
        last = made[-1]
        made[-1] = Downtime(last.key, last.began, None, last.explained, last.by_hand)
    return made


def applied(outcome: Outcome, recorded: Sequence[Downtime]) -> list[Downtime]:
    """What is recorded afterwards."""
    stay = {d.key: d for d in recorded if d.key not in outcome.withdrawn}
    stay |= {d.key: d for d in outcome.moved}
    fresh = [Downtime(key(100 + n), s.began, s.ended) for n, s in enumerate(outcome.opened)]
    return sorted([*stay.values(), *fresh], key=lambda d: (d.began, d.end))


@given(histories(), records(), st.integers(1, 300), st.integers(0, 1000))
def test_whatever_comes_they_never_overlap_and_cover_every_long_stop(
    told: list[tuple[str, int]], recorded: list[Downtime], threshold: int, news: int
) -> None:
    found = stood(*told)
    after = applied(look(found, *recorded, threshold=threshold, news=news), recorded)
    assert all(d.began < d.end for d in after)
    assert all(a.end <= b.began for a, b in pairwise(after))
    for stop in found:
        if not any(d.by_hand and d.began < stop.end and stop.began < d.end for d in after):
            mine = [d for d in after if d.began < stop.end and stop.began < d.end]
            long = stop.lasts(NOW) >= threshold
            assert bool(mine) == long or any(d.explained for d in mine)
            if mine:
                assert (mine[0].began, mine[-1].ended) == (stop.began, stop.ended)
    for each in after:
        assert each.by_hand or any(s.began <= each.began and each.end <= s.end for s in found)


@given(histories(), records(), st.integers(1, 300))
def test_a_second_look_changes_nothing(
    told: list[tuple[str, int]], recorded: list[Downtime], threshold: int
) -> None:
    found = stood(*told)
    after = applied(look(found, *recorded, threshold=threshold), recorded)
    again = look(found, *after, threshold=threshold)
    assert (again.opened, again.moved, again.withdrawn) == ((), (), ())
