"""How a screen is offered: one decorator declares address, permission, template and live parts.

A view reads and returns what its template shows; it changes nothing. What a screen changes, its
script sends to the API, so that every action exists there too.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import marshmallow as ma
from flask import Blueprint, Response, current_app, g, render_template, request, stream_template

from api.rest.route import arguments
from api.rest.schemas.basics import Strict
from api.web import assets
from engine.access.permissions import Permission, permissions_of
from engine.kernel import site
from engine.kernel.actor import Actor
from engine.kernel.clock import to_ms
from engine.kernel.errors import NotFound
from engine.kernel.store import Store
from engine.records.queries import change_mark
from engine.workflow.work.versions import plans

PART = "part"
MINUTE_MS = 60_000
PIECES, PAUSE_SECONDS = 12, 0.0002
_pause = threading.Event()  # never set
looking = threading.Lock()
Result = TypeVar("Result")
Shown = Mapping[str, Any] | Response
Mark = Callable[..., str]


@dataclass(frozen=True, slots=True)
class View:
    """One look at a screen: who looks, and what stands behind the question mark."""

    actor: Actor
    args: Mapping[str, Any]

    @property
    def store(self) -> Store:
        """The plant's store."""
        store: Store = current_app.extensions["routecard_store"]
        return store

    @property
    def site(self) -> int:
        """The site of whoever looks."""
        return self.actor.site

    def read(self, query: Callable[..., Result], **args: Any) -> Result:
        """Run a query."""
        result: Result = plans.read(self.store, query, **args)
        return result

    def may(self, permission: Permission) -> bool:
        """Whether whoever looks has a permission."""
        return permission in permissions_of(self.actor.roles)


def page(
    blueprint: Blueprint,
    rule: str,
    template: str,
    *,
    permission: Permission = Permission.READ,
    query: type[ma.Schema] = Strict,
    live: bool | Mark = False,
    parts: tuple[str, ...] = (),
) -> Callable[[Callable[..., Shown]], Callable[..., Shown]]:
    """Offer a screen under an address.

    Args:
        template: of the whole page; the part `rows` of `desk/work.html` is `desk/work_rows.html`
            and is answered alone to `?part=rows`.
        query: schema of what may stand behind the question mark.
        live: answer 304 as long as nothing changed in the plant, without running the view; a query
            that tells a change where the audit trail alone does not.
    """
    reads = query()
    stem = template.removesuffix(".html")
    mark: Mark | None = change_mark if live is True else live or None

    def register(view: Callable[..., Shown]) -> Callable[..., Shown]:
        @wraps(view)
        def called(**address: Any) -> Response:
            part, given = _part(parts)
            look = View(g.actor, arguments(reads, given))
            name = f"{stem}_{part}.html" if part else template
            return _answer(name, lambda: view(look, **address), mark and _tag(look, mark))

        called.permission = permission  # type: ignore[attr-defined]
        called.page = True  # type: ignore[attr-defined]
        blueprint.route(rule, methods=["GET"])(called)
        return view

    return register


def _answer(template: str, shown: Callable[[], Shown], tag: str | None) -> Response:
    """The page, or 304 for who has it already."""
    headers = {} if tag is None else {"ETag": f'"{tag}"'}
    if tag is not None and request.if_none_match.contains(tag):
        return Response(status=304, headers=headers)
    if tag is None or not request.if_none_match:
        return _page(template, shown, render_template, headers)
    if not looking.acquire(blocking=False):
        return Response(status=304)  # with no tag: what is shown there is kept, and asked for again
    try:
        return _page(template, shown, _between_others, headers)
    finally:
        looking.release()


def _page(
    template: str,
    shown: Callable[[], Shown],
    render: Callable[..., str],
    headers: Mapping[str, str],
) -> Response:
    result = shown()
    if isinstance(result, Response):
        return result
    return Response(render(template, **result), mimetype="text/html", headers=headers)


def _between_others(template: str, **shown: Any) -> str:
    """A live part, written in pieces that let others in between: who acts goes before who looks.

    Without the pauses a render keeps the interpreter for milliseconds, and a hundred tablets that
    look would be felt by each who presses a button. For the same reason one is written at a time;
    who looks again meanwhile comes a turn later.
    """
    pieces = []
    for number, piece in enumerate(stream_template(template, **shown), 1):
        pieces.append(piece)
        if number % PIECES == 0:
            _pause.wait(PAUSE_SECONDS)
    return "".join(pieces)


def zone_of(store: Store, number: int) -> ZoneInfo:
    """The zone of a site, remembered: it is set once, when the plant is founded."""
    zones: dict[int, ZoneInfo] = current_app.extensions.setdefault("routecard_zones", {})
    if number not in zones:
        zones[number] = store.read(site.zone, site_id=number)
    return zones[number]


def _part(parts: tuple[str, ...]) -> tuple[str | None, dict[str, str]]:
    """The part asked for, and the arguments without it."""
    given = request.args.to_dict()
    part = given.pop(PART, None)
    if part is not None and part not in parts:
        raise NotFound(f"This page has no part {part[:40]!r}.")
    return part, given


def _tag(view: View, changes: Mark) -> str:
    """What a live page hangs on: the newest changes, who looks and how, and the minute.

    The minute, because "late" and "since" change while nothing else does.
    """
    mark = view.store.read(changes, site=view.site)
    minute = to_ms(view.store.clock.now()) // MINUTE_MS
    seen = (mark, minute, view.actor.name, sorted(view.actor.roles), g.language.code, g.theme)
    text = repr((seen, request.full_path, assets.assets.mark))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
