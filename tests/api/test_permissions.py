"""Who may: every route declares it, and every role is asked on every route."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.routing import Rule

from api.app import create_app
from api.permissions import OPEN
from engine.access import commands
from engine.access.permissions import Permission
from engine.kernel.actor import ROLES, SYSTEM
from engine.kernel.ids import from_text
from engine.kernel.store import Store
from tests.support.clock import ManualClock
from tests.support.diagrams import end, lanes, process, start, user
from tests.support.fixtures import both
from tests.support.http import Http, in_process
from tests.support.works import Works

EVERYBODY = frozenset(ROLES)
ENGINEER = frozenset({"process_engineer"})
PLANNERS = frozenset({"planner", "team_lead", "integration"})
WORKERS = EVERYBODY - {"integration", "auditor"}
LEAD = frozenset({"team_lead"})
MACHINES = frozenset({"integration"})
INTERVENERS = frozenset({"team_lead", "process_engineer"})
ADMIN = frozenset({"admin"})
KEEPERS = frozenset({"admin", "team_lead"})
BUILDERS = frozenset({"admin", "process_engineer", "maintenance"})
FLOOR = WORKERS - ADMIN

# The contract's table, route by route, written down a second time: who may, and what it is called.
WHO: dict[str, tuple[frozenset[str], str]] = {
    "POST /processes": (ENGINEER, "process.deploy"),
    "POST /processes/<key>/versions/<version>/submit": (ENGINEER, "process.deploy"),
    "POST /processes/<key>/versions/<version>/reject": (ENGINEER, "process.release"),
    "POST /processes/<key>/versions/<version>/release": (ENGINEER, "process.release"),
    "POST /processes/<key>/versions/<version>/retire": (ENGINEER, "process.release"),
    "POST /processes/<key>/versions/<version>/compare": (EVERYBODY, "read"),
    "POST /processes/check": (ENGINEER, "process.deploy"),
    "POST /processes/layout": (ENGINEER, "process.deploy"),
    "POST /processes/convert": (ENGINEER, "process.deploy"),
    "POST /instances": (PLANNERS | ENGINEER, "instance.start"),  # engineers for dry runs alone
    "POST /instances/<instance>/pretend": (ENGINEER, "process.deploy"),
    "POST /instances/<instance>/suspend": (PLANNERS, "instance.control"),
    "POST /instances/<instance>/resume": (PLANNERS, "instance.control"),
    "POST /instances/<instance>/cancel": (PLANNERS, "instance.control"),
    "POST /instances/<instance>/move": (INTERVENERS, "instance.intervene"),
    "POST /instances/<instance>/insert": (INTERVENERS, "instance.intervene"),
    "POST /instances/<instance>/split": (INTERVENERS, "instance.intervene"),
    "POST /instances/<instance>/merge": (INTERVENERS, "instance.intervene"),
    "PATCH /instances/<instance>/variables": (INTERVENERS, "instance.intervene"),
    "POST /tasks/<task>/claim": (WORKERS, "task.complete"),
    "POST /tasks/<task>/unclaim": (WORKERS, "task.complete"),
    "POST /tasks/<task>/complete": (WORKERS, "task.complete"),
    "POST /tasks/<task>/skip": (INTERVENERS, "instance.intervene"),
    "PUT /tasks/<task>/draft": (WORKERS, "task.complete"),
    "DELETE /tasks/<task>/draft": (WORKERS, "task.complete"),
    "POST /tasks/<task>/pause": (WORKERS, "task.complete"),
    "POST /tasks/<task>/resume": (WORKERS, "task.complete"),
    "POST /tasks/<task>/undo": (WORKERS, "task.complete"),
    "POST /problems": (WORKERS, "task.complete"),
    "POST /tasks/complete": (WORKERS, "task.complete"),
    "POST /tasks/<task>/assign": (LEAD, "task.assign"),
    "POST /jobs/claim": (MACHINES, "job.work"),
    "POST /jobs/<job>/complete": (MACHINES, "job.work"),
    "POST /jobs/<job>/fail": (MACHINES, "job.work"),
    "POST /jobs/<job>/extend": (MACHINES, "job.work"),
    "POST /files": (EVERYBODY - {"auditor"}, "file.add"),
    "POST /messages": (MACHINES, "message.send"),
    "POST /broadcasts": (MACHINES, "message.send"),
    "POST /incidents/<incident>/retry": (INTERVENERS, "incident.resolve"),
    "POST /incidents/<incident>/resolve": (INTERVENERS, "incident.resolve"),
    "POST /users": (ADMIN, "user.manage"),
    "PATCH /users/<name>": (ADMIN, "user.manage"),
    "POST /tokens": (ADMIN, "token.manage"),
    "DELETE /tokens/<token>": (ADMIN, "token.manage"),
    "POST /users/<name>/password": (EVERYBODY, "read"),  # their own; tests of sessions say more
    "POST /users/<name>/pin": (EVERYBODY, "read"),
    "PATCH /sessions/current": (EVERYBODY, "read"),
    "DELETE /sessions/current": (EVERYBODY, "read"),
    "DELETE /sessions/<session>": (EVERYBODY, "read"),
    "POST /stations": (KEEPERS, "station.manage"),
    "PATCH /stations/<station>": (KEEPERS, "station.manage"),
    "POST /stations/<station>/code": (KEEPERS, "station.manage"),
    "DELETE /stations/<station>": (KEEPERS, "station.manage"),
    "PATCH /settings": (ADMIN, "settings.manage"),
    "POST /equipment": (BUILDERS, "equipment.manage"),
    "PATCH /equipment/<code>": (BUILDERS, "equipment.manage"),
    "POST /equipment-classes": (BUILDERS, "equipment.manage"),
    "PATCH /equipment-classes/<code>": (BUILDERS, "equipment.manage"),
    "POST /downtimes/<downtime>/reason": (FLOOR, "downtime.explain"),
    "POST /downtimes/<downtime>/split": (FLOOR, "downtime.explain"),
    "POST /downtimes/<downtime>/merge": (FLOOR, "downtime.explain"),
    "POST /downtime-reasons": (ADMIN | {"maintenance"}, "downtime.manage"),
    "PATCH /downtime-reasons/<code>": (ADMIN | {"maintenance"}, "downtime.manage"),
    "POST /signals": (MACHINES, "signal.send"),
    "POST /readings": (MACHINES, "signal.send"),
    "PUT /gateways/<name>": (MACHINES, "signal.send"),
    "PUT /gateways/<name>/health": (MACHINES, "signal.send"),
    "POST /equipment/<code>/counts": (WORKERS, "count.enter"),
    "POST /equipment/<code>/counts/<count>/confirm": (LEAD, "count.confirm"),
}
FOR_EVERYBODY = frozenset(
    {
        "GET /livez",
        "GET /readyz",
        "GET /metrics",
        "GET /openapi.json",
        "POST /sessions",
        "POST /stations/enrol",
        "GET /sign-in",
        "GET /station",
        "GET /station/scanner",
        "GET /static/<version>/<path:name>",
    }
)
PARTS = {"key": "no_such_process", "version": 1, "other": 1, "name": "nobody"}
SOME_ID = str(UUID(int=7))


def routes(app: Flask) -> list[tuple[str, Rule]]:
    """Every method and rule that is no screen's."""
    plain = ("/api/", "/livez", "/readyz", "/metrics")
    return [(method, rule) for method, rule in everything(app) if rule.rule.startswith(plain)]


