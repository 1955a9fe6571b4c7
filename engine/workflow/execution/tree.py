"""The live tree of an instance: SpiffWorkflow's workflows and tasks, made anew from the frontier.

The other module that touches the library's inside. The library keeps a tree of all tasks ever run,
copies data from task to task and walks the tree at each step; here the tree holds live tokens only,
variables live in the scopes, and what can run next stands in a queue.
"""

from collections import deque
from operator import attrgetter
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.workflow.definition.layout import Layout, items_of
from engine.workflow.definition.model import Flow, Node, Work
from engine.workflow.definition.plan import Plan
from engine.workflow.definition.specs import Conductor, Element, inserted_spec, spec_name
from engine.workflow.execution.frontier import (
    INCIDENT,
    ROOT,
    STUCK,
    WAITING,
    Frontier,
    ScopeState,
    TokenState,
    Variables,
)


class _NoScripts:
    """Stands where the library keeps its script engine: nothing is ever evaluated there."""

    def __getattr__(self, name: str) -> Any:
        raise PermissionError("scripts never run; conditions are compiled when a bundle is read")


_NO_SCRIPTS = _NoScripts()
_number = attrgetter("id")


class Token(Task):  # type: ignore[misc]
    """A live token, numbered within its instance. `since` is when it came, in milliseconds.

    `own` are the variables of an item, `held` its conditional events that were true at last sight;
    `changed` and `inner` is what its step wrote, in its process and in variables of its own;
    `payload` is what the event brought that it stands for, `left` what the data objects of its
    subprocess held at the end; `begun` is when somebody began with its work, `automatic` which of
    its answers a machine gave.
    """

    answers: Variables | None = None
    payload: Variables | None = None
    left: Variables | None = None
    chosen: tuple[Flow, ...] = ()
    own: Variables | None = None
    held: list[str] | tuple[()] = ()
    actor: str | None = None
    begun: int | None = None
    automatic: Variables | None = None
    stuck = excused = False

    def __init__(self, branch: "Root | Branch", spec: Element, number: int, since: int) -> None:
        super().__init__(branch, spec, None, TaskState.FUTURE, number)
        self.since = since
        self.changed: Variables = {}
        self.inner: Variables = {}

    @property
    def number(self) -> int:
        """The token's number in its instance."""
        number: int = self.id
        return number

    @property
    def node(self) -> Node:
        """The element where the token is."""
        node: Node = self.task_spec.node
        return node

    @property
    def live(self) -> bool:
        """Whether the token is still in the tree."""
        return self.id in self.workflow.tasks

    @property
    def incident(self) -> bool:
        """Whether the token cannot go on by itself."""
        return bool(self._state == TaskState.ERROR)

    @property
    def resting(self) -> bool:
        """Whether the token waits for somebody or something outside, or is an incident."""
        return bool(self._state in (TaskState.STARTED, TaskState.ERROR))

    @property
    def variables(self) -> Variables:
        """The variables visible to the token."""
        scope = self.workflow
        if self.own is None and not scope.layered:
            found: Variables = scope.variables
            return found
        found = dict(scope.wall.variables)
        for layer, _names in reversed(self.layers()):
            found.update(layer)
        return found

    def layers(self) -> list[tuple[Variables, frozenset[str]]]:
        """The local variables around the token, nearest first, each with names declared there."""
        found: list[tuple[Variables, frozenset[str]]] = []
        token: Token | None = self
        while token is not None:
            if token.own is not None:
                found.append((token.own, frozenset()))
            scope = token.workflow
            if scope.state.own is not None:
                found.append((scope.state.own, scope.layout.data))
            token = scope.holder if scope.state.variables is None else None
        return found

    def rest(self) -> None:
        """Let the token wait (again)."""
        self._state = TaskState.STARTED

    def fail(self) -> None:
        """Leave the token where it is, as an incident."""
        self._state = TaskState.ERROR

    def again(self) -> None:
        """Let the token arrive at its element once more."""
        self._state = TaskState.FUTURE
        self.task_spec._update(self)

    def complete(self) -> None:
        """The token's step is done; it goes along its flows."""
        self._state = TaskState.COMPLETED
        self.task_spec._on_complete(self)

    def _set_state(self, value: int) -> None:
        # The library builds a dictionary for a log line at each change; nobody reads those.
        self._state = value


