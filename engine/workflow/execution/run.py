"""An advance in progress: the live tree, what was done, and the acts that all rules are made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.kernel import json_text
from engine.workflow.definition.layout import HIDDEN, shown
from engine.workflow.definition.model import Node
from engine.workflow.execution.frontier import Variables, dump
from engine.workflow.execution.limits import AUTOMATIC_STEPS, ROOM, VARIABLE_BYTES
from engine.workflow.execution.openings import JOB_TYPES, may_wait
from engine.workflow.execution.outcome import Left, Outcome, Step, Trouble
from engine.workflow.execution.tree import Branch, Root, Token, harvest

if TYPE_CHECKING:
    from engine.workflow.execution.rules.conditions import Lookout


class StepFailed(Exception):
    """A step that cannot be taken as drawn; its kind is the incident's."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Deviation:
    """A person's act beside the released routing: how (`move`, `skip` …), why, and by whom."""

    kind: str
    reason: str
    actor: str


class Run:
    """What the rules of execution share; `then` is what follows the step that is being taken.

    On the way to rest `stirred` are the scopes where something moved since joins were looked at;
    `lookout` watches what conditional events wait for, once there are any.
    """

    root: Root
    now: int
    outcome: Outcome
    lookout: "Lookout | None" = None

    def __init__(self, held: int) -> None:
        self.outcome = Outcome()
        self.then: Callable[[], None] | None = None
        self._budget = AUTOMATIC_STEPS
        self._held, self._added = held, 0
        self.stirred: set[Root | Branch] = set()

    # ---- variables ----

    def write(self, token: Token, variables: Variables) -> None:
        """Write variables from where a token is: nearest scope that has them, else the process."""
        if not variables:
            return
        if self.lookout is not None:
            self.lookout.wrote.update(variables)
        scope = token.workflow
        if token.own is not None or scope.layered:
            variables = self._write_inner(token, variables)
        wall = scope.wall
        wall.state.variables.update(variables)
        token.changed.update(variables)
        if wall is not self.root and variables:
            wall.state.written = sorted({*wall.state.written, *variables})

    def _write_inner(self, token: Token, variables: Variables) -> Variables:
        """Write what is local; what is left belongs to the process."""
        layers = token.layers()
        rest: Variables = {}
        for name, value in variables.items():
            home = next((x for x, names in layers if name in x or name in names), None)
            if home is None:
                rest[name] = value
            else:
                home[name] = token.inner[name] = value
        return rest

    def keep(self, token: Token, variables: Variables) -> None:
        """Write what a step of the engine's own answers.

        Raises:
            StepFailed: if the instance would hold too much then.
        """
        if variables:
            seen = token.variables
            self.make_room(token, variables, {n: seen[n] for n in variables if n in seen})
            self.write(token, variables)

    def make_room(self, token: Token, added: object, replaced: Variables | None = None) -> None:
        """Refuse what the variables of the instance cannot take beside what they hold.

        Raises:
            StepFailed: naming the sizes.
        """
        size = len(json_text.write(added))
        self._added += size
        if self._added < ROOM and self._held < VARIABLE_BYTES // 2:
            return
        held = len(dump(harvest(self.root))[1]) - len(json_text.write(replaced or {}))
        if held + size > VARIABLE_BYTES:
            raise StepFailed(
                "limit",
                f"{label(token.node)} would make the variables of this instance take "
                f"{(held + size) // 1024} kB; at most {VARIABLE_BYTES // 1024} kB are kept. Make "
                "them smaller, then retry.",
            )

    # ---- tokens ----

    def finish(self, token: Token, actor: str | None = None, by: Deviation | None = None) -> None:
        """The work of a token is done; it leaves along its flows."""
        self.leave(token, True)
        self.record(token, "completed", actor, by)
        token.complete()

    def cancel(
        self,
        token: Token,
        state: str = "cancelled",
        *,
        actor: str | None = None,
        by: Deviation | None = None,
    ) -> None:
        """End a token and everything inside it; what was at rest there is recorded."""
        self.empty(token, actor)
        if token.resting:
            self.leave(token, False)
            self.record(token, state, actor, by)
        token.workflow.state.inserted.pop(token.node.id, None)
        token.workflow.drop(token)

    def empty(self, token: Token, actor: str | None = None) -> None:
        """End everything inside an activity's token."""
        inside = self.root.inside(token)
        if inside is not None:
            for inner in list(inside.tasks.values()):
                self.cancel(inner, actor=actor)

    def rested(self, token: Token) -> None:
        """A token came to rest, or ended meanwhile."""
        if self.lookout is not None:
            self.lookout.rested.append(token)

    def leave(self, token: Token, completed: bool) -> None:
        """A token leaves its rest: what it opened and what it waited for is over."""
        self.outcome.leave(
            Left(token.number, token.node, token.incident, completed, self._may_wait(token))
        )

    def _may_wait(self, token: Token) -> bool:
        node = token.node
        if may_wait(node):
            return True
        inside = self.root.inside(token)
        return inside is not None and bool(inside.layout.handlers)

    def record(
        self,
        token: Token,
        state: str,
        actor: str | None = None,
        by: Deviation | None = None,
    ) -> None:
        """Note a finished step; what the diagram does not show is not one."""
        node, scope = token.node, token.workflow
        unseen = node.loop is not None or HIDDEN in node.id
        if unseen and not token.changed and by is None:
            return
        step = Step(
            shown(node.id),
            scope.plan.model.key,
            scope.wall.state.number,
            token.since,
            state,
            token.changed,
            token.answers,
            actor or token.actor,
            begun=token.begun,
            automatic=token.automatic,
        )
        if by is not None:
            step.deviation, step.kind, step.actor = by.reason, by.kind, by.actor
        if token.own is not None or scope.layered:
            step.inner = token.inner
            step.seen = {k: v for x, _ in reversed(token.layers()) for k, v in x.items()}
        if node.id in scope.state.inserted:
            step.name = node.name
            if by is None:
                step.kind, step.deviation = "insert", scope.state.inserted[node.id].reason
        self.outcome.steps.append(step)

    def trouble(self, token: Token, kind: str, message: str) -> None:
        """Leave a token as an incident."""
        token.fail()
        element = shown(token.node.id)
        self.outcome.troubles[token.number] = Trouble(token.number, element, kind, message)

    # ---- limits ----

    def spend(self, token: Token) -> None:
        """Count the step against the advance's budget and the element's own cap.

        Raises:
            StepFailed: at either.
        """
        self._budget -= 1
        if self._budget < 0:
            raise StepFailed(
                "limit",
                f"{AUTOMATIC_STEPS} automatic steps ran without a rest. Check the loop at "
                f"{label(token.node)}; retry goes on with a new budget.",
            )
        maximum = token.node.work.maximum
        if maximum is not None and not token.excused:
            visits = token.workflow.state.visits
            visits[token.node.id] = visits.get(token.node.id, 0) + 1
            if visits[token.node.id] > maximum:
                raise StepFailed(
                    "limit",
                    f"{label(token.node)} was reached {visits[token.node.id]} times; "
                    f"its cap is {maximum}.",
                )


def label(node: Node) -> str:
    """How a sentence names an element."""
    element = shown(node.id)
    return f"{node.name!r} ({element})" if node.name else element


def has_job(node: Node) -> bool:
    """Whether a worker completes the element."""
    return node.type in JOB_TYPES and node.work.topic is not None
