"""A press that stands, for tests of downtimes; times are seconds from when it was made."""

from typing import Any

from engine.kernel.actor import ROLES, Actor
from engine.kernel.clock import to_ms
from engine.kernel.ids import from_text
from engine.kernel.store import Store
from engine.performance.downtimes import commands, looking, queries
from tests.support.clock import ManualClock
from tests.support.telling import Teller, work_unit

ANA, BEN = Actor("ana", ROLES), Actor("ben", ROLES)
Item = dict[str, Any]


class Press:
    """A press that stands for a minute before that is a downtime; times are seconds."""

    def __init__(self, store: Store, clock: ManualClock, unit: str = "PRESS-1") -> None:
        self.store, self.clock, self.unit = store, clock, unit
        self.key = work_unit(store, unit, downtime_after_seconds=60)
        self.teller = Teller(store, source=unit, unit=unit)

    def until(self, seconds: float) -> None:
        """Let it be then, if it is not later already."""
        self.clock.advance(max(0.0, seconds - self.now))

    @property
    def now(self) -> float:
        """What time it is."""
        return (to_ms(self.clock.now()) - self.teller.start) / 1000

    def says(self, state: str, at: float) -> None:
        """The machine says its state, as of then."""
        self.until(at)
        self.teller.send(self.teller.row("state", at, state=state))

    def at(self, seconds: float) -> "Press":
        """Let it be then, and look."""
        self.until(seconds)
        self.look()
        return self

    def look(self) -> int:
        """Look as the background does; how many units were looked at."""
        looked = 0
        while self.store.read(looking.anything):
            looked += self.store.run(looking.look)
        return looked

    def shown(self, **filters: Any) -> list[Item]:
        """Its downtimes, the latest first."""
        found = self.store.read(queries.downtime_list, site=1, limit=50, unit=self.unit, **filters)
        items: list[Item] = found["items"]
        return items

    def times(self, **filters: Any) -> list[tuple[float, float | None]]:
        """(started, ended) of its downtimes in seconds, the earliest first."""
        found = [(i["started"], i["ended"]) for i in reversed(self.shown(**filters))]
        return [(self.teller._s(a), self.teller._s(b)) for a, b in found]

    def only(self) -> Item:
        [found] = self.shown()
        return found

    def detail(self, item: Item) -> Item:
        key = from_text(item["id"])
        return self.store.read(queries.downtime_detail, key=key, site=1)

    def explain(self, item: Item, reason: str | None, actor: Actor = ANA, **more: Any) -> Item:
        told = {"reason": reason, "note": None, **more}
        return self.store.run(commands.explain, key=from_text(item["id"]), actor=actor, **told)

    def split(self, item: Item, at: float, **more: Any) -> list[Item]:
        key, instant = from_text(item["id"]), self.teller.ms(at)
        return self.store.run(commands.split, key=key, at=instant, actor=ANA, **more)

    def merge(self, item: Item, other: Item, **more: Any) -> Item:
        keys = {"key": from_text(item["id"]), "other": from_text(other["id"])}
        return self.store.run(commands.merge, actor=ANA, **keys, **more)
