"""What is wrong with a bundle before it runs: errors refuse it, warnings are shown.

Each finding names element, rule and cure. An error is what cannot run as drawn or is unsafe.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from engine.workflow.definition.bundles import Bundle
from engine.workflow.definition.expressions import mismatches
from engine.workflow.definition.graph import loops, reachable
from engine.workflow.definition.model import (
    ACTIVITIES,
    Finding,
    Node,
    ProcessModel,
    ScopeModel,
    error,
    warning,
)

CHOOSING = ("exclusiveGateway", "inclusiveGateway")
RAISES = ("serviceTask", "subProcess", "callActivity")
INSTANT = ("businessRuleTask",)


@dataclass(frozen=True, slots=True)
class Known:
    """What a bundle may name beside its own files: released (kind, key)s and in-house functions."""

    items: frozenset[tuple[str, str]] = frozenset()
    functions: frozenset[str] = field(default_factory=frozenset)


def lint(bundle: Bundle, known: Known) -> tuple[Finding, ...]:
    """Every finding of a bundle, those of reading it first."""
    found = list(bundle.findings)
    for process in bundle.processes.values():
        found += _process(process, bundle, known)
    return tuple(dict.fromkeys(found))


def refused(findings: tuple[Finding, ...]) -> bool:
    """Whether any finding is an error."""
    return any(f.severity == "error" for f in findings)


def missing_items(bundle: Bundle) -> set[tuple[str, str]]:
    """(kind, key) of everything the bundle names and does not bring along."""
    own: Mapping[str, Mapping[str, object]] = {
        "process": bundle.processes,
        "decision": bundle.decisions,
        "form": bundle.forms,
    }
    nodes = [n for p in bundle.processes.values() for n in p.nodes.values()]
    named = {("process", n.work.called) for n in nodes if n.type == "callActivity"}
    named |= {("decision", n.work.decision) for n in nodes if n.type == "businessRuleTask"}
    named |= {("form", n.work.form) for n in nodes}
    return {(kind, key) for kind, key in named if key and key not in own[kind]}


def _process(process: ProcessModel, bundle: Bundle, known: Known) -> Iterator[Finding]:
    for scope in process.scopes.values():
        around = process.nodes.get(scope.id)
        yield from _starts(scope, around is not None and around.triggered)
        yield from _ways(scope)
        for node in scope.nodes.values():
            for check in _CHECKS:
                yield from check(node, scope)
            yield from _names(node, bundle, known)
    yield from _types(process, bundle)


def _starts(scope: ScopeModel, triggered: bool) -> Iterator[Finding]:
    plain = [n for n in scope.starts if n.event is None or n.event.kind == "none"]
    if not scope.starts:
        yield error("no-start", scope.id, "Nothing starts here.", "Draw a start event.")
    elif len(plain) > 1:
        yield error(
            "several-starts",
            plain[1].id,
            "There are several start events without a trigger.",
            "Keep one; begin parallel work with a parallel gateway.",
        )
    elif scope.parent is not None and not triggered and len(scope.starts) > len(plain):
        yield error(
            "subprocess-start",
            scope.starts[0].id,
            "A subprocess starts when its activity is reached, not by a trigger.",
            "Use a start event without a trigger.",
        )
    for node in scope.starts:
        timer = node.event.timer if node.event is not None and scope.parent is None else None
        if timer is not None and timer.value.expression and timer.value.expression.names:
            yield error(
                "timer",
                node.id,
                "A process that is not started yet has no variables for its timer to read.",
                "Write the time itself, such as R/PT1H.",
            )
    names = [n.event.name for n in scope.starts if n.event and n.event.kind == "message"]
    for name in {x for x in names if names.count(x) > 1}:
        yield error(
            "trigger-twice",
            scope.id,
            f"Two start events wait for the message {name}.",
            "One message starts a process at one place.",
        )


def _ways(scope: ScopeModel) -> Iterator[Finding]:
    """Whether every element can be reached and every way ends; loops without a cap."""
    reached = reachable(scope)
    for node in scope.nodes.values():
        if node.id not in reached:
            yield warning(
                "unreachable", node.id, "No way leads here.", "Draw a flow to it, or remove it."
            )
        elif not node.outgoing and node.type != "endEvent" and not node.triggered:
            yield warning(
                "dead-end", node.id, "The way stops here.", "Draw a flow to an end event."
            )
    if not any(n.type == "endEvent" for n in scope.nodes.values()):
        yield warning("no-end", scope.id, "There is no end event.", "Draw one.")
    for loop in loops(scope):
        if not any(scope.nodes[n].work.maximum for n in loop):
            yield warning(
                "loop-without-cap",
                min(loop),
                f"The loop through {', '.join(sorted(loop)[:5])} has no cap.",
                "Write mes:maximum on one of its elements.",
            )


def _directions(node: Node, _scope: ScopeModel) -> Iterator[Finding]:
    if node.incoming and node.type in ("startEvent", "boundaryEvent"):
        yield error(
            "flow-direction",
            node.id,
            f"No flow can lead to a {node.type}.",
            "Lead it to the element after it.",
        )
    if node.outgoing and node.type == "endEvent":
        yield error(
            "flow-direction", node.id, "No flow can leave an end event.", "Remove the flow."
        )


def _splits(node: Node, _scope: ScopeModel) -> Iterator[Finding]:
    may = node.type in CHOOSING or (node.type in ACTIVITIES and len(node.outgoing) > 1)
    if not may:
        for flow in node.outgoing:
            if flow.condition is not None:
                yield error(
                    "conditional-flow",
                    flow.id,
                    f"A condition has no effect on a flow that leaves a {node.type}.",
                    "Draw an exclusive gateway, or remove the condition.",
                )


def _choices(node: Node, _scope: ScopeModel) -> Iterator[Finding]:
    if node.type not in CHOOSING:
        return
    if node.default is not None and node.default not in {f.id for f in node.outgoing}:
        yield error(
            "default-flow",
            node.id,
            f"The default flow {node.default} does not leave here.",
            "Choose one of the gateway's own flows.",
        )
    if len(node.outgoing) < 2:
        return
    for flow in node.outgoing:
        if flow.condition is None and flow.id != node.default:
            yield error(
                "gateway-condition",
                flow.id,
                f"The flow to {flow.target} has no condition and is not the default.",
                "Write a condition, or make it the default flow.",
            )
    if node.default is None:
        yield warning(
            "no-default",
            node.id,
            "If no condition is true the instance stops here as an incident.",
            "Choose a default flow.",
        )
    if not node.name:
        yield warning("missing-label", node.id, "The gateway asks no question.", "Give it a name.")


def _service(node: Node, _scope: ScopeModel) -> Iterator[Finding]:
    if node.type == "serviceTask" and (node.work.topic is None) == (node.work.function is None):
        yield error(
            "service-task",
            node.id,
            "A service task needs either a topic or a function.",
            "Write mes:topic for a worker, or mes:function for an in-house function.",
        )
    if node.type == "businessRuleTask" and not node.work.decision:
        yield error("decision", node.id, "The task names no decision.", "Write mes:decision.")
    if node.type == "callActivity" and not node.work.called:
        yield error(
            "called-element",
            node.id,
            "The call activity names no process.",
            "Write calledElement.",
        )


def _people(node: Node, _scope: ScopeModel) -> Iterator[Finding]:
    if node.type not in ("userTask", "manualTask", "task"):
        return
    if not node.name:
        yield warning("missing-label", node.id, "The task has no name.", "Say what is to be done.")
    if not node.work.role:
        yield warning(
            "missing-role",
            node.id,
            "Everybody who completes tasks may complete this one.",
            "Put it into a lane with mes:role.",
        )
    if node.type == "userTask" and not node.work.form:
        yield warning(
            "missing-form",
            node.id,
            "The task accepts any answers, unchecked.",
            "Write mes:form.",
        )


def _boundaries(node: Node, scope: ScopeModel) -> Iterator[Finding]:
    host = scope.nodes.get(node.attached_to or "")
    if host is None or node.event is None:
        return
    instant = host.type in INSTANT or host.work.function is not None
    if node.event.kind == "timer" and instant:
        yield warning(
            "never-fires",
            node.id,
            f"{host.id} takes no time, so the timer never fires.",
            "Remove the event.",
        )
    if node.event.kind == "error" and host.type not in RAISES:
        yield warning(
            "never-fires", node.id, f"Nothing in {host.id} raises an error.", "Remove the event."
        )


def _names(node: Node, bundle: Bundle, known: Known) -> Iterator[Finding]:
    """What a node names must exist here or be released."""
    for kind, key, own in (
        ("form", node.work.form, bundle.forms),
        ("decision", node.work.decision, bundle.decisions),
        ("process", node.work.called, bundle.processes),
    ):
        if key and key not in own and (kind, key) not in known.items:
            yield error(
                f"missing-{kind}",
                node.id,
                f"There is no {kind} {key}.",
                f"Add it to the upload, or release a bundle that brings the {kind}.",
            )
    called = bundle.processes.get(node.work.called or "")
    if called is not None and called.plain_start is None:
        yield error(
            "called-start",
            node.id,
            f"{called.key} has no start event without a trigger.",
            "A called process starts at one.",
        )
    if node.work.function and node.work.function not in known.functions:
        yield error(
            "missing-function",
            node.id,
            f"There is no function {node.work.function}.",
            f"Known are {', '.join(sorted(known.functions))}.",
        )


def _types(process: ProcessModel, bundle: Bundle) -> Iterator[Finding]:
    """Text compared with a number is refused where the forms tell what a variable is."""
    types: dict[str, str] = {}
    for node in process.nodes.values():
        form = bundle.forms.get(node.work.form or "")
        for name, kind in form.variable_types.items() if form else ():
            types[name] = kind if types.get(name, kind) == kind else "?"
    types = {name: kind for name, kind in types.items() if kind != "?"}
    for node in process.nodes.values():
        for flow in node.outgoing:
            if flow.condition is not None:
                for sentence in mismatches(flow.condition, types):
                    yield error("type-mismatch", flow.id, sentence, "Compare values of one kind.")


_CHECKS: tuple[Callable[[Node, ScopeModel], Iterator[Finding]], ...] = (
    _directions,
    _splits,
    _choices,
    _service,
    _people,
    _boundaries,
)
