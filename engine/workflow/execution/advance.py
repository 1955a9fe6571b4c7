"""Moves an instance to its next rest: tokens run until all of them wait for something outside.

An advance works on the live tree in memory and collects what the database must learn: the steps
taken, the tokens that opened work or left it, the waits, the incidents. The caller writes that
down.
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
from engine.workflow.execution import deviations, openings
from engine.workflow.execution.frontier import Frontier, ScopeState, Variables
from engine.workflow.execution.limits import DELIVERIES, NESTED_CALLS
from engine.workflow.execution.openings import Site
from engine.workflow.execution.outcome import Armed, Opening, Step
from engine.workflow.execution.rules import automatic, conditions, events, joins, loops
from engine.workflow.execution.run import Deviation, Run, StepFailed, label
from engine.workflow.execution.tree import Branch, Root, Token, harvest, plant

_FAILURES = (RoutecardError, StepFailed, ExpressionFailed, DecisionFailed, TimeRefused)


class Advance(Run):
    """One advance of one instance; the conductor its elements call.

    Args:
        uow: for in-house functions and the time.
        plan: the definition the instance runs on.
        frontier: the stored state, or None for a new instance.
        site: the plant's time zone, for times without an offset.
        chained: whether so many deliveries led here that nothing more may be thrown.
        suspended: whether conditional events wait until the instance goes on.
        dry: whether functions rest until somebody pretends what they answer.
        held: the bytes of the variables as they are stored.
    """

    def __init__(
        self,
        uow: Uow,
        plan: Plan,
        frontier: Frontier | None,
        site: Site,
        *,
        chained: bool = False,
        suspended: bool = False,
        dry: bool = False,
        held: int = 0,
    ) -> None:
        super().__init__(held)
        self._chained, self._suspended, self._dry = chained, suspended, dry
        self.uow, self.site = uow, site
        self.now = to_ms(uow.now)
        stored = frontier or Frontier(scopes=[ScopeState(0, variables={})])
        self.root = plant(plan, stored, self, self.now)

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
        by: Deviation | None = None,
    ) -> None:
        """Complete the work of a resting token and go on."""
        self.write(token, variables)
        token.answers = answers
        joins.unblock(token)
        self.empty(token, actor)
        self.finish(token, actor, by)
        self.settle()

    def occur(self, owner: int, element: str, variables: Variables, actor: str | None) -> bool:
        """An event that a token or scope may wait for happened; False if it does not any more."""
        taken = events.occur(self, owner, element, variables, actor)
        self.settle()
        return taken

    def waits_on(self, owner: int, element: str) -> bool:
        """Whether a token or scope still waits for an event."""
        return events.waits_on(self, owner, element)

    def exhausted(self, owner: int, element: str, sentence: str) -> None:
        """An event happened that cannot be followed: an incident where its own token begins."""
        taker = events.waiting(self, owner, element)
        if taker is not None:
            self.trouble(events.interrupt(self, taker, None), "limit", sentence)

    def throw(self, token: Token, code: str, detail: str, actor: str | None = None) -> bool:
        """Raise a BPMN error at a token; False if nothing catches it and it is an incident now."""
        caught = self._raise(token, code, detail, actor)
        self.settle()
        return caught

    def _raise(self, token: Token, code: str, detail: str, actor: str | None = None) -> bool:
        if events.raise_error(self, token, code, actor):
            return True
        self.trouble(token, "job", f"Error {code} is caught by nobody: {detail}")
        return False

    def retry(self, token: Token) -> None:
        """Let an incident's token try its element again; a cap that it reached lets it pass."""
        token.excused = True
        self.outcome.recovered.append(token.number)
        inside = self.root.inside(token)
        if inside is not None:  # what runs inside goes on, or hands back its values
            token.rest()
            self.root.left.append(inside)
        elif token.stuck:
            joins.in_vain(self, token)
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
            self.trouble(token, "expression", f"{label(token.node)}: {failed}")
            return None
        token.rest()
        return opened.parameters

    def move(self, token: Token, to: str, by: Deviation) -> None:
        """Take a token to another element of its scope."""
        scope = token.workflow
        joins.unblock(token)
        self.cancel(token, actor=by.actor, by=by)
        scope.place_at(to)
        self.settle()

    def cancel_all(self, by: Deviation) -> None:
        """End the instance as it stands."""
        for token in list(self.root.tasks.values()):
            self.cancel(token, actor=by.actor, by=by)
        self.root.state.joins.clear()
        events.disarm(self, self.root)

    def change(self, variables: Variables, reason: str, actor: str) -> None:
        """Change variables of the process from outside, as a deviation."""
        self.root.variables.update(variables)
        step = Step("", "", 0, self.now, "completed", dict(variables), None, actor, reason)
        step.kind = "variables"
        self.outcome.steps.append(step)
        self.settle()

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
        self.stirred, self.lookout = set(self.root.scopes()), None
        while True:
            self._run_ready()
            if joins.pass_or_give_up(self):
                continue
            if self.completed or self._suspended or not conditions.fire(self):
                break
        if self.completed:
            events.disarm(self, self.root)

    def _run_ready(self) -> None:
        root = self.root
        while root.ready or root.left:
            if root.left:
                scope = root.left.popleft()
                self.stirred.add(scope)
                self._close(scope)
            elif (token := root.ready.popleft()).live:
                self.stirred.add(token.workflow)
                self._run(token)

    def _run(self, token: Token) -> None:
        try:
            self.spend(token)
            pretended = self._dry and self._is_pretended(token.node)
            waits = pretended or token.task_spec._run_hook(token) is None
        except _FAILURES as failed:
            self._failed(token, failed)
            self.rested(token)
            return
        if waits:
            token.rest()
            self.rested(token)
            return
        self.record(token, "completed")
        token.complete()
        if self.then is not None:
            following, self.then = self.then, None
            following()

    def _is_pretended(self, node: Node) -> bool:
        return node.work.function is not None and node.loop is None

    def _failed(self, token: Token, failed: Exception) -> None:
        """A step could not be taken: an error the diagram may catch, else an incident."""
        if isinstance(failed, Raised):
            token.rest()
            self._raise(token, failed.bpmn_code, failed.detail)
        elif isinstance(failed, StepFailed):
            self.trouble(token, failed.kind, str(failed))
        else:
            kinds = {ExpressionFailed: "expression", TimeRefused: "timer", RoutecardError: "job"}
            kind = next(kind for error, kind in kinds.items() if isinstance(failed, error))
            detail = failed.detail if isinstance(failed, RoutecardError) else failed
            self.trouble(token, kind, f"{label(token.node)}: {detail}")

    def _close(self, scope: Root | Branch) -> None:
        """A scope lost a token: if none is left, its activity is complete."""
        holder = scope.holder
        if holder is not None and self.root.inside(holder) is not scope:
            return  # its activity ended meanwhile
        if scope.state.loop is not None:
            self._proceed(scope)
            return
        if holder is not None and not scope.tasks and not scope.state.joins:
            self._hand_back(scope, holder)

    def _hand_back(self, scope: Root | Branch, holder: Token) -> None:
        """A subprocess or called process is over, and so is its activity."""
        try:
            self.keep(holder, automatic.values_out(scope.state, holder.node))
        except StepFailed as failed:
            self.trouble(holder, failed.kind, str(failed))
        except ExpressionFailed as failed:
            self.trouble(holder, "expression", f"{label(holder.node)}: {failed}")
        else:
            holder.left = scope.state.own
            self.finish(holder)

    def _proceed(self, scope: Branch) -> None:
        """Go on with an activity that runs several times; what it cannot tell is an incident."""
        body = scope.holder
        assert body is not None
        if body.incident:
            return  # a person looks at it first
        try:
            loops.proceed(self, scope)
        except StepFailed as failed:
            self.trouble(body, failed.kind, str(failed))
        except ExpressionFailed as failed:
            self.trouble(body, "expression", f"{label(body.node)}: {failed}")

    def freed(self, token: Token) -> None:
        """A join that was stuck got what it waited for."""
        self.leave(token, False)
        token.workflow.drop(token)

    # ---- what elements ask for ----

    def choose(self, token: Token, node: Node) -> tuple[Flow, ...]:
        """The flows whose conditions hold, else the default."""
        return automatic.choose(node, token.variables)

    def start(self, token: Token, node: Node) -> None:
        """A scope begins: its event subprocesses wait as long as it runs."""
        scope = token.workflow
        if scope.layout.handlers:
            armed = openings.armed_scope(scope, token.variables, self.uow.now, self.site)
            self.outcome.arm(scope.owner, armed)

    def rest(self, token: Token, node: Node) -> None:
        """Open the work or the wait of a token."""
        self._open(token, *self._opening(token))

    def _opening(self, token: Token) -> tuple[Opening, Armed | None]:
        opened = openings.opening(token, self.uow.now, self.site)
        if opened.thrown is not None:
            self._check_chain(token.node)
        waits = openings.may_wait(token.node)
        return opened, openings.armed(token, self.uow.now, self.site) if waits else None

    def _open(self, token: Token, opened: Opening, armed: Armed | None) -> None:
        self.outcome.opened[token.number] = opened
        if armed is not None:
            self.outcome.arm(token.number, armed)

    def _check_chain(self, node: Node) -> None:
        if self._chained:
            raise StepFailed(
                "limit",
                f"{label(node)} would throw after {DELIVERIES} deliveries, each of them following "
                "from the one before. Look for a loop; retry throws.",
            )

    def carry_out(self, token: Token, node: Node) -> None:
        """Run an in-house function or a decision and keep what it answers."""
        self.keep(token, automatic.carry_out(self.uow, token, node))

    def enter(self, token: Token, node: Node) -> bool:
        """Open the scope of a subprocess, a called process or an activity's runs, and start it.

        False if an activity that runs several times runs not even once.
        """
        if token.workflow.depth >= NESTED_CALLS:
            raise StepFailed(
                "limit", f"{label(node)} would nest deeper than {NESTED_CALLS} processes."
            )
        opening = self._opening(token)
        if node.loop is None:
            variables = automatic.values_in(node, token.variables)
            self.make_room(token, variables or {})
            self._enter(token, variables)
        elif not loops.begin(self, token):
            return False
        self._open(token, *opening)
        return True

    def _enter(self, token: Token, variables: Variables | None) -> None:
        inner = self.root.open_scope(token, ScopeState(token.number, variables))
        start = inner.layout.starts[0] if variables is None else inner.plan.model.plain_start
        assert start is not None
        started = inner.place_at(start.id)
        started.changed.update(variables or {})
        if token.payload is not None:
            self.write(started, token.payload)
            started.actor = token.actor

    def happen(self, token: Token, node: Node) -> None:
        """What an end or throw event does beyond passing its token on."""
        kind = node.event.kind if node.event is not None else "none"
        if kind == "terminate":
            scope = token.workflow
            for other in list(scope.tasks.values()):
                if other is not token:
                    self.cancel(other)
            scope.state.joins.clear()
        elif kind == "signal":
            self._check_chain(node)
            self.outcome.signals.append(openings.thrown(token))
        elif kind == "escalation":
            events.escalate(self, token, node)
        elif kind == "error":
            events.end_by_error(self, token, node)

    def insert(self, token: Token, node: Node) -> bool:
        """Whether work inserted after this element takes the token instead of its flows."""
        return deviations.take_inserted(token, node)

    def item_done(self, scope: Branch, token: Token) -> None:
        """One run of an activity that has several is over."""
        loops.item_done(scope, token)
        self._proceed(scope)