def everything(app: Flask) -> list[tuple[str, Rule]]:
    """Every method and rule, but those that the framework adds to each."""
    return [
        (method, rule)
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods or ())
        if method not in ("HEAD", "OPTIONS")
    ]


def name_of(method: str, rule: Rule) -> str:
    """The route as the table above writes it."""
    path = rule.rule.removeprefix("/api/v1")
    return f"{method} {path.replace('<string:', '<').replace('<int:', '<')}"


def address_of(app: Flask, rule: Rule) -> str:
    """An address of the route at which there is nothing."""
    parts = {name: PARTS.get(name, SOME_ID) for name in rule.arguments}
    return str(app.url_map.bind("localhost").build(rule.endpoint, parts))


def undeclared(app: Flask) -> list[str]:
    """Routes that do not say who may use them."""
    return [
        name_of(method, rule)
        for method, rule in everything(app)
        if not isinstance(
            declared := getattr(app.view_functions[rule.endpoint], "permission", None), Permission
        )
        and declared != OPEN
    ]


def test_every_route_declares_who_may(app: Flask) -> None:
    assert undeclared(app) == []


def test_only_these_need_no_sign_in(app: Flask) -> None:
    opened = {
        name_of(method, rule)
        for method, rule in everything(app)
        if app.view_functions[rule.endpoint].permission == OPEN
    }
    assert opened == FOR_EVERYBODY


