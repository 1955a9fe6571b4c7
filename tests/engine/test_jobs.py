"""Jobs for machines and other systems: leases, fences, attempts, results that come too late."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from engine.kernel.errors import Invalid, NotFound
from engine.kernel.ids import from_text
from engine.workflow.execution.values import VariablesRefused
from engine.workflow.work import jobs
from engine.workflow.work.jobs import JobCancelled, JobEnded, StaleFence
from tests.support import diagrams as d
from tests.support.plant import LATHE, Item, Plant

CUTTING = d.process(
    d.start(), d.job("cut", "lathe.cut"), d.user("look"), d.end(), "start -> cut -> look -> end"
)


def cut(plant: Plant, lease: int = 60) -> Item:
    """Claim the job of `CUTTING`."""
    return plant.claim_job("lathe.cut", lease=lease)


def test_a_worker_claims_a_job_and_completes_it(plant: Plant) -> None:
    plant.release(
        d.process(
            d.start(),
            d.job(
                "cut",
                "lathe.cut",
                action="start",
                parameters={"program": "O1234", "feed": "= feed * 2", "lot": "${lot}"},
            ),
            d.end(),
            "start -> cut -> end",
        )
    )
    instance = plant.start(business_key="WO-1", feed=3, lot="L-7")
    job = cut(plant, lease=60)
    assert job == {
        "id": job["id"],
        "instance": instance,
        "business_key": "WO-1",
        "element": "cut",
        "topic": "lathe.cut",
        "action": "start",
        "parameters": {"program": "O1234", "feed": 6, "lot": "L-7"},
        "fence": 1,
        "attempt": 1,
        "lease_until": "2026-03-02T06:01:00.000Z",
        "equipment": None,
        "unit": None,
        "command": None,
    }
    assert plant.complete_job(job, good=5)["state"] == "completed"
    assert plant.state(instance) == "completed"
    assert plant.variables(instance)["good"] == 5
    assert plant.history(instance)[1]["actor"] == "lathe"


def test_what_is_leased_is_not_handed_out_again(plant: Plant) -> None:
    plant.run_of(CUTTING)
    cut(plant)
    assert plant.claim_jobs("lathe.cut") == []


def test_urgent_jobs_go_first_and_then_old_ones(plant: Plant) -> None:
    plant.release(
        d.process(d.start(), d.job("cut", priority="= urgency"), d.end(), "start -> cut -> end")
    )
    for key, urgency in (("A", 50), ("B", 50), ("C", 90), ("D", 10)):
        plant.start(business_key=key, urgency=urgency)
    claimed = plant.claim_jobs("machine", "other", limit=10)
    assert [job["business_key"] for job in claimed] == ["C", "A", "B", "D"]


def test_workers_that_claim_at_once_get_different_jobs(plant: Plant) -> None:
    plant.release(CUTTING)
    for _ in range(30):
        plant.start()
    with ThreadPoolExecutor(4) as workers:
        asked = [workers.submit(plant.claim_jobs, "lathe.cut", limit=5) for _ in range(8)]
        claimed = [job["id"] for answer in asked for job in answer.result()]
    claimed += [job["id"] for job in plant.claim_jobs("lathe.cut", limit=100)]
    assert len(claimed) == len(set(claimed)) == 30


def test_a_claim_names_some_topics(plant: Plant) -> None:
    for topics in ((), tuple(f"t{n}" for n in range(21))):
        with pytest.raises(Invalid):
            plant.claim_jobs(*topics)


# ---- leases and fences ----


def test_a_lease_that_ran_out_gives_the_job_to_another(plant: Plant) -> None:
    plant.run_of(CUTTING)
    first = cut(plant, lease=60)
    plant.clock.advance(61)
    second = cut(plant)
    assert (second["fence"], second["attempt"]) == (2, 2)
    with pytest.raises(StaleFence, match="Fence 1 does not hold"):
        plant.complete_job(first)
    with pytest.raises(StaleFence):
        plant.fail_job(first)
    plant.complete_job(second)
    assert plant.open() == ["look"]


def test_the_background_frees_what_nobody_asks_for(plant: Plant) -> None:
    plant.run_of(CUTTING)
    job = cut(plant, lease=60)
    assert plant.background.free_leases() == 0
    plant.clock.advance(61)
    assert plant.background.free_leases() == 1
    assert plant.job(job)[0] == "open"


def test_a_result_that_comes_before_anybody_noticed_still_counts(plant: Plant) -> None:
    plant.run_of(CUTTING)
    job = cut(plant, lease=60)
    plant.clock.advance(3600)
    plant.complete_job(job)
    assert plant.open() == ["look"]


def test_a_longer_lease_is_kept(plant: Plant) -> None:
    plant.run_of(CUTTING)
    job = cut(plant, lease=60)
    plant.clock.advance(50)
    longer = plant.run(
        jobs.extend, job=from_text(job["id"]), fence=1, lease_seconds=60, actor=LATHE
    )
    assert longer["lease_until"] == "2026-03-02T06:01:50.000Z"
    plant.clock.advance(59)
    assert plant.claim_jobs("lathe.cut") == []
    plant.complete_job(job)


def test_a_result_is_taken_once(plant: Plant) -> None:
    plant.run_of(CUTTING)
    job = cut(plant)
    plant.complete_job(job)
    with pytest.raises(JobEnded):
        plant.complete_job(job)


def test_only_a_claimed_job_has_a_result(plant: Plant) -> None:
    plant.run_of(CUTTING)
    job = plant.sql("SELECT id FROM job")[0][0]
    with pytest.raises(StaleFence):
        plant.run(jobs.complete, job=bytes(job), fence=0, variables={}, actor=LATHE)
    with pytest.raises(NotFound):
        plant.run(jobs.complete, job=bytes(16), fence=1, variables={}, actor=LATHE)


# ---- failures ----


def test_a_failed_attempt_is_made_again_after_a_while(plant: Plant) -> None:
    instance = plant.run_of(CUTTING)
    failed = plant.fail_job(cut(plant), "chuck open", retry_in=30)
    assert (failed["state"], failed["retry_at"]) == ("open", "2026-03-02T06:00:30.000Z")
    assert plant.claim_jobs("lathe.cut") == []
    plant.clock.advance(30)
    again = cut(plant)
    assert (again["attempt"], again["fence"]) == (2, 2)
    assert plant.incidents(instance) == []


def test_a_worker_that_gave_a_job_back_does_not_hold_it(plant: Plant) -> None:
    plant.run_of(CUTTING)
    job = cut(plant)
    plant.fail_job(job, retry_in=30)
    with pytest.raises(StaleFence):
        plant.run(jobs.extend, job=from_text(job["id"]), fence=1, lease_seconds=60, actor=LATHE)
    with pytest.raises(StaleFence):
        plant.complete_job(job)


@pytest.mark.parametrize(("retries", "attempts"), [("", 3), ("1", 1), ("= 2 + 3", 5)])
def test_attempts_spent_are_an_incident(plant: Plant, retries: str, attempts: int) -> None:
    instance = plant.run_of(
        d.process(d.start(), d.job("cut", retries=retries), d.end(), "start -> cut -> end")
    )
    for n in range(1, attempts + 1):
        assert plant.incidents(instance) == []
        job = plant.claim_job()
        assert job["attempt"] == n
        answer = plant.fail_job(job, "chuck open")
    assert answer["state"] == "failed"
    incident = plant.incident(instance)
    assert (incident["kind"], incident["element"]) == ("job", "cut")
    assert "chuck open" in incident["message"]
    assert plant.claim_jobs("machine") == []


def test_leases_that_run_out_spend_attempts_too(plant: Plant) -> None:
    instance = plant.run_of(CUTTING)
    for _ in range(3):
        cut(plant, lease=60)
        plant.clock.advance(61)
    assert plant.background.free_leases() == 1
    assert "did not answer" in plant.incident(instance)["message"]


def test_retrying_the_incident_opens_the_job_with_a_new_fence(plant: Plant) -> None:
    instance = plant.run_of(CUTTING)
    for _ in range(3):
        last = cut(plant)
        plant.fail_job(last)
    assert plant.retry(plant.incident(instance))["state"] == "resolved"
    with pytest.raises(StaleFence):
        plant.complete_job(last)
    again = cut(plant)
    assert (again["id"], again["attempt"]) == (last["id"], 1)
    assert again["fence"] > last["fence"]
    plant.complete_job(again)
    assert plant.open() == ["look"]


def test_an_incident_of_a_job_can_be_completed_by_hand(plant: Plant) -> None:
    instance = plant.run_of(CUTTING)
    for _ in range(3):
        last = cut(plant)
        plant.fail_job(last)
    plant.resolve(plant.incident(instance), "complete", variables={"good": 5})
    assert plant.open() == ["look"]
    assert plant.variables(instance) == {"good": 5}
    assert plant.job(last)[0] == "failed"


def test_parameters_that_cannot_be_evaluated_are_an_incident(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(), d.job("cut", parameters={"feed": "= feed"}), d.end(), "start -> cut -> end"
        )
    )
    assert "feed" in plant.incident(instance)["message"]
    assert plant.claim_jobs("machine") == []
    plant.change(instance, feed=3)
    plant.retry(plant.incident(instance))
    assert plant.claim_job()["parameters"] == {"feed": 3}


# ---- suspended and cancelled instances ----


def test_jobs_of_a_suspended_instance_are_not_handed_out(plant: Plant) -> None:
    instance = plant.run_of(CUTTING)
    plant.suspend(instance)
    assert plant.claim_jobs("lathe.cut") == []
    plant.resume(instance)
    cut(plant)


def test_a_result_for_a_suspended_instance_is_applied_at_resume(plant: Plant) -> None:
    instance = plant.run_of(CUTTING)
    job = cut(plant)
    plant.suspend(instance)
    assert plant.complete_job(job, good=5)["state"] == "completed"
    assert (plant.tokens(instance), plant.variables(instance)) == (["cut"], {})
    plant.resume(instance)
    assert (plant.tokens(instance), plant.variables(instance)) == (["look"], {"good": 5})
    assert plant.history(instance)[1]["actor"] == "lathe"
    assert plant.sql("SELECT count(*) FROM held_event")[0][0] == 0


def test_an_error_for_a_suspended_instance_is_raised_at_resume(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.job("cut"),
            d.boundary("broken", "cut", error="E1"),
            d.user("mend"),
            d.end(),
            "start -> cut -> end",
            "broken -> mend -> end",
        )
    )
    job = plant.claim_job()
    plant.suspend(instance)
    plant.fail_job(job, code="E1")
    assert plant.tokens(instance) == ["cut"]
    plant.resume(instance)
    assert plant.tokens(instance) == ["mend"]


def test_a_result_that_is_too_large_does_not_keep_an_instance_suspended(plant: Plant) -> None:
    plant.release(CUTTING)
    instance = plant.start(wave="x" * 200_000)
    job = cut(plant)
    plant.suspend(instance)
    with suppress(VariablesRefused):
        plant.complete_job(job, more="x" * 100_000)
    plant.resume(instance)
    assert plant.state(instance) == "active"


def test_a_result_for_a_cancelled_instance_is_refused(plant: Plant) -> None:
    instance = plant.run_of(CUTTING)
    job = cut(plant)
    plant.cancel(instance)
    for answer in (plant.complete_job, plant.fail_job):
        with pytest.raises(JobCancelled):
            answer(job)
