"""The routing that is measured: operations with a form, a check and a rework loop each.

Every fifth operation runs beside an automatic machine step, in a parallel block inside its loop.
"""

import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

from engine.kernel.functions import function
from engine.kernel.store.uow import Uow

PARALLEL_EVERY = 5
FORM = {
    "key": "operation",
    "title": "Operation",
    "fields": [
        {
            "key": "result",
            "type": "choice",
            "label": "Result",
            "required": True,
            "choices": [{"value": "pass", "label": "Pass"}, {"value": "fail", "label": "Fail"}],
            "variable": "result",
        },
        {"key": "qty", "type": "number", "label": "Quantity", "min": 1, "variable": "qty"},
        {
            "key": "diameter",
            "type": "number",
            "label": "Diameter",
            "unit": "mm",
            "variable": "diameter",
        },
        {"key": "note", "type": "text", "label": "Note"},
    ],
}
FILES = {"operation.form.json": json.dumps(FORM).encode()}
HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:mes="urn:routecard:bpmn:1" id="definitions" targetNamespace="urn:routecard:bench">'
)


@function("bench.run_cycle")
def run_cycle(uow: Uow, **parameters: Any) -> Mapping[str, object]:
    """The machine's part: nothing to wait for, one variable to write."""
    return {"machine": parameters["program"]}


def answers(*, failed: bool) -> dict[str, object]:
    """A filled-in form."""
    result = "fail" if failed else "pass"
    return {"result": result, "qty": 10, "diameter": "25.310", "note": "as drawn"}


def key_of(operations: int) -> str:
    """The process key of a routing of that length."""
    return f"turned_part_{operations}"


def routing(operations: int) -> bytes:
    """The diagram of a routing of so many operations."""
    return _Drawing(operations).xml()


class _Drawing:
    def __init__(self, operations: int) -> None:
        self.operations = operations
        self.nodes: list[str] = []
        self.tasks: list[str] = []
        self.flows: list[str] = []

    def xml(self) -> bytes:
        self.node("startEvent", "begin")
        last = "begin"
        for number in range(1, self.operations + 1):
            last = self.operation(number, last)
        self.node("endEvent", "done")
        self.flow(last, "done")
        lane = "".join(f"<bpmn:flowNodeRef>{t}</bpmn:flowNodeRef>" for t in self.tasks)
        return (
            f'{HEAD}<bpmn:process id="{key_of(self.operations)}" isExecutable="true">'
            f'<bpmn:laneSet id="lanes"><bpmn:lane id="floor" mes:role="operator">{lane}'
            f"</bpmn:lane></bpmn:laneSet>{''.join(self.nodes)}{''.join(self.flows)}"
            "</bpmn:process></bpmn:definitions>"
        ).encode()

    def operation(self, number: int, last: str) -> str:
        """Draw an operation behind an element; answers the gateway that ends it."""
        work, good, rework = f"op_{number}", f"good_{number}", f"rework_{number}"
        entry, leave = (work, work) if number % PARALLEL_EVERY else self.block(number)
        self.task(work, f"Operation {number}")
        self.task(rework, f"Rework {number}")
        following = self.entry(number + 1)
        default = f'default="{self.name(good, following)}" '
        self.node("exclusiveGateway", good, f'{default}name="Good?"')
        self.flow(last, entry)
        self.flow(leave, good)
        self.flow(good, rework, 'result == "fail"')
        self.flow(rework, entry)
        return good

    def entry(self, number: int) -> str:
        """The first element of an operation, or the end."""
        if number > self.operations:
            return "done"
        return f"op_{number}" if number % PARALLEL_EVERY else f"again_{number}"

    def block(self, number: int) -> tuple[str, str]:
        """Draw the block around an operation and its machine step: where it begins and ends."""
        again, split, join = f"again_{number}", f"split_{number}", f"join_{number}"
        machine = f"machine_{number}"
        self.node("exclusiveGateway", again)
        self.node("parallelGateway", split)
        self.node("parallelGateway", join)
        self.nodes.append(
            f'<bpmn:serviceTask id="{machine}" name="Run program {number}" '
            'mes:function="bench.run_cycle"><bpmn:extensionElements>'
            f'<mes:parameter name="program" value="P{number}"/>'
            "</bpmn:extensionElements></bpmn:serviceTask>"
        )
        self.flow(again, split)
        for way in (f"op_{number}", machine):
            self.flow(split, way)
            self.flow(way, join)
        return again, join

    def task(self, name: str, label: str) -> None:
        self.tasks.append(name)
        self.node("userTask", name, f'name="{label}" mes:form="operation"')

    def node(self, kind: str, name: str, more: str = "") -> None:
        self.nodes.append(f'<bpmn:{kind} id="{name}" {more}/>')

    def flow(self, source: str, target: str, condition: str = "") -> None:
        expression = (
            f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
        )
        name = quoteattr(self.name(source, target))
        self.flows.append(
            f'<bpmn:sequenceFlow id={name} sourceRef="{source}" targetRef="{target}">'
            f"{expression}</bpmn:sequenceFlow>"
        )

    @staticmethod
    def name(source: str, target: str) -> str:
        return f"{source}_to_{target}"
