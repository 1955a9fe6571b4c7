"""Timers of an instance that come again: on their grid, as often as they say, and not for ever."""

from collections.abc import Callable
from datetime import datetime

import pytest

from engine.kernel import calendars
from tests.support import diagrams as d
from tests.support.plant import Plant
from tests.support.wall_clock import register_calendars

# The clock stands at Monday 2026-03-02 06:00 UTC, 07:00 in Berlin.


def reminded(cycle: str, **ours: object) -> bytes:
    """A task that a cycle reminds of, each time with a task of its own."""
    return d.process(
        d.start(),
        d.user("turn", "remind"),
        d.boundary("late", "turn", interrupting=False, cycle=cycle, **ours),
        d.end("done", "reminded"),
        "start -> turn -> done",
        "late -> remind -> reminded",
    )


def watched(cycle: str, **ours: object) -> bytes:
    """A task, and an event subprocess that a cycle starts beside it."""
    watch = d.event_subprocess(
        "watch",
        d.start("tick", interrupting=False, cycle=cycle, **ours),
        d.user("remind"),
        d.end("reminded"),
        "tick -> remind -> reminded",
    )
    return d.process(d.start(), d.user("turn"), watch, d.end("done"), "start -> turn -> done")


Diagram = Callable[..., bytes]
BOTH = pytest.mark.parametrize("diagram", [reminded, watched])


@BOTH
def test_a_cycle_comes_as_often_as_it_says(plant: Plant, diagram: Diagram) -> None:
    instance = plant.run_of(diagram("R3/PT10M"))
    assert [plant.wait(minutes=10) for _ in range(5)] == [1, 1, 1, 0, 0]
    assert plant.open(instance) == ["remind"] * 3 + ["turn"]


@BOTH
def test_rounds_do_not_drift(plant: Plant, diagram: Diagram) -> None:
    plant.run_of(diagram("R9/PT10M"))
    minutes = (13, 7, 19, 1, 9.5, 0.5, 10)
    assert [plant.wait(minutes=m) for m in minutes] == [1, 1, 1, 1, 0, 1, 1]


@BOTH
def test_a_plant_that_was_off_for_a_week_sees_one_round(plant: Plant, diagram: Diagram) -> None:
    instance = plant.run_of(diagram("R3/PT1H"))
    assert plant.wait(days=7, minutes=20) == 1
    assert plant.open(instance) == ["remind", "turn"]
    assert plant.due(instance) == ["2026-03-09T07:00:00.000Z"]
    assert [plant.wait(minutes=m) for m in (39, 1, 60, 60)] == [0, 1, 1, 0]


@BOTH
def test_rounds_end_when_nobody_waits_for_them(plant: Plant, diagram: Diagram) -> None:
    instance = plant.run_of(diagram("R/PT10M"))
    plant.wait(minutes=10)
    plant.complete("remind")
    plant.complete("turn")
    assert plant.state(instance) == "completed"
    assert plant.due(instance) == []
    assert plant.wait(hours=1) == 0


def test_a_round_that_is_under_way_outlives_its_cycle(plant: Plant) -> None:
    instance = plant.run_of(reminded("R/PT10M"))
    plant.wait(minutes=10)
    plant.complete("turn")
    assert plant.due(instance) == []
    assert plant.wait(hours=1) == 0
    plant.complete("remind")
    assert plant.state(instance) == "completed"


@BOTH
def test_a_suspended_instance_sees_one_round_at_resume(plant: Plant, diagram: Diagram) -> None:
    instance = plant.run_of(diagram("R3/PT10M"))
    plant.suspend(instance)
    assert plant.wait(minutes=45) == 0
    plant.resume(instance)
    assert [plant.wait(minutes=m) for m in (0, 4, 1, 10, 10)] == [1, 0, 1, 1, 0]


