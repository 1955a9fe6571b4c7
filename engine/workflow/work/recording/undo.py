"""Taking back one's own last entry, while nothing was done after it.

An instance keeps where it stood before the last entry of a person, until it moves again. Taking the
entry back puts exactly that in place, and opens again what the entry closed. The history keeps the
entry, and says in a deviation that it was taken back.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa

from engine.access.settings import site_settings
from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.clock import from_ms, to_ms
from engine.kernel.errors import Conflict, NotPermitted
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow import tables as t
from engine.workflow.definition.expressions import ExpressionFailed
from engine.workflow.definition.model import NESTED, Node
from engine.workflow.definition.times import TimeRefused, following
from engine.workflow.execution import openings
from engine.workflow.execution.advance import Advance
from engine.workflow.execution.frontier import load
from engine.workflow.execution.openings import Site
from engine.workflow.execution.outcome import Alarm, Armed, Left, Step
from engine.workflow.execution.rules.conditions import inside_variables
from engine.workflow.execution.run import label
from engine.workflow.execution.tree import Branch, Root, Token, plant
from engine.workflow.work import history, tasks
from engine.workflow.work.recording import drafts
from engine.workflow.work.running import (
    ACTIVE,
    CANCELLED,
    SUSPENDED,
    InstanceEnded,
    InstanceSuspended,
    Running,
)
from engine.workflow.work.tasks import Task

MINUTE_MS = 60_000


class UndoRefused(Conflict):
    """An entry cannot be taken back any more."""

    code = "undo-refused"
    title = "The entry cannot be undone"


class _Before(NamedTuple):
    """Where the instance stood."""

    frontier: bytes
    variables: bytes


def undo(
    uow: Uow,
    *,
    task: bytes,
    actor: Actor,
    reason: str | None = None,
    expected: str | None = None,
) -> dict[str, Any]:
    """Open a task again as it was before the actor completed it, which nothing may have followed.

    What was answered becomes the actor's draft. How long this is possible, the site says.

    Raises:
        UndoRefused: naming what was done since.
    """
    found = tasks.lock(uow, task, actor.site, expected)
    _check_mine(uow, found, actor)
    instance = found.instance
    before = _before(uow, found)
    row = history.last(uow, instance.id)
    _check_steps(uow, instance, row)
    after = _tree(instance, instance.frontier, instance.variables)
    answers = history.answers(instance.plan, row)
    instance.frontier, instance.variables, instance.state = *before, ACTIVE
    advance = instance.advance(uow)
    new, lost = _difference(advance, after)
    _check_work(uow, instance, actor, new)
    _check_cancelled(uow, instance, lost, row.at)
    _arm(uow, advance, after, lost, found, row.at)
    advance.outcome.left += [Left(x.number, x.node, x.incident, False, True) for x in new]
    advance.outcome.steps.append(_step(found, instance, row, actor, reason))
    instance.save(uow, advance, actor)
    _reopen(uow, instance, [x for x in lost if x.number != found.token], row.at)
    _give_back(uow, found, actor)
    drafts.keep(uow, found.id, json_text.write(answers), actor)
    audit(uow, actor, "task.undone", found.subject, {"reason": reason} if reason else None)
    return found.as_item(uow.now_ms)


# ---- what stands in the way ----


def _check_mine(uow: Uow, found: Task, actor: Actor) -> None:
    """Only one's own entry, soon after it was made."""
    minutes = site_settings(uow, site=actor.site).undo_minutes
    if found.state != "completed" or found.closed is None:
        raise UndoRefused(f"The task is {found.state}; there is no entry to undo.")
    if found.closed_by != actor.name:
        raise UndoRefused(f"{found.closed_by} made this entry; only they can undo it.")
    if found.role and found.role not in actor.roles:
        raise NotPermitted(f"This task needs the role {found.role}, which you do not have.")
    if uow.now_ms - found.closed > minutes * MINUTE_MS:
        raise UndoRefused(
            f"The entry is older than {minutes} minutes. Report a problem, or ask a team lead to "
            "move the work back."
        )
    if found.signature is not None:
        raise UndoRefused(
            "The entry was signed, and a signature is not taken back. Report a problem, or ask a "
            "team lead to move the work back."
        )
    if found.instance.state == SUSPENDED:
        raise InstanceSuspended("The instance is suspended; nothing is undone until it goes on.")
    if found.instance.state == CANCELLED:
        raise InstanceEnded("The instance was cancelled meanwhile.")


