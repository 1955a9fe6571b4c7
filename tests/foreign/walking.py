"""Walks instances of a diagram at random: every kind of act that somebody outside could do.

A walk ends when the instance is over, when nobody can do anything any more, or after so many acts.
"""

import random
from datetime import timedelta
from typing import Any

from engine.kernel.clock import to_ms
from engine.kernel.ids import from_text
from engine.workflow.definition.model import Node, ProcessModel
from engine.workflow.work import messages, queries
from tests.foreign.values import values_for
from tests.support.plant import LATHE, Plant

ACTS = 60
LOOKS = 15
COMPLETED, SPENT, INCIDENT = "completed", "acts spent", "incident"
CONDITION, STUCK = "waits for a condition", "stuck"


def started(plant: Plant, process: ProcessModel, number: int, values: dict[str, Any]) -> str | None:
    """Start the released process as its drawing says; the instance, if it starts once more."""
    key = f"K-{number}"
    if process.plain_start is not None:
        return plant.start(process.key, key, **values)
    before = set(_instances(plant))
    start = process.root.starts[number % len(process.root.starts)]
    assert start.event is not None
    if start.event.kind == "message":
        plant.send(start.event.name, key, **values)
    elif start.event.kind == "signal":
        plant.broadcast(start.event.name, **values)
    else:
        (at,) = plant.sql("SELECT MIN(at) FROM due WHERE element = :start", start=start.id)[0]
        if at is None:  # a date starts one instance
            return None
        _pass_time(plant, at)
    return min(set(_instances(plant)) - before)


class Walk:
    """One instance and what is done to it, by one sequence of random choices."""

    def __init__(self, plant: Plant, nodes: list[Node], seed: str) -> None:
        self.plant, self.choose = plant, random.Random(seed)
        self.values = values_for(nodes)
        self.topics = sorted({n.work.topic for n in nodes if n.work.topic})
        events = [n.event for n in nodes if n.event is not None]
        self.codes = sorted({e.code for e in events if e.kind == "error" and e.code})
        looking = [n for n in nodes if n.event is not None and n.event.kind == "conditional"]
        before = {n.id for n in nodes for f in n.outgoing if f.target in {c.id for c in looking}}
        self.conditional = {n.id for n in looking} | before
        self.acts: list[str] = []

    def run(self, instance: str) -> str:
        """Walk an instance to its end; how it ended."""
        self.instance, self.key = instance, from_text(instance)
        idle = 0
        while len(self.acts) < ACTS:
            if self.plant.state(self.instance) == "completed":
                return COMPLETED
            possible = self._possible()
            if not possible and self.plant.background.relay():
                self.acts.append("relay")
                continue
            if not possible or (possible == ["look"] and idle >= LOOKS):
                return self._resting()
            act = self.choose.choice(possible)
            idle = idle + 1 if act == "look" else 0
            self.acts.append(act)
            getattr(self, f"_{act}")()
        return COMPLETED if self.plant.state(self.instance) == "completed" else SPENT

    def _resting(self) -> str:
        """Nobody can do anything: that is right at a condition, or if an incident says why."""
        found = self.plant.incidents(self.instance)
        if found and all(i["message"].strip() for i in found):
            return INCIDENT
        waiting = set(self.plant.tokens(self.instance)) <= self.conditional
        return CONDITION if waiting and not found else STUCK

    def _possible(self) -> list[str]:
        """The kinds of acts that there is something for; work twice as likely as the rest."""
        rows = {
            "task": "SELECT 1 FROM task WHERE instance_id = :id AND state IN ('open', 'claimed')",
            "job": "SELECT 1 FROM job WHERE instance_id = :id AND state = 'open'",
            "event": "SELECT 1 FROM subscription WHERE instance_id = :id",
            "time": "SELECT 1 FROM due WHERE owner_id = :id",
        }
        found = [act for act, query in rows.items() if self.plant.sql(query, id=self.key)]
        return (
            found + [a for a in found if a in ("task", "job")] + ["look"] * bool(self.conditional)
        )

    # ---- acts ----

    def some(self) -> dict[str, Any]:
        """A value for every variable that the diagram reads."""
        return {name: self.choose.choice(options) for name, options in self.values.items()}

    def _task(self) -> None:
        task = self.choose.choice(self.plant.tasks(self.instance))
        self.plant.complete_task(task["id"], **self.some())

    def _job(self) -> None:
        (job,) = self.plant.claim_jobs(*self.topics)
        if self.codes and self.choose.random() < 0.2:
            self.plant.fail_job(job, code=self.choose.choice(self.codes))
        else:
            self.plant.complete_job(job, **self.some())

    def _event(self) -> None:
        """Send a message, or broadcast a signal, that it waits for."""
        query = "SELECT kind, name, business_key FROM subscription WHERE instance_id = :id"
        kind, name, key = self.choose.choice(sorted(self.plant.sql(query, id=self.key)))
        if kind == "signal":
            self.plant.broadcast(name, **self.some())
            return
        self.plant.run(
            messages.send,
            name=name,
            business_key=key,
            instance=self.key,
            variables=self.some(),
            actor=LATHE,
        )

    def _time(self) -> None:
        (at,) = self.plant.sql("SELECT MIN(at) FROM due WHERE owner_id = :id", id=self.key)[0]
        _pass_time(self.plant, at)

    def _look(self) -> None:
        """Change variables from outside, so that conditional events look again."""
        self.plant.change(self.instance, **self.some())


def _pass_time(plant: Plant, at: int) -> None:
    plant.clock.advance(max(timedelta(milliseconds=at - to_ms(plant.clock.now())), timedelta()))
    plant.background.fire_timers()


def _instances(plant: Plant) -> list[str]:
    page = plant.read(queries.instances, site=1, limit=200)
    return [item["id"] for item in page["items"]]
