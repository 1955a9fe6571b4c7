"""Timers: when they fire, how often, and that each fires once."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from engine.kernel.errors import RoutecardError
from engine.kernel.functions import function
from engine.kernel.store.uow import Uow
from engine.records.queries import audit_entries
from engine.workflow.work.versions.commands import DeploymentRefused
from tests.support import diagrams as d
from tests.support.plant import Plant, found


def waiting(**event: str) -> bytes:
    """A process that waits for a timer, then is over."""
    return d.process(d.start(), d.catch("cool", **event), d.end(), "start -> cool -> end")


def started_by(**event: Any) -> bytes:
    """A process that a timer starts; its task stays open."""
    return d.process(d.start("shift", **event), d.user("check"), d.end(), "shift -> check -> end")


def at(plant: Plant, instant: str) -> None:
    """Set the clock, forwards or back."""
    plant.clock.advance(datetime.fromisoformat(instant) - plant.clock.now())


# ---- catch events: the clock stands at Monday 2026-03-02 06:00 UTC, 07:00 in Berlin ----


@pytest.mark.parametrize(
    ("event", "hours"),
    [
        ({"duration": "PT2H"}, 2),
        ({"duration": "P1DT12H"}, 36),
        ({"date": "2026-03-02T08:00:00Z"}, 2),
        ({"date": "2026-03-02T08:00:00+01:00"}, 1),
        ({"date": "2026-03-02T08:00:00"}, 1),  # the site's own time
        ({"duration": '= "PT3H"'}, 3),
        ({"duration": "= pause"}, 4),
        ({"date": "${until}"}, 5),
    ],
)
def test_a_timer_fires_when_it_says(plant: Plant, event: dict[str, str], hours: int) -> None:
    variables = {"pause": "PT4H", "until": "2026-03-02T12:00:00"}
    instance = plant.run_of(waiting(**event), **variables)
    assert plant.wait(hours=hours, seconds=-1) == 0
    assert plant.wait(seconds=1) == 1
    assert plant.state(instance) == "completed"


def test_a_date_in_summer_is_meant_in_summer_time(plant: Plant) -> None:
    instance = plant.run_of(waiting(date="2026-07-01T06:00:00"))
    assert plant.due(instance) == ["2026-07-01T04:00:00.000Z"]


@pytest.mark.parametrize(
    ("zone", "now", "event", "due"),
    [
        ("Europe/Berlin", "2026-03-28T05:00", {"duration": "P1D"}, "2026-03-29T04:00"),
        ("Europe/Berlin", "2026-03-28T05:00", {"duration": "PT24H"}, "2026-03-29T05:00"),
        ("Europe/Berlin", "2026-10-24T04:00", {"duration": "P1D"}, "2026-10-25T05:00"),
        ("Europe/Berlin", "2026-10-24T04:00", {"duration": "PT24H"}, "2026-10-25T04:00"),
        ("Europe/Berlin", "2026-01-31T05:00", {"duration": "P2M"}, "2026-03-31T04:00"),
        ("Europe/Berlin", "2026-01-31T05:00", {"duration": "P1M"}, "2026-02-28T05:00"),
        ("Europe/Berlin", "2026-03-28T05:00", {"date": "2026-03-29T02:30:00"}, "2026-03-29T01:30"),
        ("Europe/Berlin", "2026-03-28T05:00", {"cycle": "R3/P1D"}, "2026-03-29T04:00"),
        ("America/New_York", "2026-03-07T11:00", {"duration": "P1D"}, "2026-03-08T10:00"),
        ("America/New_York", "2026-10-31T10:00", {"duration": "P1D"}, "2026-11-01T11:00"),
        ("America/New_York", "2026-10-31T10:00", {"date": "2026-11-01T01:30"}, "2026-11-01T05:30"),
        ("America/New_York", "2028-02-28T12:00", {"duration": "P1D"}, "2028-02-29T12:00"),
    ],
)
def test_days_are_those_of_the_site(
    plant: Plant, zone: str, now: str, event: dict[str, str], due: str
) -> None:
    plant.sql("UPDATE site SET time_zone = :zone", zone=zone)
    at(plant, f"{now}+00:00")
    instance = plant.run_of(waiting(**event))
    assert plant.due(instance) == [f"{due}:00.000Z"]


def test_a_date_that_is_past_fires_at_once(plant: Plant) -> None:
    instance = plant.run_of(waiting(date="2026-03-01T00:00:00Z"))
    assert plant.wait(seconds=0) == 1
    assert plant.state(instance) == "completed"


@pytest.mark.parametrize(
    ("variables", "kind"),
    [({}, "expression"), ({"pause": 5}, "expression"), ({"pause": "soon"}, "timer")],
)
def test_a_time_that_cannot_be_told_is_an_incident(
    plant: Plant, variables: dict[str, object], kind: str
) -> None:
    instance = plant.run_of(waiting(duration="= pause"), **variables)
    incident = plant.incident(instance)
    assert (incident["element"], incident["kind"]) == ("cool", kind)
    plant.change(instance, pause="PT1H")
    plant.retry(incident)
    assert plant.incidents() == []
    assert plant.wait(hours=1) == 1
    assert plant.state(instance) == "completed"


def test_a_plant_that_was_off_for_a_week_fires_once(plant: Plant) -> None:
    instance = plant.run_of(waiting(duration="PT2H"))
    assert plant.wait(days=7) == 1
    assert plant.wait(days=7) == 0
    assert plant.path(instance) == ["start", "cool", "end"]


def test_a_clock_that_jumps_back_fires_nothing_twice(plant: Plant) -> None:
    instance = plant.run_of(waiting(duration="PT2H"))
    assert plant.wait(hours=2) == 1
    assert plant.wait(hours=-12) == 0
    assert plant.wait(hours=24) == 0
    assert plant.path(instance) == ["start", "cool", "end"]


def test_a_timer_waits_for_its_instant_though_the_clock_was_ahead(plant: Plant) -> None:
    instance = plant.run_of(waiting(duration="PT2H"))
    assert plant.wait(hours=-1) == 0
    assert plant.wait(hours=2, minutes=59) == 0
    assert plant.wait(minutes=1) == 1
    assert plant.state(instance) == "completed"


def test_a_timer_stored_by_an_earlier_version_fires_once(plant: Plant) -> None:
    instance = plant.run_of(waiting(duration="PT2H"))
    plant.sql("UPDATE due SET kind = 'catch', remaining = NULL")
    assert plant.wait(hours=2) == 1
    assert plant.state(instance) == "completed"


def test_a_suspended_instance_waits_and_fires_once_at_resume(plant: Plant) -> None:
    instance = plant.run_of(waiting(duration="PT2H"))
    plant.suspend(instance)
    assert plant.wait(days=1) == 0
    plant.resume(instance)
    assert plant.state(instance) == "active"
    assert plant.wait(seconds=0) == 1
    assert plant.state(instance) == "completed"


def test_many_that_are_due_at_once_all_fire(plant: Plant) -> None:
    plant.release(waiting(duration="PT2H"))
    started = [plant.start() for _ in range(45)]
    assert plant.wait(hours=2) == 45
    assert {plant.state(instance) for instance in started} == {"completed"}


def test_two_processes_that_look_at_once_fire_once(plant: Plant) -> None:
    plant.release(waiting(duration="PT2H"))
    started = [plant.start() for _ in range(10)]
    plant.clock.advance(7200)
    with ThreadPoolExecutor(3) as backgrounds:
        for done in [backgrounds.submit(plant.background.fire_timers) for _ in range(3)]:
            done.result()
    assert [plant.path(i) for i in started] == [["start", "cool", "end"]] * 10


def test_a_timer_that_cannot_go_on_does_not_stop_the_others(plant: Plant) -> None:
    """A called process would double what the instance holds: an incident that tells it."""
    plant.release(waiting(duration="PT1H"))
    plant.release(
        d.process(
            d.start(),
            d.catch("rest", duration="PT1M"),
            d.call("twice", "p"),
            d.end(),
            "start -> rest -> twice -> end",
            key="large",
        )
    )
    large, other = plant.start("large", much="x" * 200_000), plant.start("p")
    plant.wait(hours=1)
    assert plant.state(other) == "completed"
    incident = plant.incident(large)
    assert (incident["element"], incident["kind"]) == ("twice", "limit")
    plant.change(large, much="x")
    plant.retry(incident)
    assert plant.tokens(large) == ["cool"]


# ---- timer starts ----


def test_a_cycle_starts_as_often_as_it_says(plant: Plant) -> None:
    plant.release(started_by(cycle="R3/PT10M"))
    assert [plant.wait(minutes=10) for _ in range(5)] == [1, 1, 1, 0, 0]
    assert plant.open() == ["check"] * 3


def test_a_cycle_without_an_end_goes_on(plant: Plant) -> None:
    plant.release(started_by(cycle="R/PT10M"))
    assert [plant.wait(minutes=10) for _ in range(12)] == [1] * 12


def test_a_cycle_that_repeats_never_is_refused(plant: Plant) -> None:
    with pytest.raises(DeploymentRefused) as refused:
        plant.release(started_by(cycle="R0/PT10M"))
    assert "does not repeat" in str(refused.value.members["findings"])


def test_a_cycle_may_say_when_it_begins(plant: Plant) -> None:
    plant.release(started_by(cycle="R2/2026-03-02T07:00:00Z/P1D"))
    assert [plant.wait(hours=h) for h in (0.5, 0.5, 23, 1, 24)] == [0, 1, 0, 1, 0]


def test_missed_rounds_of_a_cycle_are_not_made_up_for(plant: Plant) -> None:
    plant.release(started_by(cycle="R3/PT10M"))
    assert plant.wait(days=7) == 1
    assert plant.open() == ["check"]
    assert [plant.wait(minutes=10) for _ in range(3)] == [1, 1, 0]


def test_starts_do_not_drift(plant: Plant) -> None:
    """However late the background looks: every ten minutes past the release."""
    plant.release(started_by(cycle="R/PT10M"))
    minutes = (13, 7, 19, 1, 9.5, 0.5, 10)
    assert [plant.wait(minutes=m) for m in minutes] == [1, 1, 1, 1, 0, 1, 1]


def test_starts_keep_the_time_of_day(plant: Plant) -> None:
    plant.release(started_by(cycle="R/2026-03-28T06:00:00/P1D"))
    at(plant, "2026-03-28T05:00:00+00:00")
    assert plant.wait(seconds=0) == 1
    assert plant.wait(hours=23, seconds=-1) == 0
    assert plant.wait(seconds=1) == 1
    assert plant.wait(hours=24) == 1


def test_starts_whose_beginning_has_passed_go_on_at_their_next_round(plant: Plant) -> None:
    plant.release(started_by(cycle="R3/2026-01-01T00:20:00Z/PT1H"))
    assert [plant.wait(minutes=m) for m in (19, 1, 59, 1, 60, 60)] == [0, 1, 0, 1, 1, 0]


def test_starts_without_a_count_have_no_cap(plant: Plant) -> None:
    plant.release(started_by(cycle="R/PT10M"))
    plant.wait(minutes=10)
    assert plant.sql("SELECT remaining FROM due") == [(None,)]


def test_a_clock_that_jumps_starts_nothing_twice(plant: Plant) -> None:
    plant.release(started_by(cycle="R/PT1H"))
    assert [plant.wait(hours=h) for h in (1, -3, 3, 0.5, 0.5)] == [1, 0, 0, 0, 1]
    assert [plant.wait(hours=h) for h in (100, 0.5, 0.5)] == [1, 0, 1]


def test_starts_stored_by_an_earlier_version_go_on(plant: Plant) -> None:
    plant.release(started_by(cycle="R3/PT10M"))
    plant.sql("UPDATE due SET repeat = NULL")
    assert [plant.wait(minutes=m) for m in (12, 8, 10, 10)] == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("event", "hours"), [({"date": "2026-03-02T09:00:00"}, 2), ({"duration": "PT3H"}, 3)]
)
def test_a_start_at_a_time_starts_once(plant: Plant, event: dict[str, str], hours: int) -> None:
    plant.release(started_by(**event))
    assert plant.wait(hours=hours, seconds=-1) == 0
    assert plant.wait(seconds=1) == 1
    assert plant.wait(days=30) == 0


def test_only_the_released_version_starts_by_its_timer(plant: Plant) -> None:
    plant.release(started_by(cycle="R/PT10M"))
    plant.release(started_by(cycle="R/PT20M"))
    assert plant.wait(minutes=10) == 0
    assert plant.wait(minutes=10) == 1
    plant.retire("p", 2)
    assert plant.wait(days=1) == 0


def test_a_start_timer_that_reads_a_variable_is_refused(plant: Plant) -> None:
    """There are no variables before the start."""
    with pytest.raises(DeploymentRefused) as refused:
        plant.release(started_by(duration="= pause"))
    assert "shift" in [element for _, element in found(refused.value)]


@pytest.mark.parametrize("text", ['= "soon"', "= 5", '= "PT2H" if 1 > 2 else null'])
def test_a_start_timer_that_tells_no_time_is_refused(plant: Plant, text: str) -> None:
    with pytest.raises(RoutecardError):
        plant.release(started_by(duration=text))
    assert plant.open() == []


def test_an_instance_a_timer_started_is_of_nobody(plant: Plant) -> None:
    plant.release(started_by(cycle="R1/PT10M"))
    plant.wait(minutes=10)
    instance = plant.task("check")["instance"]
    assert plant.instance(instance)["started_by"] == "system:timers"
    assert plant.instance(instance)["business_key"] is None


def test_a_process_that_only_time_starts_cannot_be_started_by_hand(plant: Plant) -> None:
    plant.release(started_by(cycle="R1/PT10M"))
    with pytest.raises(RoutecardError, match="starts by its message or timer"):
        plant.start()


@function("test.broken")
def broken(uow: Uow, **parameters: Any) -> Mapping[str, object]:
    """A fault of the program, which no diagram can catch."""
    raise ZeroDivisionError("a fault put in")


def test_a_start_that_cannot_be_made_is_told_in_the_audit_trail(plant: Plant) -> None:
    """It has no instance that could be an incident."""
    plant.release(
        d.process(
            d.start("shift", cycle="R/PT1H"), d.function("x", "test.broken"), d.end(),
            "shift -> x -> end",
        )
    )  # fmt: skip
    assert plant.wait(hours=1) == 1
    (told,) = plant.read(audit_entries, site=1, limit=5, action="timer.put_off")["items"]
    assert (told["subject"], told["actor"]) == ("process:p", "system:timers")
    assert told["detail"] == {"element": "shift", "problem": "a fault put in"}
    assert plant.wait(seconds=59) == 0
    assert plant.wait(seconds=2) == 1
