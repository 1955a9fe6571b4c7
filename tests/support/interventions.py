"""What people do beside the diagram, each for the reason `a test`."""

from typing import Any, Protocol

from engine.kernel.ids import from_text
from engine.workflow.work.interventions import inserts, merges, moves, parts, skips

REASON = "a test"
Item = dict[str, Any]


class Acting(Protocol):
    """A plant where commands are run and tasks are found."""

    def run(self, command: Any, **args: Any) -> Any: ...
    def task(self, element: str, instance: str | None = None) -> Item: ...


class Interventions:
    """That side of a plant; instances by their ids, places by their elements."""

    def move(self: Acting, instance: str, origin: str, to: str, *ends: str) -> Item:
        """Take a token elsewhere."""
        return _intervene(self, moves.move, instance, origin=origin, to=to, ends=ends)

    def skip(self: Acting, element: str, instance: str | None = None) -> Item:
        """Leave out the one open task at an element."""
        task = from_text(self.task(element, instance)["id"])
        done: Item = self.run(skips.skip, task=task, reason=REASON)
        return done

    def insert(self: Acting, instance: str, after: str, name: str = "rework", **more: Any) -> Item:
        """Insert a task that the diagram does not have; `role`, `form`."""
        return _intervene(self, inserts.insert, instance, after=after, name=name, **more)

    def split(self: Acting, instance: str, business_key: str | None = None) -> str:
        """Let part of an instance go on by itself; the part's id."""
        return str(_intervene(self, parts.split, instance, business_key=business_key)["id"])

    def merge(self: Acting, instance: str, into: str) -> Item:
        """End an instance where another stands, which goes on."""
        return _intervene(self, merges.merge, instance, into=from_text(into))


def _intervene(plant: Acting, command: Any, instance: str, **args: Any) -> Item:
    done: Item = plant.run(command, instance=from_text(instance), reason=REASON, **args)
    return done
