"""A process version ready to run: its model, specs, forms, decisions and called processes.

Built once per version and shared by all threads; nothing is written to it afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.workflow.definition.decisions import Decision
from engine.workflow.definition.layout import Layout, layouts
from engine.workflow.definition.model import Node, ProcessModel
from engine.workflow.definition.specs import build_specs
from forms.compiler import Form


@dataclass(frozen=True, slots=True)
class Plan:
    """What running one process needs. `called` holds the plans of the processes that it calls.

    `model` is the process as drawn, `scopes` and `specs` are its scopes as they run.
    """

    model: ProcessModel
    scopes: Mapping[str, Layout]
    specs: Mapping[str, Any]
    forms: Mapping[str, Form] = field(default_factory=dict)
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    called: "Mapping[str, Plan]" = field(default_factory=dict)

    def find(self, process: str | None, element: str) -> Node | None:
        """An element of this process, or of one it calls at any depth."""
        for plan in self.all():
            if process in (None, plan.model.key) and element in plan.model.nodes:
                return plan.model.nodes[element]
        return None

    def form(self, process: str, key: str | None) -> Form | None:
        """A form as the tasks of that process, this one or one it calls, see it."""
        for plan in self.all():
            if key is not None and process == plan.model.key and key in plan.forms:
                return plan.forms[key]
        return None

    def all(self) -> "tuple[Plan, ...]":
        """This plan and every plan it calls, itself first, each once."""
        found: dict[int, Plan] = {}
        waiting = [self]
        while waiting:
            plan = waiting.pop(0)
            if id(plan) not in found:
                found[id(plan)] = plan
                waiting += plan.called.values()
        return tuple(found.values())


def make_plan(
    model: ProcessModel,
    forms: Mapping[str, Form],
    decisions: Mapping[str, Decision],
    called: Mapping[str, Plan],
) -> Plan:
    """A plan with freshly built specs."""
    scopes = layouts(model)
    return Plan(model, scopes, build_specs(scopes), forms, decisions, called)
