"""Moves an instance to its next rest: tokens run until all of them wait for something outside.

An advance works on the live tree in memory and collects what the database must learn: the steps
taken, the tokens that opened work or left it, the incidents. The caller writes that down.
"""

from engine.kernel.clock import to_ms
from engine.kernel.errors import RoutecardError
from engine.kernel.functions import Raised
from engine.kernel.store.uow import Uow
from engine.workflow.definition.decisions import DecisionFailed
from engine.workflow.definition.expressions import ExpressionFailed
from engine.workflow.definition.model import Flow, Node
from engine.workflow.definition.plan import Plan
from engine.workflow.definition.times import TimeRefused
from engine.workflow.execution import automatic, openings
from engine.workflow.execution.frontier import Frontier, ScopeState, Variables
from engine.workflow.execution.limits import AUTOMATIC_STEPS, NESTED_CALLS
from engine.workflow.execution.openings import Site
from engine.workflow.execution.outcome import Left, Outcome, Step, Trouble
from engine.workflow.execution.tree import Branch, Root, Token, harvest, plant


class StepFailed(Exception):
    """A step that cannot be taken as drawn; its kind is the incident's."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class Advance:
    """One advance of one instance; the conductor its elements call.

    Args:
        uow: for in-house functions and the time.
        plan: the definition the instance runs on.
        frontier: the stored state, or None for a new instance.
        site: the plant's time zone, for times without an offset.
    """

    def __init__(self, uow: Uow, plan: Plan, frontier: Frontier | None, site: Site) -> None:
        self.uow, self.site = uow, site
        self.now = to_ms(uow.now)
        self.outcome = Outcome()
        stored = frontier or Frontier(scopes=[ScopeState(0, variables={})])
        self.root = plant(plan, stored, self, self.now)
        self._budget = AUTOMATIC_STEPS

    # ---- what callers ask for ----

    def begin(self, start: Node, variables: Variables, actor: str) -> None:
        """Start the process at a start event."""
        token = self.root.place_at(start.id)
        token.actor = actor
        self.write(token, variables)
        self.settle()

    def complete(
        self,
        token: Token,
        variables: Variables,
        answers: Variables | None,
        actor: str | None,
        deviation: str | None = None,
    ) -> None:
        """Complete the work of a resting token and go on."""
        self.write(token, variables)
        token.answers = answers
        self._unblock(token)
        self._finish(token, actor, deviation)
        self.settle()

    def fire(self, token: Token, boundary: str) -> None:
        """An interrupting boundary event: its activity is cancelled, the token goes on from it."""
        scope = token.workflow
        self.cancel(token)
        scope.place_at(boundary)
        self.settle()

    def throw(self, token: Token, code: str, detail: str, actor: str | None = None) -> bool:
        """Raise a BPMN error at a token; False if nothing catches it and it is an incident now."""
        caught = self._raise(token, code, detail, actor)
        self.settle()
        return caught

    def _raise(self, token: Token, code: str, detail: str, actor: str | None = None) -> bool:
        at: Token | None = token
        while at is not None:
            boundary = openings.catching(at.workflow.model, at.node, code)
            if boundary is not None:
                scope = at.workflow
                self.cancel(token, "failed", actor=actor)
                if at is not token:
                    self.cancel(at, actor=actor)
                scope.place_at(boundary.id)
                return True
            at = self.root.token(at.workflow.state.number)
        self.trouble(token, "job", f"Error {code} is caught by nobody: {detail}")
        return False

    def retry(self, token: Token) -> None:
        """Let an incident's token try its element again; a cap that it reached lets it pass."""
        token.excused = True
        self.outcome.recovered.append(token.number)
        inside = self.root.inside(token)
        if inside is not None:  # the called process is over, only handing back its values failed
            token.rest()
            self.root.left.append(inside)
        elif token.stuck:
            self._deadlock(token.workflow, token)
        else:
            token.again()
        self.settle()

    def wait_again(self, token: Token) -> Variables | None:
        """An incident's token waits for its job once more: the job's parameters as they are now.

        None if they cannot be evaluated; then the incident stays.
        """
        self.outcome.recovered.append(token.number)
        try:
            opened = openings.opening(token, self.uow.now, self.site)
        except (ExpressionFailed, TimeRefused) as failed:
            self.trouble(token, "expression", f"{_label(token.node)}: {failed}")
            return None
        token.rest()
        return opened.parameters

    def move(self, token: Token, to: str, reason: str, actor: str) -> None:
        """Take a token to another element of its scope, as a deviation."""
        scope = token.workflow
        self._unblock(token)
        self.cancel(token, actor=actor, deviation=reason)
        scope.place_at(to)
        self.settle()

    def cancel(
        self,
        token: Token,
        state: str = "cancelled",
        *,
        actor: str | None = None,
        deviation: str | None = None,
    ) -> None:
        """End a token and everything inside it; what was at rest there is recorded."""
        inside = self.root.inside(token)
        if inside is not None:
            for inner in list(inside.tasks.values()):
                self.cancel(inner, actor=actor)
        if token.resting:
            self.outcome.leave(Left(token.number, token.node, token.incident, False))
            self._record(token, state, actor, deviation)
        token.workflow.drop(token)

    def cancel_all(self, reason: str, actor: str) -> None:
        """End the instance as it stands."""
        for token in list(self.root.tasks.values()):
            self.cancel(token, actor=actor, deviation=reason)
        self.root.state.joins.clear()

    def change(self, variables: Variables, reason: str, actor: str) -> None:
        """Change variables of the process from outside, as a deviation."""
        self.root.variables.update(variables)
        self.outcome.steps.append(
            Step("", "", 0, self.now, "completed", dict(variables), None, actor, reason)
        )

    def write(self, token: Token, variables: Variables) -> None:
        """Write variables from where a token is: each has one value in its process."""
        if not variables:
            return
        wall = token.workflow.wall
        token.workflow.variables.update(variables)
        token.changed.update(variables)
        if wall is not self.root:
            wall.state.written = sorted({*wall.state.written, *variables})

    def trouble(self, token: Token, kind: str, message: str) -> None:
        """Leave a token as an incident."""
        token.fail()
        self.outcome.troubles[token.number] = Trouble(token.number, token.node.id, kind, message)

    @property
    def completed(self) -> bool:
        """Whether the instance came to its end."""
        return not self.root.tasks and not self.root.state.joins

    def frontier(self) -> Frontier:
        """The state to store."""
        return harvest(self.root)

    # ---- running ----

    def settle(self) -> None:
        """Run every token to its next rest and close the scopes that became empty."""
        root = self.root
        while root.ready or root.left:
            if root.ready:
                token = root.ready.popleft()
                if token.live:
                    self._run(token)
            else:
                self._close(root.left.popleft())

    def _run(self, token: Token) -> None:
        try:
            self._spend(token)
            if token.run():
                self._record(token, "completed")
        except Raised as raised:
            token.rest()
            self._raise(token, raised.bpmn_code, raised.detail)
        except StepFailed as failed:
            self.trouble(token, failed.kind, str(failed))
        except (ExpressionFailed, DecisionFailed) as failed:
            self.trouble(token, "expression", f"{_label(token.node)}: {failed}")
        except TimeRefused as refused:
            self.trouble(token, "timer", f"{_label(token.node)}: {refused}")
        except RoutecardError as refused:
            self.trouble(token, "job", f"{_label(token.node)}: {refused.detail}")

    def _spend(self, token: Token) -> None:
        """Count the step against the advance's budget and the element's own cap."""
        self._budget -= 1
        if self._budget < 0:
            raise StepFailed(
                "limit",
                f"{AUTOMATIC_STEPS} automatic steps ran without a rest. Check the loop at "
                f"{_label(token.node)}; retry goes on with a new budget.",
            )
        maximum = token.node.work.maximum
        if maximum is not None and not token.excused:
            visits = token.workflow.state.visits
            visits[token.node.id] = visits.get(token.node.id, 0) + 1
            if visits[token.node.id] > maximum:
                raise StepFailed(
                    "limit",
                    f"{_label(token.node)} was reached {visits[token.node.id]} times; "
                    f"its cap is {maximum}.",
                )

    def _finish(self, token: Token, actor: str | None = None, deviation: str | None = None) -> None:
        self.outcome.leave(Left(token.number, token.node, token.incident, True))
        self._record(token, "completed", actor, deviation)
        token.complete()

    def _record(
        self, token: Token, state: str, actor: str | None = None, deviation: str | None = None
    ) -> None:
        scope = token.workflow
        self.outcome.steps.append(
            Step(
                token.node.id,
                scope.plan.model.key,
                scope.wall.state.number,
                token.since,
                state,
                token.changed,
                token.answers,
                actor or token.actor,
                deviation,
            )
        )

    def _close(self, scope: Root | Branch) -> None:
        """A scope lost a token: if none is left, its activity is complete."""
        if scope.tasks or (scope is self.root and not scope.state.joins):
            return
        if scope is not self.root and scope is not self.root.subprocesses.get(scope.parent_task_id):
            return  # its activity was cancelled meanwhile
        if scope.state.joins:
            self._deadlock(scope)
            return
        token = self.root.token(scope.state.number)
        assert token is not None
        try:
            self.write(token, automatic.values_out(scope.state, token.node))
        except ExpressionFailed as failed:
            self.trouble(token, "expression", f"{_label(token.node)}: {failed}")
        else:
            self._finish(token)

    def _unblock(self, token: Token) -> None:
        """A join that waits in vain gives up the tokens that did arrive."""
        if token.stuck:
            token.workflow.state.joins.pop(token.node.id, None)

    def _deadlock(self, scope: Root | Branch, token: Token | None = None) -> None:
        """Nothing runs in the scope any more, but a join still waits for a flow."""
        gateway = scope.model.nodes[token.node.id if token else min(scope.state.joins)]
        arrived = scope.state.joins.get(gateway.id, {})
        missing = ", ".join(f for f in gateway.incoming if not arrived.get(f))
        self.trouble(
            token or scope.place_stuck(gateway.id),
            "problem",
            f"{_label(gateway)} waits for a token on {missing}, which can no longer come. "
            "Complete it to go on without, or move the token.",
        )

    # ---- what elements ask for ----

    def choose(self, token: Token, node: Node) -> Flow | None:
        """The first flow whose condition holds, else the default."""
        return automatic.choose(node, token.workflow.variables)

    def rest(self, token: Token, node: Node) -> None:
        """Open the work or the wait of a token."""
        opened = openings.opening(token, self.uow.now, self.site)
        self.outcome.opened[token.number] = opened

    def carry_out(self, token: Token, node: Node) -> None:
        """Run an in-house function or a decision and keep what it answers."""
        scope = token.workflow
        self.write(token, automatic.carry_out(self.uow, scope.plan, node, scope.variables))

    def enter(self, token: Token, node: Node) -> None:
        """Open the scope of a subprocess or a called process and start it."""
        scope = token.workflow
        if scope.depth >= NESTED_CALLS:
            raise StepFailed(
                "limit", f"{_label(node)} would nest deeper than {NESTED_CALLS} processes."
            )
        opened = openings.opening(token, self.uow.now, self.site)
        variables = automatic.values_in(node, scope.variables)
        self.outcome.opened[token.number] = opened
        inner = self.root.open_scope(token, ScopeState(token.number, variables))
        start = inner.model.starts[0] if variables is None else inner.plan.model.plain_start
        assert start is not None
        started = inner.place_at(start.id)
        started.changed.update(variables or {})

    def end(self, token: Token, node: Node) -> None:
        """A terminate end event ends every other token of its scope."""
        if node.event is not None and node.event.kind == "terminate":
            scope = token.workflow
            for other in list(scope.tasks.values()):
                if other is not token:
                    self.cancel(other)
            scope.state.joins.clear()


def _label(node: Node) -> str:
    """How a sentence names an element."""
    return f"{node.name!r} ({node.id})" if node.name else node.id
