"""A random walk on a random diagram: the same acts in the engine and in the token game.

After each act everything that can be seen of both is compared. A failure names its seed and the
acts that led to it; `walk(plant, draw(SEED), RUN)` walks it again.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from engine.kernel import functions, json_text
from engine.kernel.clock import to_ms
from engine.kernel.ids import from_text
from engine.kernel.store.uow import Uow
from tests.support.clock import START
from tests.support.oracle import Refused, TokenGame
from tests.support.oracle.state import Token
from tests.support.plant import Plant
from tests.support.random_diagrams import Drawn, draw
from tests.support.random_diagrams.pen import (
    CODES,
    INNER_MESSAGES,
    INNER_SIGNALS,
    MESSAGES,
    SIGNALS,
    TABLE,
    VARIABLES,
)

ACTS = 25
KEYS = ("A", "B")
DONE = "completed"
Act = Callable[[], str]
LOOK = sa.text("""
SELECT 'task' AS what, element, '' AS told, 0 AS at FROM task
  WHERE instance_id = :id AND state IN ('open', 'claimed')
UNION ALL SELECT 'job', element, '', 0 FROM job
  WHERE instance_id = :id AND state IN ('open', 'claimed')
UNION ALL SELECT kind, element, name, 0 FROM subscription WHERE instance_id = :id
UNION ALL SELECT 'due', element, '', at FROM due WHERE owner_id = :id
UNION ALL SELECT 'incident', element, '', 0 FROM incident
  WHERE instance_id = :id AND state = 'open'
