"""Carries on what commands leave behind: thrown messages, signals, and signals kept for receivers.

Each delivery is a transaction of its own, soon after the one that threw it: in the thread that ran
the command, else at the next tick of the background.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from engine.kernel.actor import Actor
from engine.kernel.errors import RoutecardError
from engine.kernel.log import log
from engine.kernel.store import Store
from engine.kernel.store.idempotency import Once
from engine.kernel.store.uow import Uow
from engine.workflow.execution.values import VariablesRefused
from engine.workflow.work import held, messages
from engine.workflow.work.events import outbox, signals
from engine.workflow.work.events.outbox import GOING_ON, HOP, Sent
from engine.workflow.work.events.waits import MESSAGE, SIGNAL
from engine.workflow.work.held import Receiver
from engine.workflow.work.messages import MessageAmbiguous
from engine.workflow.work.running import ACTIVE, SUSPENDED, Running, lock
from engine.workflow.work.versions import plans

T = TypeVar("T")
SLICE = 20
MAX_STEPS = 500


class Step(NamedTuple):
    """A command to run for a key, and the one that puts it off."""

    command: Callable[..., None]
    put_off: Callable[..., None]
    key: bytes


class Missed(Exception):
    """The receiver went on meanwhile; there may be another."""


def run(store: Store, command: Callable[..., T], *, once: Once | None = None, **args: Any) -> T:
    """Run a command, then what it has set going; that cannot change the command's answer."""
    unfinished = False

    def watched(uow: Uow, **given: Any) -> T:
        nonlocal unfinished
        answer = command(uow, **given)
        unfinished = uow.unfinished
        return answer

    answer = plans.run(store, watched, once=once, **args)
    if unfinished:
        carry_on(store)
    return answer


def carry_on(store: Store) -> int:
    """Deliver what waits for delivery, up to a limit; the number of steps taken.

    One that cannot be taken is put off, so that it does not stand in the way of the others.
    """
    taken = 0
    try:
        while taken < MAX_STEPS and (steps := store.read(_next)):
            for step in steps:
                _take(store, step)
                taken += 1
    except RoutecardError as refusal:  # the command that came before is answered all the same
        log.warning("relay_refused", detail=refusal.detail)
    except Exception:
        log.exception("relay_failed")
    return taken


def _take(store: Store, step: Step) -> None:
    try:
        plans.run(store, step.command, key=step.key)
    except Missed:
        log.info("relay_missed")
    except Exception:  # whatever is wrong with one must not stop the others for ever
        log.exception("relay_put_off", step=step.command.__name__)
        store.run(step.put_off, key=step.key)


def _next(uow: Uow) -> list[Step]:
    """Signals first: who waits is asked before anybody moves on. Messages one by one."""
    if found := outbox.waiting(uow, SIGNAL, SLICE):
        return [Step(spread, outbox.put_off, key) for key in found]
    if found := held.waiting(uow, SLICE):
        return [Step(apply_held, held.put_off, key) for key in found]
    return [Step(deliver, outbox.put_off, key) for key in outbox.waiting(uow, MESSAGE, 1)]


# ---- commands: one step each ----


def spread(uow: Uow, *, key: bytes) -> None:
    """Tell a thrown signal to all who wait for it."""
    row = outbox.read(uow, key)
    if row is not None and outbox.take(uow, key):
        actor = Actor(row.actor, site=row.site_id)
        signals.spread(uow, row.name, row.values, actor, row.hops + HOP)


def apply_held(uow: Uow, *, key: bytes) -> None:
    """Apply what is kept for an instance that is not suspended."""
    running = lock(uow, key)
    if running.state == ACTIVE:
        held.apply(uow, running, Actor("system:relay", site=running.site_id))
    elif running.state != SUSPENDED:
        held.drop(uow, key)


def deliver(uow: Uow, *, key: bytes) -> None:
    """Deliver a thrown message and let its token go on, or make it an incident.

    Raises:
        Missed: if the receiver went on while its instance was locked.
    """
    row = outbox.read(uow, key)
    if row is None:
        return
    try:
        to = messages.receiver(uow, row.name, row.business_key, row.site_id)
        unclear = ""
    except MessageAmbiguous as refused:
        to, unclear = None, refused.detail
    both = {row.instance_id} if to is None else {row.instance_id, to.instance}
    locked = {k: lock(uow, k, row.site_id) for k in sorted(both)}  # everywhere in this order
    sender = locked[bytes(row.instance_id)]
    if sender.state == SUSPENDED or not outbox.take(uow, key):
        return
    try:
        with uow.savepoint():
            handed = not unclear and _hand_over(uow, row, to, locked)
    except VariablesRefused as refused:
        _stop(uow, row, sender, f"The message {row.name} cannot be received: {refused.detail}")
        return
    if not handed:
        _stop(uow, row, sender, unclear or _nobody(row))


def _hand_over(uow: Uow, row: Sent, to: Receiver | None, locked: dict[bytes, Running]) -> bool:
    """To the receiver, or to the process that the message starts; False if there is neither."""
    actor = Actor(row.actor, site=row.site_id)
    sender = locked[bytes(row.instance_id)]
    if to is None:
        started = messages.start(uow, row.name, row.business_key, row.values, actor, row.hops + HOP)
        if started is None and not row.optional:
            return False
    elif to.instance != sender.id:
        receiving = locked[to.instance]
        receiving.hops = row.hops + HOP
        if not messages.deliver(uow, receiving, to, row.values, actor):
            raise Missed
    sender.hops = row.hops + GOING_ON
    advance = sender.advance(uow)
    if to is not None and to.instance == sender.id:
        assert to.element is not None
        sender.hops = row.hops + HOP
        if not advance.occur(to.token, to.element, row.values, row.actor):
            raise Missed
    token = None if row.token is None else advance.root.token(row.token)
    if token is not None:
        advance.complete(token, {}, None, None)
    sender.save(uow, advance, actor)
    return True


def _stop(uow: Uow, row: Sent, sender: Running, sentence: str) -> None:
    """The message is not delivered: its token is an incident, whose retry sends it again."""
    advance = sender.advance(uow)
    token = None if row.token is None else advance.root.token(row.token)
    assert token is not None, "a message is forgotten when its token goes on"
    advance.trouble(token, MESSAGE, sentence)
    sender.save(uow, advance, Actor(row.actor, site=row.site_id))


def _nobody(row: Sent) -> str:
    key = "" if row.business_key is None else f" with the key {row.business_key}"
    return (
        f"Nobody waits for the message {row.name}{key}, and it starts no released process. "
        "Retry sends it again."
    )
