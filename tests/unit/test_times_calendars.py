"""Durations that are working time: the calendars that a diagram may name."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.kernel import calendars
from engine.workflow.definition.times import (
    Occurrence,
    TimeRefused,
    due_at,
    first,
    following,
    read_cycle,
    read_duration,
)
from tests.support.wall_clock import DayShift, local, never, register_calendars

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The calendars of these tests."""
    monkeypatch.setattr(calendars, "_calendars", {})
    register_calendars()


def test_calendars_are_known_by_name() -> None:
    assert calendars.names() == ("day_shift", "night_shift", "short")
    assert isinstance(calendars.find("day_shift"), DayShift)
    assert calendars.find("late_shift") is None


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("PT2H", "2026-03-02T08:00"),
        ("PT8H", "2026-03-02T14:00"),
        ("PT9H", "2026-03-03T07:00"),
        ("PT24H", "2026-03-04T14:00"),
        ("2026-03-02T23:00:00Z", "2026-03-02T23:00"),
    ],
)
def test_a_calendar_makes_a_duration_working_time(text: str, due: str) -> None:
    assert due_at(text, NOW, never, "day_shift") == local(due, UTC)
    kind = "duration" if text.startswith("P") else "date"
    assert first(kind, text, NOW, never, "day_shift") == Occurrence(local(due, UTC), 1, None)


@pytest.mark.parametrize("text", ["P1D", "P1W", "P1M", "P1Y", "P1DT2H"])
def test_working_time_has_no_days(text: str) -> None:
    for refuse in (
        lambda: due_at(text, NOW, never, "day_shift"),
        lambda: read_cycle(f"R3/{text}", never, "day_shift"),
        lambda: read_duration(text, "anything"),
    ):
        with pytest.raises(TimeRefused, match="counts working time; write hours, such as PT8H"):
            refuse()


def test_an_unknown_calendar_is_named() -> None:
    with pytest.raises(TimeRefused, match="There is no calendar 'late_shift'"):
        due_at("PT2H", NOW, never, "late_shift")
    with pytest.raises(TimeRefused, match="There is no calendar 'late_shift'"):
        first("cycle", "R3/PT2H", NOW, never, "late_shift")


def test_a_calendar_that_does_not_reach_so_far_says_so() -> None:
    with pytest.raises(TimeRefused, match="'short' cannot tell the time: it ends in 2026"):
        due_at("PT2H", NOW, never, "short")


def test_a_cycle_of_working_time_keeps_its_calendar_and_its_grid() -> None:
    found = first("cycle", "R4/PT5H", NOW, never, "day_shift")
    assert found.at == local("2026-03-02T11:00", UTC)
    assert found.repeat is not None
    after = following(found.repeat, found.at, found.at + timedelta(minutes=5), never, 4)
    assert after is not None
    assert after.at == local("2026-03-03T08:00", UTC)
    late = following(found.repeat, found.at, local("2026-03-09T10:30", UTC), never, 4)
    assert late is not None
    assert late.at == local("2026-03-10T07:00", UTC)
