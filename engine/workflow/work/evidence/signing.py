"""Signing a task: who may, with which meaning, and what is written down.

The rules, and why: docs/reference/signatures.md.
"""

import hashlib
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from engine.access import credentials
from engine.access.credentials import Proof
from engine.access.permissions import Permission, permissions_of
from engine.kernel import db, json_text
from engine.kernel.actor import Actor, Role
from engine.kernel.errors import Invalid, NotPermitted
from engine.kernel.ids import to_text
from engine.kernel.store.uow import Uow
from engine.records import signatures
from engine.records.signatures import ANOTHERS, Signed
from engine.workflow import tables as t
from engine.workflow.definition.model import WAITING_TASKS
from engine.workflow.work.evidence.answers import Answers
from engine.workflow.work.running import Running

# Who may be the second person at any task, whatever role its lane asks for.
SECOND = frozenset({Role.QUALITY, Role.TEAM_LEAD})
ROWS = 50
DONE_BY_PEOPLE = frozenset({None, "insert"})  # how a step deviates that a person did carry out


class SignatureRequired(NotPermitted):
    """The task is done only when somebody signs it."""

    code = "signature-required"
    title = "Signature required"


class SignatureMeaning(NotPermitted):
    """The signature says something else than the task asks for."""

    code = "signature-meaning"
    title = "Another meaning is asked for"


class SignatureRefused(NotPermitted):
    """Who signs is not proven, or may not sign this."""

    code = "signature-refused"
    title = "Signature refused"


@dataclass(frozen=True, slots=True)
class Given:
    """A signature as it was given, its signer proven outside of the door."""

    meaning: str
    proof: Proof
    reason: str | None = None


class Work(Protocol):
    """The task that is signed."""

    instance: Running
    element: str
    name: str
    role: str
    created: int
    signature: str | None

    @property
    def subject(self) -> str:
        """How audit entries and signatures name it."""
        ...


def check_signature(uow: Uow, task: Work, given: Given | None, actor: Actor) -> None:
    """Let a completion pass that is signed as its task asks for.

    Raises:
        SignatureRequired, SignatureMeaning, SignatureRefused: naming what is missing.
        Invalid: for a signature that nobody asked for.
    """
    asked = task.signature
    if asked is None:
        if given is not None:
            raise Invalid("This task asks for no signature; leave `signature` out.")
        return
    if given is None:
        raise SignatureRequired(
            f"This task is signed as {asked}. Send `signature` with the meaning {asked} and your "
            "password.",
            meaning=asked,
        )
    if given.meaning != asked:
        raise SignatureMeaning(
            f"This task is signed as {asked}, not as {given.meaning}.", meaning=asked
        )
    if asked in ANOTHERS:
        _check_another(uow, task, given.proof.actor, actor)
    elif given.proof.actor.name != actor.name:
        raise SignatureRefused(
            f"{asked.capitalize()} is said of one's own work: {actor.name} completes the task, so "
            f"{given.proof.actor.name} cannot sign it."
        )
    if not credentials.stands(uow, proof=given.proof):
        raise SignatureRefused("The password was changed meanwhile. Sign with the new one.")


def _check_another(uow: Uow, task: Work, signer: Actor, actor: Actor) -> None:
    if signer.name != actor.name:
        _check_second(task, signer)
    elif _last_worker(uow, task) == signer.name:
        raise SignatureRefused(
            f"{signer.name} did the work before this, and nobody confirms work of their own as "
            f"{task.signature}. Let another person sign: `signature` with their `user` and "
            "password."
        )


def _check_second(task: Work, signer: Actor) -> None:
    """A second person works here, and in the lane of the task unless they watch over quality."""
    fits = not task.role or task.role in signer.roles or signer.roles & SECOND
    if Permission.TASK_COMPLETE not in permissions_of(signer.roles) or not fits:
        roles = " or ".join(sorted({*SECOND, task.role} - {""}))
        raise SignatureRefused(
            f"{signer.name} cannot sign this task: it needs somebody with the role {roles}."
        )


def _last_worker(uow: Uow, task: Work) -> str | None:
    """Who carried out the last task of the instance that was done when this one was opened."""
    before = task.instance.steps + 1
    while rows := uow.all(
        _BEFORE, instance=task.instance.id, before=before, at=task.created, limit=ROWS
    ):
        for _, packed in rows:
            for step in reversed(json_text.read(packed)):
                if isinstance(step, dict) and _is_work(task, step):
                    return str(step["u"])
        before = rows[-1][0]
    return None


def _is_work(task: Work, step: dict[str, object]) -> bool:
    """Whether a step of the history is a task that a person carried out."""
    if step.get("u") is None or step.get("s", "completed") != "completed" or not step["e"]:
        return False
    plan = task.instance.plan
    node = plan.find(str(step.get("p", plan.model.key)), str(step["e"]))
    return step.get("k") in DONE_BY_PEOPLE and (node is None or node.type in WAITING_TASKS)


def write_signature(
    uow: Uow, task: Work, answers: Answers, given: Given | None, step: int, actor: Actor
) -> None:
    """Write the signature of a task that is completed now; `step` is its number in the history."""
    if given is None:
        return
    instance, form, signer = task.instance, answers.form, given.proof
    content = {
        "instance": to_text(instance.id),
        "business_key": instance.business_key,
        "process": instance.plan.model.key,
        "version": to_text(instance.version_id),
        "element": task.element,
        "name": task.name,
        "step": step,
        "completed_by": actor.name,
        "form": None
        if form is None
        else {
            "key": form.key,
            "sha256": hashlib.sha256(signatures.canonical(form.definition)).hexdigest(),
        },
        "answers": answers.whole,
    }
    if answers.automatic:
        content["automatic"] = answers.automatic
    signed = Signed(
        subject=task.subject,
        content=content,
        user=signer.actor.name,
        full_name=signer.full_name,
        meaning=given.meaning,
        reason=given.reason,
        method=str(signer.kind),
        instance=instance.id,
        element=task.element,
    )
    signatures.sign(uow, signed=signed, actor=actor)


_h = t.history.c
_BEFORE = db.Statement(
    sa.select(_h.step, _h.steps)
    .where(
        _h.instance_id == sa.bindparam("instance"),
        _h.step < sa.bindparam("before"),
        _h.at <= sa.bindparam("at"),
    )
    .order_by(_h.step.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