class _Scope:
    """What a process and a subprocess have in common; mixed into the library's workflows.

    `holder` is the token of the activity that the scope is inside; `layered` says whether anything
    in it or around it has variables of its own.
    """

    state: ScopeState
    plan: Plan
    layout: Layout
    holder: Token | None
    layered: bool
    tasks: dict[int, Token]
    spec: Any
    top_workflow: "Root"

    def settle_in(
        self, state: ScopeState, plan: Plan, layout: Layout, holder: Token | None
    ) -> None:
        """Take a state and the definition that it belongs to."""
        self.state, self.plan, self.layout, self.holder = state, plan, layout, holder
        if layout.data and state.own is None:
            state.own = {}
        around = holder is not None and (holder.own is not None or holder.workflow.layered)
        self.layered = state.own is not None or (around and state.variables is None)

    def place(self, spec: Element) -> Token:
        """A new token at an element, ready to run."""
        token = self._new(spec)
        spec._update(token)
        return token

    def place_at(self, element: str) -> Token:
        """A new token at the element of that id."""
        return self.place(self.spec.task_specs[spec_name(element)])

    def place_resting(self, element: str) -> Token:
        """A new token at an element whose work is not begun."""
        token = self._new(self.spec.task_specs[spec_name(element)])
        token.rest()
        return token

    def place_inserted(self, name: str) -> Token:
        """A new token at work that was inserted here."""
        return self.place(self.inserted(name))

    def inserted(self, name: str) -> Element:
        """The specification of work that was inserted here; its flows are those it follows."""
        insert = self.state.inserted[name]
        flows = self.layout.nodes[insert.after].outgoing
        work = Work(role=insert.role, form=insert.form)
        return inserted_spec(
            Node(name, "userTask", self.layout.id, insert.name, outgoing=flows, work=work)
        )

    def _new(self, spec: Element) -> Token:
        root = self.top_workflow
        token = Token(self, spec, root.next_number, root.now)  # type: ignore[arg-type]
        root.next_number += 1
        return token

    def join(self, gateway: str) -> None:
        """A join takes what it waited for; it is stuck no more."""
        self.state.join(gateway)
        for token in [t for t in self.tasks.values() if t.stuck and t.node.id == gateway]:
            self.top_workflow.conductor.freed(token)

    def drop(self, token: Token) -> None:
        """Take a token out of the tree, and the scope inside it."""
        self.tasks.pop(token.id, None)
        self.top_workflow.subprocesses.pop(token.id, None)

    def _task_completed_notify(self, task: Token) -> None:
        self.drop(task)
        root = self.top_workflow
        if self.state.loop is not None:
            root.conductor.item_done(self, task)
        else:
            root.left.append(self)  # type: ignore[arg-type]

    @property
    def owner(self) -> int:
        """Whose its waits are: below zero in a called process, whose ids may be its caller's."""
        number = self.state.number
        return -number if self.state.variables is not None else number

    @property
    def wall(self) -> "Root | Branch":
        """The process or called process whose variables this scope reads and writes."""
        scope: Any = self
        while scope.state.variables is None:
            scope = scope.holder.workflow
        found: Root | Branch = scope
        return found

    @property
    def variables(self) -> Variables:
        """The variables of the process or called process."""
        values = self.wall.state.variables
        assert values is not None
        return values