def _before(uow: Uow, found: Task) -> _Before:
    """Where the instance stood before the entry, if nothing moved it since."""
    instance = found.instance
    row = uow.one(_UNDO, id=instance.id)
    place, frontier, variables = bytes(row[0]).split(b"\n", 2) if row and row[0] else (b"",) * 3
    if place != f"{found.id.hex()} {instance.revision}".encode():
        raise UndoRefused(_what_followed(uow, instance))
    return _Before(frontier, variables)


def _what_followed(uow: Uow, instance: Running) -> str:
    last = history.last(uow, instance.id)
    step = last.steps[-1]
    node = instance.plan.find(step.get("p", instance.plan.model.key), step["e"])
    what = label(node) if node is not None else step["e"] or "a change from outside"
    by = f", by {step['u']}" if "u" in step else ""
    return f"The work went on since: the last step was {what}{by}. Only the last entry is undone."


def _check_steps(uow: Uow, instance: Running, row: history.Row) -> None:
    """What the entry set going must not reach beyond the instance, or out of a subprocess."""
    for step in row.steps[1:]:
        node = instance.plan.find(step.get("p", instance.plan.model.key), step["e"])
        done = step.get("s", "completed") == "completed"
        if done and node is not None and (why := _reaches_out(node)):
            raise UndoRefused(f"{label(node)} followed: {why}.")
    sent = uow.one(_SENT, instance=instance.id)
    if sent is not None:
        raise UndoRefused(f"{sent[0]} followed: it throws the message {sent[1]}.")
    if uow.one(_HELD, instance=instance.id) is not None:
        raise UndoRefused("Something that the instance was told is being applied. Try again.")


def _reaches_out(node: Node) -> str:
    kind = node.event.kind if node.event is not None else ""
    if node.work.function:
        return f"the function {node.work.function} ran"
    if kind in ("message", "signal"):
        told = "was received" if node.type in ("intermediateCatchEvent", "receiveTask") else "left"
        return f"a {kind} {told}"
    if node.type in NESTED:
        return "it was left as a whole"
    return ""


def _check_work(uow: Uow, instance: Running, actor: Actor, new: list[Token]) -> None:
    """Nobody else may have begun with what the entry opened."""
    numbers = {token.number for token in new}
    for token, name, assignee in uow.all(_TASKS, instance=instance.id):
        if token in numbers and assignee not in (None, actor.name):
            raise UndoRefused(f"{assignee} works on {name!r}, which followed.")
    for token, element, worker, attempt in uow.all(_JOBS, instance=instance.id):
        if token in numbers and attempt:
            raise UndoRefused(f"{worker or 'A worker'} had the job at {element}, which followed.")


def _check_cancelled(uow: Uow, instance: Running, lost: list[Token], at: int) -> None:
    """A job that the entry cancelled may be open again only if no worker ever had it."""
    if not any(token.node.type in openings.JOB_TYPES for token in lost):
        return
    for element, worker in uow.all(_CANCELLED_JOBS, instance=instance.id, at=at):
        raise UndoRefused(f"{worker or 'A worker'} had the job at {element}, which it cancelled.")


# ---- putting it back ----


def _tree(instance: Running, frontier: bytes, variables: bytes) -> Root | None:
    """The tokens and scopes of a stored frontier, to look at; None of one that ended."""
    if not frontier:
        return None
    nobody: Any = None  # nothing runs in it
    return plant(instance.plan, load(bytes(frontier), bytes(variables)), nobody, 0)


def _difference(advance: Advance, after: Root | None) -> tuple[list[Token], list[Token]]:
    """The tokens that came with the entry, and those that went."""
    before = {token.number: token for token in advance.root.tokens()}
    now = {} if after is None else {token.number: token for token in after.tokens()}
    new = [token for number, token in now.items() if number not in before]
    return new, [token for number, token in before.items() if number not in now]


def _arm(
    uow: Uow, advance: Advance, after: Root | None, lost: list[Token], found: Task, at: int
) -> None:
    """What was waited for is waited for again, timers at the time they had."""
    site, instance = advance.site, found.instance
    try:
        for token in lost:
            armed = openings.armed(token, from_ms(token.since), site)
            advance.outcome.arm(token.number, _at_their_rounds(armed, at, site))
        for scope in _disarmed(advance, after):
            since = _started(uow, instance) if scope.holder is None else scope.holder.since
            armed = openings.armed_scope(scope, inside_variables(scope), from_ms(since), site)
            advance.outcome.arm(scope.owner, _at_their_rounds(armed, at, site))
    except (ExpressionFailed, TimeRefused) as failed:
        raise UndoRefused(f"What was waited for cannot be told any more: {failed}") from None


def _disarmed(advance: Advance, after: Root | None) -> Iterator[Root | Branch]:
    """Scopes whose event subprocesses waited before and do not any more."""
    scopes = () if after is None else after.scopes()
    still = {scope.owner: scope.state.disarmed for scope in scopes}
    for scope in advance.root.scopes():
        waits = scope.layout.handlers and not scope.state.disarmed
        if waits and still.get(scope.owner, True):
            yield scope


