"""Interrupting boundary events: what they end, what they leave, which of them catches."""

import pytest

from engine.workflow.work.jobs import JobCancelled, JobEnded
from engine.workflow.work.tasks import TaskCancelled
from tests.support import diagrams as d
from tests.support.plant import Plant

Event = tuple[str, dict[str, str]]
LATE: Event = ("late", {"duration": "PT2H"})
EARLY: Event = ("early", {"duration": "PT1H"})
BROKEN: Event = ("broken", {"error": "E1"})
ANYTHING: Event = ("anything", {"error": ""})

INSIDE = (
    d.start("begin"),
    d.parallel("split"),
    d.user("a"),
    d.job("cut"),
    d.catch("oven", message="oven_ready"),
    d.end("e1", "e2", "e3"),
    "begin -> split -> a -> e1",
    "split -> cut -> e2",
    "split -> oven -> e3",
)


def watched(work: str, *events: Event) -> bytes:
    """The activity `work` with boundary events; from `late` a token goes to `after_late`."""
    names = [name for name, _ in events]
    return d.process(
        d.start(),
        work,
        *(d.boundary(name, "work", **event) for name, event in events),
        d.user(*(f"after_{name}" for name in names)),
        d.end(),
        "start -> work -> end",
        *(f"{name} -> after_{name} -> end" for name in names),
    )


def nested(plant: Plant, kind: str) -> str:
    """The same inside as an embedded subprocess, or as a called process."""
    if kind == "subprocess":
        return d.subprocess("work", *INSIDE)
    plant.release(d.process(*INSIDE, key="inner"))
    return d.call("work", "inner")


# ---- timers ----


def test_a_timer_ends_a_user_task_and_goes_its_own_way(plant: Plant) -> None:
    instance = plant.run_of(watched(d.user("work"), LATE))
    task = plant.task("work")["id"]
    assert plant.wait(hours=1, minutes=59) == 0
    assert plant.wait(minutes=1) == 1
    assert plant.open() == ["after_late"]
    with pytest.raises(TaskCancelled):
        plant.complete_task(task)
    assert plant.path(instance) == ["start", "work cancelled", "late"]


def test_a_task_completed_in_time_drops_its_timer(plant: Plant) -> None:
    instance = plant.run_of(watched(d.user("work"), LATE))
    plant.complete("work")
    assert plant.wait(days=1) == 0
    assert plant.path(instance) == ["start", "work", "end"]


def test_a_timer_ends_a_job_whose_result_is_not_needed_any_more(plant: Plant) -> None:
    plant.run_of(watched(d.job("work"), LATE))
    held = plant.claim_job(lease=24 * 3600)
    plant.wait(hours=2)
    assert plant.open() == ["after_late"]
    with pytest.raises(JobCancelled):
        plant.complete_job(held)


@pytest.mark.parametrize("kind", ["subprocess", "call"])
def test_a_timer_ends_everything_inside_its_activity(plant: Plant, kind: str) -> None:
    instance = plant.run_of(watched(nested(plant, kind), LATE))
    assert plant.tokens(instance) == ["a", "cut", "oven"]
    job = plant.claim_job(lease=24 * 3600)
    plant.wait(hours=2)
    assert plant.open() == ["after_late"]
    assert plant.tokens(instance) == ["after_late"]
    with pytest.raises(JobCancelled):
        plant.complete_job(job)
    assert plant.send("oven_ready") == {"delivered": 0}
    ended = {s for s in plant.path(instance) if s.endswith(" cancelled")}
    assert ended == {"a cancelled", "cut cancelled", "oven cancelled", "work cancelled"}


@pytest.mark.parametrize("kind", ["subprocess", "call"])
def test_an_activity_that_ends_in_time_drops_its_timer(plant: Plant, kind: str) -> None:
    instance = plant.run_of(watched(nested(plant, kind), LATE))
    plant.complete("a")
    plant.complete_job(plant.claim_job())
    assert plant.send("oven_ready") == {"delivered": 1}
    assert plant.state(instance) == "completed"
    assert plant.wait(days=1) == 0


def test_timers_inside_an_ended_activity_are_dropped(plant: Plant) -> None:
    inside = d.subprocess(
        "work",
        d.start("s"),
        d.user("a"),
        d.boundary("soon", "a", duration="PT3H"),
        d.end("e1", "e2"),
        "s -> a -> e1",
        "soon -> e2",
    )
    instance = plant.run_of(watched(inside, LATE))
    assert plant.wait(hours=2) == 1
    assert plant.wait(days=1) == 0
    assert plant.tokens(instance) == ["after_late"]


