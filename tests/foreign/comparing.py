"""Walks a foreign diagram in the engine and in the token game: after every act both agree.

The token game reads what random diagrams hold; `Unplayable` says what else a diagram has.
"""

import random
import re
import traceback
from copy import deepcopy
from datetime import timedelta
from typing import Any

from lxml import etree

from engine.kernel.ids import from_text
from engine.workflow.definition.bundles import Bundle
from engine.workflow.definition.model import Node
from engine.workflow.definition.reading.xml import safe_xml
from engine.workflow.definition.times import read_duration
from tests.foreign.executable import DECISION, DECISION_FILE
from tests.foreign.markup import BPMN, children, local, short
from tests.foreign.values import values_for
from tests.foreign.walking import started
from tests.support.oracle import TokenGame
from tests.support.plant import Item, Plant
from tests.support.walk import Walk

ACTS = 40
MOVES = 20_000
BARE = re.compile(r"""(?<!['"])\b(true|false)\b(?!['"])""")


Shared = dict[str | None, etree._Element]


class Unplayable(Exception):
    """The token game does not read this diagram."""


class Game(TokenGame):
    """A token game that gives up where the engine's budget of steps ends, without a rest."""

    left = MOVES

    def step(self) -> bool:
        """Move one token, if one can move."""
        self.left -= 1
        if self.left < 0:
            raise Unplayable("moves without a rest")
        return bool(super().step())


class Compared(Walk):
    """One instance of a foreign diagram, here and there."""

    def __init__(self, plant: Plant, bundle: Bundle, number: int) -> None:
        self.plant, self.bundle = plant, bundle
        self.choose = random.Random(f"{bundle.digest}/{number}")
        self.nodes = [n for model in bundle.processes.values() for n in model.nodes.values()]
        self.options = values_for(self.nodes)
        self.key = f"K-{number}"
        self.acts: list[str] = []
        self.held: list[Item] = []
        process = bundle.processes[bundle.key]
        if len(process.root.starts) != 1:
            raise Unplayable("several start events")
        kind = _kind(process.root.starts[0])
        values = {} if kind == "timer" else self.values()
        instance = started(plant, process, number, values)
        if instance is None:
            raise Unplayable("starts only once")
        plant.retire(bundle.key, 1)  # what is sent from now on starts nothing
        self.instance, self.id = instance, from_text(instance)
        try:
            self.game = Game(
                _played(bundle),
                bundle.key,
                values,
                business_key=self.key if kind in ("none", "message") else None,
                now=self.now,
                decisions={DECISION: DECISION_FILE},
            )
        except (KeyError, ValueError, AssertionError, StopIteration, TypeError) as reason:
            raise Unplayable(repr(reason)) from reason
        self.acts.append(f"start {values}")

    def values(self, number: int = 0) -> dict[str, Any]:
        """A value for everything that the diagram reads."""
        return {name: self.choose.choice(options) for name, options in self.options.items()}

    def some(self) -> dict[str, Any]:
        return self.values()

    def finish_job(self, element: str) -> str:
        """Complete the oldest job of an element; all have one topic."""
        token, values = self.game.workers("job", element)[0], self.values()
        self.held += self.plant.claim_jobs(*self.topics(), limit=50)
        job = next(job for job in self.held if job["element"] == element)
        self.held.remove(job)
        self.plant.complete_job(job, **values)
        self.game.complete_work(token, values)
        return f"complete job {element} {values}"

    def topics(self) -> list[str]:
        """Every topic of the diagram."""
        return sorted({n.work.topic for n in self.nodes if n.work.topic})

    def idle(self) -> Any:
        """Nothing but what the diagram waits for."""
        return iter(())

    def between(self) -> None:
        """Nothing between acts."""


def compared(plant: Plant, bundle: Bundle, number: int) -> dict[str, Any]:
    """Walk; the first differences and the acts before, or nothing.

    Raises:
        Unplayable: if the token game does not read the diagram.
    """
    walk = Compared(plant, bundle, number)
    found = walk.differences()
    for _ in range(ACTS):
        if found or not _stepped(walk):
            break
        found = walk.differences()
    return {"acts": walk.acts} | found if found else {}


def _stepped(walk: Compared) -> bool:
    try:
        return walk.step()
    except (AssertionError, LookupError, SyntaxError, StopIteration, ValueError) as reason:
        last = traceback.extract_tb(reason.__traceback__)[-1].filename
        if "oracle" not in last and "/ast.py" not in last:
            raise
        raise Unplayable(repr(reason)) from reason


def _played(bundle: Bundle) -> dict[str, bytes]:
    """The diagrams in the words of random diagrams, without the processes that are only shown."""
    found = {}
    for name, data in bundle.files.items():
        if not name.endswith(".dmn"):
            root = safe_xml(data)
            for process in root.findall(f"{BPMN}process"):
                if process.get("id") not in bundle.processes:
                    root.remove(process)
            shared = {e.get("id"): e for e in children(root)}
            for number, element in enumerate(root.iter(etree.Element)):
                _reword(element, number, shared)
            found[name] = bytes(etree.tostring(root))
    return found


def _reword(element: etree._Element, number: int, shared: Shared) -> None:
    """Flows with an id, references without a prefix, times in minutes, plain expressions."""
    if local(element) == "sequenceFlow" and not element.get("id"):
        element.set("id", f"flow {number}")
    for ref in element.findall(f"{BPMN}eventDefinitionRef"):
        element.replace(ref, deepcopy(shared[short((ref.text or "").strip())]))
    for key in ("messageRef", "signalRef", "errorRef", "escalationRef", "calledElement"):
        if element.get(key):
            element.set(key, short(element.get(key)))
    text = (element.text or "").strip()
    if local(element) in ("timeDuration", "timeCycle"):
        repeats, slash, duration = text.rpartition("/")
        length = read_duration(duration)
        minutes = length.elapsed / timedelta(minutes=1)
        if length.days or length.months or minutes % 1 or "/" in repeats:
            raise Unplayable(f"the time {text}")
        element.text = f"{repeats}{slash}PT{minutes:.0f}M"
    else:
        plain = text.removeprefix("${").removesuffix("}").strip()
        if plain != text or local(element) in ("conditionExpression", "condition"):
            element.text = BARE.sub(lambda word: word[0].capitalize(), plain)


def _kind(start: Node) -> str:
    return "none" if start.event is None else start.event.kind
