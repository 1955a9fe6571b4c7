"""What people do beside the diagram, each for the reason `a test`."""

from typing import Any

from engine.kernel.ids import from_text
from engine.workflow.work.interventions import inserts, merges, parts, skips
from tests.support.plant import Item, Plant

REASON = "a test"


def skip(plant: Plant, element: str, instance: str | None = None) -> Item:
    """Leave out the one open task at an element."""
    task = from_text(plant.task(element, instance)["id"])
    done: Item = plant.run(skips.skip, task=task, reason=REASON)
    return done


def insert(plant: Plant, instance: str, after: str, name: str = "rework", **more: Any) -> Item:
    """Insert a task that the diagram does not have."""
    answered: Item = plant.run(
        inserts.insert,
        instance=from_text(instance),
        after=after,
        name=name,
        reason=REASON,
        **more,
    )
    return answered


def split(plant: Plant, instance: str, business_key: str | None = None) -> str:
    """Split an instance; the new one's id."""
    part: Item = plant.run(
        parts.split, instance=from_text(instance), business_key=business_key, reason=REASON
    )
    return str(part["id"])


def merge(plant: Plant, instance: str, into: str) -> Item:
    """Merge an instance into another."""
    kept: Item = plant.run(
        merges.merge, instance=from_text(instance), into=from_text(into), reason=REASON
    )
    return kept