""")
STATE = sa.text("SELECT state, variables FROM instance WHERE id = :id")
OPEN = "SELECT id FROM {} WHERE instance_id = :id AND element = :element AND state = 'open'"


@functions.function("oracle.set")
def set_values(uow: Uow, **values: Any) -> Mapping[str, object]:
    """Write what it is given."""
    return values


@functions.function("oracle.refuse")
def refuse(uow: Uow, code: str, at: int) -> Mapping[str, object]:
    """Raise an error of the diagram from two on."""
    if at >= 2:
        raise functions.Raised(code, "that is too many")
    return {}


def _refuse(values: dict[str, Any]) -> dict[str, Any]:
    if values["at"] >= 2:
        raise Refused(values["code"])
    return {}


class Walk:
    """One instance of a diagram, here and there."""

    def __init__(self, plant: Plant, drawn: Drawn, run: int) -> None:
        self.plant, self.drawn = plant, drawn
        self.choose = random.Random(f"{drawn.seed}/{run}")
        self.acts: list[str] = []
        values: dict[str, Any] = self.values(len(VARIABLES)) | {
            "k": "A",
            "xs": [self.choose.randint(0, 3) for _ in range(self.choose.randint(0, 3))],
        }
        self.key = f"{drawn.seed}/{run}"
        self.game = TokenGame(
            drawn.diagrams,
            drawn.main,
            values,
            business_key=self.key,
            now=self.now,
            functions={"oracle.set": dict, "oracle.refuse": _refuse},
            decisions={"grade": TABLE},
        )
        self.instance = plant.start(drawn.main, self.key, **values)
        self.id = from_text(self.instance)
        self.acts.append(f"start {values}")

    @property
    def now(self) -> int:
        """Minutes since the clock's start."""
        return int((self.plant.clock.now() - START).total_seconds()) // 60

    # ---- acts: done on both, and told ----

    def step(self) -> bool:
        """Do something; False once there is nothing left to do."""
        if self.game.completed:
            return False
        acts = [*self.possible()]
        if not acts:
            return False
        weights, chosen = zip(*acts, strict=True)
        act = self.choose.choices(chosen, weights)[0]
        self.acts.append(act())
        self.between()
        return True

    def possible(self) -> Iterator[tuple[float, Act]]:
        """What can be done now, and how readily."""
        game = self.game
        for element in sorted(game.open("task")):
            yield 6, lambda element=element: self.complete_task(element)
        for element in sorted(game.open("job")):
            yield 6, lambda element=element: self.finish_job(element)
        for name in sorted({w.event.trigger.name for w in game.waiting("message")}):
            yield 4, lambda name=name: self.send(name)
        for name in sorted({w.event.trigger.name for w in game.waiting("signal")}):
            yield 3, lambda name=name: self.broadcast(name)
        if self.times_are_clear():
            yield 4, self.fire
        if game.waiting("conditional"):
            yield 4, self.change
        for token in self.retried():
            yield 0.4, lambda token=token: self.retry(token)
        yield from self.idle()

    def idle(self) -> Iterator[tuple[float, Act]]:
        """What mostly changes nothing."""
        if self.game.incidents() or self.game.waiting("message"):
            yield 0.3, self.change
            yield 0.2, lambda: self.send(self.choose.choice((*MESSAGES, *INNER_MESSAGES)))
            yield 0.2, lambda: self.broadcast(self.choose.choice((*SIGNALS, *INNER_SIGNALS)))

    def values(self, number: int = 2) -> dict[str, Any]:
        """What an act writes."""
        found = {name: self.choose.randint(0, 3) for name in self.choose.sample(VARIABLES, number)}
        return found | {"r": self.choose.randint(0, 9), "d0": self.choose.randint(0, 3)}

    def complete_task(self, element: str) -> str:
        workers, values = self.game.workers("task", element), self.values()
        place = self.choose.randrange(len(workers))
        found = self.open_work("task", element)
        self.plant.complete_task(found[place], **values)
        self.game.complete_work(workers[place], values)
        return f"complete task {element} #{place} {values}"

    def finish_job(self, element: str) -> str:
        token, values = self.game.workers("job", element)[0], self.values()
        job = self.plant.claim_job(element)
        code = self.choose.choice(CODES)
        fails = self.game.catches(token, code) or self.choose.random() < 0.1
        if fails and self.choose.random() < 0.5:
            self.plant.fail_job(job, code=code)
            self.game.fail_job(token, code)
            return f"fail job {element} {code}"
        self.plant.complete_job(job, **values)
        self.game.complete_work(token, values)
        return f"complete job {element} {values}"

    def send(self, name: str) -> str:
        key = self.choose.choice([self.key, self.key, None, *KEYS])
        values = self.some()
        told = self.plant.send(name, key, **values)
        sent = self.game.send(name, values, key)
        assert told["delivered"] == int(sent), f"{name} {key}: {told}"
        return f"send {name} {key} {values} -> {sent}"

    def broadcast(self, name: str) -> str:
        values = self.some()
        told = self.plant.broadcast(name, **values)
        reached = self.game.broadcast(name, values)
        assert told["delivered"] == reached, f"{name}: {told}, not {reached}"
        return f"broadcast {name} {values}"

    def some(self) -> dict[str, Any]:
        """What a message or signal carries."""
        return {self.choose.choice(VARIABLES): self.choose.randint(0, 3)}

    def change(self) -> str:
        values = self.some()
        if self.choose.random() < 0.2:
            values["k"] = self.choose.choice(KEYS)
        self.plant.change(self.instance, **values)
        self.game.change(values)
        return f"change {values}"

    def times_are_clear(self) -> bool:
        """Whether what is due next is due first in one element alone."""
        due = self.game.next_due()
        if due is None:
            return False
        at = {e for (e, minute) in self.game.timers() if minute == due}
        return len(at) == 1

    def fire(self) -> str:
        due = self.game.next_due()
        assert due is not None
        self.game.now = max(due, self.now)
        self.plant.wait(minutes=self.game.now - self.now)
        self.game.fire()
        return f"wait until {due}"

    def retried(self) -> list[Token]:
        """Tokens in an incident that may go on now, each the only one at its element."""
        alone = [element for element, n in self.game.incidents().items() if n == 1]
        kinds = ("exclusiveGateway", "inclusiveGateway", "intermediateThrowEvent", "endEvent")
        found = [t for t in self.game.stuck() if t.node.id in alone]
        return [t for t in found if t.finished or t.node.kind in kinds]

    def retry(self, token: Token) -> str:
        found = [i for i in self.plant.incidents(self.instance) if i["element"] == token.node.id]
        self.plant.retry(found[0])
        self.game.retry(token)
        return f"retry {token.node.id}"

    def open_work(self, table: str, element: str) -> list[str]:
        """The ids of open work at an element, the oldest token's first."""
        rows = self.plant.sql(OPEN.format(table) + " ORDER BY token", id=self.id, element=element)
        return [bytes(row[0]).hex() for row in rows]

    def between(self) -> None:
        """Now and then the plant forgets what it had in memory, and stores in another order."""
        if self.choose.random() < 0.007:
            self.plant.forget_plans()
            self.acts.append("forget the plans")
        if self.choose.random() < 0.04 and not self.game.completed:
            self.plant.reorder_keys(self.instance)
            self.acts.append("reorder the keys")

    # ---- what is seen of both ----

    def shown(self) -> dict[str, Any]:
        """What the engine shows."""
        with self.plant.store.bind.begin() as connection:
            rows = connection.execute(LOOK, {"id": self.id}).all()
            state, variables = connection.execute(STATE, {"id": self.id}).one()
        return {
            "seen": Counter((w, e, told, at and _minutes(at)) for w, e, told, at in rows),
            "variables": json_text.read(bytes(variables))["0"],
            "completed": state == DONE,
        }

    def told(self) -> dict[str, Any]:
        """What the token game says."""
        game = self.game
        seen: Counter[tuple[str, str, str, int]] = Counter()
        for work in ("task", "job"):
            seen.update({(work, e, "", 0): n for e, n in game.open(work).items()})
        seen.update({(kind, e, name, 0): n for (e, kind, name), n in game.subscriptions().items()})
        seen.update({("due", e, "", at): n for (e, at), n in game.timers().items()})
        seen.update({("incident", e, "", 0): n for e, n in game.incidents().items()})
        return {"seen": seen, "variables": game.root.own, "completed": game.completed}

    def history(self) -> dict[str, Any]:
        """Where the history is not what the token game saw: what passed, and what work saw."""
        steps = [s for s in self.plant.history(self.instance) if s["element"]]
        done = [(s["element"], s["variables"], s["changed"]) for s in steps if s["state"] == DONE]
        told = [(element, seen) for element, seen in self.game.steps if seen is not None]
        work = {element for element, _ in told}
        # The step of a loop as a whole writes its list; what its runs wrote stands in theirs.
        shown = [(e, seen) for e, seen, changed in done if e in work and "ys" not in changed]
        passed = [e for e, _, _ in done], [e for e, _ in self.game.steps]
        found = {"passed": passed, "work": (shown, told)}
        return {k: _first(*v) for k, v in found.items() if v[0] != v[1]}

    def differences(self) -> dict[str, Any]:
        """Where the engine and the token game are not the same: (engine, game)."""
        shown, told = self.shown(), self.told()
        found = {k: (shown[k], told[k]) for k in told if shown[k] != told[k]}
        if "seen" in found:
            found["seen"] = (shown["seen"] - told["seen"], told["seen"] - shown["seen"])
        return found


