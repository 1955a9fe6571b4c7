"""What happens on the way between two rests: choices, functions, decisions, values in and out."""

from collections.abc import Mapping

from engine.kernel import functions
from engine.kernel.errors import RoutecardError
from engine.kernel.store.uow import Uow
from engine.workflow.definition.expressions import ExpressionFailed, VariableMissing
from engine.workflow.definition.model import Flow, Node
from engine.workflow.execution.frontier import ScopeState, Variables
from engine.workflow.execution.tree import Token
from engine.workflow.execution.values import clean


def choose(node: Node, variables: Mapping[str, object]) -> tuple[Flow, ...]:
    """The flows whose conditions hold, else the default; an exclusive gateway takes the first.

    A flow without a condition always holds, unless it is the default.

    Raises:
        ExpressionFailed: if a condition cannot be evaluated or none holds and there is no default.

    Source: BPMN 2.0.2 sections 13.4.2 and 13.4.3; 13.3.1 for the flows of an activity.
    """
    chosen, held = [], False
    for flow in node.outgoing:
        if flow.id == node.default:
            continue
        if flow.condition is None or flow.condition.condition(variables):
            if node.type == "exclusiveGateway":
                return (flow,)
            chosen.append(flow)
            held = held or flow.condition is not None
    if not held:
        chosen = [f for f in node.outgoing if f.id == node.default or f in chosen]
    if node.outgoing and not chosen:
        raise ExpressionFailed("No condition is true and there is no default flow.")
    return tuple(chosen)


def carry_out(uow: Uow, token: Token, node: Node) -> Variables:
    """Run the in-house function or the decision of a task; what it answers becomes variables.

    Raises:
        Raised: a BPMN error of the function.
        RoutecardError: what the function refuses; its own writes are undone.
        ExpressionFailed, DecisionFailed: if a parameter or the table cannot be evaluated.
    """
    variables = token.variables
    if node.type == "businessRuleTask":
        decisions = token.workflow.plan.decisions
        return clean(decisions[node.work.decision or ""].evaluate(variables))
    name = node.work.function or ""
    function = functions.find(name)
    if function is None:
        raise RoutecardError(f"The function {name} does not exist in this version.")
    parameters = {key: value.resolve(variables) for key, value in node.work.parameters}
    with uow.savepoint():
        return clean(function(uow, **parameters))


def values_in(node: Node, variables: Mapping[str, object]) -> Variables | None:
    """What a called process starts with; None for an embedded subprocess.

    Raises:
        VariableMissing: if `mes:in` names a variable that is not there.
    """
    if node.type != "callActivity":
        return None
    if not node.work.ins:
        return dict(variables)
    return {m.target: _variable(m.source, variables) for m in node.work.ins}


def values_out(state: ScopeState, node: Node) -> Variables:
    """What a called process hands back; nothing for an embedded subprocess.

    Raises:
        VariableMissing: if `mes:out` names a variable that is not there.
    """
    values = state.variables
    if values is None:
        return {}
    if node.work.outs:
        return {m.target: _variable(m.source, values) for m in node.work.outs}
    return {name: values[name] for name in state.written if name in values}


def _variable(name: str, variables: Mapping[str, object]) -> object:
    if name not in variables:
        raise VariableMissing(name)
    return variables[name]
