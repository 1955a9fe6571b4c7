"""Whatever goes wrong is a problem document (RFC 9457), whoever noticed it."""

import json

import pytest
from flask import Flask

from engine.kernel.errors import Unavailable
from tests.support.diagrams import end, process, start, user
from tests.support.fixtures import both
from tests.support.http import Http
from tests.support.works import Works

TURN = process(start(), user("turn"), end(), "start -> turn -> end")
SOME_ID = "01981d2c-6a40-7e1e-8d7c-3f1f6f1f6f1f"


def test_an_unknown_address(works: Works) -> None:
    for target in ("/api/v1/nothing", "/nothing", "/api/v1/", "/api/v1/tasks/", "/api/v2/tasks"):
        problem = works.auditor.ask("GET", target).refused(404, "not-found")
        assert problem["instance"] == target
        assert problem["title"] == "Not Found"


def test_a_doubled_slash_is_another_address(works: Works) -> None:
    works.auditor.ask("GET", "/api/v1//tasks").refused(404, "not-found")


def test_a_wrong_method_names_the_right_ones(works: Works) -> None:
    answer = works.auditor.ask("DELETE", "/api/v1/tasks")
    answer.refused(405, "method-not-allowed")
    assert "GET" in answer.headers["allow"]
    assert "POST" not in answer.headers["allow"]
    answer = works.auditor.ask("PUT", "/api/v1/instances")
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


NOWHERE = [
    f"/instances/{SOME_ID}",
    f"/instances/{SOME_ID}/history",
    f"/tasks/{SOME_ID}",
    f"/tasks/{SOME_ID}/guards",
    f"/incidents/{SOME_ID}",
    "/instances/7",
    "/tasks/WO-1",
    "/tasks/%00",
    "/incidents/%F0%9F%98%80",
    "/users/nobody",
    "/users/%00",
    "/users/Ana%20Horvat",
    "/processes/none/versions/99999999999999999999999",
    "/processes/none/versions/2147483648",
    "/processes/%00/versions/1",
    "/processes/%00",
    "/processes/a%00b/versions/1.bpmn",
    "/processes/p/versions/-1",
    "/processes/p/versions/x",
]
NO_PROCESS = [
    "/processes/none",
    "/processes/none/versions/1",
    "/processes/none/versions/1.bpmn",
    "/processes/none/versions/0",
    "/processes/none/versions/2147483647",
]


@both
def test_a_thing_that_is_not_there(works: Works) -> None:
    for path in NOWHERE:
        works.auditor.get(path).refused(404, "not-found")
    for path in NO_PROCESS:
        works.auditor.get(path).refused(404, "process-not-found")


# ---- bodies ----

NOT_JSON = [
    b"{",
    b"nonsense",
    b"{'process': 'p'}",
    b'{"process": "p",}',
    b'{"process": "p"} {}',
    b"\xff\xfe{}",
    b'{"process": "\xff"}',
    "﻿{}".encode(),
    b'{"process": NaN}',
    b'{"process": "p", "variables": {"x": NaN}}',
    b'{"process": "p", "variables": {"x": Infinity}}',
    b'{"process": "p", "variables": {"x": -Infinity}}',
    b"[" * 100_000,
    b'{"process": "p", "variables": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
    b'{"process": "p", "variables": {"x": ' + b"9" * 101 + b"}}",
    b'{"process": "p", "variables": {"x": 1e99999999999999999999}}',
    b'{"process": "p", "variables": {"x": 1e1000}}',
    b'{"process": "p", "variables": {"x": -1e-999999999}}',
    b'{"process": "\\ud800"}',
    b'{"process": "p", "business_key": "\\udc00 half"}',
    b'{"process": "p", "variables": {"x": "\\udfff"}}',
    b'{"process": "p", "variables": {"\\udfff": 1}}',
    b'{"process": "p", "variables": {"x": {"y": ["\\uDBFF"]}}}',
]


