"""Problems that people report: they start a process if one is there for them, else are incidents.

Neither touches the work that the problem is about.
"""

from typing import Any, NamedTuple

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.errors import Conflict, FieldProblem, Invalid
from engine.kernel.ids import new_id, to_text
from engine.kernel.store.uow import Uow
from engine.records import files
from engine.records.audit import audit
from engine.workflow import tables as t
from engine.workflow.definition.layout import shown
from engine.workflow.execution.frontier import load
from engine.workflow.execution.values import clean
from engine.workflow.work import messages

MESSAGE = "problem_reported"
KIND = "problem"


class NobodyToTell(Conflict):
    """No process takes reports, and the report names nothing that it could be kept at."""

    code = "problem-not-taken"
    title = "Nobody takes reports"


class _About(NamedTuple):
    """What the problem is about."""

    instance: bytes
    business_key: str | None
    process: str
    token: int
    element: str
    name: str
    task: bytes | None


def report(
    uow: Uow,
    *,
    reason: str,
    actor: Actor,
    note: str | None = None,
    task: bytes | None = None,
    instance: bytes | None = None,
    file: bytes | None = None,
) -> dict[str, Any]:
    """Start the released process that the message `problem_reported` starts, else an incident.

    Returns:
        `instance`, the process that was started, or `incident`; the other is None.

    Raises:
        NobodyToTell: if there is no such process and neither a task nor an instance is named.
    """
    about = _about(uow, task, instance, actor.site)
    if file is not None and files.find(uow, file=file, site=actor.site) is None:
        raise _invalid("/file", "There is no such file.")
    key = None if about is None else about.business_key
    values = clean(_values(about, reason, note, file, actor))
    started = messages.start(uow, MESSAGE, key, values, actor)
    incident = None if started else _incident(uow, about, reason, note, actor)
    told = f"instance:{to_text(started.id)}" if started else f"incident:{to_text(incident or b'')}"
    if file is not None:
        subjects = [told] if about is None else [told, f"instance:{to_text(about.instance)}"]
        files.attach(uow, file=file, subjects=subjects, place=MESSAGE, actor=actor)
    audit(uow, actor, "problem.reported", told, {"reason": reason, "note": note})
    return {
        "instance": to_text(started.id) if started else None,
        "incident": to_text(incident) if incident else None,
    }


def _values(
    about: _About | None, reason: str, note: str | None, file: bytes | None, actor: Actor
) -> dict[str, object]:
    """What the process that takes the report knows."""
    values: dict[str, object] = {
        "reason": reason,
        "note": note,
        "file": None if file is None else to_text(file),
        "reporter": actor.name,
    }
    if about is None:
        return values | dict.fromkeys(("task", "instance", "process", "element", "step"))
    return values | {
        "task": None if about.task is None else to_text(about.task),
        "instance": to_text(about.instance),
        "process": about.process,
        "element": about.element,
        "step": about.name,
    }


def _about(uow: Uow, task: bytes | None, instance: bytes | None, site: int) -> _About | None:
    if task is not None:
        row = uow.one(_TASK, id=task)
        if row is None or row[0] != site:
            raise _invalid("/task", "There is no such task.")
        if instance is not None and instance != bytes(row[1]):
            raise _invalid("/instance", "The task belongs to another instance.")
        business_key, process, token, element, name = row[2:7]
        place = (process, token, element, name or element)
        return _About(bytes(row[1]), business_key, *place, task)
    if instance is None:
        return None
    row = uow.one(_INSTANCE, id=instance)
    if row is None or row[0] != site:
        raise _invalid("/instance", "There is no such instance.")
    tokens = load(bytes(row[3]), bytes(row[4])).tokens if row[3] else []
    first = tokens[0] if tokens else None
    element = "" if first is None else shown(first.element)
    number = 0 if first is None else first.number
    return _About(instance, row[1], row[2], number, element, element, None)


def _incident(uow: Uow, about: _About | None, reason: str, note: str | None, actor: Actor) -> bytes:
    if about is None:
        raise NobodyToTell(
            f"No released process starts with the message {MESSAGE}. Release one, or report the "
            "problem at a task or an instance."
        )
    place = f" at {about.name}" if about.name else ""
    message = f"{actor.name} reported{place}: {reason}" + (f" ({note})" if note else "")
    key = new_id()
    uow.write(
        _NEW,
        {
            "id": key,
            "site_id": actor.site,
            "instance_id": about.instance,
            "token": about.token,
            "element": about.element,
            "kind": KIND,
            "message": message,
            "state": "open",
            "attempts": 1,
            "since": uow.now_ms,
            "resolved": None,
            "resolved_by": None,
            "reporter": actor.name,
        },
    )
    return key


def _invalid(pointer: str, sentence: str) -> Invalid:
    return Invalid(sentence, errors=[FieldProblem(pointer, sentence)])


_i, _t, _v = t.instance.c, t.task.c, t.process_version.c
_NEW = db.insert(t.incident)
_TASK = db.Statement(
    sa.select(_t.site_id, _t.instance_id, _t.business_key, _v.key, _t.token, _t.element, _t.name)
    .select_from(t.task)
    .join(t.instance, _t.instance_id == _i.id)
    .join(t.process_version, _i.version_id == _v.id)
    .where(_t.id == sa.bindparam("id"))
)
_INSTANCE = db.Statement(
    sa.select(_i.site_id, _i.business_key, _v.key, _i.frontier, _i.variables)
    .join_from(t.instance, t.process_version, _i.version_id == _v.id)
    .where(_i.id == sa.bindparam("id"))
)
