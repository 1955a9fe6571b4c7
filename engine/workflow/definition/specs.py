"""Process models as specifications that SpiffWorkflow runs.

One of the two modules that touch the library's inside (the other is `execution/tree.py`). A spec
says what its element does when a token is there, by calling the conductor of the running tree; it
holds nothing of an instance, so one set of specs serves all instances and threads.
"""

from collections.abc import Iterable
from typing import Any, Protocol

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec

from engine.workflow.definition.model import Flow, Node, ProcessModel, ScopeModel


class Conductor(Protocol):
    """What a running instance offers to the elements of its diagram."""

    def choose(self, token: Any, node: Node) -> Flow | None:
        """The one flow an exclusive gateway takes; None if it has none."""

    def rest(self, token: Any, node: Node) -> None:
        """Leave the token here until a person, a worker, a message or the time completes it."""

    def carry_out(self, token: Any, node: Node) -> None:
        """Do an automatic task now."""

    def enter(self, token: Any, node: Node) -> None:
        """Start the subprocess or the called process of an activity."""

    def end(self, token: Any, node: Node) -> None:
        """What an end event does beyond ending its token."""


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

    def _update_hook(self, my_task: Any) -> bool:
        return True

    def _on_ready_hook(self, my_task: Any) -> None:
        my_task.workflow.top_workflow.ready.append(my_task)

    def _run_hook(self, my_task: Any) -> bool | None:
        return True

    def _on_complete(self, my_task: Any) -> None:
        branch = my_task.workflow
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


class Exclusive(Element):
    """An exclusive gateway: the first condition that holds takes the token."""

    def _run_hook(self, my_task: Any) -> bool:
        my_task.chosen = self._conductor(my_task).choose(my_task, self.node)
        return True

    def flows(self, token: Any) -> Iterable[Flow]:
        """The chosen flow."""
        return (token.chosen,) if token.chosen is not None else ()


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
        arrived = branch.state.joins.setdefault(self.node.id, {})
        arrived[flow.id] = arrived.get(flow.id, 0) + 1
        if all(arrived.get(name) for name in incoming):
            for name in incoming:
                arrived[name] -= 1
                if not arrived[name]:
                    del arrived[name]
            if not arrived:
                del branch.state.joins[self.node.id]
            branch.place(self)


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

    def _run_hook(self, my_task: Any) -> None:
        self._conductor(my_task).enter(my_task, self.node)


class Ending(Element):
    """An end event."""

    def _run_hook(self, my_task: Any) -> bool:
        self._conductor(my_task).end(my_task, self.node)
        return True


_CLASSES: dict[str, type[Element]] = {
    "startEvent": Element,
    "boundaryEvent": Element,
    "endEvent": Ending,
    "intermediateCatchEvent": Resting,
    "userTask": Resting,
    "manualTask": Resting,
    "task": Resting,
    "businessRuleTask": Automatic,
    "callActivity": Nested,
    "subProcess": Nested,
    "exclusiveGateway": Exclusive,
    "parallelGateway": Parallel,
}


def build_specs(process: ProcessModel) -> dict[str, BpmnProcessSpec]:
    """A specification per scope of the process, by the scope's id."""
    return {name: _scope_spec(scope) for name, scope in process.scopes.items()}


def _scope_spec(scope: ScopeModel) -> BpmnProcessSpec:
    spec = BpmnProcessSpec(name=scope.id)
    for node in scope.nodes.values():
        _class_of(node)(spec, node)
    return spec


def _class_of(node: Node) -> type[Element]:
    if node.type == "serviceTask":
        return Automatic if node.work.function else Resting
    return _CLASSES[node.type]