class Root(_Scope, BpmnWorkflow):  # type: ignore[misc]
    """The running instance. `ready` holds what can run next, `left` scopes that lost a token."""

    def __init__(self, plan: Plan, conductor: Conductor, now: int, state: ScopeState) -> None:
        self.conductor, self.now, self.next_number = conductor, now, 1
        self.ready: deque[Token] = deque()
        self.left: deque[Root | Branch] = deque()
        super().__init__(
            plan.specs[plan.model.key], plan.specs, script_engine=_NO_SCRIPTS, deserializing=True
        )
        self.settle_in(state, plan, plan.scopes[plan.model.key], None)

    def open_scope(self, token: Token, state: ScopeState) -> "Branch":
        """The scope inside an activity's token."""
        plan, node = token.workflow.plan, token.node
        name = node.id
        if node.loop is not None:
            name = items_of(node.id)
        elif node.type == "callActivity":
            plan = plan.called[node.work.called or ""]
            name = plan.model.key
        branch = Branch(plan.specs[name], token, self)
        branch.settle_in(state, plan, plan.scopes[name], token)
        self.subprocesses[token.id] = branch
        return branch

    def inside(self, token: Token) -> "Branch | None":
        """The scope inside an activity's token, if it is open."""
        found: Branch | None = self.subprocesses.get(token.id)
        return found

    @property
    def size(self) -> int:
        """How many tokens are live."""
        return len(self.tasks) + sum(len(scope.tasks) for scope in self.subprocesses.values())

    def scopes(self) -> "list[Root | Branch]":
        """Every live scope, parents first."""
        found: list[Root | Branch] = [self]
        if self.subprocesses:
            found += [branch for _, branch in sorted(self.subprocesses.items())]
        return found

    def scope(self, number: int) -> "Root | Branch | None":
        """The live scope of that number, or of that owner of waits."""
        found: Root | Branch | None = self if number == ROOT else self.subprocesses.get(abs(number))
        return found

    def tokens(self) -> list[Token]:
        """Every live token, oldest first."""
        return sorted((t for scope in self.scopes() for t in scope.tasks.values()), key=_number)

    def token(self, number: int) -> Token | None:
        """The live token of that number."""
        return next((s.tasks[number] for s in self.scopes() if number in s.tasks), None)


class Branch(_Scope, BpmnSubWorkflow):  # type: ignore[misc]
    """A running subprocess or called process, or the runs of an activity that has several."""

    holder: Token

    def __init__(self, spec: Any, holder: Token, root: Root) -> None:
        self.holder = holder  # the library would search for it in every scope, each time
        super().__init__(spec, holder.id, root, deserializing=True)

    def _calculate_depth(self) -> int:
        return int(self.holder.workflow.depth) + 1


def plant(plan: Plan, frontier: Frontier, conductor: Conductor, now: int) -> Root:
    """The live tree of a frontier."""
    root = Root(plan, conductor, now, frontier.scopes[0])
    root.next_number = frontier.next
    by_scope: dict[int, Root | Branch] = {ROOT: root}
    inner = {s.number: s for s in frontier.scopes[1:]}
    # A token is older than every token inside it, so its scope is there when they are planted.
    for state in frontier.tokens:
        branch = by_scope[state.scope]
        spec = branch.spec.task_specs.get(spec_name(state.element)) or branch.inserted(
            state.element
        )
        token = Token(branch, spec, state.number, state.since)
        token._state = TaskState.STARTED if state.state == WAITING else TaskState.ERROR
        token.stuck = state.state == STUCK
        token.own, token.held = state.own, state.held
        if state.number in inner:
            by_scope[state.number] = root.open_scope(token, inner[state.number])
    return root


def harvest(root: Root) -> Frontier:
    """The frontier of a tree at rest."""
    tokens = [
        TokenState(
            t.number,
            t.node.id,
            t.workflow.state.number,
            t.since,
            STUCK if t.stuck else INCIDENT if t.incident else WAITING,
            list(t.held),
            t.own,
        )
        for t in root.tokens()
    ]
    return Frontier(root.next_number, tokens, [s.state for s in root.scopes()])