@pytest.mark.own_app
def test_the_check_finds_a_route_without_a_permission(app: Flask) -> None:
    app.add_url_rule("/api/v1/leak", "leak", lambda: "everything", methods=["GET"])
    assert undeclared(app) == ["GET /leak"]


@pytest.mark.own_app
def test_a_route_without_a_permission_answers_nobody(works: Works, app: Flask) -> None:
    app.add_url_rule("/leak", "leak", lambda: "everything", methods=["GET"])
    answer = in_process(app)("GET", "/leak", {"Authorization": f"Bearer {works.admin.token}"}, None)
    assert (answer.status, b"everything" in answer.data) == (500, False)


def test_the_table_names_every_changing_route(app: Flask) -> None:
    changing = {name_of(m, r) for m, r in routes(app) if m != "GET"}
    assert changing - FOR_EVERYBODY == set(WHO)


@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_role_may_what_the_table_says_and_no_more(works: Works, app: Flask, role: str) -> None:
    caller: Http = getattr(works, role)
    wrong = []
    for method, rule in routes(app):
        if name_of(method, rule) in FOR_EVERYBODY:
            continue
        who, permission = WHO.get(name_of(method, rule), (EVERYBODY, "read"))
        answer = caller.ask(method, address_of(app, rule))
        if role in who:
            as_said = answer.status != 403
        else:
            as_said = (
                answer.refused(403, "not-permitted")["permission"] == permission
                and permission in answer.json["detail"]
            )
        if not as_said:
            wrong.append((name_of(method, rule), answer.status))
    assert wrong == []


def test_several_roles_add_up(works: Works) -> None:
    both_of = works.person("eva", "process_engineer", "planner")
    assert both_of.post("/instances", {"process": "x"}).status == 404
    assert both_of.post("/processes/x/versions/1/release").status == 404
    both_of.post("/messages", {"name": "x"}).refused(403, "not-permitted")


