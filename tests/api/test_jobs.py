"""Jobs over HTTP: claimed under a lease, fenced, retried, completed once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.diagrams import boundary, element, end, job, parallel, process, start, user
from tests.support.fixtures import both
from tests.support.works import Works

MILL = process(start(), job("mill"), user("check"), end(), "start -> mill -> check -> end")
CAUGHT = process(
    start(), job("mill"), boundary("jammed", "mill", error="jam"), user("clear"), end("end", "off"),
    "start -> mill -> end", "jammed -> clear -> off",
)  # fmt: skip


@both
def test_a_worker_gets_what_it_needs(works: Works) -> None:
    works.release(
        process(
            start(), end(), "start -> mill -> end",
            job("mill", action="face", priority="80",
                parameters={"feed": "= feed * 2", "tool": "T-4", "list": "= list"}),
        )
    )  # fmt: skip
    instance = works.start("p", "WO-1", feed=0.15, list=[1, "x"])
    claimed = works.claim_job(worker="lathe-1", lease_seconds=90)
    assert claimed == {
        "id": claimed["id"],
        "topic": "machine",
        "action": "face",
        "instance": instance,
        "business_key": "WO-1",
        "element": "mill",
        "parameters": {"feed": claimed["parameters"]["feed"], "tool": "T-4", "list": [1, "x"]},
        "fence": 1,
        "lease_until": "2026-03-02T06:01:30.000Z",
        "attempt": 1,
        "equipment": None,
        "unit": None,
        "command": None,
    }
    assert str(claimed["parameters"]["feed"]) == "0.30"


@both
def test_a_worker_brings_a_result(works: Works) -> None:
    works.release(MILL)
    instance = works.start("p", "WO-1")
    claimed = works.claim_job(worker="lathe-1")
    done = works.complete_job(claimed, seconds=12.50)
    assert done == {
        "id": claimed["id"],
        "instance": instance,
        "business_key": "WO-1",
        "element": "mill",
        "topic": "machine",
        "state": "completed",
        "fence": 1,
        "attempt": 1,
        "attempts": 3,
        "worker": "lathe-1",
        "lease_until": None,
        "retry_at": None,
        "message": None,
        "equipment": None,
        "unit": None,
        "command": None,
    }
    shown = works.instance(instance)
    assert str(shown["variables"]["seconds"]) == "12.5"
    assert works.open(instance) == ["check"]
    assert works.history(instance)[1]["actor"].startswith("integration")


@both
def test_jobs_are_given_out_by_topic_and_urgency(works: Works) -> None:
    works.release(process(start(), job("mill", priority="= p"), end(), "start -> mill -> end"))
    other = process(start(), job("wash", topic="washer"), end(), "start -> wash -> end", key="q")
    works.release(other)
    order = [works.start("p", p=p) for p in (10, 90, 50, 50)]
    works.start("q")
    assert works.claim_jobs("nobody") == []
    found = works.claim_jobs("machine", limit=3)
    assert [j["instance"] for j in found] == [order[1], order[2], order[3]]
    assert [j["element"] for j in works.claim_jobs("machine", "washer", limit=100)] == [
        "wash",
        "mill",
    ]
    assert works.claim_jobs("machine", "washer") == []


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/topics", "/worker"]),
        ({"topics": [], "worker": "w"}, ["/topics"]),
        ({"topics": ["x"] * 21, "worker": "w"}, ["/topics"]),
        ({"topics": ["x", 7], "worker": "w"}, ["/topics/1"]),
        ({"topics": ["x\x00"], "worker": "w\x00"}, ["/topics/0", "/worker"]),
        ({"topics": ["x"], "worker": "w", "limit": 0}, ["/limit"]),
        ({"topics": ["x"], "worker": "w", "limit": 101}, ["/limit"]),
        ({"topics": ["x"], "worker": "w", "lease_seconds": 0}, ["/lease_seconds"]),
        ({"topics": ["x"], "worker": "w", "lease_seconds": 86401}, ["/lease_seconds"]),
        ({"topics": ["x"], "worker": "w", "wait": 30}, ["/wait"]),
    ],
)
def test_a_claim_is_checked(works: Works, body: dict[str, Any], pointers: list[str]) -> None:
    assert works.integration.post("/jobs/claim", body).pointers() == pointers


@both
def test_only_the_holder_of_the_fence_may_act(works: Works) -> None:
    works.run_of(MILL)
    first = works.claim_job(lease_seconds=10)
    works.wait(seconds=11)
    works.background.free_leases()
    second = works.claim_job()
    assert (second["id"], second["fence"], second["attempt"]) == (first["id"], 2, 2)
    path = f"/jobs/{first['id']}"
    late: list[tuple[str, dict[str, Any]]] = [
        ("complete", {"fence": 1, "variables": {}}),
        ("fail", {"fence": 1, "message": "x"}),
        ("extend", {"fence": 1, "lease_seconds": 60}),
        ("complete", {"fence": 3, "variables": {}}),
        ("complete", {"fence": 2**63, "variables": {}}),
        ("complete", {"fence": -1, "variables": {}}),
    ]
    for act, body in late:
        works.integration.post(f"{path}/{act}", body).refused(409, "stale-fence")
    assert works.complete_job(second)["state"] == "completed"
    again = works.integration.post(f"{path}/complete", {"fence": 2, "variables": {}})
    again.refused(409, "job-already-completed")
    assert works.open() == ["check"]


@both
def test_a_job_that_nobody_holds_takes_no_result(works: Works) -> None:
    works.run_of(MILL)
    held = works.claim_job()
    works.fail_job(held, retry_in=60)
    for fence in (0, 1):
        works.integration.post(
            f"/jobs/{held['id']}/complete", {"fence": fence, "variables": {}}
        ).refused(409, "stale-fence")


@both
def test_a_result_just_after_the_lease_still_counts(works: Works) -> None:
    """The machine has cut its metal; nobody else has the job yet."""
    instance = works.run_of(MILL)
    held = works.claim_job(lease_seconds=10)
    works.wait(seconds=11)
    assert works.complete_job(held)["state"] == "completed"
    assert works.open(instance) == ["check"]


@both
def test_a_lease_is_extended(works: Works) -> None:
    works.run_of(MILL)
    held = works.claim_job(lease_seconds=10)
    works.wait(seconds=9)
    body = {"fence": held["fence"], "lease_seconds": 60}
    kept = works.integration.post(f"/jobs/{held['id']}/extend", body).ok()
    assert kept["lease_until"] == "2026-03-02T06:01:09.000Z"
    works.wait(seconds=30)
    works.background.free_leases()
    assert works.claim_jobs("machine") == []
    works.complete_job(held)


@both
def test_a_failed_attempt_is_tried_again(works: Works) -> None:
    instance = works.run_of(MILL)
    for attempt, wait in ((1, 30), (2, 0)):
        held = works.claim_job()
        assert held["attempt"] == attempt
        failed = works.fail_job(held, "chuck open", retry_in=wait)
        assert (failed["state"], failed["message"]) == ("open", "chuck open")
        if wait:
            assert failed["retry_at"] == "2026-03-02T06:00:30.000Z"
            assert works.claim_jobs("machine") == []
            works.wait(seconds=wait)
    last = works.claim_job()
    assert works.fail_job(last, "gave up", retry_in=5)["state"] == "failed"
    incident = works.incident(instance)
    assert (incident["kind"], incident["element"]) == ("job", "mill")
    assert "gave up" in incident["message"]
    assert works.tokens(instance) == ["mill?"]
    assert works.claim_jobs("machine") == []
    works.team_lead.post(f"/incidents/{incident['id']}/retry").ok()
    fresh = works.claim_job()
    assert (fresh["id"], fresh["attempt"]) == (last["id"], 1)
    assert fresh["fence"] > last["fence"]
    works.complete_job(fresh)
    assert works.open(instance) == ["check"]


@both
def test_a_worker_that_fell_silent_three_times_is_an_incident(works: Works) -> None:
    instance = works.run_of(MILL)
    for _ in range(3):
        works.claim_job(worker="lathe-7", lease_seconds=5)
        works.wait(seconds=6)
        works.background.free_leases()
    assert works.claim_jobs("machine") == []
    assert "lathe-7" in works.incident(instance)["message"]


@both
def test_the_diagram_says_how_often(works: Works) -> None:
    works.release(process(start(), job("mill", retries="= n"), end(), "start -> mill -> end"))
    instance = works.start(n=1)
    assert works.fail_job(works.claim_job())["state"] == "failed"
    assert works.tokens(instance) == ["mill?"]


@both
def test_an_error_by_its_code_is_caught_by_the_diagram(works: Works) -> None:
    instance = works.run_of(CAUGHT)
    failed = works.fail_job(works.claim_job(), "belt", code="jam")
    assert (failed["state"], failed["message"]) == ("failed", "belt")
    assert works.open(instance) == ["clear"]
    assert works.path(instance) == ["start", "mill failed", "jammed"]
    works.complete("clear", instance)
    assert works.path(instance)[-1] == "off"


@both
def test_an_error_that_nobody_catches_is_an_incident(works: Works) -> None:
    instance = works.run_of(CAUGHT)
    works.fail_job(works.claim_job(), "belt", code="other")
    incident = works.incident(instance)
    assert incident["kind"] == "job"
    assert "other" in incident["message"]
    assert works.tokens(instance) == ["mill?"]


@both
def test_a_job_whose_step_was_left_is_cancelled(works: Works) -> None:
    instance = works.run_of(
        process(
            start(), job("mill"), boundary("late", "mill", duration="PT1H"), user("ask"), end(),
            "start -> mill -> end", "late -> ask -> end",
        )
    )  # fmt: skip
    held = works.claim_job(lease_seconds=7200)
    assert works.wait(hours=1) == 1
    result = {"fence": held["fence"], "variables": {}}
    works.integration.post(f"/jobs/{held['id']}/complete", result).refused(409, "job-cancelled")
    assert works.open(instance) == ["ask"]


@both
def test_workers_at_once_get_different_jobs(works: Works) -> None:
    works.release(MILL)
    for _ in range(12):
        works.start()
    works.integration.get("/tasks").ok()
    with ThreadPoolExecutor(6) as workers:
        found = list(workers.map(lambda n: works.claim_jobs("machine", worker=f"w{n}", limit=4),
                                 range(6)))  # fmt: skip
    ids = [j["id"] for jobs in found for j in jobs]
    assert len(ids) == len(set(ids)) == 12


@both
def test_a_result_sent_twice_counts_once(works: Works) -> None:
    instance = works.run_of(MILL)
    held = works.claim_job()
    body = {"fence": held["fence"], "variables": {"n": 1}}
    with ThreadPoolExecutor(4) as sends:
        answers = list(
            sends.map(lambda _: works.integration.post(f"/jobs/{held['id']}/complete", body),
                      range(4))
        )  # fmt: skip
    assert sorted(a.status for a in answers) == [200, 409, 409, 409]
    assert works.path(instance) == ["start", "mill"]


def test_jobs_in_parallel_branches(works: Works) -> None:
    instance = works.run_of(
        process(
            start(), parallel("split", "join"), job("mill"), job("drill"), end(),
            "start -> split -> mill -> join -> end", "split -> drill -> join",
        )
    )  # fmt: skip
    for held in works.claim_jobs("machine", limit=2):
        works.complete_job(held, **{held["element"]: True})
    assert works.instance(instance)["variables"] == {"mill": True, "drill": True}
    assert works.instance(instance)["state"] == "completed"


def test_a_result_that_cannot_be_kept_leaves_the_job_held(works: Works) -> None:
    works.run_of(MILL)
    held = works.claim_job()
    body = {"fence": held["fence"], "variables": {"_x": 1}}
    answer = works.integration.post(f"/jobs/{held['id']}/complete", body)
    assert answer.pointers() == ["/variables/_x"]
    works.complete_job(held)


def test_a_failure_says_what_failed(works: Works) -> None:
    works.run_of(MILL)
    held = works.claim_job()
    post = works.integration.post
    path = f"/jobs/{held['id']}/fail"
    assert post(path, {"fence": 1}).pointers() == ["/message"]
    assert post(path, {"fence": 1, "message": "a\x00"}).pointers() == ["/message"]
    assert post(path, {"fence": "1", "message": "x"}).pointers() == ["/fence"]
    assert post(path, {"fence": 1, "message": "x", "retry_in": -1}).pointers() == ["/retry_in"]
    assert works.fail_job(held, "line one\nline two")["message"] == "line one\nline two"


def test_a_job_that_is_not_there(works: Works) -> None:
    for job_id in ("01981d2c-6a40-7e1e-8d7c-3f1f6f1f6f1f", "7"):
        body = {"fence": 1, "variables": {}}
        works.integration.post(f"/jobs/{job_id}/complete", body).refused(404, "not-found")


def test_people_have_no_jobs(works: Works) -> None:
    """A service task is nobody's task; it is in no work list."""
    works.run_of(process(start(), element("serviceTask", "mill", topic="machine"), end(),
                         "start -> mill -> end"))  # fmt: skip
    assert works.tasks() == []