def _first(shown: list[Any], told: list[Any]) -> tuple[int, list[Any], list[Any]]:
    """Where two lists begin to differ, and what stands there."""
    both = zip(shown, told, strict=False)
    at = next((n for n, (a, b) in enumerate(both) if a != b), min(len(shown), len(told)))
    return at, shown[at : at + 3], told[at : at + 3]


def _minutes(at: int) -> int:
    return (at - to_ms(START)) // 60_000


def walk_all(plant: Plant, seeds: Iterable[int], runs: int) -> Iterator[dict[str, Any]]:
    """Walk diagrams, each so many times; the first difference of each that has one."""
    for seed in seeds:
        drawn = draw(seed)
        release(plant, drawn)
        found = (walk(plant, drawn, run) for run in range(runs))
        if difference := next((f for f in found if f), None):
            yield difference


def check(plant: Plant, seeds: range, runs: int) -> None:
    """Walk diagrams, and tell where engine and token game differ and what was drawn."""
    found = [str(difference) for difference in walk_all(plant, seeds, runs)]
    assert not found, "\n".join([*found, report(seeds)])


def held(seeds: range) -> Counter[str]:
    """How many diagrams hold each feature."""
    found: Counter[str] = Counter()
    for seed in seeds:
        found.update(draw(seed).features.keys())
    return found


def report(seeds: range) -> str:
    """Which diagrams these are, and how many of them hold each feature."""
    lines = [f"{count:5}  {feature}" for feature, count in sorted(held(seeds).items())]
    return "\n".join([f"seeds {seeds[0]} to {seeds[-1]}: diagrams that hold", *lines])


def release(plant: Plant, drawn: Drawn) -> None:
    """Release a diagram with what it calls."""
    for diagram in drawn.diagrams.values():
        plant.release(diagram, {"grade.dmn": TABLE})


def walk(plant: Plant, drawn: Drawn, run: int) -> dict[str, Any]:
    """Walk a released diagram; the first differences and how they came up, or nothing."""
    walked = Walk(plant, drawn, run)
    try:
        found = walked.differences()
        for _ in range(ACTS):
            if found or not walked.step():
                break
            found = walked.differences()
        found = found or walked.history()
    except Exception as error:
        error.add_note(f"seed {drawn.seed}, run {run}: {walked.acts}")
        raise
    if not walked.game.completed:
        plant.cancel(walked.instance)
    return {"seed": drawn.seed, "run": run, "acts": walked.acts} | found if found else {}
