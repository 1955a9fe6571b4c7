"""Start a dry run, pretend what happens in it, forget it after a day.

A dry run opens no work and waits for nothing outside: its tokens rest until somebody pretends what
comes. Functions are pretended, too; decisions and conditions are computed.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.errors import Conflict, FieldProblem, Invalid, NotFound
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow import tables as t
from engine.workflow.definition.layout import shown
from engine.workflow.definition.model import WAITING_TASKS
from engine.workflow.execution.advance import Advance
from engine.workflow.execution.tree import Token
from engine.workflow.execution.values import clean
from engine.workflow.work import instances
from engine.workflow.work.evidence.answers import read_answers
from engine.workflow.work.instances import ProcessNotFound
from engine.workflow.work.queries import instance_item
from engine.workflow.work.running import Running, lock
from engine.workflow.work.versions.plans import dry, plan_of

KEPT_MS = 86_400_000
SLICE = 20
REASON = "pretended"


class NotDryRun(Conflict):
    """Nothing is pretended in a real instance."""

    code = "not-a-dry-run"
    title = "Not a dry run"


class NothingThere(Conflict):
    """Nothing waits at the element that is named."""

    code = "nothing-waits-there"
    title = "Nothing waits there"


def version_to_try(uow: Uow, *, process: str, version: int | None, site: int) -> bytes:
    """The id of a version in whatever state, the newest one unless one is named.

    Raises:
        ProcessNotFound: if there is none.
    """
    for key, number in uow.all(_VERSIONS, key=process, site=site):
        if version in (None, number):
            return bytes(key)
    which = "process" if version is None else f"version {version} of a process"
    raise ProcessNotFound(f"There is no {which} {process[:100]!r}.")


def start(
    uow: Uow,
    *,
    version_id: bytes,
    actor: Actor,
    business_key: str | None = None,
    variables: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """Start a dry run of a version, at its plain start event or else at its first."""
    model = plan_of(dry(version_id)).model
    node = model.plain_start or model.root.starts[0]
    values = clean(variables or {})
    running = instances.begin(uow, version_id, node, business_key, values, actor, dry_run=True)
    return instance_item(uow, instance=running.id, site=actor.site)


def pretend(
    uow: Uow,
    *,
    instance: bytes,
    element: str,
    actor: Actor,
    variables: Mapping[str, object] | None = None,
    error: str | None = None,
) -> dict[str, Any]:
    """Let happen what a dry run waits for at an element, which may be the event beside an activity.

    Args:
        variables: what it brings: answers of a form, a result, what a message carries.
        error: the code of a BPMN error that is raised instead.

    Raises:
        NotDryRun: if it is a real instance.
        NothingThere: naming where something waits.
    """
    running = lock(uow, instance, actor.site)
    _check(uow, running)
    advance = running.advance(uow)
    token = _token(advance, element)
    given = variables or {}
    if error is not None:
        if token is None:
            raise _nothing(advance, element)
        advance.write(token, clean(given))
        advance.throw(token, error, REASON, actor.name)
    elif token is not None and token.node.type != "eventBasedGateway":
        _happen(uow, advance, token, given, actor)
    elif not _event(advance, element, clean(given), actor):
        raise _nothing(advance, element)
    running.save(uow, advance, actor)
    audit(uow, actor, "dry_run.pretended", instances.subject(running.id), {"element": element})
    return instance_item(uow, instance=running.id, site=actor.site)


def old(uow: Uow) -> bool:
    """Whether a dry run is older than a day."""
    return bool(uow.all(_OLD, before=uow.now_ms - KEPT_MS, limit=1))


def drop_old(uow: Uow) -> int:
    """Forget dry runs that are older than a day, a slice at a time; the number forgotten."""
    rows = uow.all(_OLD, before=uow.now_ms - KEPT_MS, limit=SLICE)
    places = [{"id": row[0]} for row in rows]
    for statement in _DROP:
        uow.write(statement, places)
    return len(rows)


def _check(uow: Uow, running: Running) -> None:
    if not running.dry_run:
        raise NotDryRun("Only in a dry run one may pretend; this instance is real.")
    if uow.one(_VERSION, id=running.version_id) is None:
        raise NotFound("The draft was replaced meanwhile; start a new dry run.")


def _token(advance: Advance, element: str) -> Token | None:
    """The oldest token that rests at an element; one with tokens inside only if no other does."""
    found = [x for x in advance.root.tokens() if shown(x.node.id) == element and x.resting]
    plain = [x for x in found if advance.root.inside(x) is None]
    return next(iter(plain or found), None)


def _happen(
    uow: Uow, advance: Advance, token: Token, given: Mapping[str, object], actor: Actor
) -> None:
    """A token's own work is done, or what stopped it is put right."""
    if token.incident and not token.stuck:
        if given:
            advance.change(clean(given), REASON, actor.name)
        if token.live and token.incident:
            advance.retry(token)
    elif token.node.type in WAITING_TASKS and advance.root.inside(token) is None:
        answers = read_answers(uow, token, given, actor.site)
        advance.complete(token, answers.variables, answers.further, actor.name)
    else:
        advance.complete(token, clean(given), None, actor.name)


def _event(advance: Advance, element: str, values: dict[str, object], actor: Actor) -> bool:
    """An event happens beside an activity, after a gateway, or that starts an event subprocess."""
    owners = [x.number for x in advance.root.tokens() if advance.waits_on(x.number, element)]
    scopes = [
        x for x in advance.root.scopes() if any(s.id == element for _, s in x.layout.handlers)
    ]
    owners += [scope.owner for scope in scopes]
    return any(advance.occur(owner, element, values, actor.name) for owner in owners[:1])


def _nothing(advance: Advance, element: str) -> Conflict | Invalid:
    tokens = [x for x in advance.root.tokens() if shown(x.node.id) == element]
    if tokens and tokens[0].node.type == "eventBasedGateway":
        events = ", ".join(flow.target for flow in tokens[0].node.outgoing)
        sentence = f"{element} waits for one of its events: name {events}."
        return Invalid(sentence, errors=[FieldProblem("/element", sentence)])
    places = ", ".join(sorted({shown(x.node.id) for x in advance.root.tokens()}))
    return NothingThere(
        f"Nothing waits at {element}; there are tokens at {places or 'no element'}."
    )


_i, _v = t.instance.c, t.process_version.c
_VERSIONS = db.Statement(
    sa.select(_v.id, _v.version)
    .where(_v.key == sa.bindparam("key"), _v.site_id == sa.bindparam("site"))
    .order_by(_v.version.desc())
)
_VERSION = db.Statement(sa.select(_v.id).where(_v.id == sa.bindparam("id")))
_OLD = db.Statement(
    sa.text("SELECT id FROM instance WHERE dry_run AND started < :before LIMIT :limit")
)
_DROP = tuple(
    db.Statement(sa.text(f"DELETE FROM {table} WHERE {column} = :id"))
    for table, column in (
        ("history", "instance_id"),
        ("incident", "instance_id"),
        ("instance", "id"),
    )
)
