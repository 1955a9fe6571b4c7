"""A gateway for tests: it numbers its rows and sends them to the engine's commands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.collection import queries
from engine.collection.marks import Taken
from engine.collection.signals.ingest import take
from engine.equipment.commands import Changes, create
from engine.equipment.queries import unit_of
from engine.kernel.actor import ROLES, Actor
from engine.kernel.clock import to_ms
from engine.kernel.store import Store

GATEWAY = Actor("token:gateway", frozenset({"integration"}))
BUILDER = Actor("bea", ROLES)
Item = dict[str, Any]


def work_unit(store: Store, code: str = "PRESS-1", **about: Any) -> bytes:
    """A new work unit; its key."""
    changes = Changes({"name": code, **about})
    store.run(create, code=code, level="work_unit", about=changes, actor=BUILDER)
    return store.read(unit_of, code=code, site=1).id


class Teller:
    """One source of rows about one unit; instants are seconds from when it was made."""

    def __init__(
        self, store: Store, source: str = "first", unit: str = "PRESS-1", gateway: str = "line"
    ) -> None:
        self.store, self.source, self.unit, self.gateway = store, source, unit, gateway
        self.start, self.seq = to_ms(store.clock.now()), 0

    def ms(self, seconds: float) -> int:
        """The instant of so many seconds."""
        return self.start + round(1000 * seconds)

    def row(self, kind: str, at: float = 0, **parts: Any) -> Item:
        """The next row."""
        self.seq += 1
        return {"seq": self.seq, "unit": self.unit, "kind": kind, "at": self.ms(at), **parts}

    def count(self, raw: int, at: float = 0, **parts: Any) -> Item:
        """What a counter shows."""
        given = {"counter": "good", "max_step": 100, "tag": "good", **parts}
        return self.row("count", at, raw=raw, **given)

    def send(self, *rows: Mapping[str, Any]) -> Taken:
        """Send rows."""
        source, gateway = self.source, self.gateway
        return take(self.store, source=source, gateway=gateway, rows=list(rows), actor=GATEWAY)

    # ---- what came of it ----

    def states(self) -> list[tuple[str, float, float | None]]:
        """(state, began, ended) in seconds."""
        found = self.store.read(
            queries.states, unit=self.unit, site=1, start=self.ms(-3600), end=None
        )
        return [(i["state"], self._s(i["began"]), self._s(i["ended"])) for i in found["items"]]

    def sums(self) -> Item:
        """The sums of all time, by who counted."""
        period = {"start": 0, "end": 2**50}
        found: Item = self.store.read(queries.sums, unit=self.unit, site=1, **period)
        return {name: found[name] for name in ("machine", "person", "counted")}

    def made(self) -> tuple[int, int]:
        """(good, scrap) that hold."""
        counted = self.sums()["counted"]
        return counted["good"], counted["scrap"]

    def counts(self) -> list[Item]:
        """Every count, newest first."""
        found: list[Item] = self._page(queries.counts)["items"]
        return found

    def present(self) -> Item:
        """What the machine says now."""
        return self.store.read(queries.present, unit=self.unit, site=1)

    def measurements(self, **filters: Any) -> list[Item]:
        """Every measurement, newest first."""
        found: list[Item] = self._page(queries.measurements, **filters)["items"]
        return found

    def alarms(self, **filters: Any) -> list[Item]:
        """Every alarm, newest first."""
        found: list[Item] = self._page(queries.alarms, **filters)["items"]
        return found

    def _page(self, query: Any, **filters: Any) -> Item:
        return self.store.read(
            query, unit=self.unit, site=1, start=0, end=2**50, limit=200, **filters
        )

    def _s(self, iso: str | None) -> Any:
        if iso is None:
            return None
        return (to_ms(datetime.fromisoformat(iso)) - self.start) / 1000
