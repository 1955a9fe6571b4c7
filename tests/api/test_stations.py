"""Stations over HTTP: how a device becomes one, and who gets in there by badge and PIN."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.access import commands
from engine.access.credentials import badge_digest
from engine.access.passwords import hash_password
from engine.access.people import UserChanges
from engine.kernel.actor import SYSTEM
from tests.support.clock import ManualClock
from tests.support.fixtures import both
from tests.support.visitor import Visitor
from tests.support.works import Works

PIN = "7391"
PIN_HASH = hash_password(PIN)
SOME_ID = "01981d2c-6a40-7e1e-8d7c-3f1f6f1f6f1f"


@pytest.fixture
def hire(works: Works) -> Callable[..., None]:
    """Makes a user who has a badge and a PIN, and no password."""

    def made(name: str, *roles: str) -> None:
        about = UserChanges(badge=badge_digest(f"B-{name}", 1), pin_hash=PIN_HASH)
        args = {"name": name, "roles": roles, "password_hash": None, "about": about}
        works.store.run(commands.create_user, **args, actor=SYSTEM)

    return made


def station(works: Works, name: str = "Lathe 1", **told: Any) -> tuple[Visitor, dict[str, Any]]:
    """An enrolled device, and its station."""
    made = works.team_lead.post("/stations", {"name": name, **told}).ok(201)
    device = Visitor(works.nobody)
    device.post("/stations/enrol", {"code": made["code"]}).ok()
    return device, made


@both
def test_a_station_is_made_and_its_code_told_once(works: Works) -> None:
    told = {"name": "Lathe 1", "equipment": "lathe-1", "language": "de", "theme": "dark"}
    answer = works.team_lead.post("/stations", told | {"scanner_gap_ms": 80}, key="k")
    made = answer.ok(201)
    assert made == told | {
        "id": made["id"],
        "scanner_gap_ms": 80,
        "scanner_prefix": None,
        "roles": None,
        "revision": 1,
        "created": "2026-03-02T06:00:00.000Z",
        "created_by": "team_lead",
        "code_expires": "2026-03-02T06:15:00.000Z",
        "enrolled": None,
        "revoked": None,
        "code": made["code"],
    }
    again = works.team_lead.post("/stations", told | {"scanner_gap_ms": 80}, key="k")
    assert again.ok(201) == made | {"code": None}
    shown = works.auditor.get(f"/stations/{made['id']}")
    assert shown.ok() == {k: v for k, v in made.items() if k != "code"}
    assert shown.etag == answer.etag
    works.admin.post("/stations", told).refused(409, "station-exists")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/name"]),
        ({"name": ""}, ["/name"]),
        ({"name": "x" * 65}, ["/name"]),
        ({"name": "a\nb"}, ["/name"]),
        ({"name": "a", "theme": "pink"}, ["/theme"]),
        ({"name": "a", "language": "DE"}, ["/language"]),
        ({"name": "a", "scanner_gap_ms": 5}, ["/scanner_gap_ms"]),
        ({"name": "a", "scanner_gap_ms": "50"}, ["/scanner_gap_ms"]),
        ({"name": "a", "scanner_prefix": ""}, ["/scanner_prefix"]),
        ({"name": "a", "roles": ["boss"]}, ["/roles"]),
        ({"name": "a", "roles": []}, ["/roles"]),
        ({"name": "a", "code": "ABCD-EFGH"}, ["/code"]),
    ],
)
def test_a_station_that_cannot_be(works: Works, body: dict[str, Any], pointers: list[str]) -> None:
    assert works.admin.post("/stations", body).pointers() == pointers


@both
def test_a_badge_and_its_pin_let_in_at_a_station(works: Works, hire: Callable[..., None]) -> None:
    hire("ana", "operator")
    device, made = station(works, equipment="lathe-1", theme="dark", scanner_prefix="~")
    session = device.sign_in(badge="b-ana", pin=PIN).ok(201)
    assert (session["user"], session["method"], session["idle_seconds"]) == ("ana", "badge", 600)
    assert session["station"] == {
        "id": made["id"],
        "name": "Lathe 1",
        "equipment": "lathe-1",
        "language": None,
        "theme": "dark",
        "scanner_gap_ms": None,
        "scanner_prefix": "~",
    }
    assert session["theme"] == "dark"
    assert device.get("/sessions/current").ok() == session
    [entry] = works.auditor.pages("/audit", action="user.signed_in")
    assert (entry["detail"]["by"], entry["detail"]["station"]) == ("badge", made["id"])
    device.sign_in(name="ana", pin=PIN).ok(201)  # whoever forgot the badge


def test_without_a_station_a_badge_lets_nobody_in(works: Works, hire: Callable[..., None]) -> None:
    hire("ana", "operator")
    elsewhere = Visitor(works.nobody)
    refused = elsewhere.sign_in(badge="b-ana", pin=PIN).refused(409, "station-needed")
    assert "enrolled" in refused["detail"]
    elsewhere.sign_in(name="ana", pin=PIN).refused(409, "station-needed")
    elsewhere.cookies["routecard_station"] = "rcd_" + "A" * 43
    elsewhere.sign_in(badge="b-ana", pin=PIN).refused(409, "station-needed")


@both
def test_a_new_sign_in_takes_the_place_of_the_last(works: Works, hire: Callable[..., None]) -> None:
    hire("ana", "operator")
    hire("ben", "operator")
    device, _ = station(works)
    device.sign_in(badge="B-ana", pin=PIN).ok(201)
    before = dict(device.cookies)
    device.sign_in(badge="B-ben", pin=PIN).ok(201)
    assert device.get("/sessions/current").ok()["user"] == "ben"
    device.cookies = before
    device.get("/tasks").refused(401, "not-signed-in")


@both
def test_a_pin_cannot_be_tried_out(
    works: Works, hire: Callable[..., None], clock: ManualClock
) -> None:
    """Five wrong PINs lock the person, ten a minute the station."""
    hire("ana", "operator")
    hire("ben", "operator")
    hire("cem", "operator")
    device, _ = station(works)
    for name in ("ana", "ben"):
        for number in range(5):
            device.sign_in(badge=f"B-{name}", pin=f"482{number}").refused(401, "sign-in-refused")
    device.sign_in(badge="B-cem", pin=PIN).refused(429, "too-many")
    clock.advance(timedelta(minutes=1))
    device.sign_in(badge="B-ana", pin=PIN).refused(401, "sign-in-refused")
    device.sign_in(badge="B-cem", pin=PIN).ok(201)
    assert len(works.auditor.pages("/audit", action="user.locked")) == 2
    clock.advance(timedelta(minutes=15))
    device.sign_in(badge="B-ana", pin=PIN).ok(201)


def test_a_badge_that_is_taken_away_lets_nobody_in(works: Works, hire: Callable[..., None]) -> None:
    hire("ana", "operator")
    device, _ = station(works)
    assert works.admin.patch("/users/ana", {"badge": None}).ok()["badge_set"] is False
    device.sign_in(badge="B-ana", pin=PIN).refused(401, "sign-in-refused")
    works.admin.patch("/users/ana", {"badge": "B-7"}).ok()
    device.sign_in(badge="b-7", pin=PIN).ok(201)
    hire("ben", "operator")
    refused = works.admin.patch("/users/ben", {"badge": "b-7"}).refused(409, "badge-taken")
    assert "ana" in refused["detail"]


@both
def test_a_code_works_once(works: Works, clock: ManualClock) -> None:
    made = works.admin.post("/stations", {"name": "Lathe 1"}).ok(201)
    device, other = Visitor(works.nobody), Visitor(works.nobody)
    answer = device.post("/stations/enrol", {"code": made["code"].lower()})
    assert (answer.ok()["name"], answer.json["enrolled"]) == ("Lathe 1", "2026-03-02T06:00:00.000Z")
    [cookie] = answer.cookies
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Max-Age=34560000" in cookie
    other.post("/stations/enrol", {"code": made["code"]}).refused(409, "code-refused")
    [entry] = works.auditor.pages("/audit", action="station.enrolled")
    assert (entry["actor"], entry["subject"]) == ("system:sign-in", f"station:{made['id']}")
    renewed = works.admin.post(f"/stations/{made['id']}/code").ok(201)
    clock.advance(timedelta(minutes=15))
    other.post("/stations/enrol", {"code": renewed["code"]}).refused(409, "code-refused")


def test_codes_cannot_be_tried_out(works: Works) -> None:
    made = works.admin.post("/stations", {"name": "Lathe 1"}).ok(201)
    device = Visitor(works.nobody)
    for number in range(30):
        code = {"code": f"AAAA-AA{number:02}"}
        device.post("/stations/enrol", code).refused(409, "code-refused")
    device.post("/stations/enrol", {"code": made["code"]}).refused(429, "too-many")


def test_another_site_cannot_enrol_a_device(works: Works) -> None:
    made = works.admin.post("/stations", {"name": "Lathe 1"}).ok(201)
    body, headers = {"code": made["code"]}, {"Origin": "http://evil.example"}
    Visitor(works.nobody).post("/stations/enrol", body, **headers).refused(403, "csrf-refused")


@both
def test_a_revoked_station_lets_nobody_in(works: Works, hire: Callable[..., None]) -> None:
    hire("ana", "operator")
    device, made = station(works)
    device.sign_in(badge="B-ana", pin=PIN).ok(201)
    revoked = works.team_lead.delete(f"/stations/{made['id']}").ok()
    assert revoked["revoked"] == "2026-03-02T06:00:00.000Z"
    device.get("/tasks").refused(401, "not-signed-in")
    device.sign_in(badge="B-ana", pin=PIN).refused(409, "station-needed")
    works.team_lead.patch(f"/stations/{made['id']}", {"theme": "dark"}).refused(404, "not-found")
    works.team_lead.post(f"/stations/{made['id']}/code").refused(404, "not-found")
    assert [s["revoked"] for s in works.auditor.get("/stations").ok()["items"]] == [
        revoked["revoked"]
    ]


@both
def test_a_station_is_changed(works: Works, hire: Callable[..., None]) -> None:
    hire("ana", "operator", "team_lead")
    device, made = station(works)
    path = f"/stations/{made['id']}"
    seen = works.auditor.get(path).etag
    changed = works.team_lead.patch(path, {"theme": "dark", "roles": ["operator"]}, if_match=seen)
    assert (changed.ok()["theme"], changed.json["revision"]) == ("dark", 2)
    works.team_lead.patch(path, {"theme": None}, if_match=seen).refused(412, "stale")
    session = device.sign_in(badge="B-ana", pin=PIN).ok(201)
    assert (session["theme"], session["roles"]) == ("dark", ["operator"])
    works.team_lead.patch(path, {"theme": None, "roles": None}).ok()
    assert device.get("/sessions/current").ok()["roles"] == ["operator", "team_lead"]
    works.operator.patch(path, {"theme": None}).refused(403, "not-permitted")


def test_a_station_for_others_says_so(works: Works, hire: Callable[..., None]) -> None:
    hire("petra", "planner")
    device, _ = station(works, roles=["operator"])
    refused = device.sign_in(badge="B-petra", pin=PIN).refused(403, "not-permitted")
    assert "Lathe 1 is for the roles operator" in refused["detail"]


@pytest.mark.parametrize("guess", [SOME_ID, "7"])
def test_what_is_no_station(works: Works, guess: str) -> None:
    works.auditor.get(f"/stations/{guess}").refused(404, "not-found")
    works.admin.delete(f"/stations/{guess}").refused(404, "not-found")
