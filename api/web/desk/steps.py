"""The steps of a routing for people: in the order in which work meets them, in their words."""

from collections.abc import Iterator, Mapping

from api.web.language import gettext as _
from engine.workflow.definition.model import NESTED, WAITING_TASKS, Node, ProcessModel
from engine.workflow.definition.plan import Plan
from engine.workflow.definition.times import TimeRefused, read_duration

DAY, MONTH = 86_400, 30 * 86_400
JOBS = frozenset({"serviceTask", "sendTask", "businessRuleTask"})
# Where no token can be taken to, and what no task can follow.
NO_TARGETS = frozenset({"startEvent", "boundaryEvent"})


def in_order(model: ProcessModel) -> list[Node]:
    """Every element, each before those that follow it; what loops back stands where it began."""
    found: list[Node] = []
    for scope in (model.root, *(s for s in model.scopes.values() if s.id != model.key)):
        begins = [n for n in scope.nodes.values() if not n.incoming and n.attached_to is None]
        seen: set[str] = set()
        for node in (*begins, *scope.nodes.values()):
            found += reversed(_left(node, scope.nodes, seen))
    return found


def _left(first: Node, nodes: Mapping[str, Node], seen: set[str]) -> list[Node]:
    """What is reached from an element and was not seen, each after all that follow it.

    Without recursion: a routing may be a thousand steps long.
    """
    left: list[Node] = []
    stack = [] if first.id in seen else [(first, _onward(first))]
    seen.add(first.id)
    while stack:
        node, onward = stack[-1]
        following = next((x for x in onward if x in nodes and x not in seen), None)
        if following is None:
            left.append(node)
            stack.pop()
        else:
            seen.add(following)
            stack.append((nodes[following], _onward(nodes[following])))
    return left


def _onward(node: Node) -> Iterator[str]:
    """What may follow, the exceptions first: so they come to stand behind the usual way."""
    return iter((*node.boundaries, *(flow.target for flow in reversed(node.outgoing))))


def title(node: Node) -> str:
    """What people call an element."""
    return node.name or node.id


def names(plan: Plan) -> dict[str, str]:
    """What people call each element of a process and of those it calls."""
    found: dict[str, str] = {}
    for each in plan.all():
        for node in each.model.nodes.values():
            found.setdefault(node.id, title(node))
    return found


def is_work(node: Node) -> bool:
    """Whether an element is work that somebody or something does."""
    return node.type in WAITING_TASKS | JOBS | NESTED | {"receiveTask"} and not node.triggered


def planned_seconds(node: Node) -> float | None:
    """The standard time of a step, where the diagram says it as such."""
    given = node.work.duration
    if given is None or given.expression is not None:
        return None
    try:
        length = read_duration(given.text)
    except TimeRefused:
        return None
    return length.months * MONTH + length.days * DAY + length.elapsed.total_seconds()


def kind_of(kind: str) -> tuple[str, str]:
    """The word and the icon for a kind of element, by its BPMN name."""
    words = {
        "userTask": (_("task"), "user"),
        "manualTask": (_("task"), "user"),
        "task": (_("task"), "user"),
        "serviceTask": (_("job"), "job"),
        "sendTask": (_("message"), "message"),
        "receiveTask": (_("message"), "message"),
        "businessRuleTask": (_("decision"), "compare"),
        "callActivity": (_("sub-routing"), "flow"),
        "subProcess": (_("group of steps"), "flow"),
        "boundaryEvent": (_("event"), "clock"),
        "intermediateCatchEvent": (_("event"), "clock"),
        "intermediateThrowEvent": (_("event"), "message"),
        "startEvent": (_("start"), "play"),
        "endEvent": (_("end"), "good"),
        "variablesChanged": (_("change of values"), "edit"),
        "instanceSplit": (_("split"), "compare"),
        "instanceMerged": (_("merge"), "compare"),
    }
    return words.get(kind, (_("gateway"), "right"))
