"""What every screen has in common: who is let in, what is refused, headers, tags, languages."""

import re

import pytest
from flask import Flask

from api.web import page
from api.web.page import PART
from engine.kernel.actor import Role
from tests.support.screens import Screens
from tests.support.works import Works

OPERATOR = Role.OPERATOR
ADMIN = Role.ADMIN


def pages(app: Flask) -> list[str]:
    """The addresses of all screens that need no key."""
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "page", False) and not rule.arguments
    )


def test_nobody_sees_a_screen_without_signing_in(app: Flask, screens: Screens) -> None:
    assert len(pages(app)) > 1
    for path in pages(app):
        screen = screens.look(path)
        assert screen.status == 303, path
        assert screen.response.headers["Location"].startswith("/sign-in"), path


def test_the_sign_in_leads_back_to_what_was_asked_for(screens: Screens) -> None:
    location = screens.look("/styleguide?x=1").response.headers["Location"]
    assert location == "/sign-in?next=/styleguide%3Fx%3D1"
    form = screens.look(location).tree.xpath("//form[@data-act]")[0]
    assert form.get("data-then") == "/styleguide?x=1"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "x"],
)
def test_the_sign_in_leads_nowhere_else(screens: Screens, elsewhere: str) -> None:
    form = screens.look(f"/sign-in?next={elsewhere}").tree.xpath("//form[@data-act]")[0]
    assert form.get("data-then") == "/"


def test_every_screen_forbids_what_is_inline_or_from_elsewhere(
    app: Flask, screens: Screens
) -> None:
    for path in pages(app):
        screen = screens.look(path, *Role)
        if screen.status == 303:
            continue
        assert screen.status == 200, path
        policy = screen.response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy, path
        assert "unsafe" not in policy, path
        assert not re.search(r'\s(on\w+|style)="', screen.response.text), path
        scripts = screen.tree.xpath("//script[not(@src)]/@type")
        assert set(scripts) <= {"application/json"}, path
        assert not screen.tree.xpath("//style"), path
        for address in screen.tree.xpath("//script/@src | //link/@href | //img/@src"):
            assert address.startswith("/"), path


def test_every_screen_has_one_heading_and_names_its_controls(app: Flask, screens: Screens) -> None:
    for path in pages(app):
        screen = screens.look(path, *Role)
        if screen.status == 303:
            continue
        assert len(screen.tree.xpath("//h1")) == 1, path
        ids = screen.tree.xpath("//@id")
        assert len(ids) == len(set(ids)), (path, sorted({i for i in ids if ids.count(i) > 1}))
        labelled = set(screen.tree.xpath("//label/@for"))
        for control in screen.tree.xpath("//input[not(@type='hidden')] | //select | //textarea"):
            inside = control.xpath("ancestor::label")
            named = control.get("aria-label") or control.get("aria-labelledby")
            assert inside or named or control.get("id") in labelled, (path, control.get("name"))


def test_menus_show_what_a_role_may_do(screens: Screens) -> None:
    operator = screens.look("/styleguide", OPERATOR).links()
    admin = screens.look("/styleguide", ADMIN).links()
    assert "/people" in admin
    assert "/people" not in operator
    assert "/tokens" not in operator


def test_an_unknown_address_says_where_to_go(screens: Screens) -> None:
    screen = screens.look("/nothing", OPERATOR)
    assert screen.status == 404
    assert "Go to your work" in screen.text


def test_the_api_stays_json_for_a_browser_too(screens: Screens) -> None:
    answer = screens.look("/api/v1/nothing", OPERATOR).response
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


def test_a_part_that_a_page_does_not_have_is_not_found(screens: Screens) -> None:
    assert screens.look(f"/styleguide?{PART}=nonsense", OPERATOR).status == 404


def test_an_unknown_filter_is_named(screens: Screens) -> None:
    screen = screens.look("/styleguide?colour=red", OPERATOR)
    assert screen.status == 422


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "en"),
        ({"Accept-Language": "de-AT,de;q=0.9"}, "de"),
        ({"Accept-Language": "fr,xx"}, "en"),
        ({"Cookie": "routecard_language=de"}, "de"),
        ({"Cookie": "routecard_language=../../x"}, "en"),
    ],
)
def test_a_page_speaks_the_readers_language(
    screens: Screens, headers: dict[str, str], expected: str
) -> None:
    screen = screens.look("/sign-in", headers=headers)
    assert screen.tree.get("lang") == expected


def test_a_theme_from_a_cookie_is_one_of_two(screens: Screens) -> None:
    def themed(cookie: str) -> str | None:
        theme: str | None = screens.look("/sign-in", headers={"Cookie": cookie}).tree.get(
            "data-theme"
        )
        return theme

    assert themed("routecard_theme=dark") == "dark"
    assert themed('routecard_theme="><script>') is None


def test_a_live_page_is_sent_again_only_when_something_changed(
    screens: Screens, works: Works
) -> None:
    first = screens.look("/my-work", OPERATOR)
    tag = first.response.headers["ETag"]
    again = screens.look("/my-work", OPERATOR, headers={"If-None-Match": tag})
    assert again.status == 304
    assert again.response.data == b""
    other = screens.look("/my-work", OPERATOR, name="other", headers={"If-None-Match": tag})
    assert other.status == 200
    works.integration.post("/messages", {"name": "nobody", "variables": {}}).ok()
    changed = screens.look("/my-work", OPERATOR, headers={"If-None-Match": tag})
    assert changed.status == 200


def test_one_live_part_is_written_at_a_time(screens: Screens, works: Works) -> None:
    """Who looks again meanwhile keeps what they have, and comes a turn later."""
    part = "/work?part=rows"
    seen = {"If-None-Match": '"something older"'}
    with page.looking:
        waits = screens.look(part, Role.TEAM_LEAD, headers=seen)
        first = screens.look(part, Role.TEAM_LEAD)
    assert (waits.status, waits.response.headers.get("ETag")) == (304, None)
    assert first.status == 200
    assert screens.look(part, Role.TEAM_LEAD, headers=seen).status == 200
