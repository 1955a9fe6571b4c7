"""Signatures that come along with a completion: the signer is proven here, outside of the door."""

from collections.abc import Sequence
from typing import Any

from flask import g

from api.rest.route import Call
from engine.access import credentials
from engine.access.credentials import Claim, NotProven, Proof, Purpose, Secret
from engine.kernel.errors import Invalid, RoutecardError
from engine.kernel.ids import from_text
from engine.workflow.work import queries
from engine.workflow.work.evidence.signing import Given, SignatureRefused

Item = dict[str, Any]
Known = dict[tuple[str, Secret, str], Proof | RoutecardError]


def proven(call: Call, task: str, given: Item | None) -> Given | None:
    """The signature of a task that is to be completed, its signer proven; slow.

    Raises:
        SignatureRefused: if the secret is wrong, or nobody signs; it counts towards the lock.
        Invalid: if the task asks for none.
    """
    (found,) = proven_each(call, [(task, given)])
    if isinstance(found, RoutecardError):
        raise found
    return found


def proven_each(
    call: Call, given: Sequence[tuple[str, Item | None]]
) -> list[Given | RoutecardError | None]:
    """The same for several; whoever signs several tasks in one request is checked once.

    Source: 21 CFR 11.200(a)(1)(i), a series of signings in one period of access.
    """
    known: Known = {}
    return [_one(call, task, signature, known) for task, signature in given]


def _one(call: Call, task: str, given: Item | None, known: Known) -> Given | RoutecardError | None:
    if given is None:
        return None
    try:
        _check_asked(call, task)
        proof = _proof(call, given, known)
    except RoutecardError as refusal:
        return refusal
    return Given(given["meaning"], proof, given["reason"])


def _check_asked(call: Call, task: str) -> None:
    """No secret is checked for a task that wants none."""
    item = call.read(queries.task_item, task=from_text(task, "task"), site=call.actor.site)
    if item["signature"] is None:
        raise Invalid("This task asks for no signature; leave `signature` out.")


def _proof(call: Call, given: Item, known: Known) -> Proof:
    kind = Secret.PASSWORD if given["password"] is not None else Secret.PIN
    who = (given["user"] or call.actor.name, kind, given[kind])
    if who not in known:
        known[who] = _prove(call, *who)
    found = known[who]
    if isinstance(found, RoutecardError):
        raise found
    return found


def _prove(call: Call, name: str, kind: Secret, secret: str) -> Proof | RoutecardError:
    if ":" in name:
        return SignatureRefused(
            f"{name} is nobody who can sign. Name a person: `signature` with `user` and password."
        )
    if kind is Secret.PIN and (g.session is None or g.session.station is None):
        return SignatureRefused("A PIN signs on an enrolled station only. Give the password.")
    claim = Claim(call.actor.site, secret, kind, name=name)
    try:
        return credentials.check(call.store, claim, Purpose.SIGNATURE, actor=call.actor)
    except NotProven as refused:
        return SignatureRefused(refused.detail)
