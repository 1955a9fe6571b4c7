"""Sessions over HTTP: who gets in, what a browser may be made to send, and what ends it."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from api.app import create_app
from engine.kernel.store import Store
from tests.support.clock import ManualClock
from tests.support.fixtures import both
from tests.support.http import Http, in_process
from tests.support.visitor import PASSWORD, PIN, Hire, Visitor, signed_in
from tests.support.works import Works

SOME_ID = "01981d2c-6a40-7e1e-8d7c-3f1f6f1f6f1f"


def actions(works: Works, **filters: str) -> list[str]:
    return [entry["action"] for entry in works.auditor.pages("/audit", **filters)]


# ---- in ----


@both
def test_name_and_password_open_a_session(works: Works, hire: Hire) -> None:
    ana = hire("ana", "quality", "operator")
    answer = ana.sign_in(name="ANA", password=PASSWORD)
    assert answer.ok(201) == {
        "id": answer.json["id"],
        "user": "ana",
        "full_name": "Ana",
        "roles": ["operator", "quality"],
        "permissions": ["count.enter", "downtime.explain", "file.add", "read", "task.complete"],
        "method": "password",
        "station": None,
        "language": None,
        "theme": None,
        "csrf": ana.csrf,
        "idle_seconds": 3600,
        "expires": "2026-03-02T18:00:00.000Z",
    }
    assert ana.get("/sessions/current").ok() == answer.json
    assert ana.get("/tasks").ok()["items"] == []
    assert actions(works, subject="user:ana") == ["user.signed_in", "user.created"]


def test_the_cookie_is_out_of_reach(hire: Hire) -> None:
    answer = hire("ana", "operator").sign_in(name="ana", password=PASSWORD)
    [cookie] = answer.cookies
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts == {"httponly", "path=/", "samesite=strict"}
    secret = cookie.partition("=")[2].partition(";")[0]
    assert secret.startswith("rcs_")
    assert secret.encode() not in answer.data


@pytest.mark.parametrize(
    ("scheme", "headers"),
    [("https", {"Origin": "https://localhost"}), ("http", {"Origin": "https://localhost"})],
)
def test_the_cookie_is_secure_where_the_way_is(
    hire: Hire, app: Flask, scheme: str, headers: dict[str, str]
) -> None:
    """Ours to encrypt, or that of a proxy before us."""
    hire("ana", "operator")
    answer = app.test_client(use_cookies=False).post(
        "/api/v1/sessions",
        base_url=f"{scheme}://localhost",
        json={"name": "ana", "password": PASSWORD},
        headers=headers,
    )
    assert answer.status_code == 201
    assert "Secure" in answer.headers["Set-Cookie"]


@both
def test_everybody_who_is_not_let_in_hears_the_same(works: Works, hire: Hire) -> None:
    ana = hire("ana", "operator")
    eve = hire("eve", "operator")
    works.admin.patch("/users/eve", {"active": False}).ok()
    works.person("tess", "operator")  # has tokens, and no password
    told = set()
    for name, password in (
        ("ana", "wrong"),
        ("nobody", "wrong"),
        ("eve", PASSWORD),
        ("tess", ""),
        (PASSWORD, "ana"),
        ("", ""),
    ):
        refused = ana.sign_in(name=name, password=password).refused(401, "sign-in-refused")
        told.add(refused["detail"])
    assert len(told) == 1
    assert not ana.cookies
    assert eve.get("/tasks").status == 401
    text = str(works.auditor.pages("/audit", action="user.sign_in_refused"))
    assert PASSWORD not in text
    assert "user:ana" in text
    assert "user:eve" not in text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "ana"},
        {"password": PASSWORD},
        {"badge": "B-ana"},
        {"pin": PIN},
        {"name": "ana", "password": PASSWORD, "pin": PIN},
        {"name": "ana", "badge": "B-ana", "password": PASSWORD},
        {"name": "ana", "password": None},
        {"name": "ana", "password": ["correct horse"]},
        {"name": "ana", "password": "x" * 1001},
        {"name": "ana", "password": PASSWORD, "roles": ["admin"]},
    ],
)
def test_a_sign_in_that_cannot_be(hire: Hire, body: dict[str, Any]) -> None:
    assert hire("ana", "operator").post("/sessions", body).status == 422


def test_a_sign_in_is_never_kept(works: Works, hire: Hire) -> None:
    ana = hire("ana", "operator")
    body = {"name": "ana", "password": PASSWORD}
    first, second = (ana.post("/sessions", body, key="k").ok(201) for _ in range(2))
    assert first["id"] != second["id"]
    kept = works.store.bind.connect()
    with kept as connection:
        rows = connection.exec_driver_sql("SELECT count(*) FROM idempotency").scalar()
    assert rows == 0


# ---- locked ----


@both
def test_five_wrong_passwords_lock_and_time_frees(
    works: Works, hire: Hire, clock: ManualClock
) -> None:
    ana = hire("ana", "operator")
    for _ in range(5):
        ana.sign_in(name="ana", password="wrong").refused(401, "sign-in-refused")
    locked = ana.sign_in(name="ana", password=PASSWORD).refused(401, "sign-in-refused")
    assert "15 minutes" in locked["detail"]
    assert works.auditor.get("/users/ana").ok()["locked_until"] == "2026-03-02T06:15:00.000Z"
    assert actions(works, action="user.locked") == ["user.locked"]
    clock.advance(timedelta(minutes=15))
    ana.sign_in(name="ana", password=PASSWORD).ok(201)
    assert works.auditor.get("/users/ana").ok()["locked_until"] is None


def test_an_admin_frees_who_is_locked(works: Works, hire: Hire) -> None:
    ana = hire("ana", "operator")
    for _ in range(5):
        ana.sign_in(name="ana", password="wrong")
    assert works.admin.patch("/users/ana", {"locked": False}).ok()["locked_until"] is None
    ana.sign_in(name="ana", password=PASSWORD).ok(201)


def test_a_lock_ends_no_session(hire: Hire) -> None:
    ana = signed_in(hire)
    elsewhere = Visitor(ana._http)
    for _ in range(5):
        elsewhere.sign_in(name="ana", password="wrong")
    ana.get("/sessions/current").ok()


def test_one_address_may_not_go_through_all_names(hire: Hire) -> None:
    ana = hire("ana", "operator")
    for number in range(30):
        ana.sign_in(name=f"user{number}", password="wrong").refused(401, "sign-in-refused")
    refused = ana.sign_in(name="ana", password=PASSWORD)
    refused.refused(429, "too-many")
    assert refused.headers["retry-after"] == "60"


# ---- out ----


@both
def test_signing_out_ends_it(works: Works, hire: Hire) -> None:
    ana = signed_in(hire)
    kept = dict(ana.cookies)
    ended = ana.ask("DELETE", "/sessions/current").ok()
    assert (ended["user"], ended["current"]) == ("ana", True)
    assert ended["ended"] == "2026-03-02T06:00:00.000Z"
    assert ana.cookies == {}
    ana.cookies = kept
    ana.get("/tasks").refused(401, "not-signed-in")
    assert actions(works, subject="user:ana")[0] == "user.signed_out"


@both
def test_a_revoked_session_is_out_at_once(works: Works, hire: Hire) -> None:
    ana = signed_in(hire)
    session = ana.get("/sessions/current").ok()["id"]
    works.admin.delete(f"/sessions/{session}").ok()
    ana.get("/tasks").refused(401, "not-signed-in")
    ana.post("/instances", {}).refused(401, "not-signed-in")


def test_another_server_hears_of_it_within_five_seconds(
    works: Works, hire: Hire, store: Store
) -> None:
    ana = signed_in(hire)
    elsewhere = create_app(store)
    there = Visitor(Http(in_process(elsewhere), works.document, None))
    there.cookies = ana.cookies
    there.get("/tasks").ok()
    works.admin.delete(f"/sessions/{ana.get('/sessions/current').ok()['id']}").ok()
    elsewhere.extensions["routecard_callers"].forget()  # what five seconds do
    there.get("/tasks").refused(401, "not-signed-in")


@both
def test_it_ends_when_nobody_acts(hire: Hire, clock: ManualClock) -> None:
    ana = signed_in(hire)
    for _ in range(3):
        clock.advance(timedelta(minutes=45))
        ana.get("/tasks").ok()
    clock.advance(timedelta(minutes=60))
    ana.get("/tasks").refused(401, "not-signed-in")


def test_a_screen_that_looks_again_by_itself_is_nobody_acting(
    hire: Hire, clock: ManualClock
) -> None:
    ana = signed_in(hire)
    for _ in range(3):
        clock.advance(timedelta(minutes=15))
        ana.ask("GET", "/tasks", headers={"If-None-Match": '"x"'}).ok()
    clock.advance(timedelta(minutes=15))
    ana.get("/tasks").refused(401, "not-signed-in")


def test_it_is_noted_once_a_minute_at_most_that_somebody_acted(
    works: Works, hire: Hire, clock: ManualClock
) -> None:
    ana = signed_in(hire)
    commands_before = works.store.door.commands
    for _ in range(20):
        clock.advance(3)
        ana.get("/tasks").ok()
    assert works.store.door.commands - commands_before == 1


def test_it_ends_after_a_shift(hire: Hire, clock: ManualClock) -> None:
    ana = signed_in(hire)
    for _ in range(23):
        clock.advance(timedelta(minutes=30))
        ana.get("/tasks").ok()
    clock.advance(timedelta(minutes=30))
    ana.get("/tasks").refused(401, "not-signed-in")


def test_who_signs_in_at_a_browser_leaves_the_session_before(works: Works, hire: Hire) -> None:
    browser = signed_in(hire)
    hire("ben", "operator")
    before = dict(browser.cookies)
    browser.sign_in(name="ben", password=PASSWORD).ok(201)
    assert browser.get("/sessions/current").ok()["user"] == "ben"
    browser.cookies = before
    browser.get("/tasks").refused(401, "not-signed-in")


@pytest.mark.parametrize("secret", ["", "x", "rcs_" + "A" * 43, "\xff", "rcs_" + "A" * 4000])
def test_a_cookie_that_nobody_gave(works: Works, secret: str) -> None:
    headers = {"Cookie": f"routecard_session={secret}"}
    works.nobody.ask("GET", "/api/v1/tasks", headers=headers).refused(401, "not-signed-in")


def test_who_is_dismissed_is_out_and_stays_out(works: Works, hire: Hire) -> None:
    ana = signed_in(hire)
    works.admin.patch("/users/ana", {"active": False}).ok()
    ana.get("/tasks").refused(401, "not-signed-in")
    works.admin.patch("/users/ana", {"active": True}).ok()
    ana.get("/tasks").refused(401, "not-signed-in")


def test_a_role_taken_away_counts_at_once(works: Works, hire: Hire) -> None:
    eva = signed_in(hire, "eva", "planner", "auditor")
    assert eva.post("/instances", {"process": "x"}).status == 404
    works.admin.patch("/users/eva", {"roles": ["auditor"]}).ok()
    eva.post("/instances", {"process": "x"}).refused(403, "not-permitted")


# ---- whose ----


@both
def test_one_sees_and_ends_ones_own(works: Works, hire: Hire) -> None:
    here, ben = signed_in(hire), signed_in(hire, "ben")
    there = Visitor(works.nobody)
    there.sign_in(name="ana", password=PASSWORD).ok(201)
    mine = here.get("/sessions").ok()["items"]
    assert [(s["user"], s["current"]) for s in mine] == [("ana", False), ("ana", True)]
    assert here.get("/sessions", user="ana").ok()["items"] == mine
    assert here.get("/sessions", user="ben").ok()["items"] == []
    here.ask("DELETE", f"/sessions/{mine[0]['id']}").ok()
    there.get("/tasks").refused(401, "not-signed-in")
    ben.get("/tasks").ok()


@both
def test_other_peoples_sessions_cannot_be_guessed(works: Works, hire: Hire) -> None:
    ana, ben = signed_in(hire), signed_in(hire, "ben", "team_lead")
    session = ana.get("/sessions/current").ok()["id"]
    for guess in (session, SOME_ID, "7", session.upper(), f"{session}%00"):
        ben.ask("DELETE", f"/sessions/{guess}").refused(404, "not-found")
    ana.get("/tasks").ok()


def test_who_manages_users_sees_and_ends_all(works: Works, hire: Hire) -> None:
    ana, ada = signed_in(hire), signed_in(hire, "ada", "admin")
    assert [s["user"] for s in ada.get("/sessions").ok()["items"]] == ["ada", "ana"]
    [found] = ada.get("/sessions", user="ana").ok()["items"]
    ended = ada.ask("DELETE", f"/sessions/{found['id']}").ok()
    assert (ended["user"], ended["current"]) == ("ana", False)
    ana.get("/tasks").refused(401, "not-signed-in")
    assert works.auditor.get("/audit", action="user.signed_out").ok()["items"][0]["actor"] == "ada"


def test_no_secret_is_ever_answered(works: Works, hire: Hire) -> None:
    ana = signed_in(hire)
    secret = ana.cookies["routecard_session"].encode()
    for path in ("/sessions", "/users", "/users/ana", "/audit"):
        data = works.admin.get(path).data
        assert secret not in data
        assert b"argon2" not in data
