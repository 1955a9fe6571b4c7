"""Equipment for tests: a small shop of lathes and an oven, and what machines say of themselves."""

from typing import Any

from engine.equipment import classes, commands, dispatch, waiting
from engine.equipment.commands import Changes
from engine.kernel.ids import from_text, to_text
from tests.support import diagrams as d
from tests.support.plant import LATHE, Item, Plant

TURNING = "machine.run_cycle"


def routing(equipment: str, process: str = "p") -> bytes:
    """One step on a machine."""
    return d.process(
        d.start(), d.job("turn", TURNING, equipment=equipment), d.end(), "start -> turn -> end",
        key=process,
    )  # fmt: skip


class Shop:
    """A line of three lathes, two of which are of the class TURNING, on a plant for tests."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.add("MAIN", "site")
        self.add("HALL-1", "area", parent="MAIN")
        self.add("LINE-1", "work_center", parent="HALL-1")
        plant.run(classes.create_class, code="TURNING", name="Turning")
        for n in (1, 2, 3):
            of = ["TURNING"] if n < 3 else []
            about = {"parent": "LINE-1", "classes": of, "commands_enabled": True}
            self.add(f"LATHE-{n}", "work_unit", **about)

    def add(self, code: str, level: str, **about: Any) -> Item:
        """Create equipment."""
        values = {"name": code.capitalize(), **about}
        return self.plant.run(commands.create, code=code, level=level, about=Changes(values))

    def change(self, code: str, expected: str | None = None, **values: Any) -> Item:
        """Change equipment."""
        changes = Changes(values)
        return self.plant.run(commands.change, code=code, changes=changes, expected=expected)

    def says(self, unit: str, state: str, at: int | None = None, reason: str | None = None) -> bool:
        """A machine says its state, now or as of an instant."""
        when = int(self.plant.clock.now().timestamp() * 1000) if at is None else at
        told = {"unit": unit, "state": state, "at": when, "site": 1, "reason": reason}
        kept: bool = self.plant.store.run(commands.set_state, **told)
        return kept

    def all_idle(self) -> None:
        """Every lathe is ready."""
        for n in (1, 2, 3):
            self.says(f"LATHE-{n}", "idle")

    def start(self, *keys: str, process: str = "p") -> None:
        """Start an order for each business key."""
        for key in keys:
            self.plant.start(process, business_key=key)

    def claim(
        self, *units: str, limit: int = 10, lease: int = 60, worker: str = "gw"
    ) -> list[Item]:
        """A gateway asks for jobs for its units."""
        found: list[Item] = self.plant.run(
            dispatch.claim,
            topics=[TURNING],
            worker=worker,
            limit=limit,
            lease_seconds=lease,
            units=units,
            actor=LATHE,
        )
        return found

    def gets(self, *units: str, limit: int = 10) -> dict[str, str]:
        """Which order each unit gets."""
        return {job["unit"]: job["business_key"] for job in self.claim(*units, limit=limit)}

    def job(self, key: str) -> str:
        """The id of the job of an order."""
        rows = self.plant.sql("SELECT id FROM job WHERE business_key = :key ORDER BY id", key=key)
        return to_text(rows[-1][0])

    def shown(self, key: str) -> Item:
        """The job of an order, with what it waits for."""
        found: Item = self.plant.read(waiting.job_item, job=from_text(self.job(key)), site=1)
        return found

    def waits_for(self, key: str) -> list[str]:
        """The codes of what the job of an order waits for."""
        return [reason["code"] for reason in self.shown(key)["waits_for"]]
