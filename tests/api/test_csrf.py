"""What a browser may be made to send by pages that are not ours."""

import pytest

from tests.support.http import Answer
from tests.support.visitor import PASSWORD, Hire, Visitor, signed_in
from tests.support.works import Works

SOME_ID = "01981d2c-6a40-7e1e-8d7c-3f1f6f1f6f1f"


def acts(visitor: Visitor, **headers: str | None) -> Answer:
    return visitor.ask("PATCH", "/sessions/current", body={"theme": "dark"}, headers=headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-CSRF-Token": None},
        {"X-CSRF-Token": "0" * 64},
        {"X-CSRF-Token": "\xe9"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:8081"},
        {"Origin": "null"},
        {"Origin": "http://[", "X-Request-Id": "x"},
        {"Origin": None},
        {"Origin": None, "Sec-Fetch-Site": "cross-site"},
        {"Origin": None, "Sec-Fetch-Site": "same-site"},
        {"Origin": None, "Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_browser_made_to_send_by_others_is_refused(
    hire: Hire, headers: dict[str, str | None]
) -> None:
    ana = signed_in(hire)
    acts(ana, **headers).refused(403, "csrf-refused")
    assert ana.get("/sessions/current").ok()["theme"] is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": None, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://localhost"},  # a proxy encrypts before us
    ],
)
def test_a_page_of_ours_may_send(hire: Hire, headers: dict[str, str | None]) -> None:
    ana = signed_in(hire)
    acts(ana, **headers).ok()
    assert ana.get("/sessions/current").ok()["theme"] == "dark"


def test_every_unsafe_method_is_asked(works: Works, hire: Hire) -> None:
    ana = signed_in(hire, "ana", "admin", "operator", "planner")
    for method, path in (
        ("POST", "/instances"),
        ("POST", "/tasks/complete"),
        ("POST", "/users"),
        ("PATCH", "/users/ana"),
        ("DELETE", f"/tokens/{SOME_ID}"),
        ("DELETE", "/sessions/current"),
    ):
        ana.ask(method, path, headers={"X-CSRF-Token": None}).refused(403, "csrf-refused")
    for method in ("GET", "HEAD"):
        assert (
            ana.ask(method, "/tasks", headers={"X-CSRF-Token": None, "Origin": None}).status == 200
        )


def test_the_token_of_another_session_does_not_count(hire: Hire) -> None:
    """As on a page that is still open when somebody else has signed in at the device."""
    ana, ben = signed_in(hire), signed_in(hire, "ben")
    assert ana.csrf != ben.csrf
    acts(ana, **{"X-CSRF-Token": ben.csrf}).refused(403, "csrf-refused")


def test_another_site_cannot_sign_us_in(hire: Hire) -> None:
    ana = hire("ana", "operator")
    body = {"name": "ana", "password": PASSWORD}
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        ana.post("/sessions", body, **headers).refused(403, "csrf-refused")
    ana.ask("POST", "/sessions", body=body, headers={"Origin": None}).ok(201)


def test_a_token_needs_no_cookie_protection_and_wins(works: Works, hire: Hire) -> None:
    ana = signed_in(hire)
    bearer = {"Authorization": f"Bearer {works.admin.token}", "Origin": "http://evil.example"}
    made = ana.post("/tokens", {"roles": ["auditor"]}, **bearer).ok(201)
    assert made["created_by"] == "admin"
    ana.ask("GET", "/sessions/current", headers=bearer).refused(404, "not-found")
    ana.ask("GET", "/tasks", headers={"Authorization": "Bearer wrong"}).refused(
        401, "not-signed-in"
    )
