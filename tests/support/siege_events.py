"""The siege of what happens between instances: throws, answers, broadcasts, starts, reminders.

Each order is a parent that throws a message, which starts one child with the order's key; the
child's end answers. Every broadcast reaches watchers that go on waiting, and starts one record.
Whoever finishes an order throws a signal at the watchers, too. Holds are reminded of by a cycle.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import sqlalchemy as sa

from engine.kernel.store import Store
from tests.support import diagrams as d
from tests.support import founding
from tests.support.ledger import Entry, Instance
from tests.support.siege import CLIENTS, SECONDS, Client, Item, Order, Siege, items
from tests.support.waiting import until

WATCHERS = 20
CASTERS = 2
ROUNDS = 3
PARENT = ("begin", "prepare", "order", "made", "finish", "lamp", "done")
CHILD = ("wanted", "make", "told")
LEFT_OVER = ("outbox", "held_event")

_PARENT = d.process(
    d.start("begin"),
    d.user("prepare", "finish"),
    d.throw("order", message="wanted", parameters={"wanted": "= prepare"}),
    d.catch("made", message="made"),
    d.throw("lamp", signal="lamp", parameters={"lamp": "= finish"}),
    d.end("done"),
    "begin -> prepare -> order -> made -> finish -> lamp -> done",
    key="parent",
)
_CHILD = d.process(
    d.start("wanted", message="wanted"),
    d.user("make"),
    d.end("told", message="made", parameters={"made": "= make"}),
    "wanted -> make -> told",
    key="child",
)
_WATCH = d.process(
    d.start("begin"),
    d.user("watch"),
    d.boundary("shift", on="watch", interrupting=False, signal="shift"),
    d.boundary("lamp", on="watch", interrupting=False, signal="lamp"),
    d.end("done", "seen"),
    "begin -> watch -> done",
    "shift -> seen",
    "lamp -> seen",
    key="watching",
)
_RECORD = d.process(d.start("shift", signal="shift"), d.end("done"), "shift -> done", key="record")
_HOLD = d.process(
    d.start("begin"),
    d.user("hold"),
    d.boundary("remind", on="hold", interrupting=False, cycle=f"R{ROUNDS}/PT1S"),
    d.end("done", "reminded"),
    "begin -> hold -> done",
    "remind -> reminded",
    key="holding",
)
Plant = Mapping[tuple[str, str | None], list[Instance]]


class EventSiege(Siege):
    """A plant whose instances talk to each other."""

    def release(self, store: Store) -> None:
        """Release the five processes."""
        for diagram in (_PARENT, _CHILD, _WATCH, _RECORD, _HOLD):
            founding.release(store, diagram)

    def hire(self) -> Sequence[Client]:
        """Two who broadcast and remind; the others make orders."""
        casters: list[Client] = [_Caster(self, number) for number in range(CASTERS)]
        return casters + [_Maker(self, number) for number in range(CASTERS, CLIENTS)]

    def start(self) -> None:
        """Let the watchers wait, then the clients work."""
        caller = self.caller()
        for number in range(WATCHERS):
            body = {"process": "watching", "business_key": f"W-{number}"}
            assert caller.post("/instances", body).status == 201
        caller.close()
        super().start()

    def settle(self) -> None:
        """Wait until nothing is on its way any more, and no reminder is to come."""
        engine = sa.create_engine(self.url)
        until(lambda: not self._rows(engine, (*LEFT_OVER, "due")), seconds=SECONDS)
        engine.dispose()

    def found(self) -> Plant:
        """Every instance, by its process and its key."""
        found: dict[tuple[str, str | None], list[Instance]] = {}
        for item, steps in self.histories():
            key = (item["process"], item["business_key"])
            found.setdefault(key, []).append(Instance(item["state"], steps))
        return found

    def incidents(self) -> list[str]:
        """What no diagram here explains."""
        caller = self.caller()
        found = [f"{i['element']}: {i['message']}" for i in items(caller, "/incidents?limit=200")]
        caller.close()
        return found

    @staticmethod
    def _rows(engine: sa.Engine, tables: Iterable[str]) -> int:
        with engine.connect() as connection:
            counts = [connection.scalar(sa.text(f"SELECT count(*) FROM {t}")) for t in tables]
        return sum(int(count or 0) for count in counts)


class _Maker(Client):
    """Takes orders through parent and child."""

    def produce(self, order: Order) -> None:
        """Start, prepare, which starts the child; make, which answers; finish, which is seen."""
        body = {"process": "parent", "business_key": order.name}
        order.instance = self.told(order, "begin", "/instances", body)["id"]
        self.complete(order, "prepare")
        child = f"/instances?process=child&business_key={order.name}"
        part = Order(order.name, self._once_there(child)["id"])
        self.complete(part, "make")
        finish = self._once_there(f"/tasks?instance={order.instance}")
        self.told(order, "finish", f"/tasks/{finish['id']}/complete", {})

    def _once_there(self, path: str) -> Item:
        """The one item that the relay brings; after a kill it is the background that does."""
        found: list[Item] = []

        def is_there() -> bool:
            found[:] = self.asked(path).body["items"]
            return bool(found)

        until(is_there, seconds=SECONDS)
        [item] = found
        return item


class _Caster(Client):
    """Broadcasts, and starts what a cycle reminds of."""

    def produce(self, order: Order) -> None:
        """One broadcast and one hold."""
        self.told(order, "shift", "/broadcasts", {"name": "shift"})
        body = {"process": "holding", "business_key": order.name}
        self.told(order, "hold", "/instances", body)


# ---- what must be so ----


def event_faults(ledger: Iterable[Entry], plant: Plant) -> list[str]:
    """Where plant and ledger disagree."""
    values: dict[str, dict[str, str]] = {}
    for entry in ledger:
        values.setdefault(entry.element, {})[entry.order] = entry.value
    expected = _expected(values)
    found = [f"{key}: nobody asked for it" for key in plant.keys() - expected.keys()]
    for key, steps in expected.items():
        instances = plant.get(key, [])
        if len(instances) != len(steps):
            found.append(f"{key}: {len(instances)} instances, not {len(steps)}")
        found += [f"{key}: {fault}" for fault in _differing(instances, steps)]
    return found + list(_reminders(plant))


Wanted = list[Counter[tuple[str, str | None]]]


def _expected(values: Mapping[str, Mapping[str, str]]) -> dict[tuple[str, str | None], Wanted]:
    """The steps of each instance that must be there."""
    casts, lamps = values.get("shift", {}), values.get("finish", {})
    seen = [("shift", v) for v in casts.values()] + [("lamp", v) for v in lamps.values()]
    watcher = Counter([("begin", None), *seen, *[("seen", None)] * len(seen)])
    found: dict[tuple[str, str | None], Wanted] = {
        ("watching", f"W-{number}"): [watcher] for number in range(WATCHERS)
    }
    for order in values.get("begin", {}):
        told = {element: values[element].get(order) for element in ("begin", "prepare", "finish")}
        made, wanted = values["make"].get(order), told["prepare"]
        parent = told | {"order": None, "made": made, "lamp": None, "done": None}
        child = {"wanted": wanted, "make": made, "told": None}
        found["parent", order] = [Counter(parent.items())]
        found["child", order] = [Counter(child.items())]
    for order in values.get("hold", {}):
        found["holding", order] = [Counter([("begin", None)])]
    if casts:
        found["record", None] = [Counter([("shift", v), ("done", None)]) for v in casts.values()]
    return found


def _differing(instances: Sequence[Instance], wanted: Wanted) -> Iterator[str]:
    """Steps too many and too few; reminders are counted for themselves."""
    is_steps = [Counter(s for s in i.steps if not s[0].startswith("remind")) for i in instances]
    for steps in is_steps:
        if steps not in wanted:
            nearest = min(wanted, key=lambda w: (w - steps).total() + (steps - w).total())
            yield f"lacks {dict(nearest - steps)}, has beside {dict(steps - nearest)}"
    for steps in wanted:
        if steps not in is_steps:
            yield f"is not there as it should be: {dict(steps)}"


def _reminders(plant: Plant) -> Iterator[str]:
    for (process, order), instances in plant.items():
        waits = process in ("holding", "watching")
        for instance in instances:
            if instance.state != ("active" if waits else "completed"):
                yield f"{process} {order}: is {instance.state}"
            count = Counter(element for element, _ in instance.steps)
            if count["remind"] != count["reminded"] or (
                process == "holding" and not 1 <= count["remind"] <= ROUNDS
            ):
                yield f"{process} {order}: reminded {count['remind']} times"
