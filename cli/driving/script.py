"""The script of the demonstration: `processes/demo/plant.json`, as processes/README.md has it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

PATH = Path(__file__).parents[2] / "processes" / "demo" / "plant.json"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works here."""

    name: str
    full_name: str
    roles: Sequence[str]
    badge: str
    pin: str


@dataclass(frozen=True, slots=True)
class Worker:
    """What completes jobs and sends messages."""

    name: str
    roles: Sequence[str]
    topics: Sequence[str]
    lease_seconds: int


@dataclass(frozen=True, slots=True)
class Order:
    """One order, and where it is to stand in the end.

    `answers` and `jobs` hold what is special about it: by form or element, a list of one item per
    time. `opens` holds the processes that its messages start, and where those are to stand.
    """

    business_key: str
    part: str
    quantity: int
    story: str
    stop_at: Sequence[str]
    expect: str
    visit: int = 1
    claimed_by: str | None = None
    answers: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    jobs: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    opens: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def opened(self) -> Iterator[tuple[str, "Order"]]:
        """Key of each process that it opens, and what is to be done with its instance."""
        for process, told in self.opens.items():
            yield process, replace(self, claimed_by=None, visit=1, opens={}, **told)

    def filled(self, text: Any) -> Any:
        """A value of the script with `$quantity`, `$part` and `$business_key` put in."""
        if isinstance(text, Mapping):
            return {name: self.filled(value) for name, value in text.items()}
        if not isinstance(text, str):
            return text
        if text == "$quantity":
            return self.quantity
        for name in ("quantity", "part", "business_key"):
            text = text.replace(f"${name}", str(getattr(self, name)))
        return text


@dataclass(frozen=True, slots=True)
class Script:
    """The whole demonstration; everybody has the same password."""

    people: Sequence[Person]
    password: str
    station: str
    worker: Worker
    release: Sequence[str]
    process: str
    answers: Mapping[str, Mapping[str, Any]]
    jobs: Mapping[str, Mapping[str, Any]]
    messages: Mapping[str, Mapping[str, Any]]
    orders: Sequence[Order]

    @property
    def everybody(self) -> list[tuple[str, Sequence[str]]]:
        """Name and roles of all people and of the worker."""
        people = [(person.name, person.roles) for person in self.people]
        return [*people, (self.worker.name, self.worker.roles)]

    def answers_of(self, order: Order, form: str | None, time: int) -> dict[str, Any]:
        """What is answered when an order meets a form for the nth time, counted from 0."""
        special = order.answers.get(form or "", ())
        over = special[min(time, len(special) - 1)] if special else {}
        answers: dict[str, Any] = order.filled({**self.answers.get(form or "", {}), **over})
        return answers


def read_script(path: Path = PATH) -> Script:
    """The script of a file; its fractions stay decimal."""
    told = json.loads(path.read_text("utf-8"), parse_float=Decimal)
    return Script(
        people=[Person(**person) for person in told.pop("people")],
        worker=Worker(**told.pop("worker")),
        orders=[Order(**order) for order in told.pop("orders")],
        **told,
    )
