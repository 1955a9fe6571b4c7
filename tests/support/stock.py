"""SpiffWorkflow as it comes, without anything of ours: what the traps are shown on."""

import copy
import io
import json
from typing import Any

from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.spiff.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState


def parsed(diagram: bytes, key: str = "p") -> tuple[Any, dict[str, Any]]:
    """The specification of a process, and those of its subprocesses."""
    parser = SpiffBpmnParser()
    parser.add_bpmn_io(io.BytesIO(diagram), "main.bpmn")
    return parser.get_spec(key), parser.get_subprocess_specs(key)


class Stock:
    """One instance of a diagram on the stock library."""

    def __init__(self, diagram: bytes, key: str = "p") -> None:
        self.workflow = BpmnWorkflow(*parsed(diagram, key))
        self.workflow.do_engine_steps()

    def task(self, element: str, state: int = TaskState.READY) -> Task:
        """The first task at an element that is in this state."""
        found = self.workflow.get_next_task(state=state, spec_name=element)
        assert found is not None, f"no task at {element}; open: {self.open()}"
        return found

    def open(self) -> list[str]:
        """The elements where a person can work, sorted."""
        ready = self.workflow.get_tasks(state=TaskState.READY, manual=True)
        return sorted(task.task_spec.name for task in ready)

    def complete(self, element: str, **variables: Any) -> Task:
        """Complete the open task at an element."""
        task = self.task(element)
        task.data.update(variables)
        task.run()
        self.workflow.do_engine_steps()
        return task

    def complete_next(self, **variables: Any) -> None:
        """Complete the next open task; the library gives the runs of a loop names of its own."""
        task = self.workflow.get_next_task(state=TaskState.READY, manual=True)
        assert task is not None, "nothing is open"
        task.data.update(variables)
        task.run()
        self.workflow.do_engine_steps()

    def send(self, message: str) -> None:
        """Let a message come from outside."""
        self.workflow.catch(BpmnEvent(MessageEventDefinition(message), {}))
        self.workflow.do_engine_steps()

    @property
    def completed(self) -> bool:
        """Whether the library holds the instance for completed."""
        return bool(self.workflow.is_completed())

    def dump(self) -> dict[str, Any]:
        """The state as the library stores it, through JSON."""
        found: dict[str, Any] = json.loads(json.dumps(_serializer().to_dict(self.workflow)))
        return found

    def reloaded(self, dump: dict[str, Any] | None = None) -> "Stock":
        """The instance again from a dump, from its own by default."""
        other = object.__new__(Stock)
        other.workflow = _serializer().from_dict(copy.deepcopy(dump or self.dump()))
        return other


def _serializer() -> BpmnWorkflowSerializer:
    return BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(SPIFF_CONFIG))