@pytest.mark.parametrize("data", NOT_JSON, ids=range(len(NOT_JSON)))
def test_a_body_that_cannot_be_read(works: Works, data: bytes) -> None:
    works.release(TURN)
    works.planner.send("/instances", data).refused(422, "invalid")
    assert works.auditor.get("/instances").ok()["items"] == []


@pytest.mark.parametrize("data", [b"null", b"[]", b'"p"', b"7", b"true"])
def test_a_body_that_is_no_object(works: Works, data: bytes) -> None:
    assert works.planner.send("/instances", data).pointers() == [""]


def test_an_empty_body_lacks_what_is_required(works: Works) -> None:
    assert works.planner.post("/instances").pointers() == ["/process"]
    assert works.planner.send("/instances", b"").pointers() == ["/process"]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"process": 7}, ["/process"]),
        ({"process": None}, ["/process"]),
        ({"process": ""}, ["/process"]),
        ({"process": "x" * 201}, ["/process"]),
        ({"process": "p\n"}, ["/process"]),
        ({"process": "p", "version": "1"}, ["/version"]),
        ({"process": "p", "version": 1.5}, ["/version"]),
        ({"process": "p", "version": True}, ["/version"]),
        ({"process": "p", "variables": []}, ["/variables"]),
        ({"process": "p", "variables": None}, ["/variables"]),
        ({"process": "p", "business_key": ["WO-1"]}, ["/business_key"]),
        ({"process": "p", "business_key": "a\x00b"}, ["/business_key"]),
        ({"process": "p", "proces": "p"}, ["/proces"]),
        ({"process": "p", "dry_run": "yes"}, ["/dry_run"]),
        ({"process": "p", "a/b": 1, "c~d": 2}, ["/a~1b", "/c~0d"]),
        ({"version": "x", "extra": 1}, ["/extra", "/process", "/version"]),
    ],
)
def test_every_wrong_field_is_named(
    works: Works, body: dict[str, object], pointers: list[str]
) -> None:
    assert works.planner.post("/instances", body).pointers() == pointers


