"""What people do beside the diagram, each for the reason `a test`."""

from typing import Any

from engine.kernel.ids import from_text
from engine.workflow.work.interventions import inserts, merges, moves, parts, skips

REASON = "a test"
Item = dict[str, Any]


class Interventions:
    """That side of a plant; instances by their ids, places by their elements."""

    def run(self, command: Any, **args: Any) -> Any:
        """Run a command as a person."""
        raise NotImplementedError

    def task(self, element: str, instance: str | None = None) -> Item:
        """The one open task at an element."""
        raise NotImplementedError

    def move(self, instance: str, origin: str, to: str, *ends: str) -> Item:
        """Take a token elsewhere."""
        return self._intervene(moves.move, instance, origin=origin, to=to, ends=ends)

    def skip(self, element: str, instance: str | None = None) -> Item:
        """Leave out the one open task at an element."""
        task = from_text(self.task(element, instance)["id"])
        done: Item = self.run(skips.skip, task=task, reason=REASON)
        return done

    def insert(self, instance: str, after: str, name: str = "rework", **more: Any) -> Item:
        """Insert a task that the diagram does not have; `role`, `form`."""
        return self._intervene(inserts.insert, instance, after=after, name=name, **more)

    def split(self, instance: str, business_key: str | None = None) -> str:
        """Let part of an instance go on by itself; the part's id."""
        return str(self._intervene(parts.split, instance, business_key=business_key)["id"])

    def merge(self, instance: str, into: str) -> Item:
        """End an instance where another stands, which goes on."""
        return self._intervene(merges.merge, instance, into=from_text(into))

    def _intervene(self, command: Any, instance: str, **args: Any) -> Item:
        done: Item = self.run(command, instance=from_text(instance), reason=REASON, **args)
        return done
