"""Work for machines and other systems: claimed under a lease, fenced, retried, completed once."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.errors import Conflict, Invalid, NotFound
from engine.kernel.ids import to_text
from engine.kernel.store.uow import Uow
from engine.records.audit import audit, audit_each
from engine.workflow import tables as t
from engine.workflow.execution.values import clean
from engine.workflow.work import held
from engine.workflow.work.running import ACTIVE, SUSPENDED, Running, lock

MAX_TOPICS = 20
MAX_JOBS = 100
MAX_LEASE_SECONDS = 24 * 3600
FREE_SLICE = 200


class StaleFence(Conflict):
    """Another worker holds the job by now."""

    code = "stale-fence"
    title = "Stale fence"


class JobCancelled(Conflict):
    """The process went on without the job."""

    code = "job-cancelled"
    title = "Job cancelled"


class JobEnded(Conflict):
    """The job has its result already."""

    code = "job-already-completed"
    title = "Job already completed"


# ---- commands ----


def claim(
    uow: Uow, *, topics: Sequence[str], worker: str, limit: int, lease_seconds: int, actor: Actor
) -> list[dict[str, Any]]:
    """Lease open jobs of these topics to a worker, the most urgent and oldest first.

    What a unit may have begun already is for that unit alone: `dispatch` hands it out.
    """
    names = db.padded("topic", wanted(topics))
    free_expired(uow)
    rows = uow.all(
        _free(len(names)), site=actor.site, now=uow.now_ms, limit=min(limit, MAX_JOBS), **names
    )
    until = uow.now_ms + lease_seconds * 1000
    uow.write(_LEASE, [{"id": row[0], "worker": worker, "until": until} for row in rows])
    subjects = [f"job:{to_text(row[0])}" for row in rows]
    audit_each(uow, actor, "job.claimed", subjects, {"worker": worker})
    return [claimed(row, until) for row in rows]


def wanted(topics: Sequence[str]) -> list[str]:
    """The topics that a worker names, each once.

    Raises:
        Invalid: for none, or too many.
    """
    found = sorted(set(topics))
    if not 0 < len(found) <= MAX_TOPICS:
        raise Invalid(f"Name 1 to {MAX_TOPICS} topics.")
    return found


def complete(
    uow: Uow, *, job: bytes, fence: int, variables: Mapping[str, object], actor: Actor
) -> dict[str, Any]:
    """Take a worker's result and run the instance on to its next rest."""
    found = _lock(uow, job, actor)
    found.check(fence)
    values = clean(variables)
    found.close(uow, "completed", None)
    if found.instance.state == SUSPENDED:
        held.hold(uow, found.instance.id, found.token, held.RESULT, values, actor)
    else:
        advance = found.instance.advance(uow)
        token = advance.root.token(found.token)
        assert token is not None, "an open job has a token"
        advance.complete(token, values, None, actor.name)
        found.instance.save(uow, advance, actor)
    audit(uow, actor, "job.completed", found.subject)
    return found.as_item()


def fail(
    uow: Uow,
    *,
    job: bytes,
    fence: int,
    message: str,
    actor: Actor,
    code: str | None = None,
    retry_in: int | None = None,
) -> dict[str, Any]:
    """A worker could not do it: raise a BPMN error, or try again, or end as an incident."""
    found = _lock(uow, job, actor)
    found.check(fence)
    if code is not None:
        found.close(uow, "failed", message)
        _raise(uow, found, code, message, actor)
    elif found.attempt < found.attempts:
        found.state, found.retry_at = "open", uow.now_ms + 1000 * (retry_in or 0)
        found.message, found.unit, found.command = message, None, None
        uow.write(_REOPEN, {"id": found.id, "retry_at": found.retry_at, "message": message})
    else:
        found.close(uow, "failed", message)
        _give_up(uow, found, message, actor)
    audit(uow, actor, "job.failed", found.subject, {"message": message, "code": code})
    return found.as_item()


def extend(uow: Uow, *, job: bytes, fence: int, lease_seconds: int, actor: Actor) -> dict[str, Any]:
    """Keep a lease for longer."""
    found = _lock(uow, job, actor)
    found.check(fence)
    found.state, found.lease_until = "claimed", uow.now_ms + 1000 * lease_seconds
    uow.write(_EXTEND, {"id": found.id, "until": found.lease_until})
    return found.as_item()


def has_failed(uow: Uow, instance: bytes, token: int) -> bool:
    """Whether the job of a token has failed for good."""
    return uow.one(_FAILED, instance=instance, token=token) is not None


