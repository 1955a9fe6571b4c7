"""Scopes as specifications that SpiffWorkflow runs.

One of the two modules that touch the library's inside (the other is `execution/tree.py`). A spec
says what its element does when a token is there, by calling the conductor of the running tree; it
holds nothing of an instance, so one set of specs serves all instances and threads.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.util.task import TaskState

from engine.workflow.definition.layout import Layout
from engine.workflow.definition.model import Flow, Node


class Conductor(Protocol):
    """What a running instance offers to the elements of its diagram."""

    def choose(self, token: Any, node: Node) -> tuple[Flow, ...]:
        """The flows that a gateway with conditions takes."""

    def start(self, token: Any, node: Node) -> None:
        """A scope begins at its start event."""

    def rest(self, token: Any, node: Node) -> None:
        """Leave the token here until a person, a worker, an event or the time completes it."""

    def carry_out(self, token: Any, node: Node) -> None:
        """Do an automatic task now."""

    def enter(self, token: Any, node: Node) -> bool:
        """Start what runs inside an activity; False if there is nothing to run."""

    def happen(self, token: Any, node: Node) -> None:
        """What an end or throw event does beyond passing its token on."""

    def insert(self, token: Any, node: Node) -> bool:
        """Whether work inserted after this element takes the token instead of its flows."""

    def freed(self, token: Any) -> None:
        """A join that was stuck got what it waited for."""

    def item_done(self, scope: Any, token: Any) -> None:
        """One run of an activity that has several is over."""


def spec_name(element: str) -> str:
    """The library's name for an element; never one of the names that it uses itself."""
    return f"#{element}"


class Element(BpmnTaskSpec):  # type: ignore[misc]
    """A flow node that a token passes at once."""

    def __init__(self, process: BpmnProcessSpec, node: Node) -> None:
        super().__init__(process, spec_name(node.id), lane=node.work.role)
        self.node = node
        self.bpmn_id, self.bpmn_name = node.id, node.name

    def test(self) -> None:
        """Nothing to test: lint has done it."""

    def flows(self, token: Any) -> Iterable[Flow]:
        """The flows that get a token when this element completes."""
        return self.node.outgoing

    def arrive(self, branch: Any, flow: Flow) -> None:
        """A token comes along a flow."""
        branch.place(self)

    def _predict(self, *_args: Any, **_options: Any) -> None:
        """No guesses about what may come: only real tokens are in the tree."""

    def _update(self, my_task: Any) -> None:
        """A token is here and can run; the library would first ask for guesses and assignments."""
        my_task._set_state(TaskState.READY)
        my_task.workflow.top_workflow.ready.append(my_task)

    def _run_hook(self, my_task: Any) -> bool | None:
        return True

    def _on_complete(self, my_task: Any) -> None:
        branch = my_task.workflow
        inserted = branch.state.inserted and self._conductor(my_task).insert(my_task, self.node)
        if not inserted:
            for flow in self.flows(my_task):
                branch.spec.task_specs[spec_name(flow.target)].arrive(branch, flow)
        branch._task_completed_notify(my_task)

    def serialize(self, serializer: Any, **_options: Any) -> Any:
        """Specs are parsed, never stored."""
        raise TypeError("a spec is made from its diagram, never stored")

    @staticmethod
    def _conductor(my_task: Any) -> Conductor:
        conductor: Conductor = my_task.workflow.top_workflow.conductor
        return conductor


class Starting(Element):
    """A start event."""

    def _run_hook(self, my_task: Any) -> bool:
        self._conductor(my_task).start(my_task, self.node)
        return True


class Choosing(Element):
    """A gateway whose conditions say which flows get a token."""

    def _run_hook(self, my_task: Any) -> bool:
        my_task.chosen = self._conductor(my_task).choose(my_task, self.node)
        return True

    def flows(self, token: Any) -> Iterable[Flow]:
        """The chosen flows."""
        chosen: tuple[Flow, ...] = token.chosen
        return chosen


class Parallel(Element):
    """A parallel gateway: one token from every incoming flow makes one on every outgoing flow.

    Arrivals are counters per incoming flow in the scope's state; nothing is looked up in the tree,
    so a pass through a loop never sees the arrivals of an earlier one.

    Source: BPMN 2.0.2 section 13.4.1, with excess tokens kept.
    """

    def arrive(self, branch: Any, flow: Flow) -> None:
        """Count the token; place one of our own when every flow has brought one."""
        incoming = self.node.incoming
        if len(incoming) < 2:
            branch.place(self)
            return
        arrived = branch.state.arrive(self.node.id, flow.id)
        if all(arrived.get(name) for name in incoming):
            branch.join(self.node.id)
            branch.place(self)


class Inclusive(Choosing):
    """An inclusive gateway: joins what came, once nothing else can come, and chooses.

    Arrivals are counted as at a parallel gateway; `rules/joins.py` says when they are enough.

    Source: BPMN 2.0.2 section 13.4.3.
    """

    def arrive(self, branch: Any, flow: Flow) -> None:
        """Count the token, or take it at once if no other flow leads here."""
        if len(self.node.incoming) < 2:
            branch.place(self)
        else:
            branch.state.arrive(self.node.id, flow.id)


class Resting(Element):
    """A task or an event that somebody or something outside completes."""

    def _run_hook(self, my_task: Any) -> None:
        self._conductor(my_task).rest(my_task, self.node)


class Automatic(Element):
    """A task that is done on the way: an in-house function or a decision."""

    def _run_hook(self, my_task: Any) -> bool:
        self._conductor(my_task).carry_out(my_task, self.node)
        return True


class Nested(Element):
    """An activity with tokens of its own inside."""

    def _run_hook(self, my_task: Any) -> bool | None:
        return None if self._conductor(my_task).enter(my_task, self.node) else True


class Happening(Element):
    """An end or throw event."""

    def _run_hook(self, my_task: Any) -> bool:
        self._conductor(my_task).happen(my_task, self.node)
        return True


_CLASSES: dict[str, type[Element]] = {
    "startEvent": Starting,
    "boundaryEvent": Element,
    "endEvent": Happening,
    "intermediateThrowEvent": Happening,
    "intermediateCatchEvent": Resting,
    "userTask": Resting,
    "manualTask": Resting,
    "task": Resting,
    "sendTask": Resting,
    "receiveTask": Resting,
    "businessRuleTask": Automatic,
    "callActivity": Nested,
    "subProcess": Nested,
    "exclusiveGateway": Choosing,
    "parallelGateway": Parallel,
    "inclusiveGateway": Inclusive,
    "eventBasedGateway": Resting,
}


def build_specs(scopes: Mapping[str, Layout]) -> dict[str, BpmnProcessSpec]:
    """A specification per scope of the process, by the scope's id."""
    return {name: _scope_spec(scope) for name, scope in scopes.items()}


def inserted_spec(node: Node) -> Element:
    """The specification of work that one instance has and its diagram has not."""
    return Resting(BpmnProcessSpec(name=node.id), node)


def _scope_spec(scope: Layout) -> BpmnProcessSpec:
    spec = BpmnProcessSpec(name=scope.id)
    for node in scope.nodes.values():
        _class_of(node)(spec, node)
    return spec


def _class_of(node: Node) -> type[Element]:
    if node.loop is not None:
        return Nested
    kind = node.event.kind if node.event is not None else ""
    if node.type == "serviceTask":
        return Automatic if node.work.function else Resting
    if kind == "message" and node.type in ("endEvent", "intermediateThrowEvent"):
        return Resting  # until the message is delivered
    if kind == "link":
        return Element
    return _CLASSES[node.type]