def test_the_first_of_two_timers_fires_and_the_other_is_dropped(plant: Plant) -> None:
    instance = plant.run_of(watched(d.user("work"), LATE, EARLY))
    plant.wait(days=1)
    assert plant.tokens(instance) == ["after_early"]
    assert plant.due(instance) == []


# ---- errors ----


@pytest.mark.parametrize(
    ("code", "way"), [("E1", "after_broken"), ("E2", "after_anything"), ("", "after_anything")]
)
def test_an_error_is_caught_by_its_code_before_all_others(
    plant: Plant, code: str, way: str
) -> None:
    """Whichever stands first in the document."""
    for boundaries in ((BROKEN, ANYTHING), (ANYTHING, BROKEN)):
        instance = plant.run_of(watched(d.job("work"), *boundaries))
        plant.fail_job(plant.claim_job(), code=code)
        assert plant.tokens(instance) == [way]
        assert plant.path(instance)[:2] == ["start", "work failed"]


def test_an_error_nobody_catches_is_an_incident(plant: Plant) -> None:
    instance = plant.run_of(watched(d.job("work"), BROKEN))
    plant.fail_job(plant.claim_job(), code="E2", message="chuck open")
    incident = plant.incident(instance)
    assert (incident["element"], incident["kind"]) == ("work", "job")
    assert "E2" in incident["message"]
    assert "chuck open" in incident["message"]
    assert plant.tokens(instance) == ["work"]


def test_a_job_that_raised_an_error_has_failed(plant: Plant) -> None:
    plant.run_of(watched(d.job("work"), BROKEN))
    job = plant.claim_job()
    assert plant.fail_job(job, code="E1", message="chuck open")["state"] == "failed"
    assert plant.job(job)[:2] == ("failed", "chuck open")
    with pytest.raises(JobEnded):
        plant.complete_job(job)


@pytest.mark.parametrize("kind", ["subprocess", "call"])
def test_an_error_goes_outwards_and_ends_what_runs_beside_it(plant: Plant, kind: str) -> None:
    instance = plant.run_of(watched(nested(plant, kind), BROKEN))
    plant.fail_job(plant.claim_job(), code="E1")
    assert plant.tokens(instance) == ["after_broken"]
    steps = plant.path(instance)
    assert {"cut failed", "a cancelled", "oven cancelled", "work cancelled"} <= set(steps)


def test_the_nearest_activity_that_catches_it_has_the_error(plant: Plant) -> None:
    """Even if only one further out names the code."""
    inside = d.subprocess(
        "work",
        d.start("s"),
        d.job("cut"),
        d.boundary("near", "cut", error=""),
        d.user("mend"),
        d.end("e1", "e2"),
        "s -> cut -> e1",
        "near -> mend -> e2",
    )
    instance = plant.run_of(watched(inside, BROKEN))
    plant.fail_job(plant.claim_job(), code="E1")
    assert plant.tokens(instance) == ["mend"]


def test_an_error_passes_through_called_processes(plant: Plant) -> None:
    plant.release(d.process(*INSIDE, key="inner"))
    plant.release(
        d.process(
            d.start(),
            d.call("deeper", "inner"),
            d.boundary("other", "deeper", error="E9"),
            d.end(),
            d.end("e"),
            "start -> deeper -> end",
            "other -> e",
            key="middle",
        )
    )
    instance = plant.run_of(watched(d.call("work", "middle"), BROKEN))
    plant.fail_job(plant.claim_job(), code="E1")
    assert plant.tokens(instance) == ["after_broken"]


def test_what_an_ended_called_process_wrote_stays_behind_its_wall(plant: Plant) -> None:
    instance = plant.run_of(watched(nested(plant, "call"), BROKEN), qty=1)
    plant.complete("a", qty=99)
    plant.fail_job(plant.claim_job(), code="E1")
    assert plant.variables(instance) == {"qty": 1}


def test_what_the_time_does_is_done_by_nobody(plant: Plant) -> None:
    instance = plant.run_of(watched(d.user("work"), LATE))
    plant.wait(hours=2)
    assert [step["actor"] for step in plant.history(instance)] == ["ana", None, None]
