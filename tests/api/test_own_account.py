"""One's own password, PIN, language and looks; what the site decided."""

import pytest

from tests.support.fixtures import both
from tests.support.visitor import PASSWORD, Hire, Visitor, signed_in
from tests.support.works import Works


def actions(works: Works, **filters: str) -> list[str]:
    return [entry["action"] for entry in works.auditor.pages("/audit", **filters)]


@both
def test_ones_own_password_is_changed(works: Works, hire: Hire) -> None:
    ana, there = signed_in(hire), Visitor(works.nobody)
    there.sign_in(name="ana", password=PASSWORD).ok(201)
    body = {"current": PASSWORD, "new": "a long walk in the rain"}
    ana.post("/users/ana/password", body).ok()
    ana.get("/tasks").ok()
    there.get("/tasks").refused(401, "not-signed-in")
    there.sign_in(name="ana", password=PASSWORD).refused(401, "sign-in-refused")
    there.sign_in(name="ana", password="a long walk in the rain").ok(201)
    assert "a long walk" not in str(works.auditor.pages("/audit"))


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/new"]),
        ({"new": "a long walk"}, ["/current"]),
        ({"current": PASSWORD, "new": "short"}, ["/new"]),
        ({"current": PASSWORD, "new": "password1"}, ["/new"]),
        ({"current": PASSWORD, "new": PASSWORD}, ["/new"]),
        ({"current": PASSWORD, "new": "a long walk", "user": "ben"}, ["/user"]),
    ],
)
def test_a_password_that_cannot_be(hire: Hire, body: dict[str, str], pointers: list[str]) -> None:
    assert signed_in(hire).post("/users/ana/password", body).pointers() == pointers


def test_who_finds_a_session_open_cannot_take_the_account(works: Works, hire: Hire) -> None:
    """Whoever guesses the present password in it locks the account like at the door."""
    ana = signed_in(hire, "ana", "admin")
    for _ in range(5):
        body = {"current": "wrong", "new": "a long walk"}
        ana.post("/users/ana/password", body).refused(403, "credentials-refused")
    body = {"current": PASSWORD, "new": "a long walk"}
    ana.post("/users/ana/password", body).refused(403, "credentials-refused")
    assert actions(works, action="user.own_secret_refused") == ["user.own_secret_refused"] * 6


def test_others_passwords_are_an_admins(works: Works, hire: Hire) -> None:
    ana, ben = signed_in(hire), signed_in(hire, "ben", "team_lead")
    ben.post("/users/ana/password", {"new": "a long walk"}).refused(403, "not-permitted")
    ada = signed_in(hire, "ada", "admin")
    ada.post("/users/nobody/password", {"new": "a long walk"}).refused(404, "not-found")
    ada.post("/users/ana/password", {"new": "a long walk"}).ok()
    ana.get("/tasks").refused(401, "not-signed-in")
    ana.sign_in(name="ana", password="a long walk").ok(201)


def test_ones_own_pin_is_changed_by_ones_password(works: Works, hire: Hire) -> None:
    ana = signed_in(hire)
    assert ana.post("/users/ana/pin", {"new": "2846"}).pointers() == ["/password"]
    assert ana.post("/users/ana/pin", {"password": PASSWORD, "new": "1111"}).pointers() == ["/new"]
    wrong = {"password": "wrong", "new": "2846"}
    ana.post("/users/ana/pin", wrong).refused(403, "credentials-refused")
    ana.post("/users/ana/pin", {"password": PASSWORD, "new": "2846"}).ok()
    ana.get("/tasks").ok()
    assert "2846" not in str(works.auditor.pages("/audit"))


def test_language_and_looks_are_ones_own(works: Works, hire: Hire) -> None:
    ana = signed_in(hire)
    chosen = ana.ask("PATCH", "/sessions/current", body={"language": "de", "theme": "dark"}).ok()
    assert (chosen["language"], chosen["theme"]) == ("de", "dark")
    there = Visitor(works.nobody)
    assert there.sign_in(name="ana", password=PASSWORD).ok(201)["language"] == "de"
    left = ana.ask("PATCH", "/sessions/current", body={"theme": None}).ok()
    assert (left["language"], left["theme"]) == ("de", None)
    assert ana.ask("PATCH", "/sessions/current", body={"language": "x"}).pointers() == ["/language"]
    works.auditor.ask("PATCH", "/api/v1/sessions/current", body={}).refused(404, "not-found")


# ---- settings ----


@both
def test_settings_are_read_by_all_and_changed_by_admins(works: Works) -> None:
    seen = works.auditor.get("/settings")
    assert seen.ok()["lockout_attempts"] == 5
    works.team_lead.patch("/settings", {"undo_minutes": 3}).refused(403, "not-permitted")
    changed = works.admin.patch("/settings", {"undo_minutes": 3}, if_match=seen.etag)
    assert changed.ok() == seen.json | {"undo_minutes": 3}
    works.admin.patch("/settings", {"undo_minutes": 4}, if_match=seen.etag).refused(412, "stale")
    assert works.auditor.get("/settings").etag == changed.etag
    for body in ({"undo_minutes": "3"}, {"undo_minutes": 3.5}, {"undo_minutes": -1}, {"x": 1}):
        assert works.admin.patch("/settings", body).pointers() == [f"/{next(iter(body))}"]