def reopen(uow: Uow, instance: bytes, token: int, parameters: Mapping[str, object]) -> None:
    """Open a failed job again, with these parameters, all its attempts and a new fence."""
    place = {"instance": instance, "token": token}
    uow.write(_RETRY, place | {"parameters": json_text.write(parameters)})


def next_expiry(uow: Uow) -> bool:
    """Whether a lease ran out."""
    return uow.one(_ANY_EXPIRED, now=uow.now_ms) is not None


def free_expired(uow: Uow) -> int:
    """Open the jobs whose lease ran out; one without attempts left becomes an incident."""
    rows = uow.all(_EXPIRED, now=uow.now_ms, limit=FREE_SLICE)
    for job, site_id, attempt, attempts in rows:
        actor = Actor("system:leases", site=site_id)
        audit(uow, actor, "job.lease_expired", f"job:{to_text(job)}", {"attempt": attempt})
        if attempt < attempts:
            uow.write(_FREE, {"id": job})
        else:
            found = _lock(uow, bytes(job), actor)
            message = f"The worker {found.worker} did not answer within its lease."
            found.close(uow, "failed", message, lease_until=found.lease_until)
            _give_up(uow, found, message, actor)
    return len(rows)


# ---- a job under its lock ----


class _Job:
    """A row of `job`, with the instance it belongs to."""

    def __init__(self, row: tuple[Any, ...], instance: Running) -> None:
        self.id = bytes(row[0])
        self.token: int = row[2]
        self.element: str = row[3]
        self.topic: str = row[4]
        self.state: str = row[5]
        self.fence: int = row[6]
        self.attempt: int = row[7]
        self.attempts: int = row[8]
        self.worker: str | None = row[9]
        self.lease_until: int | None = row[10]
        self.retry_at: int | None = row[11]
        self.message: str | None = row[12]
        self.equipment, self.unit, self.command = row[13:]
        self.instance = instance

    @property
    def subject(self) -> str:
        return f"job:{to_text(self.id)}"

    def check(self, fence: int) -> None:
        """Let only the present holder through; a lease that ran out unnoticed still counts."""
        if self.state == "cancelled":
            raise JobCancelled("The process went on without this job; its result is not needed.")
        if fence != self.fence or self.worker is None:
            raise StaleFence(
                f"Fence {fence} does not hold this job any more: it was given back, or another "
                "worker has it by now."
            )
        if self.state in ("completed", "failed"):
            raise JobEnded(f"The job is {self.state} already.")

    def close(
        self, uow: Uow, state: str, message: str | None, lease_until: int | None = None
    ) -> None:
        """End it; a lease that is kept says that its worker never told what became of it."""
        self.state, self.message, self.lease_until = state, message, lease_until
        told = {"state": state, "now": uow.now_ms, "message": message, "until": lease_until}
        uow.write(_CLOSE, told | {"id": self.id})

    def as_item(self) -> dict[str, Any]:
        return {
            "id": to_text(self.id),
            "instance": to_text(self.instance.id),
            "business_key": self.instance.business_key,
            "element": self.element,
            "topic": self.topic,
            "state": self.state,
            "fence": self.fence,
            "attempt": self.attempt,
            "attempts": self.attempts,
            "worker": self.worker,
            "lease_until": iso(self.lease_until),
            "retry_at": iso(self.retry_at),
            "message": self.message,
            "equipment": self.equipment,
            "unit": self.unit,
            "command": self.command,
        }


def _lock(uow: Uow, job: bytes, actor: Actor) -> _Job:
    owner = uow.one(_OWNER, id=job)
    if owner is None or owner[1] != actor.site:
        raise NotFound("There is no such job.")
    instance = lock(uow, bytes(owner[0]), actor.site)  # instance first: one order of locks
    row = uow.one(_JOB, id=job)
    assert row is not None, "jobs are never deleted"
    return _Job(row, instance)


def _raise(uow: Uow, found: _Job, code: str, message: str, actor: Actor) -> None:
    if found.instance.state == SUSPENDED:
        body = {"code": code, "message": message}
        held.hold(uow, found.instance.id, found.token, held.ERROR, body, actor)
        return
    advance = found.instance.advance(uow)
    token = advance.root.token(found.token)
    assert token is not None, "an open job has a token"
    advance.throw(token, code, message, actor.name)
    found.instance.save(uow, advance, actor)