@pytest.mark.parametrize(
    ("name", "value", "pointer"),
    [
        ("_hidden", 1, "/variables/_hidden"),
        ("", 1, "/variables/"),
        ("x" * 101, 1, "/variables/" + "x" * 100),
        ("line\nbreak", 1, "/variables/line\nbreak"),
        ("a/b", {"x": [[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]}, "/variables/a~1b"),
    ],
)
def test_a_variable_that_cannot_be_kept(
    works: Works, name: str, value: object, pointer: str
) -> None:
    works.release(TURN)
    answer = works.planner.post("/instances", {"process": "p", "variables": {name: value}})
    answer.refused(422, "variables-refused")
    assert answer.pointers() == [pointer]


def test_more_variables_than_an_instance_holds(works: Works) -> None:
    works.release(TURN)
    body = {"process": "p", "variables": {"x": "y" * 300_000}}
    works.planner.post("/instances", body).refused(422, "variables-refused")


def test_a_route_without_a_body_takes_none(works: Works) -> None:
    works.release(TURN)
    path = "/processes/p/versions/1/retire"
    assert works.process_engineer.post(path, {"reason": "x"}).pointers() == ["/reason"]
    works.process_engineer.post(path, {}).ok()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_of_another_kind(works: Works, kind: str) -> None:
    answer = works.planner.send("/instances", b'{"process": "p"}', kind)
    assert "application/json" in answer.refused(415, "unsupported-media-type")["detail"]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/vnd.plant+json"])
def test_json_by_another_name(works: Works, kind: str) -> None:
    works.planner.send("/instances", b'{"process": "p"}', kind).refused(404, "process-not-found")


def test_a_diagram_of_another_kind(works: Works) -> None:
    for kind in ("application/json", "text/plain", "application/octet-stream"):
        works.process_engineer.send("/processes", TURN, kind).refused(415, "unsupported-media-type")
    works.process_engineer.send("/processes", TURN, "text/xml").ok(201)


def test_a_body_that_is_too_large(works: Works) -> None:
    data = b'{"process": "' + b"p" * (1024 * 1024) + b'"}'
    works.planner.send("/instances", data).refused(413, "request-entity-too-large")
    data = b"<" * (6 * 1024 * 1024 + 1)
    answer = works.process_engineer.send("/processes", data, "application/xml")
    answer.refused(413, "request-entity-too-large")


def test_whoever_may_not_is_told_before_the_body_is_read(works: Works) -> None:
    works.auditor.send("/instances", b"{" * 2_000_000).refused(403, "not-permitted")


# ---- queries ----


WRONG_QUERIES: list[tuple[str, dict[str, object], list[str]]] = [
    ("/tasks", {"colour": "red"}, ["/colour"]),
    ("/tasks", {"limit": "0"}, ["/limit"]),
    ("/tasks", {"limit": "201"}, ["/limit"]),
    ("/tasks", {"limit": "many"}, ["/limit"]),
    ("/tasks", {"limit": ""}, ["/limit"]),
    ("/tasks", {"limit": ["1", "2"]}, ["/limit"]),
    ("/tasks", {"state": "done"}, ["/state"]),
    ("/tasks", {"mine": "perhaps"}, ["/mine"]),
    ("/tasks", {"instance": "WO-1"}, ["/instance"]),
    ("/tasks", {"role": "a\x00"}, ["/role"]),
    ("/tasks", {"business_key": "\x00"}, ["/business_key"]),
    ("/tasks", {"equipment": ""}, ["/equipment"]),
    ("/tasks", {"limit": "x", "sort": "up"}, ["/limit", "/sort"]),
    ("/instances", {"process": "\x00"}, ["/process"]),
    ("/instances", {"state": "open"}, ["/state"]),
    ("/instances", {"key": "p"}, ["/key"]),
    ("/incidents", {"kind": "flat tyre"}, ["/kind"]),
    ("/incidents", {"instance": "7"}, ["/instance"]),
    ("/audit", {"since": "yesterday"}, ["/since"]),
    ("/audit", {"actor": "\x00"}, ["/actor"]),
    ("/audit", {"subject": "\x00"}, ["/subject"]),
    ("/processes", {"state": "draft"}, ["/state"]),
    ("/processes", {"cursor": "a\x00"}, ["/cursor"]),
    ("/users", {"role": "admin"}, ["/role"]),
    ("/tokens", {"user": "ana"}, ["/user"]),
    (f"/tasks/{SOME_ID}", {"expand": "form"}, ["/expand"]),
    (f"/instances/{SOME_ID}/history", {"state": "failed"}, ["/state"]),
]


@both
def test_a_filter_that_is_unknown_or_wrong(works: Works) -> None:
    for path, query, pointers in WRONG_QUERIES:
        answer = works.auditor.get(path, **query)
        answer.refused(422, "invalid")
        assert answer.pointers() == pointers


def test_a_post_takes_no_filters(works: Works) -> None:
    answer = works.planner.ask("POST", "/api/v1/instances?dry_run=true", body={"process": "p"})
    assert answer.pointers() == ["/dry_run"]


@pytest.mark.parametrize("path", ["/tasks", "/instances", "/incidents", "/tokens", "/audit"])
@both
def test_a_cursor_that_no_list_gave(works: Works, path: str) -> None:
    for cursor in ("x", "-1", "0x10", "1.", ".", "1.x", "½", "9" * 40, "ä"):
        works.auditor.get(path, cursor=cursor).refused(422, "invalid")


def test_a_list_by_name_goes_on_after_any_name(works: Works) -> None:
    assert works.auditor.get("/users", cursor="zoe").ok()["items"] == []
    assert works.auditor.get("/processes", cursor="zoe").ok()["items"] == []
    works.auditor.get("/users", cursor="½").refused(422, "invalid")


def test_the_cursor_of_a_history(works: Works) -> None:
    instance = works.run_of(TURN)
    for cursor in ("x", "-1", "1.0", "9" * 12, "²"):
        answer = works.auditor.get(f"/instances/{instance}/history", cursor=cursor)
        answer.refused(422, "invalid")
    assert works.auditor.get(f"/instances/{instance}/history", cursor="99").ok()["items"] == []


def broken(app: Flask, error: Exception) -> None:
    """Let an address fail as a bug would."""

    def view() -> None:
        raise error

    view.permission = "open"
    app.add_url_rule("/broken", "broken", view)


@pytest.mark.own_app
def test_a_bug_is_a_bare_500_and_is_logged(
    works: Works, app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    broken(app, RuntimeError("the secret of the house"))
    answer = works.nobody.way("GET", "/broken", {"X-Request-Id": "r-17"}, None)
    assert answer.refused(500, "internal") == {
        "type": "/problems/internal",
        "title": "Internal error",
        "status": 500,
        "detail": "Something went wrong here; it was logged. Nothing was changed.",
        "instance": "/broken",
    }
    assert answer.headers["x-request-id"] == "r-17"
    logged = capsys.readouterr().out
    assert "request_failed" in logged
    assert "the secret of the house" in logged
    assert "Traceback" in logged
    assert "r-17" in logged


@pytest.mark.own_app
def test_a_database_that_is_away_says_when_to_try_again(works: Works, app: Flask) -> None:
    broken(app, Unavailable("The database does not answer."))
    answer = works.nobody.way("GET", "/broken", {}, None)
    answer.refused(503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0


def test_a_server_that_ends_says_so(works: Works) -> None:
    operator = works.operator
    operator.get("/tasks").ok()
    works.store.close()
    operator.post(f"/tasks/{SOME_ID}/claim").refused(503, "unavailable")


# ---- what every answer carries ----


def test_every_answer_carries_its_headers(works: Works) -> None:
    for answer in (
        works.auditor.get("/tasks"),
        works.auditor.get("/nothing"),
        works.nobody.get("/tasks"),
        works.nobody.ask("GET", "/livez"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert len(answer.headers["x-request-id"]) == 16


@pytest.mark.parametrize(
    ("given", "comes_back"),
    [
        ("a1b2-c3", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("", False),
        ("a b", False),
        ("<script>", False),
        ('"', False),
        ("é", False),
        ("---", False),
    ],
)
def test_a_request_id_comes_back_if_a_log_can_bear_it(
    works: Works, given: str, comes_back: bool
) -> None:
    answer = works.auditor.ask("GET", "/api/v1/tasks", headers={"request_id": given})
    assert (answer.headers["x-request-id"] == given) == comes_back


def test_two_requests_have_two_ids(works: Works) -> None:
    first, second = works.auditor.get("/tasks"), works.auditor.get("/tasks")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


def test_a_problem_says_what_it_is_about(works: Works) -> None:
    problem = works.planner.post("/instances", {"process": "none"}).refused(
        404, "process-not-found"
    )
    assert problem == {
        "type": "/problems/process-not-found",
        "title": "Process not found",
        "status": 404,
        "detail": "There is no process 'none'.",
        "instance": "/api/v1/instances",
    }


def test_what_was_sent_comes_back_only_as_text(works: Works) -> None:
    """Nothing of a request is ever markup in an answer."""
    answer = works.planner.post("/instances", {"process": "<script>alert(1)</script>"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.data)["detail"].startswith("There is no process '<script>")


def test_health_needs_no_sign_in(works: Works) -> None:
    ask: Http = works.nobody
    assert ask.ask("GET", "/livez").ok() == {"status": "alive"}
    assert ask.ask("GET", "/readyz").ok() == {"status": "ready"}
    works.run_of(TURN)
    assert "routecard_requests_total" in ask.ask("GET", "/metrics").data.decode()
    works.store.close()
    assert ask.ask("GET", "/livez").ok() == {"status": "alive"}
    assert ask.ask("GET", "/readyz").status == 503


def test_head_is_get_without_a_body(works: Works) -> None:
    answer = works.auditor.ask("HEAD", "/api/v1/tasks")
    assert (answer.status, answer.data) == (200, b"")