# ---- tokens ----


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Bearer rc_" + "x" * 43,
        "Basic YWRtaW46YWRtaW4=",
        "Bearer \xe9\xff",
        "Bearer " + "x" * 5000,
    ],
)
def test_without_a_token_that_is_known_nobody_gets_in(works: Works, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    for method, target in (
        ("GET", "/api/v1/tasks"),
        ("POST", "/api/v1/instances"),
        ("DELETE", f"/api/v1/tokens/{SOME_ID}"),
        ("HEAD", "/api/v1/tasks"),
        ("OPTIONS", "/api/v1/tasks"),
    ):
        answer = works.nobody.ask(method, target, headers=headers)
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer ")
        if method != "HEAD":
            answer.refused(401, "not-signed-in")


def test_the_scheme_is_written_as_one_likes(works: Works) -> None:
    headers = {"Authorization": f"bearer  {works.auditor.token}"}
    works.nobody.ask("GET", "/api/v1/tasks", headers=headers).ok()


def test_a_token_in_the_address_does_not_count(works: Works) -> None:
    works.nobody.get("/tasks", access_token=works.auditor.token).refused(401, "not-signed-in")


@both
def test_a_token_expires_to_the_millisecond(works: Works, clock: ManualClock) -> None:
    caller = works.token("auditor", days=2)
    clock.advance(timedelta(days=2) - timedelta(milliseconds=1))
    caller.get("/tasks").ok()
    clock.advance(timedelta(milliseconds=1))
    caller.get("/tasks").refused(401, "not-signed-in")


@both
def test_a_token_is_revoked_at_once(works: Works) -> None:
    made = works.admin.post("/tokens", {"roles": ["auditor"]}).ok(201)
    caller = Http(works.way, works.document, made["token"])
    caller.get("/tasks").ok()
    works.admin.delete(f"/tokens/{made['id']}").ok()
    caller.get("/tasks").refused(401, "not-signed-in")


def test_another_server_hears_of_it_within_five_seconds(works: Works, store: Store) -> None:
    """Each server remembers callers for itself; the one asked forgets at once, the others soon."""
    made = works.admin.post("/tokens", {"roles": ["auditor"]}).ok(201)
    elsewhere = create_app(store)
    callers = elsewhere.extensions["routecard_callers"]
    caller = Http(in_process(elsewhere), works.document, made["token"])
    caller.get("/tasks").ok()
    works.admin.delete(f"/tokens/{made['id']}").ok()
    callers.forget()  # what five seconds do
    caller.get("/tasks").refused(401, "not-signed-in")


def test_a_revocation_while_a_token_is_looked_up_is_not_missed(works: Works, app: Flask) -> None:
    """The token is read, then revoked and forgotten, and only then remembered."""
    made = works.admin.post("/tokens", {"roles": ["auditor"]}).ok(201)
    caller = Http(works.way, works.document, made["token"])
    callers = app.extensions["routecard_callers"]

    class Slow:
        """The store, which is asked by one request while another one revokes."""

        clock = works.clock

        def read(self, query: object, **args: object) -> object:
            found = works.store.read(query, **args)
            token = from_text(made["id"])
            works.store.run(commands.revoke_token, token=token, actor=SYSTEM)
            callers.forget()
            return found

    callers.store = Slow()
    caller.get("/tasks")
    callers.store = works.store
    caller.get("/tasks").refused(401, "not-signed-in")


def test_a_deactivated_user_is_out_and_comes_back(works: Works) -> None:
    caller = works.person("ana", "operator")
    caller.get("/tasks").ok()
    works.admin.patch("/users/ana", {"active": False}).ok()
    caller.get("/tasks").refused(401, "not-signed-in")
    works.admin.patch("/users/ana", {"active": True}).ok()
    caller.get("/tasks").ok()


def test_a_role_taken_away_counts_at_once(works: Works) -> None:
    caller = works.person("eva", "planner", "auditor")
    assert caller.post("/instances", {"process": "x"}).status == 404
    works.admin.patch("/users/eva", {"roles": ["auditor"]}).ok()
    caller.post("/instances", {"process": "x"}).refused(403, "not-permitted")


# ---- what one may see ----


def test_what_is_elsewhere_is_not_there(works: Works, store: Store, app: Flask) -> None:
    """Rows of another site do not exist for us, whatever one may do."""
    diagram = process(start(), user("turn"), end(), "start -> turn -> end")
    instance = works.run_of(diagram)
    task = works.task("turn")["id"]
    with store.bind.begin() as connection:
        for table in ("instance", "task", "process_version", "audit_entry"):
            if table != "audit_entry":
                connection.exec_driver_sql(f"UPDATE {table} SET site_id = 2")
    assert works.auditor.get(f"/instances/{instance}").status == 404
    assert works.auditor.get(f"/instances/{instance}/history").status == 404
    assert works.auditor.get(f"/tasks/{task}").status == 404
    assert works.auditor.get("/processes/p").status == 404
    assert works.auditor.get("/tasks").ok()["items"] == []
    assert works.auditor.get("/instances").ok()["items"] == []
    assert works.auditor.get("/processes").ok()["items"] == []
    works.operator.post(f"/tasks/{task}/complete", {}).refused(404, "not-found")
    works.planner.post("/instances", {"process": "p"}).refused(404, "process-not-found")
    works.planner.post(f"/instances/{instance}/cancel", {"reason": "x"}).refused(404, "not-found")


def test_a_lane_is_asked_at_claim_and_at_complete(works: Works) -> None:
    works.run_of(
        process(lanes(quality=["turn"]), start(), user("turn"), end(), "start -> turn -> end")
    )
    task = works.task("turn")["id"]
    for act in ("claim", "complete"):
        refused = works.operator.post(f"/tasks/{task}/{act}", {}).refused(403, "not-permitted")
        assert "quality" in refused["detail"]
        assert refused["reasons"][0]["subject"] == "role:quality"
    works.quality.post(f"/tasks/{task}/claim").ok()
    works.quality.post(f"/tasks/{task}/complete", {}).ok()
