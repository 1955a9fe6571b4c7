"""Intervals of states: no gap, no overlap, the same ones in whatever order the news came."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.collection.states import Interval, Mark, intervals, present_at

MARKS = st.lists(
    st.builds(
        Mark,
        st.integers(0, 30),
        st.integers(1, 1000),
        st.sampled_from(["one", "two"]),
        st.sampled_from(["running", "down", "idle"]),
        st.sampled_from([None, "jam"]),
    ),
    max_size=14,
    unique_by=lambda mark: (mark.origin, mark.seq),
)


def mark(at: int, state: str, seq: int = 0) -> Mark:
    return Mark(at, seq or at + 1, "one", state)


def test_one_state_follows_the_other() -> None:
    assert intervals([mark(0, "running"), mark(10, "down")], start=0, end=15) == [
        Interval("running", None, 0, 10),
        Interval("down", None, 10, 15),
    ]


def test_the_last_one_stays_open_without_an_end() -> None:
    assert intervals([mark(3, "idle")], start=0) == [Interval("idle", None, 3, None)]
    assert intervals([mark(3, "idle")], start=7) == [Interval("idle", None, 7, None)]
    assert intervals([], start=0) == []


def test_late_news_splits_what_stood_there() -> None:
    first = [mark(0, "running", 1), mark(20, "running", 2)]
    assert intervals(first, start=0, end=30) == [Interval("running", None, 0, 30)]
    assert intervals([*first, mark(10, "down", 3)], start=0, end=30) == [
        Interval("running", None, 0, 10),
        Interval("down", None, 10, 20),
        Interval("running", None, 20, 30),
    ]


def test_of_equal_instants_the_later_number_holds() -> None:
    marks = [mark(5, "down", 9), mark(5, "running", 8)]
    assert intervals(marks, start=0, end=9) == [Interval("down", None, 5, 9)]


@given(MARKS, st.randoms(use_true_random=False))
def test_no_order_of_arrival_makes_a_difference(marks: list[Mark], random: object) -> None:
    shuffled = list(marks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert intervals(shuffled, start=5, end=25) == intervals(marks, start=5, end=25)


@given(MARKS, st.integers(0, 30), st.integers(0, 30))
def test_there_is_no_gap_and_no_overlap(marks: list[Mark], start: int, length: int) -> None:
    end = start + length
    found = intervals(marks, start=start, end=end)
    for one, next_one in pairwise(found):
        assert one.ended == next_one.began
        assert (one.state, one.reason) != (next_one.state, next_one.reason)
    assert all(i.ended is not None and i.began < i.ended for i in found)
    known = [m.at for m in marks if m.at < end]
    if known and length:
        assert found[0].began == max(min(known), start)
        assert found[-1].ended == end
    else:
        assert found == []


@given(MARKS)
def test_each_instant_has_the_newest_news_before_it(marks: list[Mark]) -> None:
    found = intervals(marks, start=0, end=31)
    for instant in range(31):
        said = [m for m in marks if m.at <= instant]
        stands = [i for i in found if i.began <= instant < (i.ended or 31)]
        if said:
            newest = max(said)
            assert [(i.state, i.reason) for i in stands] == [(newest.state, newest.reason)]
        else:
            assert stands == []


@pytest.mark.parametrize(("at", "taken"), [(90, 90), (2_100, 2_100), (2_101, 100)])
def test_news_from_the_future_holds_from_its_arrival(at: int, taken: int) -> None:
    assert present_at(at, 100) == taken
