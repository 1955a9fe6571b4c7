"""Users and tokens over HTTP."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.fixtures import both
from tests.support.http import Http
from tests.support.works import Works

# ---- users ----


@both
def test_a_user_is_added(works: Works) -> None:
    made = works.admin.post("/users", {"name": "Ana.Horvat", "roles": ["quality", "operator"]})
    assert made.ok(201) == {
        "name": "ana.horvat",
        "full_name": None,
        "roles": ["operator", "quality"],
        "active": True,
        "language": None,
        "theme": None,
        "password_set": False,
        "badge_set": False,
        "pin_set": False,
        "locked_until": None,
        "revision": 1,
        "created": "2026-03-02T06:00:00.000Z",
    }
    shown = works.auditor.get("/users/Ana.Horvat")
    assert (shown.ok(), shown.etag) == (made.json, made.etag)
    body = {"name": "ANA.HORVAT", "roles": ["operator"]}
    works.admin.post("/users", body).refused(409, "user-exists")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/name", "/roles"]),
        ({"name": "a b", "roles": ["operator"]}, ["/name"]),
        ({"name": "ä", "roles": ["operator"]}, ["/name"]),
        ({"name": "-a", "roles": ["operator"]}, ["/name"]),
        ({"name": "a" * 65, "roles": ["operator"]}, ["/name"]),
        ({"name": "token:1", "roles": ["operator"]}, ["/name"]),
        ({"name": "system:timers", "roles": ["operator"]}, ["/name"]),
        ({"name": "a", "roles": []}, ["/roles"]),
        ({"name": "a", "roles": ["boss"]}, ["/roles"]),
        ({"name": "a", "roles": "operator"}, ["/roles"]),
        ({"name": "a", "roles": [1]}, ["/roles/0"]),
        ({"name": "a", "roles": ["operator"], "password": "short"}, ["/password"]),
        ({"name": "operator1", "roles": ["operator"], "password": "Operator1"}, ["/password"]),
        ({"name": "a", "roles": ["operator"], "admin": True}, ["/admin"]),
        ({"name": "a", "roles": ["operator"], "pin": "1234"}, ["/pin"]),
        ({"name": "a", "roles": ["operator"], "pin": "739"}, ["/pin"]),
        ({"name": "a", "roles": ["operator"], "badge": ""}, ["/badge"]),
        ({"name": "a", "roles": ["operator"], "badge": "7391", "pin": "7391"}, ["/pin"]),
        ({"name": "a", "roles": ["operator"], "full_name": "A\nB"}, ["/full_name"]),
        ({"name": "a", "roles": ["operator"], "language": "German"}, ["/language"]),
        ({"name": "a", "roles": ["operator"], "theme": "pink"}, ["/theme"]),
    ],
)
def test_a_user_that_cannot_be(works: Works, body: dict[str, object], pointers: list[str]) -> None:
    assert works.admin.post("/users", body).pointers() == pointers
    assert [u["name"] for u in works.admin.pages("/users")] == ["admin"]


@both
def test_a_password_is_kept_and_never_shown(works: Works) -> None:
    secret = "a long walk in the rain"
    body = {"name": "ana", "roles": ["operator"], "password": secret}
    made = works.admin.post("/users", body, key="k")
    assert made.ok(201)["password_set"] is True
    answers = [made, works.admin.post("/users", body, key="k"), works.auditor.get("/users")]
    answers += [works.auditor.get("/users/ana"), works.auditor.get("/audit")]
    for answer in answers:
        assert secret.encode() not in answer.data
        assert b"argon2" not in answer.data


@both
def test_a_user_is_changed(works: Works) -> None:
    works.person("ana", "operator")
    seen = works.auditor.get("/users/ana").etag
    changed = works.admin.patch("/users/ana", {"roles": ["quality"]}, if_match=seen)
    assert (changed.ok()["roles"], changed.json["revision"]) == (["quality"], 2)
    works.admin.patch("/users/ana", {"active": False}, if_match=seen).refused(412, "stale")
    assert works.admin.patch("/users/ana", {}, if_match=changed.etag).ok() == changed.json
    assert works.admin.patch("/users/ana", {"active": False}).ok()["active"] is False
    works.admin.patch("/users/nobody", {"active": False}).refused(404, "not-found")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"name": "ben"}, ["/name"]),
        ({"roles": []}, ["/roles"]),
        ({"roles": ["boss"]}, ["/roles"]),
        ({"active": "no"}, ["/active"]),
        ({"active": 0}, ["/active"]),
        ({"active": None}, ["/active"]),
        ({"password": "12345678"}, ["/password"]),
        ({"password": None}, ["/password"]),
        ({"locked": True}, ["/locked"]),
        ({"pin": "4321"}, ["/pin"]),
    ],
)
def test_a_change_that_cannot_be(
    works: Works, body: dict[str, object], pointers: list[str]
) -> None:
    works.person("ana", "operator")
    assert works.admin.patch("/users/ana", body).pointers() == pointers


@both
def test_an_admin_always_remains(works: Works) -> None:
    admin = works.admin
    for body in ({"roles": ["operator"]}, {"active": False}):
        admin.patch("/users/admin", body).refused(409, "last-admin")
    works.person("ada", "admin")
    admin.patch("/users/ada", {"roles": ["admin", "auditor"]}).ok()
    admin.patch("/users/admin", {"active": False}).ok()
    admin.get("/users").refused(401, "not-signed-in")


@both
def test_two_admins_remove_each_other_at_once(works: Works) -> None:
    ada, ben = works.person("ada", "admin"), works.person("ben", "admin")
    ada.get("/users").ok()
    ben.get("/users").ok()
    with ThreadPoolExecutor(2) as hands:
        first = hands.submit(ada.patch, "/users/ben", {"active": False})
        second = hands.submit(ben.patch, "/users/ada", {"active": False})
    assert sorted([first.result().status, second.result().status]) in ([200, 401], [200, 409])
    admins = [u for u in works.auditor.pages("/users") if u["active"] and "admin" in u["roles"]]
    assert len(admins) == 1


@both
def test_users_are_listed_by_name(works: Works) -> None:
    for name in ("zoe", "ana", "a.b", "b-1", "0x"):
        works.person(name, "operator")
    expected = ["0x", "a.b", "ana", "auditor", "b-1", "zoe"]
    assert [u["name"] for u in works.auditor.get("/users").ok()["items"]] == expected
    assert [u["name"] for u in works.auditor.pages("/users", limit=2)] == expected


# ---- tokens ----


@both
def test_a_token_is_made_and_told_once(works: Works) -> None:
    body = {"roles": ["integration", "auditor"], "expires_days": 30}
    made = works.admin.post("/tokens", body).ok(201)
    assert made == {
        "id": made["id"],
        "user": None,
        "roles": ["auditor", "integration"],
        "created": "2026-03-02T06:00:00.000Z",
        "created_by": "admin",
        "expires": "2026-04-01T06:00:00.000Z",
        "revoked": None,
        "token": made["token"],
    }
    assert made["token"].startswith("rc_")
    caller = Http(works.way, works.document, made["token"])
    caller.post("/messages", {"name": "x"}).ok()
    [entry] = caller.get("/audit", action="message.sent").ok()["items"]
    assert entry["actor"] == f"token:{made['id']}"
    assert made["token"].encode() not in works.auditor.get("/tokens").data
    assert made["token"].encode() not in works.auditor.get("/audit").data


@both
def test_a_token_acts_for_its_user_within_the_roles_of_both(works: Works) -> None:
    works.person("ana", "operator", "planner")
    made = works.admin.post("/tokens", {"roles": ["operator"], "user": "ana"}).ok(201)
    caller = Http(works.way, works.document, made["token"])
    caller.post("/instances", {"process": "x"}).refused(403, "not-permitted")
    caller.post("/tasks/complete", {"items": [{"id": "x"}]}).ok()
    works.admin.patch("/users/ana", {"roles": ["planner"]}).ok()
    caller.post("/tasks/complete", {"items": [{"id": "x"}]}).refused(403, "not-permitted")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/roles"]),
        ({"roles": []}, ["/roles"]),
        ({"roles": ["boss"]}, ["/roles"]),
        ({"roles": ["operator"], "user": "nobody"}, ["/user"]),
        ({"roles": ["admin"], "user": "ana"}, ["/roles"]),
        ({"roles": ["operator"], "expires_days": 0}, ["/expires_days"]),
        ({"roles": ["operator"], "expires_days": 3651}, ["/expires_days"]),
        ({"roles": ["operator"], "expires_days": 1.5}, ["/expires_days"]),
        ({"roles": ["operator"], "expires_days": "7"}, ["/expires_days"]),
        ({"roles": ["operator"], "token": "mine"}, ["/token"]),
    ],
)
def test_a_token_that_cannot_be(works: Works, body: dict[str, object], pointers: list[str]) -> None:
    works.person("ana", "operator")
    assert works.admin.post("/tokens", body).pointers() == pointers


@both
def test_a_token_is_revoked_once(works: Works) -> None:
    made = works.admin.post("/tokens", {"roles": ["auditor"]}).ok(201)
    revoked = works.admin.delete(f"/tokens/{made['id']}").ok()
    assert revoked["revoked"] == "2026-03-02T06:00:00.000Z"
    works.wait(hours=1)
    assert works.admin.delete(f"/tokens/{made['id']}").ok() == revoked
    entries = works.auditor.get("/audit", action="token.revoked").ok()["items"]
    assert len(entries) == 1
    for unknown in ("01981d2c-6a40-7e1e-8d7c-3f1f6f1f6f1f", "7"):
        works.admin.delete(f"/tokens/{unknown}").refused(404, "not-found")


@both
def test_tokens_are_listed_newest_first(works: Works) -> None:
    made = [works.admin.post("/tokens", {"roles": ["auditor"]}).ok(201)["id"] for _ in range(3)]
    listed = [t["id"] for t in works.admin.pages("/tokens", limit=2)]
    assert listed[:3] == made[::-1]
    assert len(listed) == 4  # and the admin's own


def test_whoever_revokes_the_token_they_use_is_out(works: Works) -> None:
    caller = works.token("admin")
    mine = next(t for t in works.admin.pages("/tokens") if t["user"] is None)
    caller.delete(f"/tokens/{mine['id']}").ok()
    caller.get("/tokens").refused(401, "not-signed-in")
