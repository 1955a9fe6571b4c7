"""Measurements that answer a task's form: offered, taken over by the plant itself, and recorded.

A field of a form names a measurement (`signal`). Who completes the task says which measurement is
the answer, never its value: so what is recorded as automatic is what the machine said.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from engine.collection.queries import measurement_since, newest_measurement
from engine.equipment.candidates import meant_by
from engine.kernel.actor import Actor
from engine.kernel.errors import FieldProblem, Invalid
from engine.kernel.ids import from_text
from engine.kernel.store.uow import Uow
from engine.workflow.work import tasks
from engine.workflow.work.evidence.signing import Given
from engine.workflow.work.recording import sheets
from forms.errors import Refused, pointer
from forms.fields import FormField
from forms.numbers import read_number

Item = dict[str, Any]


class NotAutomatic(Invalid):
    """A measurement is no answer to this question."""

    code = "not-automatic"
    title = "The measurement does not answer this"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a measurement may answer: fields by their keys, units by those of their rows."""

    fields: Mapping[str, FormField]
    units: Mapping[bytes, str]
    since: int


def offers(uow: Uow, *, task: bytes, site: int) -> list[Item]:
    """For each field that a measurement may answer, the newest good one since the task began.

    The task's equipment measured it: the unit that the diagram names, or one of the class or area.

    Raises:
        NotFound: if there is no such task on the site.
    """
    asked = _asked(uow, task, site)
    return [offer for field in asked.fields.values() for offer in _offer(uow, field, asked)]


def complete(
    uow: Uow,
    *,
    task: bytes,
    variables: Mapping[str, object],
    actor: Actor,
    automatic: Mapping[str, str] | None = None,
    signature: Given | None = None,
    expected: str | None = None,
) -> Item:
    """Complete a task; what `automatic` names is answered by measurements, by their ids.

    Raises:
        NotAutomatic: naming the field, and why the measurement is no answer to it.
    """
    answers, evidence = dict(variables), dict[str, Any]()
    if automatic:
        asked = _asked(uow, task, actor.site)
        for key, measurement in automatic.items():
            if key in variables:
                raise _wrong(key, "Answer this by hand or by a measurement, not both.")
            evidence[key] = _evidence(uow, asked, key, measurement)
            answers[key] = _answer(asked.fields[key], evidence[key])
    return tasks.complete(
        uow,
        task=task,
        variables=answers,
        actor=actor,
        signature=signature,
        automatic=evidence or None,
        expected=expected,
    )


def _asked(uow: Uow, task: bytes, site: int) -> _Asked:
    found, form = sheets.asked(uow, task=task, site=site)
    fields = {f.key: f for f in (form.fields if form else ()) if f.signal is not None}
    named = meant_by(uow, found.equipment, site) if fields and found.equipment else ()
    since = found.created if found.time.started is None else found.time.started
    return _Asked(fields, {unit.id: unit.code for unit in named}, since)


def _offer(uow: Uow, field: FormField, asked: _Asked) -> Iterator[Item]:
    found = [
        (measured["at"], code, measured)
        for key, code in asked.units.items()
        if (
            measured := newest_measurement(uow, unit=key, name=str(field.signal), since=asked.since)
        )
    ]
    if found:
        _, code, measured = max(found, key=lambda each: each[:2])
        with suppress(Refused):  # of another kind than the field's: no answer to it
            yield {
                "field": field.key,
                "automatic": True,
                "answer": read_number(_answer(field, measured), field.unit),
                "equipment": code,
                **{name: measured[name] for name in _TOLD},
            }


def _evidence(uow: Uow, asked: _Asked, key: str, measurement: str) -> Item:
    """What is recorded beside an answer that a machine gave."""
    field = asked.fields.get(key)
    if field is None:
        raise _wrong(key, "No measurement answers this; the form names no signal for it.")
    found = measurement_since(uow, key=from_text(measurement, "measurement"), since=asked.since)
    if found is None or found[0] not in asked.units:
        raise _wrong(key, "This is no good measurement of the task's equipment since it began.")
    unit, measured = found
    if measured["name"] != field.signal:
        raise _wrong(key, f"This is {measured['name']}, but the form asks for {field.signal}.")
    return {
        "measurement": measured["id"],
        "equipment": asked.units[unit],
        **{name: measured[name] for name in _TOLD if name != "id"},
    }


def _answer(field: FormField, evidence: Item) -> object:
    """The measured value as a person would answer it: with its unit, where the field has one."""
    measure = evidence["unit_of_measure"]
    if field.unit is None or measure is None:
        return evidence["value"]
    return {"value": str(evidence["value"]), "unit": measure}


def _wrong(key: str, problem: str) -> NotAutomatic:
    return NotAutomatic(problem, errors=[FieldProblem(pointer("automatic", key), problem)])


_TOLD = ("id", "name", "at", "value", "unit_of_measure", "quality", "serial")