def _at_their_rounds(armed: Armed, at: int, site: Site) -> Armed:
    """A cycle goes on with the round that was due next when the entry was made."""
    return Armed(armed.waits, [_round(alarm, at, site) for alarm in armed.alarms])


def _round(alarm: Alarm, at: int, site: Site) -> Alarm:
    while alarm.repeat is not None and alarm.at <= at:
        due = from_ms(alarm.at)
        after = following(alarm.repeat, due, due, site.find_zone, alarm.remaining)
        if after is None:
            break
        alarm = Alarm(alarm.owner, alarm.element, to_ms(after.at), after.remaining, after.repeat)
    return alarm


def _started(uow: Uow, instance: Running) -> int:
    row = uow.one(_STARTED, id=instance.id)
    assert row is not None, "it is locked"
    return int(row[0])


def _step(
    found: Task, instance: Running, row: history.Row, actor: Actor, reason: str | None
) -> Step:
    first = row.steps[0]
    return Step(
        found.element,
        first.get("p", instance.plan.model.key),
        first.get("w", 0),
        row.at,
        "cancelled",
        {},
        actor=actor.name,
        deviation=reason or "",
        kind="undo",
        undoes=row.step,
    )


def _reopen(uow: Uow, instance: Running, lost: list[Token], at: int) -> None:
    """What the entry cancelled is open again, and whoever held it holds it."""
    places = [{"instance": instance.id, "token": token.number, "at": at} for token in lost]
    for statement in (_REOPEN_TASK, _REOPEN_JOB, _REOPEN_INCIDENT):
        uow.write(statement, places)


def _give_back(uow: Uow, found: Task, actor: Actor) -> None:
    """The task is its person's again, whose time runs on."""
    found.state, found.assignee, found.closed, found.closed_by = "claimed", actor.name, None, None
    found.time.run(uow.now_ms)
    uow.write(_GIVE_BACK, {"id": found.id, "me": actor.name, "now": uow.now_ms})


_i, _o = t.instance.c, t.outbox.c
_UNDO = db.Statement(sa.select(_i.undo).where(_i.id == sa.bindparam("id")))
_STARTED = db.Statement(sa.select(_i.started).where(_i.id == sa.bindparam("id")))
_SENT = db.Statement(
    sa.select(_o.element, _o.name).where(_o.instance_id == sa.bindparam("instance"))
)
_HELD = db.Statement(
    sa.select(t.held_event.c.id).where(t.held_event.c.instance_id == sa.bindparam("instance"))
)
_TASKS = db.Statement(
    sa.text(
        "SELECT token, name, assignee FROM task "
        "WHERE instance_id = :instance AND state IN ('open', 'claimed')"
    )
)
_j = t.job.c
_OPEN: list[sa.ColumnElement[str]] = [sa.literal_column("'open'"), sa.literal_column("'claimed'")]
_JOBS = db.Statement(
    sa.select(_j.token, _j.element, _j.worker, _j.attempt)
    .where(_j.instance_id == sa.bindparam("instance"), _j.state.in_(_OPEN))
    .with_for_update()
)
# What an instance opened is younger than the instance: no older row is looked at.
_CANCELLED_JOBS = db.Statement(
    sa.text(
        "SELECT element, worker FROM job WHERE id > :instance AND instance_id = :instance "
        "AND state = 'cancelled' AND closed = :at AND attempt > 0"
    )
)
_AGAIN = "WHERE id > :instance AND instance_id = :instance AND token = :token AND "
_REOPEN_TASK = db.Statement(
    sa.text(
        "UPDATE task SET state = CASE WHEN assignee IS NULL THEN 'open' ELSE 'claimed' END, "
        f"closed = NULL, closed_by = NULL {_AGAIN} state = 'cancelled' AND closed = :at"
    )
)
_REOPEN_JOB = db.Statement(
    sa.text(
        "UPDATE job SET state = 'open', closed = NULL, message = NULL "
        f"{_AGAIN} state = 'cancelled' AND closed = :at"
    )
)
_REOPEN_INCIDENT = db.Statement(
    sa.text(
        "UPDATE incident SET state = 'open', resolved = NULL, resolved_by = NULL "
        f"{_AGAIN} state = 'resolved' AND resolved = :at AND reporter IS NULL"
    )
)
_GIVE_BACK = db.Statement(
    sa.text(
        "UPDATE task SET state = 'claimed', assignee = :me, closed = NULL, closed_by = NULL, "
        "working_since = :now WHERE id = :id"
    )
)