def _give_up(uow: Uow, found: _Job, message: str, actor: Actor) -> None:
    advance = found.instance.advance(uow)
    token = advance.root.token(found.token)
    assert token is not None, "an open job has a token"
    advance.trouble(token, "job", f"{found.topic}: {message}")
    found.instance.save(uow, advance, actor)


def claimed(row: tuple[Any, ...], until: int) -> dict[str, Any]:
    """A job in a worker's hands, from a row that begins with `CLAIMED_COLUMNS`."""
    return {
        "id": to_text(row[0]),
        "instance": to_text(row[1]),
        "business_key": row[2],
        "element": row[3],
        "topic": row[4],
        "action": row[5],
        "parameters": json_text.read(row[6]),
        "fence": row[7] + 1,
        "attempt": row[8] + 1,
        "lease_until": iso(until),
        "equipment": row[9],
        "unit": None,
        "command": None,
    }


# ---- statements ----

_j, _i = t.job.c, t.instance.c
_ID = _j.id == sa.bindparam("id")
CLAIMED_COLUMNS = (
    *(_j.id, _j.instance_id, _j.business_key, _j.element, _j.topic, _j.action, _j.parameters),
    *(_j.fence, _j.attempt, _j.equipment),
)


@lru_cache
def _free(topics: int) -> db.Statement:
    """Open jobs of so many topics; on PostgreSQL those that another worker claims are passed by."""
    return db.Statement(
        sa.select(*CLAIMED_COLUMNS)
        .join_from(t.job, t.instance, _j.instance_id == _i.id)
        .where(
            _j.state == sa.literal_column("'open'"),
            db.among(_j.topic, "topic", topics),
            _j.site_id == sa.bindparam("site"),
            _j.unit.is_(None),
            sa.or_(_j.retry_at.is_(None), _j.retry_at <= sa.bindparam("now")),
            _i.state == sa.literal_column(f"'{ACTIVE}'"),
        )
        .order_by(_j.priority, _j.id)
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .with_for_update(of=t.job, skip_locked=True)
    )


_LEASE = db.Statement(
    sa.text(
        "UPDATE job SET state = 'claimed', worker = :worker, lease_until = :until, "
        "fence = fence + 1, attempt = attempt + 1, retry_at = NULL WHERE id = :id"
    )
)
_OWNER = db.Statement(sa.select(_j.instance_id, _j.site_id).where(_ID))
_JOB = db.Statement(
    sa.select(
        _j.id,
        _j.site_id,
        _j.token,
        _j.element,
        _j.topic,
        _j.state,
        _j.fence,
        _j.attempt,
        _j.attempts,
        _j.worker,
        _j.lease_until,
        _j.retry_at,
        _j.message,
        *(_j.equipment, _j.unit, _j.command),
    )
    .where(_ID)
    .with_for_update()
)
_CLOSE = db.Statement(
    sa.text(
        "UPDATE job SET state = :state, closed = :now, message = :message, lease_until = :until "
        "WHERE id = :id"
    )
)
_REOPEN = db.Statement(
    sa.text(
        "UPDATE job SET state = 'open', retry_at = :retry_at, message = :message, "
        "lease_until = NULL, worker = NULL, unit = NULL, command = NULL WHERE id = :id"
    )
)
_FAILED = db.Statement(
    sa.text(
        "SELECT id FROM job WHERE instance_id = :instance AND token = :token AND state = 'failed'"
    )
)
_RETRY = db.Statement(
    sa.text(
        "UPDATE job SET state = 'open', attempt = 0, fence = fence + 1, closed = NULL, "
        "retry_at = NULL, lease_until = NULL, worker = NULL, unit = NULL, command = NULL, "
        "parameters = :parameters "
        "WHERE instance_id = :instance AND token = :token AND state = 'failed'"
    )
)
_EXTEND = db.Statement(
    sa.text("UPDATE job SET state = 'claimed', lease_until = :until WHERE id = :id")
)
_FREE = db.Statement(sa.text("UPDATE job SET state = 'open', lease_until = NULL WHERE id = :id"))
_ANY_EXPIRED = db.Statement(
    sa.text("SELECT id FROM job WHERE state = 'claimed' AND lease_until < :now LIMIT 1")
)
_EXPIRED = db.Statement(
    sa.select(_j.id, _j.site_id, _j.attempt, _j.attempts)
    .where(_j.state == sa.literal_column("'claimed'"), _j.lease_until < sa.bindparam("now"))
    .order_by(_j.lease_until, _j.id)  # as the index has them: no other row is read
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
