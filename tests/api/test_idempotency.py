"""Every POST may be sent twice: carried out once, answered alike."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.api.test_permissions import name_of, routes
from tests.support.diagrams import catch, end, exclusive, job, process, start, user
from tests.support.fixtures import both
from tests.support.http import multipart
from tests.support.machine_requests import REQUESTS as OF_MACHINES
from tests.support.machine_requests import Request
from tests.support.works import XML, Works

TURN = process(start(), user("turn"), end(), "start -> turn -> end")
TWO = process(start(), user("a", "b"), end(), "start -> a -> b -> end")
MILL = process(start(), job("mill"), end(), "start -> mill -> end")
STUCK = process(
    start(), exclusive("g"), end("e", "f"), "start -> g", "g -> e if x == 1", "g -> f if x == 2"
)
WHY = {"reason": "a test"}
V = "/processes/p/versions/1"


def version(
    works: Works, act: str, before: str = "", body: Any = None, other: Any = None
) -> Request:
    works.deploy(TURN).ok(201)
    if before:
        works.process_engineer.post(f"{V}/{before}").ok()
    return works.process_engineer, f"{V}/{act}", body or {}, other


def starting(works: Works) -> Request:
    works.release(TURN)
    body = {"process": "p", "variables": {"n": 1}}
    return works.planner, "/instances", body, body | {"variables": {"n": 2}}


def instance(works: Works, act: str, before: str = "", **body: Any) -> Request:
    path = f"/instances/{works.run_of(TWO)}"
    if before:
        works.team_lead.post(f"{path}/{before}", WHY).ok()
    return works.team_lead, f"{path}/{act}", body | WHY, body | {"reason": "another"}


def merging(works: Works) -> Request:
    caller, path, body, other = instance(works, "merge", into=None)
    into = {"into": works.start()}
    return caller, path, body | into, (other or {}) | into


def task(
    works: Works, act: str, body: Any = None, other: Any = None, held: bool = False
) -> Request:
    works.run_of(TURN)
    path = f"/tasks/{works.task('turn')['id']}"
    if held:
        works.team_lead.post(f"{path}/claim").ok()
    return works.team_lead, f"{path}/{act}", body or {}, other


def paused(works: Works) -> Request:
    caller, path, body, _ = task(works, "resume", held=True)
    caller.post(path.replace("resume", "pause")).ok()
    return caller, path, body, None


def entered(works: Works) -> Request:
    """A task that was completed, and can be taken back."""
    works.run_of(TWO)
    path = f"/tasks/{works.task('a')['id']}"
    works.team_lead.post(f"{path}/complete").ok()
    return works.team_lead, f"{path}/undo", {}, WHY


def dry_run(works: Works) -> Request:
    works.deploy(TURN).ok(201)
    began = works.process_engineer.post("/instances", {"process": "p", "dry_run": True}).ok(201)
    path, body = f"/instances/{began['id']}/pretend", {"element": "turn"}
    return works.process_engineer, path, body, body | {"variables": {"n": 1}}


def problem(works: Works) -> Request:
    body = {"reason": "Insert broken", "instance": works.run_of(TURN)}
    return works.operator, "/problems", body, body | {"note": "again"}


def several(works: Works) -> Request:
    works.run_of(TURN)
    item = {"id": works.task("turn")["id"]}
    return works.team_lead, "/tasks/complete", {"items": [item]}, {"items": [item, item]}


def claiming(works: Works) -> Request:
    works.run_of(MILL)
    works.start()
    body = {"topics": ["machine"], "worker": "w"}
    return works.integration, "/jobs/claim", body, body | {"worker": "v"}


def held_job(works: Works, act: str, **body: Any) -> Request:
    works.run_of(MILL)
    held = works.claim_job()
    sent = {"fence": held["fence"], **body}
    return works.integration, f"/jobs/{held['id']}/{act}", sent, sent | {"fence": 9}


def message(works: Works) -> Request:
    works.release(process(start(message="m"), user("turn"), end(), "start -> turn -> end"))
    body = {"name": "m", "business_key": "WO-1"}
    return works.integration, "/messages", body, body | {"business_key": "WO-2"}


def broadcast(works: Works) -> Request:
    works.release(process(start(signal="s"), user("turn"), end(), "start -> turn -> end"))
    return works.integration, "/broadcasts", {"name": "s"}, {"name": "t"}


def incident(works: Works, act: str, body: Any, other: Any) -> Request:
    found = works.incident(works.run_of(STUCK))
    return works.team_lead, f"/incidents/{found['id']}/{act}", body, other


def new_user(works: Works) -> Request:
    body = {"name": "ana", "roles": ["operator"]}
    return works.admin, "/users", body, body | {"roles": ["quality"]}


def new_code(works: Works) -> Request:
    made = works.admin.post("/stations", {"name": "Lathe 1"}).ok(201)
    return works.admin, f"/stations/{made['id']}/code", {}, None


CANCEL = {"action": "cancel", **WHY}
REQUESTS: dict[str, Callable[[Works], Request]] = {
    "/processes/<key>/versions/<version>/submit": lambda w: version(w, "submit"),
    "/processes/<key>/versions/<version>/reject": lambda w: version(
        w, "reject", "submit", WHY, {"reason": "another"}),
    "/processes/<key>/versions/<version>/release": lambda w: version(w, "release"),
    "/processes/<key>/versions/<version>/retire": lambda w: version(w, "retire"),
    "/instances": starting,
    "/instances/<instance>/suspend": lambda w: instance(w, "suspend"),
    "/instances/<instance>/resume": lambda w: instance(w, "resume", "suspend"),
    "/instances/<instance>/cancel": lambda w: instance(w, "cancel"),
    "/instances/<instance>/move": lambda w: instance(w, "move", **{"from": "a", "to": "b"}),
    "/instances/<instance>/insert": lambda w: instance(w, "insert", after="a", name="rework"),
    "/instances/<instance>/split": lambda w: instance(w, "split"),
    "/instances/<instance>/merge": merging,
    "/tasks/<task>/claim": lambda w: task(w, "claim"),
    "/tasks/<task>/unclaim": lambda w: task(w, "unclaim", held=True),
    "/tasks/<task>/assign": lambda w: task(
        w, "assign", {"user": "team_lead"}, {"user": "Team_Lead"}),
    "/tasks/<task>/complete": lambda w: task(
        w, "complete", {"variables": {"n": 1}}, {"variables": {"n": 2}}),
    "/tasks/<task>/skip": lambda w: task(w, "skip", WHY, {"reason": "another"}),
    "/tasks/<task>/pause": lambda w: task(w, "pause", {}, WHY, held=True),
    "/tasks/<task>/resume": paused,
    "/tasks/<task>/undo": entered,
    "/tasks/complete": several,
    "/instances/<instance>/pretend": dry_run,
    "/problems": problem,
    "/jobs/claim": claiming,
    "/jobs/<job>/complete": lambda w: held_job(w, "complete"),
    "/jobs/<job>/fail": lambda w: held_job(w, "fail", message="x"),
    "/jobs/<job>/extend": lambda w: held_job(w, "extend", lease_seconds=5),
    "/messages": message,
    "/broadcasts": broadcast,
    "/incidents/<incident>/retry": lambda w: incident(w, "retry", {}, WHY),
    "/incidents/<incident>/resolve": lambda w: incident(
        w, "resolve", CANCEL, CANCEL | {"reason": "another"}),
    "/users": new_user,
    "/tokens": lambda w: (w.admin, "/tokens", {"roles": ["operator"]}, {"roles": ["quality"]}),
    "/stations": lambda w: (w.admin, "/stations", {"name": "Lathe 1"}, {"name": "Lathe 2"}),
    "/stations/<station>/code": new_code,
    **OF_MACHINES,
}  # fmt: skip


# What asks for a secret answers to nobody but who has it; what only looks changes nothing; rows of
# a gateway have numbers of their own, which say what was taken in before.
NOT_KEPT = {
    "/sessions",
    "/stations/enrol",
    "/users/<name>/password",
    "/users/<name>/pin",
    "/processes/check",
    "/processes/layout",
    "/processes/convert",
    "/processes/<key>/versions/<version>/compare",
    "/signals",
    "/readings",
}
# Their bodies are files: `test_a_deployment_is_carried_out_once`, `test_files.py`.
UPLOADS = {"/processes", "/files"}
# A secret is told once: by path, the field that a replay leaves empty.
TOLD_ONCE = {"tokens": "token", "stations": "code", "code": "code"}


def trail(works: Works) -> int:
    """How much was ever done."""
    return len(works.auditor.pages("/audit", limit=200))


def test_the_table_above_knows_every_post(app: Flask) -> None:
    posts = {name_of(m, r).removeprefix("POST ") for m, r in routes(app) if m == "POST"}
    assert set(REQUESTS) | UPLOADS | NOT_KEPT == posts


@pytest.mark.parametrize("path", sorted(REQUESTS))
def test_every_post_is_carried_out_once(works: Works, path: str) -> None:
    caller, path, body, other = REQUESTS[path](works)
    trail(works)  # whoever reads it is made before, and counted
    first = caller.post(path, body, key="k-1")
    first.ok()
    assert not first.replayed
    done = trail(works)
    again = caller.post(path, body, key="k-1")
    assert again.replayed
    assert again.status == first.status
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers.get("etag") == first.headers.get("etag")
    secret = TOLD_ONCE.get(path.rpartition("/")[2])
    if secret is not None:
        assert again.json == first.json | {secret: None}
    else:
        assert again.data == first.data
    assert trail(works) == done
    if other is not None:
        caller.post(path, other, key="k-1").refused(422, "idempotency-key-reused")
    assert trail(works) == done


@both
def test_a_deployment_is_carried_out_once(works: Works) -> None:
    """The parts of a form come in other bytes each time; what they hold decides."""
    files = {"main": ("main.bpmn", TURN)}
    body, kind = multipart(files)
    engineer = works.process_engineer
    first = engineer.send("/processes", body, kind, key="k")
    again = engineer.send(
        "/processes",
        body.replace(b"part-of-a-bundle", b"another-border"),
        kind.replace("part-of-a-bundle", "another-border"),
        key="k",
    )
    assert (first.status, again.status, again.replayed) == (201, 201, True)
    assert (again.data, again.etag) == (first.data, first.etag)
    other = multipart({"main": ("main.bpmn", TWO)})
    engineer.send("/processes", *other, key="k").refused(422, "idempotency-key-reused")
    with_one_more = multipart(files | {"x": ("x.bpmn", TURN.replace(b'"p"', b'"q"'))})
    engineer.send("/processes", *with_one_more, key="k").refused(422, "idempotency-key-reused")
    engineer.send("/processes", TWO, XML, key="k").refused(422, "idempotency-key-reused")


@both
def test_a_key_belongs_to_caller_and_path(works: Works) -> None:
    works.release(TURN)
    body = {"process": "p"}
    first = works.planner.post("/instances", body, key="k").ok(201)["id"]
    second = works.team_lead.post("/instances", body, key="k").ok(201)["id"]
    third = works.planner.post("/instances", body, key="K").ok(201)["id"]
    assert len({first, second, third}) == 3
    path = f"/instances/{first}"
    assert not works.planner.post(f"{path}/suspend", WHY, key="k").replayed
    assert not works.planner.post(f"{path}/resume", WHY, key="k").replayed
    tokens = [works.token("planner", user="planner") for _ in range(2)]
    ids = {t.post("/instances", body, key="z").ok(201)["id"] for t in tokens}
    assert len(ids) == 1  # two tokens of one person are one caller


@both
def test_a_refusal_is_not_kept(works: Works) -> None:
    body = {"process": "p"}
    works.planner.post("/instances", body, key="k").refused(404, "process-not-found")
    works.deploy(TURN).ok(201)
    works.planner.post("/instances", body, key="k").refused(409, "process-not-released")
    works.planner.post("/instances", {"process": 7}, key="k").refused(422, "invalid")
    works.process_engineer.post(f"{V}/release").ok()
    answer = works.planner.post("/instances", body, key="k")
    assert (answer.status, answer.replayed) == (201, False)


@both
def test_the_kept_answer_comes_even_when_it_could_not_be_done_again(works: Works) -> None:
    """The client never heard that its completion was taken; it asks again, later."""
    works.run_of(TURN)
    path = f"/tasks/{works.task('turn')['id']}/complete"
    first = works.operator.post(path, {}, key="k")
    works.operator.post(path, {}, key="other").refused(409, "task-already-completed")
    works.wait(days=6)
    assert works.operator.post(path, {}, key="k").data == first.data


@both
def test_an_answer_is_kept_for_seven_days(works: Works) -> None:
    works.release(TURN)
    body = {"process": "p"}
    first = works.planner.post("/instances", body, key="k").ok(201)
    works.clock.advance(timedelta(days=7))
    works.background.clean()
    assert works.planner.post("/instances", body, key="k").replayed
    works.clock.advance(timedelta(milliseconds=1))
    assert works.background.clean() >= 1
    assert works.planner.post("/instances", body, key="k").ok(201)["id"] != first["id"]


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_that_cannot_be(works: Works, key: str) -> None:
    works.planner.post("/instances", {"process": "p"}, key=key).refused(422, "invalid")


@both
def test_any_other_text_is_a_key(works: Works) -> None:
    works.release(TURN)
    for key in ("0", "a b", "é", "x" * 200, '"quoted"', "\\", "; DROP TABLE task"):
        first = works.planner.post("/instances", {"process": "p"}, key=key)
        again = works.planner.post("/instances", {"process": "p"}, key=key)
        assert (again.replayed, again.data) == (True, first.data)


def test_the_body_counts_by_its_bytes(works: Works) -> None:
    works.release(TURN)
    works.planner.send("/instances", b'{"process":"p"}', key="k").ok(201)
    again = works.planner.send("/instances", b'{"process": "p"}', key="k")
    again.refused(422, "idempotency-key-reused")


def test_what_is_no_post_has_no_key(works: Works) -> None:
    works.person("ana", "operator")
    for _ in range(2):
        answer = works.admin.patch("/users/ana", {"roles": ["quality"]}, key="k")
        assert not answer.replayed
    works.admin.patch("/users/ana", {"roles": ["operator"]}, key="k").ok()


@both
def test_the_same_request_many_times_at_once(works: Works) -> None:
    works.release(TURN)
    body = {"process": "p", "business_key": "WO-1"}
    works.planner.get("/tasks").ok()
    with ThreadPoolExecutor(8) as hands:
        answers = list(
            hands.map(lambda _: works.planner.post("/instances", body, key="k"), range(8))
        )
    assert {a.status for a in answers} == {201}
    assert len({a.data for a in answers}) == 1
    assert len(works.auditor.get("/instances").ok()["items"]) == 1


@both
def test_different_requests_under_one_key_at_once(works: Works) -> None:
    works.release(TURN)
    works.planner.get("/tasks").ok()
    with ThreadPoolExecutor(6) as hands:
        answers = list(
            hands.map(
                lambda n: works.planner.post(
                    "/instances", {"process": "p", "variables": {"n": n}}, key="k"
                ),
                range(6),
            )
        )
    assert sorted(a.status for a in answers) == [201] + [422] * 5
    assert len(works.auditor.get("/instances").ok()["items"]) == 1


@both
def test_the_effects_further_on_happen_once(works: Works) -> None:
    """A message sent twice under its key starts one process and passes one wait."""
    works.release(process(start(), catch("wait", message="m"), user("next"), end(),
                          "start -> wait -> next -> end"))  # fmt: skip
    first, second = works.start(business_key="WO-1"), works.start(business_key="WO-1")
    body = {"name": "m", "instance": first}
    for _ in range(2):
        assert works.integration.post("/messages", body, key="k").ok() == {"delivered": 1}
    assert works.open(first) == ["next"]
    assert works.open(second) == []


def test_a_password_cannot_be_guessed_from_what_is_kept(works: Works) -> None:
    """The hash that is kept of a body needs the key, which is kept nowhere."""
    body = {"name": "ana", "roles": ["operator"], "password": "a long walk in the rain"}
    works.admin.post("/users", body, key="k-77").ok(201)
    with works.store.bind.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM idempotency").fetchall()
    assert len(rows) == 1
    kept = b"".join(v if isinstance(v, bytes) else str(v).encode() for v in rows[0])
    assert b"k-77" not in kept
    assert b"rain" not in kept
