"""Incidents: a token that cannot go on by itself waits here for a person's decision."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.errors import Conflict, Invalid, NotFound, Stale
from engine.kernel.ids import to_text
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow import tables as t
from engine.workflow.definition.layout import shown
from engine.workflow.execution.advance import Advance
from engine.workflow.execution.run import Deviation, has_job
from engine.workflow.execution.tree import Token
from engine.workflow.execution.values import clean
from engine.workflow.work import instances, jobs
from engine.workflow.work.queries import incident_item
from engine.workflow.work.running import (
    CANCELLED,
    COMPLETED,
    SUSPENDED,
    InstanceSuspended,
    Running,
    lock,
)

ACTIONS = ("retry", "complete", "throw", "cancel")
REPORT_ACTIONS = ("retry", "complete", "cancel")


class IncidentResolved(Conflict):
    """The incident is no longer open."""

    code = "incident-resolved"
    title = "Incident resolved already"


def etag(state: str, attempts: int) -> str:
    """What changes whenever an incident is resolved or happens again."""
    return f"{state}-{attempts}"


def retry(
    uow: Uow,
    *,
    incident: bytes,
    actor: Actor,
    reason: str | None = None,
    expected: str | None = None,
) -> dict[str, Any]:
    """Let the token try again where it stands."""
    running, number = _lock(uow, incident, actor, expected)
    if number is None:
        _close(uow, incident, actor)
    else:
        _retry(uow, running, number, actor)
    return _done(uow, incident, actor, "incident.retried", reason)


def resolve(
    uow: Uow,
    *,
    incident: bytes,
    action: str,
    reason: str,
    actor: Actor,
    variables: Mapping[str, object] | None = None,
    code: str | None = None,
    expected: str | None = None,
) -> dict[str, Any]:
    """Decide what becomes of the token.

    `retry` tries again, `complete` goes on as if the step were done, `throw` raises a BPMN error
    (its code in `code`) and `cancel` ends the instance. `variables` are written first. What a
    person reported stopped no token: `retry` and `complete` only close the report.
    """
    running, number = _lock(uow, incident, actor, expected)
    values = clean(variables or {})
    if number is None:
        _resolve_report(uow, incident, running, action, values, reason, actor)
    elif action == "cancel":
        instances.end(uow, running, reason, actor)
    elif action == "retry":
        if values:
            advance = running.advance(uow)
            advance.change(values, reason, actor.name)
            running.save(uow, advance, actor)
        _retry(uow, running, number, actor)
    elif action in ACTIONS:
        _decide(uow, running, number, action, values, code, reason, actor)
    else:
        raise Invalid(f"{action!r} is no action; write one of {', '.join(ACTIONS)}.")
    return _done(uow, incident, actor, f"incident.{action}", reason)


def _decide(
    uow: Uow,
    running: Running,
    number: int,
    action: str,
    values: dict[str, object],
    code: str | None,
    reason: str,
    actor: Actor,
) -> None:
    """Complete the token's step, or raise an error there."""
    advance = running.advance(uow)
    token = _token(advance, number)
    if action == "complete":
        _check_completable(token)
        by = Deviation("complete", reason, actor.name)
        advance.complete(token, values, None, actor.name, by)
    else:
        _throw(advance, token, values, code, reason, actor)
    running.save(uow, advance, actor)


def _resolve_report(
    uow: Uow,
    incident: bytes,
    running: Running,
    action: str,
    values: dict[str, object],
    reason: str,
    actor: Actor,
) -> None:
    """Close what a person reported; the work that it is about goes on as it is."""
    if action not in REPORT_ACTIONS or values:
        raise Invalid(
            "A reported problem stops no token: retry or complete, without variables, close it; "
            "cancel ends the instance, too."
        )
    if action == "cancel" and running.state not in (COMPLETED, CANCELLED):
        instances.end(uow, running, reason, actor)
    _close(uow, incident, actor)


def _close(uow: Uow, incident: bytes, actor: Actor) -> None:
    uow.write(_CLOSE, {"id": incident, "now": uow.now_ms, "by": actor.name})


def _retry(uow: Uow, running: Running, number: int, actor: Actor) -> None:
    advance = running.advance(uow)
    token = _token(advance, number)
    if has_job(token.node) and jobs.has_failed(uow, running.id, number):
        parameters = advance.wait_again(token)
        if parameters is not None:
            jobs.reopen(uow, running.id, number, parameters)
    else:
        advance.retry(token)
    running.save(uow, advance, actor)


def _throw(
    advance: Advance,
    token: Token,
    values: dict[str, object],
    code: str | None,
    reason: str,
    actor: Actor,
) -> None:
    if not code:
        raise Invalid("To throw an error, name its code in `code`.")
    advance.write(token, values)
    if not advance.throw(token, code, reason, actor.name):
        raise Conflict(f"Nothing catches the error {code} here; the incident stays as it was.")


def _check_completable(token: Token) -> None:
    if token.node.type in ("exclusiveGateway", "inclusiveGateway") and not token.stuck:
        raise Conflict(
            f"{shown(token.node.id)} must choose a way: change the variables its conditions read, "
            "then retry."
        )
    if token.node.type == "eventBasedGateway":
        raise Conflict(
            f"{token.node.id} waits for one of its events: change the variables that they read, "
            "then retry; or move the token to the event that happened."
        )


def _token(advance: Advance, number: int) -> Token:
    token = advance.root.token(number)
    if token is None or not token.incident:
        raise IncidentResolved("The token went on meanwhile; the incident is resolved.")
    return token


def _lock(
    uow: Uow, incident: bytes, actor: Actor, expected: str | None
) -> tuple[Running, int | None]:
    """The instance, and the number of the token that is stopped; none by what was reported."""
    row = uow.one(_INCIDENT, id=incident)
    if row is None or row[1] != actor.site:
        raise NotFound("There is no such incident.")
    running = lock(uow, bytes(row[0]), actor.site)
    again = uow.one(_INCIDENT, id=incident)
    if again is None or again[3] != "open":
        raise IncidentResolved("The incident is resolved already.")
    if expected is not None and expected != etag(again[3], again[4]):
        raise Stale("The incident changed since you read it; read it again.")
    if again[5] is not None:
        return running, None
    if running.state == SUSPENDED:
        raise InstanceSuspended("The instance is suspended; resume it first.")
    return running, row[2]


def _done(
    uow: Uow, incident: bytes, actor: Actor, action: str, reason: str | None
) -> dict[str, Any]:
    audit(uow, actor, action, f"incident:{to_text(incident)}", {"reason": reason})
    return incident_item(uow, incident=incident, site=actor.site)


_n = t.incident.c
_INCIDENT = db.Statement(
    sa.select(_n.instance_id, _n.site_id, _n.token, _n.state, _n.attempts, _n.reporter).where(
        _n.id == sa.bindparam("id")
    )
)
_CLOSE = db.Statement(
    sa.text(
        "UPDATE incident SET state = 'resolved', resolved = :now, resolved_by = :by WHERE id = :id"
    )
)