def test_a_clock_that_jumps_brings_no_round_twice(plant: Plant) -> None:
    plant.run_of(reminded("R9/PT1H"))
    assert [plant.wait(hours=h) for h in (1, -3, 3, 0.5, 0.5)] == [1, 0, 0, 0, 1]
    assert [plant.wait(hours=h) for h in (100, 0.5, 0.5)] == [1, 0, 1]


def test_months_end_where_they_end_and_days_keep_the_time_of_day(plant: Plant) -> None:
    """Berlin, 31 January at six in the morning."""
    plant.clock.advance(datetime.fromisoformat("2026-01-31T05:00:00Z") - plant.clock.now())
    instance = plant.run_of(reminded("R4/P1M"))
    seen = []
    while due := plant.due(instance):
        seen.append(due[0])
        plant.clock.advance(datetime.fromisoformat(due[0] or "") - plant.clock.now())
        assert plant.wait(minutes=90) == 1
    assert [at and at[:16] for at in seen] == [
        "2026-02-28T05:00",
        "2026-03-31T04:00",
        "2026-04-30T04:00",
        "2026-05-31T04:00",
    ]


@pytest.mark.parametrize(
    "event", [d.catch("late", cycle="R3/PT10M"), d.boundary("late", "turn", cycle="R3/PT10M")]
)
def test_a_cycle_that_takes_its_token_along_comes_once(plant: Plant, event: str) -> None:
    alone = "boundary" not in event
    flows = ["start -> late"] if alone else ["start -> turn -> done"]
    drawn = event if alone else event + d.user("turn") + d.end("done")
    instance = plant.run_of(d.process(d.start(), drawn, d.end(), *flows, "late -> end"))
    assert [plant.wait(minutes=10) for _ in range(3)] == [1, 0, 0]
    assert plant.state(instance) == "completed"


def test_an_event_gateway_takes_the_timer_that_comes_first(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.event_gateway("wait"),
            d.catch("short", cycle="R3/PT10M"),
            d.catch("long", duration="PT20M"),
            d.end(),
            "start -> wait -> short -> end",
            "wait -> long -> end",
        )
    )
    assert len(plant.due(instance)) == 2
    assert plant.wait(hours=1) == 1
    assert plant.due(instance) == []
    assert plant.path(instance) == ["start", "wait", "short", "end"]


# ---- caps ----


@BOTH
def test_a_cycle_without_a_count_ends_as_an_incident(plant: Plant, diagram: Diagram) -> None:
    instance = plant.run_of(diagram("R/PT1S"))
    assert [plant.wait(seconds=1) for _ in range(2)] == [1, 1]
    assert plant.sql("SELECT remaining FROM due") == [(999,)]
    plant.sql("UPDATE due SET remaining = 2")  # after round 999
    assert plant.wait(seconds=1) == 1
    assert plant.incidents() == []
    assert plant.wait(seconds=1) == 1
    incident = plant.incident(instance)
    assert incident["kind"] == "limit"
    assert "may come 1,000 times" in incident["message"]
    assert [plant.wait(days=1) for _ in range(3)] == [0, 0, 0]
    assert plant.open(instance) == ["remind"] * 3 + ["turn"]


def test_it_is_the_1001st_that_is_the_incident(plant: Plant) -> None:
    """Reminders that end at once, so that only the rounds count."""
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("turn"),
            d.boundary("late", "turn", interrupting=False, cycle="R/PT1S"),
            d.end("done", "reminded"),
            "start -> turn -> done",
            "late -> reminded",
        )
    )
    assert sum(plant.wait(seconds=1) for _ in range(1_000)) == 1_000
    assert plant.incidents() == []
    assert plant.wait(seconds=1) == 1
    assert plant.incident(instance)["element"] == "late"
    assert plant.path(instance).count("reminded") == 1_000
    plant.retry(plant.incident(instance))
    assert plant.path(instance).count("reminded") == 1_001
    plant.complete("turn")
    assert plant.state(instance) == "completed"


# ---- working time ----


