"""Process versions: deployed as drafts, reviewed, released, superseded, retired."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.errors import Conflict, Invalid, PreconditionRequired, Stale
from engine.kernel.ids import new_id
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow import tables as t
from engine.workflow.definition.bundles import Bundle, Pins, kind_of
from engine.workflow.definition.expressions import ExpressionFailed
from engine.workflow.definition.lint import Known, lint, missing_items, refused
from engine.workflow.definition.model import Finding, ProcessModel
from engine.workflow.definition.times import TimeRefused
from engine.workflow.work import timers
from engine.workflow.work.versions.queries import (
    RELEASED,
    VERSIONS,
    etag,
    known,
    offer,
    version_item,
    version_row,
)
from engine.workflow.work.versions.reviews import check_reviewer

DRAFT, IN_REVIEW, SUPERSEDED, RETIRED = "draft", "in_review", "superseded", "retired"
PIN_KINDS = {"process": "processes", "decision": "decisions", "form": "forms"}


class DeploymentRefused(Invalid):
    """A bundle with errors; nothing was stored."""

    code = "deployment-refused"
    title = "The bundle has errors"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        errors = sum(f.severity == "error" for f in findings)
        super().__init__(
            f"The bundle has {errors} error{'s' if errors != 1 else ''}; nothing was stored.",
            findings=[f.as_item() for f in findings],
        )


class VersionState(Conflict):
    """The version's state does not allow this."""

    code = "version-state"
    title = "Not possible in this state"


class TriggerTaken(Conflict):
    """One message name starts at most one released process."""

    code = "trigger-taken"
    title = "Another process starts by this message"


def check(bundle: Bundle, offered: Known) -> tuple[Finding, ...]:
    """The findings of a bundle.

    Raises:
        DeploymentRefused: if one of them is an error.
    """
    findings = lint(bundle, offered)
    if refused(findings):
        raise DeploymentRefused(findings)
    return findings


def deploy(
    uow: Uow,
    *,
    bundle: Bundle,
    findings: tuple[Finding, ...],
    actor: Actor,
    expected: str | None = None,
    beside: bool = False,
) -> tuple[bool, dict[str, Any]]:
    """Store a checked bundle as draft: (whether it is new, the version).

    The same digest again changes nothing. An open draft is replaced, which the caller must ask for
    by naming the draft it saw; or the bundle becomes a further draft `beside` those there are.
    """
    _one_at_a_time(uow, actor)
    rows = uow.all(VERSIONS, key=bundle.key, site=actor.site)
    for row in rows:
        if row[5] == bundle.digest:
            return False, version_item(uow, key=bundle.key, version=row[2], site=actor.site)
    replaced = None if beside else _replaced(rows, expected)
    if replaced is not None:
        number = replaced[2]
        for statement in (_DROP_FILES, _DROP_ITEMS, _DROP_VERSION):
            uow.write(statement, {"id": replaced[0]})
    else:
        number = rows[0][2] + 1 if rows else 1
    _store(uow, bundle, findings, number, actor)
    audit(uow, actor, "process.deployed", _subject(bundle.key, number), {"digest": bundle.digest})
    return True, version_item(uow, key=bundle.key, version=number, site=actor.site)


def submit(
    uow: Uow, *, key: str, version: int, actor: Actor, expected: str | None = None
) -> dict[str, Any]:
    """Hand a draft to review."""
    row = _seen(uow, key, version, actor, expected)
    return _turn(uow, row, (DRAFT,), IN_REVIEW, "process.submitted", actor)


def reject(
    uow: Uow, *, key: str, version: int, reason: str, actor: Actor, expected: str | None = None
) -> dict[str, Any]:
    """Send a version back from review."""
    row = _seen(uow, key, version, actor, expected)
    return _turn(uow, row, (IN_REVIEW,), DRAFT, "process.rejected", actor, reason)


