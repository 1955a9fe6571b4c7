"""Settings: what the site decided for itself."""

from dataclasses import asdict

from flask import Response
from flask_smorest import Blueprint

from api.rest.access.schemas import SettingsIn, SettingsOut
from api.rest.route import Call, route
from engine.access.permissions import Permission
from engine.access.settings import SiteSettings, change_settings, site_settings

blueprint = Blueprint("settings", __name__, description="What the site decided for itself")


@route(
    blueprint,
    "GET",
    "/settings",
    permission=Permission.READ,
    answer=SettingsOut,
    etag=True,
)
def get_settings(call: Call) -> Response:
    """All settings as they hold now, decided or by default."""
    found: SiteSettings = call.read(site_settings, site=call.actor.site)
    return call.answer(asdict(found), etag=found.tag)


@route(
    blueprint,
    "PATCH",
    "/settings",
    permission=Permission.SETTINGS_MANAGE,
    answer=SettingsOut,
    body=SettingsIn,
    if_match=True,
    etag=True,
)
def change(call: Call) -> Response:
    """Change some settings; how long a session lasts counts from the next sign-in."""
    found = call.store.run(
        change_settings, changes=call.body, actor=call.actor, expected=call.expected
    )
    return call.answer(asdict(found), etag=found.tag)