@pytest.fixture
def day_shift(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calendars of that name and others, for one test."""
    monkeypatch.setattr(calendars, "_calendars", {})
    register_calendars()


@pytest.mark.usefixtures("day_shift")
def test_a_calendar_makes_durations_working_time(plant: Plant) -> None:
    plant.run_of(
        d.process(
            d.start(),
            d.user("turn", due="PT10H", follow_up="PT2H", calendar="day_shift"),
            d.boundary("late", "turn", duration="PT9H", calendar="day_shift"),
            d.end("done", "over"),
            "start -> turn -> done",
            "late -> over",
        )
    )
    task = plant.task("turn")
    assert task["due"] == "2026-03-03T08:00:00.000Z"
    assert task["follow_up"] == "2026-03-02T08:00:00.000Z"
    assert plant.due(task["instance"]) == ["2026-03-03T07:00:00.000Z"]


@BOTH
@pytest.mark.usefixtures("day_shift")
def test_rounds_of_working_time_keep_their_calendar(plant: Plant, diagram: Diagram) -> None:
    instance = plant.run_of(diagram("R3/PT5H", calendar="day_shift"))
    assert plant.due(instance) == ["2026-03-02T11:00:00.000Z"]
    assert plant.wait(hours=5, minutes=30) == 1
    assert plant.due(instance) == ["2026-03-03T08:00:00.000Z"]


@pytest.mark.usefixtures("day_shift")
def test_a_process_may_start_by_working_time(plant: Plant) -> None:
    plant.release(
        d.process(
            d.start("shift", cycle="R/PT5H", calendar="day_shift"),
            d.user("check"),
            d.end(),
            "shift -> check -> end",
        )
    )
    assert [plant.wait(hours=h) for h in (5, 20.9, 0.1)] == [1, 0, 1]


@pytest.mark.usefixtures("day_shift")
@pytest.mark.parametrize(
    ("pause", "calendar", "says"),
    [
        ("P1D", "day_shift", "counts working time; write hours"),
        ("PT1H", "night_shift", "There is no calendar 'night_shift'"),
    ],
)
def test_working_time_that_cannot_be_told_is_an_incident(
    plant: Plant, pause: str, calendar: str, says: str
) -> None:
    """The plant has no night shift any more."""
    timer = d.catch("cool", duration="= pause", calendar=calendar)
    plant.release(d.process(d.start(), timer, d.end(), "start -> cool -> end"))
    del calendars._calendars["night_shift"]
    instance = plant.start(pause=pause)
    incident = plant.incident(instance)
    assert (incident["element"], incident["kind"]) == ("cool", "timer")
    assert says in incident["message"]


@BOTH
@pytest.mark.usefixtures("day_shift")
def test_a_calendar_that_is_gone_ends_the_rounds_as_an_incident(
    plant: Plant, diagram: Diagram
) -> None:
    instance = plant.run_of(diagram("R3/PT5H", calendar="day_shift"))
    del calendars._calendars["day_shift"]
    assert plant.wait(hours=5) == 1
    assert "no calendar 'day_shift'" in plant.incident(instance)["message"]
    assert plant.open(instance) == ["remind", "turn"]
    assert plant.wait(days=1) == 0


def test_a_round_that_cannot_be_followed_is_an_incident_and_the_next_one_comes(
    plant: Plant,
) -> None:
    plant.release(d.process(d.start(), d.user("inside"), d.end(), "start -> inside -> end"))
    plant.release(
        d.process(
            d.start(),
            d.user("work"),
            d.boundary("remind", "work", interrupting=False, cycle="R2/PT1H"),
            d.call("twice", "p"),
            d.end(),
            "start -> work -> end",
            "remind -> twice -> end",
            key="large",
        )
    )
    large = plant.start("large", much="x" * 200_000)
    plant.wait(hours=1)
    assert (plant.incident(large)["element"], len(plant.due(large))) == ("twice", 1)
    plant.change(large, much="x")
    plant.wait(hours=1)
    plant.retry(plant.incident(large))
    assert sorted(plant.open()) == ["inside", "inside", "work"]
