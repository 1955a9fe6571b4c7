"""The audit trail over HTTP: every route that changes something leaves an entry."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.api.test_permissions import WHO, name_of, routes
from tests.support.diagrams import end, exclusive, job, process, start, user
from tests.support.fixtures import both
from tests.support.http import Answer, multipart
from tests.support.machine_requests import ACTS as OF_MACHINES
from tests.support.pictures import png
from tests.support.visitor import PASSWORD, PIN, Visitor
from tests.support.works import Works

TURN = process(start(), user("turn"), end(), "start -> turn -> end")
TWO = process(start(), user("a", "b"), end(), "start -> a -> b -> end")
MILL = process(start(), job("mill"), end(), "start -> mill -> end")
STUCK = process(
    start(), exclusive("g"), end("e", "f"), "start -> g", "g -> e if x == 1", "g -> f if x == 2"
)
WHY = {"reason": "a test"}
V = "/processes/p/versions/1"
Act = Callable[[Works], Answer]


def task(works: Works, act: str, body: object = None, claimed: bool = False) -> Answer:
    works.run_of(TURN)
    path = f"/tasks/{works.task('turn')['id']}"
    if claimed:
        works.team_lead.post(f"{path}/claim").ok()
    return works.team_lead.post(f"{path}/{act}", body or {})


def instance(works: Works, act: str, body: object = None, before: str = "") -> Answer:
    path = f"/instances/{works.run_of(TWO)}"
    if before:
        works.team_lead.post(f"{path}/{before}", WHY).ok()
    return works.team_lead.post(f"{path}/{act}", body or WHY)


def merge(works: Works) -> Answer:
    path = f"/instances/{works.run_of(TWO)}/merge"
    return works.team_lead.post(path, {"into": works.start(), **WHY})


def version(works: Works, act: str, body: object = None, before: str = "") -> Answer:
    works.deploy(TURN).ok(201)
    if before:
        works.process_engineer.post(f"{V}/{before}").ok()
    return works.process_engineer.post(f"{V}/{act}", body or {})


def held_job(works: Works, act: str, **body: Any) -> Answer:
    works.run_of(MILL)
    held = works.claim_job()
    return works.integration.post(f"/jobs/{held['id']}/{act}", {"fence": 1, **body})


def incident(works: Works, act: str, body: object = None) -> Answer:
    found = works.incident(works.run_of(STUCK))
    return works.team_lead.post(f"/incidents/{found['id']}/{act}", body or {})


def variables(works: Works) -> Answer:
    path = f"/instances/{works.run_of(TURN)}/variables"
    return works.team_lead.patch(path, {"set": {"x": 1}, **WHY})


def start_one(works: Works) -> Answer:
    works.release(TURN)
    return works.planner.post("/instances", {"process": "p"})


def complete_many(works: Works) -> Answer:
    works.run_of(TURN)
    return works.operator.post("/tasks/complete", {"items": [{"id": works.task("turn")["id"]}]})


def claim_jobs(works: Works) -> Answer:
    works.run_of(MILL)
    return works.integration.post("/jobs/claim", {"topics": ["machine"], "worker": "lathe-1"})


def add_file(works: Works) -> Answer:
    return works.operator.send("/files", *multipart({"file": ("a.png", png())}))


def change_user(works: Works) -> Answer:
    works.person("ana", "operator")
    return works.admin.patch("/users/ana", {"roles": ["quality"]})


def revoke(works: Works) -> Answer:
    made = works.admin.post("/tokens", {"roles": ["auditor"]}).ok()
    return works.admin.delete(f"/tokens/{made['id']}")


def station(works: Works, act: str = "") -> str:
    made = works.admin.post("/stations", {"name": "Lathe 1"}).ok(201)
    return f"/stations/{made['id']}{act}"


def pause(works: Works, and_resume: bool = False) -> Answer:
    works.run_of(TURN)
    path = f"/tasks/{works.task('turn')['id']}"
    works.operator.post(f"{path}/claim").ok()
    paused = works.operator.post(f"{path}/pause", WHY)
    return works.operator.post(f"{path}/resume") if and_resume else paused


def undo(works: Works) -> Answer:
    works.run_of(TWO)
    path = f"/tasks/{works.task('a')['id']}"
    works.operator.post(f"{path}/complete").ok()
    return works.operator.post(f"{path}/undo", WHY)


def pretend(works: Works) -> Answer:
    works.deploy(TURN).ok(201)
    began = works.process_engineer.post("/instances", {"process": "p", "dry_run": True}).ok(201)
    body = {"element": "turn"}
    return works.process_engineer.post(f"/instances/{began['id']}/pretend", body)


def with_session(works: Works, method: str, path: str, body: object = None) -> Answer:
    """Somebody who signed in at a browser does it."""
    visitor = Visitor(works.nobody)
    works.admin.post("/users", {"name": "ana", "roles": ["admin"], "password": PASSWORD}).ok(201)
    session = visitor.sign_in(name="ana", password=PASSWORD).ok(201)
    return visitor.ask(method, path.format(**session), body=body or {})


def own(works: Works, secret: str) -> Answer:
    works.admin.post("/users", {"name": "ana", "roles": ["operator"]}).ok(201)
    new = PIN if secret == "pin" else PASSWORD
    return works.admin.post(f"/users/ana/{secret}", {"new": new})


# route -> (how it is called, the action of its entry, the kind of its subject)
ACTS: dict[str, tuple[Act, str, str]] = {
    "POST /processes": (lambda w: w.deploy(TURN), "process.deployed", "process"),
    "POST /processes/<key>/versions/<version>/submit": (
        lambda w: version(w, "submit"), "process.submitted", "process"),
    "POST /processes/<key>/versions/<version>/reject": (
        lambda w: version(w, "reject", WHY, "submit"), "process.rejected", "process"),
    "POST /processes/<key>/versions/<version>/release": (
        lambda w: version(w, "release"), "process.released", "process"),
    "POST /processes/<key>/versions/<version>/retire": (
        lambda w: version(w, "retire"), "process.retired", "process"),
    "POST /instances": (start_one, "instance.started", "instance"),
    "POST /instances/<instance>/suspend": (
        lambda w: instance(w, "suspend"), "instance.suspended", "instance"),
    "POST /instances/<instance>/resume": (
        lambda w: instance(w, "resume", before="suspend"), "instance.resumed", "instance"),
    "POST /instances/<instance>/cancel": (
        lambda w: instance(w, "cancel"), "instance.cancelled", "instance"),
    "POST /instances/<instance>/move": (
        lambda w: instance(w, "move", {"from": "a", "to": "b", **WHY}),
        "instance.moved", "instance"),
    "POST /instances/<instance>/insert": (
        lambda w: instance(w, "insert", {"after": "a", "name": "rework", **WHY}),
        "instance.inserted", "instance"),
    "POST /instances/<instance>/split": (
        lambda w: instance(w, "split"), "instance.split", "instance"),
    "POST /instances/<instance>/merge": (
        merge, "instance.merged", "instance"),
    "PATCH /instances/<instance>/variables": (
        variables, "instance.variables_changed", "instance"),
    "POST /tasks/<task>/claim": (lambda w: task(w, "claim"), "task.claimed", "task"),
    "POST /tasks/<task>/unclaim": (
        lambda w: task(w, "unclaim", claimed=True), "task.unclaimed", "task"),
    "POST /tasks/<task>/assign": (
        lambda w: task(w, "assign", {"user": "team_lead"}), "task.assigned", "task"),
    "POST /tasks/<task>/complete": (lambda w: task(w, "complete"), "task.completed", "task"),
    "POST /tasks/<task>/skip": (lambda w: task(w, "skip", WHY), "task.skipped", "task"),
    "POST /tasks/<task>/pause": (pause, "task.paused", "task"),
    "POST /tasks/<task>/resume": (lambda w: pause(w, True), "task.resumed", "task"),
    "POST /tasks/<task>/undo": (undo, "task.undone", "task"),
    "POST /instances/<instance>/pretend": (pretend, "dry_run.pretended", "instance"),
    "POST /problems": (
        lambda w: w.operator.post("/problems", {"reason": "x", "instance": w.run_of(TURN)}),
        "problem.reported", "incident"),
    "POST /tasks/complete": (complete_many, "task.completed", "task"),
    "POST /jobs/claim": (claim_jobs, "job.claimed", "job"),
    "POST /jobs/<job>/complete": (lambda w: held_job(w, "complete"), "job.completed", "job"),
    "POST /jobs/<job>/fail": (
        lambda w: held_job(w, "fail", message="x"), "job.failed", "job"),
    "POST /files": (add_file, "file.added", "file"),
    "POST /messages": (
        lambda w: w.integration.post("/messages", {"name": "m"}), "message.sent", "message"),
    "POST /broadcasts": (
        lambda w: w.integration.post("/broadcasts", {"name": "s"}), "signal.broadcast", "signal"),
    "POST /incidents/<incident>/retry": (
        lambda w: incident(w, "retry"), "incident.retried", "incident"),
    "POST /incidents/<incident>/resolve": (
        lambda w: incident(w, "resolve", {"action": "cancel", **WHY}),
        "incident.cancel", "incident"),
    "POST /users": (
        lambda w: w.admin.post("/users", {"name": "ana", "roles": ["operator"]}),
        "user.created", "user"),
    "PATCH /users/<name>": (change_user, "user.changed", "user"),
    "POST /tokens": (
        lambda w: w.admin.post("/tokens", {"roles": ["operator"]}), "token.created", "token"),
    "DELETE /tokens/<token>": (revoke, "token.revoked", "token"),
    "POST /users/<name>/password": (lambda w: own(w, "password"), "user.changed", "user"),
    "POST /users/<name>/pin": (lambda w: own(w, "pin"), "user.changed", "user"),
    "POST /sessions": (
        lambda w: with_session(w, "GET", "/sessions/current"), "user.signed_in", "user"),
    "PATCH /sessions/current": (
        lambda w: with_session(w, "PATCH", "/sessions/current", {"theme": "dark"}),
        "user.changed", "user"),
    "DELETE /sessions/current": (
        lambda w: with_session(w, "DELETE", "/sessions/current"), "user.signed_out", "user"),
    "DELETE /sessions/<session>": (
        lambda w: with_session(w, "DELETE", "/sessions/{id}"), "user.signed_out", "user"),
    "POST /stations": (
        lambda w: w.admin.post("/stations", {"name": "Lathe 1"}), "station.created", "station"),
    "PATCH /stations/<station>": (
        lambda w: w.admin.patch(station(w), {"theme": "dark"}), "station.changed", "station"),
    "POST /stations/<station>/code": (
        lambda w: w.admin.post(station(w, "/code")), "station.code_made", "station"),
    "DELETE /stations/<station>": (
        lambda w: w.admin.delete(station(w)), "station.revoked", "station"),
    "PATCH /settings": (
        lambda w: w.admin.patch("/settings", {"undo_minutes": 3}), "settings.changed", "site"),
    **OF_MACHINES,
}  # fmt: skip
# A worker at a long job says every few seconds that it is still there: a sign of life, no act.
# Who enrols a device is nobody yet; `test_stations.py` has that entry. A draft is its writer's own,
# and what only looks at an upload keeps nothing of it. What machines say is a record by itself.
UNTOLD = {
    "POST /signals",
    "POST /readings",
    "PUT /gateways/<name>/health",
    "POST /jobs/<job>/extend",
    "POST /stations/enrol",
    "PUT /tasks/<task>/draft",
    "DELETE /tasks/<task>/draft",
    "POST /processes/check",
    "POST /processes/convert",
    "POST /processes/layout",
    "POST /processes/<key>/versions/<version>/compare",
}


def test_the_table_below_knows_every_changing_route(app: Flask) -> None:
    changing = {name_of(m, r) for m, r in routes(app) if m != "GET"}
    assert set(ACTS) | UNTOLD == changing == set(WHO) | {"POST /sessions", "POST /stations/enrol"}


@pytest.mark.parametrize("route", sorted(ACTS))
def test_every_changing_route_leaves_an_entry(works: Works, route: str) -> None:
    act, action, kind = ACTS[route]
    works.wait(seconds=1)
    answer = act(works)
    assert answer.status < 300, answer.data
    newest = works.auditor.get("/audit", limit=200).ok()["items"]
    entry = next(
        e for e in newest if e["action"] == action and not e["actor"].startswith("system:")
    )
    assert entry["subject"].startswith(f"{kind}:")
    assert entry["at"] == "2026-03-02T06:00:01.000Z"


def test_reading_and_being_refused_leave_nothing(works: Works) -> None:
    instance_id = works.run_of(TURN)
    path = f"/tasks/{works.task('turn')['id']}"
    works.team_lead.get("/tasks").ok()
    works.quality.get("/tasks").ok()
    works.integration.get("/tasks").ok()
    before = works.auditor.get("/audit", limit=200).ok()["items"]
    works.auditor.get(path).ok()
    works.auditor.get(f"{path}/guards").ok()
    works.auditor.get(f"/instances/{instance_id}/history").ok()
    works.auditor.post(f"{path}/claim").refused(403, "not-permitted")
    works.team_lead.post(f"{path}/complete", {"variables": {"_x": 1}})
    works.team_lead.post(f"{path}/claim", {}, if_match='"old"').refused(412, "stale")
    assert works.claim_jobs("machine") == []
    assert works.deploy(TURN).ok(200)
    assert works.auditor.get("/audit", limit=200).ok()["items"] == before


@both
def test_entries_are_filtered(works: Works) -> None:
    instance_id = works.run_of(TURN)
    subject = f"instance:{instance_id}"
    works.wait(minutes=1)
    works.planner.post(f"/instances/{instance_id}/suspend", WHY).ok()

    def listed(**filters: object) -> list[tuple[str, str]]:
        items = works.auditor.pages("/audit", limit=1, **filters)
        return [(e["actor"], e["action"]) for e in items]

    assert listed(subject=subject) == [
        ("planner", "instance.suspended"),
        ("planner", "instance.started"),
    ]
    assert listed(subject=subject, since="2026-03-02T06:01:00Z") == [
        ("planner", "instance.suspended")
    ]
    assert listed(subject=subject, since="2026-03-02T07:01:00+01:00") == listed(
        subject=subject, since="2026-03-02T06:01:00"
    )
    assert listed(subject=subject, since="2026-03-02T06:01:00.001Z") == []
    assert listed(action="process.released") == [("process_engineer", "process.released")]
    assert listed(actor="process_engineer", action="process.deployed") == [
        ("process_engineer", "process.deployed")
    ]
    assert listed(actor="nobody") == []


@both
def test_an_entry_says_what_was_done(works: Works) -> None:
    works.run_of(MILL)
    works.fail_job(works.claim_job(), "belt", code=None)
    [entry] = works.auditor.get("/audit", action="job.failed").ok()["items"]
    assert entry["detail"]["message"] == "belt"
    assert entry["actor"] == works.integration.name


@pytest.mark.parametrize(
    "name",
    [
        "01981D2C-6A40-7E1E-8D7C-3F1F6F1F6F1F",
        "0198-1d2c6a40-7e1e-8d7c-3f1f6f1f6f1f",
        "01981d2c-6a40-7e1e-8d7c-3f1f6f1f6f1f",
        "order:01981d2c-6a40-7e1e-8d7c-3f1f6f1f6f1f",
        "a:b:c",
        "ä",
    ],
)
@both
def test_a_subject_is_kept_letter_for_letter(works: Works, name: str) -> None:
    works.send(name)
    [entry] = works.auditor.get("/audit", subject=f"message:{name}").ok()["items"]
    assert entry["subject"] == f"message:{name}"


@both
def test_the_newest_entries_come_first_and_pages_hold(works: Works) -> None:
    for n in range(5):
        works.person(f"p{n}", "operator")
    page = works.auditor.get("/audit", action="user.created", limit=2).ok()
    met = [e["subject"] for e in page["items"]]
    while page["next"] is not None:
        works.person(f"q{len(met)}", "operator")
        page = works.auditor.get("/audit", action="user.created", limit=2, cursor=page["next"]).ok()
        met += [e["subject"] for e in page["items"]]
    assert met == ["user:auditor", *(f"user:p{n}" for n in range(4, -1, -1))]