def release(
    uow: Uow,
    *,
    key: str,
    version: int,
    bundle: Bundle,
    actor: Actor,
    expected: str | None = None,
) -> dict[str, Any]:
    """Release a version: pin what it names, arm what starts it, supersede the one before.

    A superseded version may be released again.

    Raises:
        DeploymentRefused: if something it names is no longer released.
        TriggerTaken: if another process starts by one of its messages.
        ReviewerIsAuthor: if the site wants somebody else than the author to release.
    """
    row = _seen(uow, key, version, actor, expected)
    if row[3] == RELEASED:
        return version_item(uow, key=key, version=version, site=actor.site)
    check_reviewer(uow, row, actor)
    _check_state(row, (DRAFT, IN_REVIEW, SUPERSEDED))
    if row[5] != bundle.digest:
        raise Stale("The draft was replaced meanwhile; read it again.")
    for older in uow.all(VERSIONS, key=key, site=actor.site):
        if older[3] == RELEASED:
            _disarm(uow, bytes(older[0]), SUPERSEDED)
    if row[3] == SUPERSEDED:  # an earlier release comes back as it was, with what it pinned
        uow.write(_STATE, {"id": row[0], "state": RELEASED, "note": None})
    else:
        check(bundle, known(uow, bundle=bundle, site=actor.site))
        pins = json_text.write(_pins(uow, bundle, actor.site).as_json())
        uow.write(_RELEASE, {"id": row[0], "pins": pins, "now": uow.now_ms, "by": actor.name})
    _arm(uow, bytes(row[0]), bundle.processes[bundle.key], actor)
    audit(uow, actor, "process.released", _subject(key, version), {"digest": row[5]})
    return version_item(uow, key=key, version=version, site=actor.site)


def retire(
    uow: Uow, *, key: str, version: int, actor: Actor, expected: str | None = None
) -> dict[str, Any]:
    """Take a version out of use: nothing starts on it any more, what runs goes on."""
    row = _seen(uow, key, version, actor, expected)
    if row[3] == RELEASED:
        _disarm(uow, bytes(row[0]), RETIRED)
    states = (DRAFT, IN_REVIEW, RELEASED, SUPERSEDED)
    return _turn(uow, row, states, RETIRED, "process.retired", actor)


# ---- parts ----


def _store(
    uow: Uow, bundle: Bundle, findings: tuple[Finding, ...], number: int, actor: Actor
) -> None:
    identity = new_id()
    uow.write(
        _NEW_VERSION,
        {
            "id": identity,
            "site_id": actor.site,
            "key": bundle.key,
            "version": number,
            "state": DRAFT,
            "name": bundle.processes[bundle.key].name,
            "digest": bundle.digest,
            "author": actor.name,
            "created": uow.now_ms,
            "released": None,
            "released_by": None,
            "note": None,
            "findings": json_text.write([f.as_item() for f in findings]),
            "pins": json_text.write(Pins().as_json()),
        },
    )
    uow.write(
        _NEW_FILE,
        [
            {
                "version_id": identity,
                "name": name,
                "kind": "main" if name == bundle.main else kind_of(name),
                "content": content,
            }
            for name, content in bundle.files.items()
        ],
    )
    uow.write(
        _NEW_ITEM, [{"version_id": identity, "kind": k, "key": key} for k, key in bundle.items]
    )


def _pins(uow: Uow, bundle: Bundle, site: int) -> Pins:
    found: dict[str, dict[str, bytes]] = {kind: {} for kind in PIN_KINDS.values()}
    for kind, key in sorted(missing_items(bundle)):
        offered = offer(uow, kind, key, site)
        assert offered is not None, "lint has checked it in this transaction"
        found[PIN_KINDS[kind]][key] = offered
    return Pins(**found)


def _arm(uow: Uow, identity: bytes, model: ProcessModel, actor: Actor) -> None:
    for node in model.root.starts:
        if node.event is None or node.event.kind == "none":
            continue
        name = node.event.name or node.id
        taken = uow.one(_TAKEN, name=name, site=actor.site)
        if node.event.kind == "message" and taken is not None:
            raise TriggerTaken(
                f"The message {name} starts {taken[0]} already; retire it, or use another name."
            )
        uow.write(
            _NEW_TRIGGER,
            {
                "version_id": identity,
                "element": node.id,
                "site_id": actor.site,
                "kind": node.event.kind,
                "name": name,
            },
        )
    try:
        timers.arm_starts(uow, identity, model, actor.site)
    except (TimeRefused, ExpressionFailed) as refused:
        raise Invalid(f"A start event's timer tells no time: {refused}") from None


def _disarm(uow: Uow, identity: bytes, state: str) -> None:
    uow.write(_DROP_TRIGGERS, {"id": identity})
    timers.disarm_starts(uow, identity)
    uow.write(_STATE, {"id": identity, "state": state, "note": None})


