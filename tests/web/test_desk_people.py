"""People, tokens, stations, settings, audit: who sees them, and that names are only names."""

import pytest

from engine.kernel.actor import Role
from tests.support.screens import Screens
from tests.support.works import Works

ADMINS = ("/people", "/tokens", "/settings")
SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize("path", [*ADMINS, "/stations"])
def test_only_who_may_change_them_sees_them(screens: Screens, path: str) -> None:
    assert screens.look(path, Role.ADMIN).status == 200
    refused = screens.look(path, Role.OPERATOR)
    assert refused.status == 403
    assert "permission" in refused.text


def test_a_person_is_shown_with_roles_and_ways_to_sign_in(screens: Screens, works: Works) -> None:
    person = {"name": "ana", "full_name": "Ana Horvat", "roles": ["operator", "quality"]}
    works.admin.post("/users", person).ok(201)
    assert "Ana Horvat" in screens.look("/people", Role.ADMIN, name="boss").text
    screen = screens.look("/people/ana", Role.ADMIN, name="boss")
    checked = screen.tree.xpath("//input[@name='roles'][@checked]/@value")
    assert sorted(checked) == ["operator", "quality"]


def test_a_name_with_markup_is_shown_as_text(screens: Screens, works: Works) -> None:
    works.admin.post("/users", {"name": "eve", "full_name": SCRIPT, "roles": ["operator"]}).ok(201)
    for path in ("/people", "/people/eve", "/audit"):
        screen = screens.look(path, Role.ADMIN, name="boss")
        assert SCRIPT not in screen.response.text, path
    assert SCRIPT in screens.look("/people/eve", Role.ADMIN, name="boss").text


def test_what_was_asked_for_is_shown_as_text_too(screens: Screens) -> None:
    for path in (f"/audit?actor={SCRIPT}", f"/people/{SCRIPT}", f"/routings?q={SCRIPT}"):
        assert SCRIPT not in screens.look(path, Role.ADMIN).response.text, path


def test_an_unknown_person_is_not_found(screens: Screens) -> None:
    assert screens.look("/people/nobody", Role.ADMIN).status == 404


def test_a_token_is_never_shown_again(screens: Screens, works: Works) -> None:
    made = works.admin.post("/tokens", {"roles": ["integration"]}).ok(201)
    page = screens.look("/tokens", Role.ADMIN, name="boss").response.text
    assert made["id"][:8] in page
    assert made["token"] not in page


def test_the_audit_trail_is_filtered_by_its_address(screens: Screens, works: Works) -> None:
    works.admin.post("/users", {"name": "ana", "roles": ["operator"]}).ok(201)
    text = screens.look("/audit?subject=user:ana", Role.AUDITOR).text
    assert "user.created" in text
    assert "token.created" not in text
    assert "No entry fits" in screens.look("/audit?actor=nobody", Role.AUDITOR).text


def test_settings_show_their_bounds(screens: Screens) -> None:
    field = screens.look("/settings", Role.ADMIN).tree.xpath("//input[@id='lockout_attempts']")[0]
    assert (field.get("min"), field.get("max"), field.get("value")) == ("3", "20", "5")