def _one_at_a_time(uow: Uow, actor: Actor) -> None:
    """Versions look at each other: at what is released, at drafts, at who starts by a message."""
    uow.alone(f"processes:{actor.site}")


def _seen(uow: Uow, key: str, version: int, actor: Actor, expected: str | None) -> tuple[Any, ...]:
    """The version, if it is as the caller saw it."""
    _one_at_a_time(uow, actor)
    row = version_row(uow, key, version, actor.site)
    if expected is not None and expected != etag(row[5], row[3]):
        raise _overtaken(row, "version")
    return row


def _turn(
    uow: Uow,
    row: tuple[Any, ...],
    allowed: tuple[str, ...],
    state: str,
    action: str,
    actor: Actor,
    note: str | None = None,
) -> dict[str, Any]:
    key, version = row[1], row[2]
    _check_state(row, allowed)
    uow.write(_STATE, {"id": row[0], "state": state, "note": note})
    audit(uow, actor, action, _subject(key, version), {"reason": note} if note else None)
    return version_item(uow, key=key, version=version, site=actor.site)


def _check_state(row: tuple[Any, ...], allowed: tuple[str, ...]) -> None:
    if row[3] not in allowed:
        raise VersionState(
            f"Version {row[2]} of {row[1]} is {row[3]}; this is possible when it is "
            f"{' or '.join(allowed)}."
        )


def _replaced(rows: Sequence[tuple[Any, ...]], expected: str | None) -> tuple[Any, ...] | None:
    """The draft that a deployment takes the place of, None where there is none to replace.

    Raises:
        VersionState: if the newest version is in review.
        PreconditionRequired, Stale: if there is a draft that the caller has not seen.
    """
    for row in rows:
        if row[3] == DRAFT and expected == etag(row[5], row[3]):
            return row
    newest = rows[0] if rows else None
    if newest is not None and newest[3] == IN_REVIEW:
        raise VersionState(f"Version {newest[2]} of {newest[1]} is in review; reject it first.")
    if newest is None or newest[3] != DRAFT:
        return None
    if expected is None:
        raise PreconditionRequired(
            f"Version {newest[2]} of {newest[1]} is an open draft. To replace it, send its ETag "
            "in If-Match; to keep both, send If-None-Match: *."
        )
    raise _overtaken(newest, "draft")


def _overtaken(row: tuple[Any, ...], what: str) -> Stale:
    """What a caller needs to know about who was faster."""
    return Stale(
        f"The {what} changed since you read it: {row[6]} saved it at {iso(row[7])}. "
        "Compare yours with it, then save again.",
        author=row[6],
        saved=iso(row[7]),
        version=row[2],
        state=row[3],
        etag=etag(row[5], row[3]),
    )


def _subject(key: str, version: int) -> str:
    return f"process:{key}:{version}"


_p, _v = t.process_trigger.c, t.process_version.c
_TAKEN = db.Statement(
    sa.select(_v.key)
    .join_from(t.process_trigger, t.process_version, _p.version_id == _v.id)
    .where(
        _p.kind == sa.literal_column("'message'"),
        _p.name == sa.bindparam("name"),
        _p.site_id == sa.bindparam("site"),
    )
)
_NEW_VERSION = db.insert(t.process_version)
_NEW_FILE = db.insert(t.bundle_file)
_NEW_ITEM = db.insert(t.bundle_item)
_NEW_TRIGGER = db.insert(t.process_trigger)
_DROP_FILES = db.Statement(sa.text("DELETE FROM bundle_file WHERE version_id = :id"))
_DROP_ITEMS = db.Statement(sa.text("DELETE FROM bundle_item WHERE version_id = :id"))
_DROP_VERSION = db.Statement(sa.text("DELETE FROM process_version WHERE id = :id"))
_DROP_TRIGGERS = db.Statement(sa.text("DELETE FROM process_trigger WHERE version_id = :id"))
_STATE = db.Statement(
    sa.text("UPDATE process_version SET state = :state, note = :note WHERE id = :id")
)
_RELEASE = db.Statement(
    sa.text(
        "UPDATE process_version SET state = 'released', pins = :pins, released = :now, "
        "released_by = :by, note = NULL WHERE id = :id"
    )
)
