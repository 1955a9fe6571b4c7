"""Reads a BPMN document into process models; what cannot run as drawn becomes a finding.

The library's own parser is not used: it follows flows recursively, sorts them by their place in the
drawing, rewrites boundary events, and passes over what it does not know (docs/adr/0002).
"""

from collections import Counter
from dataclasses import dataclass, replace

from lxml import etree

from engine.workflow.definition.expressions import (
    Expression,
    ExpressionRefused,
    compile_condition,
)
from engine.workflow.definition.model import (
    ACTIVITIES,
    EVENTS,
    GATEWAYS,
    Finding,
    Flow,
    Node,
    ProcessModel,
    ScopeModel,
    error,
    warning,
)
from engine.workflow.definition.reading.attributes import (
    BPMN,
    MES,
    check_names,
    local,
    read_work,
)
from engine.workflow.definition.reading.events import Declared, read_event
from engine.workflow.definition.reading.xml import DocumentRefused, safe_xml

SUPPORTED = ACTIVITIES | GATEWAYS | EVENTS
PASSIVE = frozenset(
    [
        "documentation",
        "extensionElements",
        "sequenceFlow",
        "laneSet",
        "textAnnotation",
        "association",
        "group",
        "incoming",
        "outgoing",
        "auditing",
        "monitoring",
    ]
)
DATA = frozenset(
    ["dataObject", "dataObjectReference", "dataStoreReference", "ioSpecification", "property"]
)
DATA_LINKS = frozenset({"dataInputAssociation", "dataOutputAssociation", "ioSpecification"})
LOOPS = frozenset({"multiInstanceLoopCharacteristics", "standardLoopCharacteristics"})
TRUE = ("true", "1")


@dataclass(frozen=True, slots=True)
class Document:
    """What a BPMN file holds: its executable processes and what was found while reading."""

    processes: tuple[ProcessModel, ...]
    findings: tuple[Finding, ...]


def read_bpmn(data: bytes, roles: frozenset[str] = frozenset()) -> Document:
    """Read a BPMN 2.0 file; a lane without `mes:role` stands for the role of its name, if any.

    Raises:
        DocumentRefused: if the file is unsafe or no BPMN at all; then nothing was read.

    Source: OMG BPMN 2.0.2, chapters 8, 10 and 13.
    """
    root = safe_xml(data)
    if root.tag != f"{BPMN}definitions":
        raise DocumentRefused("The file is no BPMN 2.0: its root is not bpmn:definitions.")
    return _Reader(root, roles).document()


@dataclass(frozen=True, slots=True)
class _Flows:
    """The flows of one scope, by the node they leave and the node they enter."""

    leaving: dict[str, list[Flow]]
    entering: dict[str, list[str]]


class _Reader:
    """One reading of one document."""

    def __init__(self, root: etree._Element, roles: frozenset[str]) -> None:
        self.root = root
        self.roles = roles
        self.findings: list[Finding] = []
        self.declared = Declared.of(root)

    def document(self) -> Document:
        self._check_ids()
        for element in self.root.iter(etree.Element):
            check_names(element, self.findings.append)
        processes = []
        found = self.root.findall(f"{BPMN}process")
        marked = [p for p in found if p.get("isExecutable") in TRUE]
        if not marked and len(found) == 1 and found[0].get("isExecutable") is None:
            marked = found
            self._warn(
                "executable",
                found[0],
                "The process does not say whether it can be executed.",
                'Write isExecutable="true".',
            )
        for process in marked:
            processes.append(self._process(process))
        for process in found:
            if process not in marked:
                self._warn(
                    "executable",
                    process,
                    "This process is not executable and only shown.",
                    'Write isExecutable="true" to run it.',
                )
        return Document(tuple(processes), tuple(self.findings))

    # ---- findings ----

    def _error(self, rule: str, node: etree._Element, message: str, cure: str) -> None:
        self.findings.append(error(rule, node.get("id", ""), message, cure))

    def _warn(self, rule: str, node: etree._Element, message: str, cure: str) -> None:
        self.findings.append(warning(rule, node.get("id", ""), message, cure))

    def _check_ids(self) -> None:
        counted = Counter(i for e in self.root.iter(etree.Element) if (i := e.get("id")))
        for name, count in counted.items():
            if count > 1:
                self.findings.append(
                    error(
                        "duplicate-id",
                        name,
                        f"The id {name} is used {count} times.",
                        "Give each element an id of its own.",
                    )
                )

    # ---- processes and scopes ----

    def _process(self, process: etree._Element) -> ProcessModel:
        scopes: dict[str, ScopeModel] = {}
        self._scope(process, None, None, scopes)
        key = process.get("id", "")
        nodes = {n.id: n for s in scopes.values() for n in s.nodes.values()}
        return ProcessModel(key, process.get("name") or key, scopes, nodes)

    def _scope(
        self,
        holder: etree._Element,
        parent: str | None,
        role: str | None,
        scopes: dict[str, ScopeModel],
    ) -> None:
        name = holder.get("id", "")
        nodes: dict[str, Node] = {}
        scopes[name] = ScopeModel(name, parent, nodes)
        roles = self._lanes(holder)
        elements = {}
        for child in holder.iterchildren(tag=etree.Element):
            if self._is_node(child):
                elements[child.get("id", "")] = child
        flows = self._flows(holder, elements)
        for key, child in elements.items():
            mine = roles.get(key, role)
            nodes[key] = self._node(child, name, mine, flows)
            if local(child) == "subProcess":
                self._scope(child, name, mine, scopes)
        self._attach(nodes, elements)

    def _is_node(self, child: etree._Element) -> bool:
        kind = local(child)
        if kind in SUPPORTED:
            if child.get("id"):
                return True
            self._error("missing-id", child, f"A {kind} has no id.", "Give it an id.")
        elif kind in DATA:
            self._warn(
                "not-enforced-yet",
                child,
                f"The {kind} is shown, but carries no data yet.",
                "Pass data in variables.",
            )
        elif kind not in PASSIVE and child.tag.startswith(BPMN) and kind not in LOOPS:
            self._refuse_kind(child, kind)
        return False

    def _refuse_kind(self, child: etree._Element, kind: str) -> None:
        cures = {
            "scriptTask": "Use a service task with mes:function or mes:topic; scripts never run.",
            "sendTask": "Use a service task with mes:topic.",
            "receiveTask": "Use an intermediate message catch event.",
            "inclusiveGateway": "Use exclusive and parallel gateways.",
        }
        if kind in ("ioSpecification", "completionCondition") or kind.endswith("Association"):
            return
        cure = cures.get(kind, "Draw it with the elements listed in docs/reference/dialect.md.")
        self._error("not-supported", child, f"The element {kind} cannot be executed yet.", cure)

    def _lanes(self, holder: etree._Element) -> dict[str, str | None]:
        """The role of each node: `mes:role` of its innermost lane, else that lane's name."""
        roles: dict[str, str | None] = {}
        for lane in holder.iterfind(f"{BPMN}laneSet//{BPMN}lane"):
            role = self._role(lane)
            for ref in lane.findall(f"{BPMN}flowNodeRef"):
                roles[(ref.text or "").strip()] = role
        return roles

    def _role(self, lane: etree._Element) -> str | None:
        given = (lane.get(MES + "role") or "").strip()
        named = (lane.get("name") or "").strip()
        role = given or named.lower().replace(" ", "_").replace("-", "_")
        if role in self.roles:
            return role
        if given:
            self._warn(
                "unknown-role",
                lane,
                f"No role is called {given}; nobody can complete the tasks of this lane.",
                f"Known roles are {', '.join(sorted(self.roles))}.",
            )
        elif named:
            self._warn(
                "unknown-role",
                lane,
                f"The lane {named!r} names no role; its tasks are open to everybody.",
                "Write mes:role on the lane.",
            )
        return given or None

    # ---- flows ----

    def _flows(self, holder: etree._Element, elements: dict[str, etree._Element]) -> "_Flows":
        flows = _Flows({}, {})
        for child in holder.findall(f"{BPMN}sequenceFlow"):
            name = child.get("id") or ""
            source, target = child.get("sourceRef") or "", child.get("targetRef") or ""
            if not name or source not in elements or target not in elements:
                self._error(
                    "dangling-flow",
                    child,
                    f"The flow {name} does not join two elements of one process or subprocess.",
                    "Draw it again between two elements of the same level.",
                )
                continue
            flow = Flow(name, source, target, child.get("name") or "", self._condition(child))
            flows.leaving.setdefault(source, []).append(flow)
            flows.entering.setdefault(target, []).append(name)
        return flows

    def _condition(self, flow: etree._Element) -> Expression | None:
        given = flow.find(f"{BPMN}conditionExpression")
        text = (given.text or "").strip() if given is not None else ""
        if not text:
            return None
        try:
            return compile_condition(text)
        except ExpressionRefused as refused:
            self._error("expression", flow, refused.reason, "Change the condition.")
            return None

    def _outgoing(self, node: etree._Element, flows: "_Flows") -> tuple[Flow, ...]:
        """A node's flows in the order of its `<outgoing>` children, the others after them."""
        mine = {f.id: f for f in flows.leaving.get(node.get("id", ""), ())}
        listed: list[Flow] = []
        for ref in node.findall(f"{BPMN}outgoing"):
            flow = mine.pop((ref.text or "").strip().rpartition(":")[2], None)
            if flow is not None:
                listed.append(flow)
            elif (ref.text or "").strip() not in {f.id for f in listed}:
                self._error(
                    "dangling-flow",
                    node,
                    f"The flow {ref.text} listed as outgoing does not start here.",
                    "Remove the entry, or draw the flow again.",
                )
        return (*listed, *mine.values())

    # ---- nodes ----

    def _node(self, child: etree._Element, scope: str, role: str | None, flows: "_Flows") -> Node:
        kind, name = local(child), child.get("id", "")
        self._check_inside(child, kind)
        return Node(
            id=name,
            type=kind,
            scope=scope,
            name=(child.get("name") or "").strip(),
            incoming=tuple(flows.entering.get(name, ())),
            outgoing=self._outgoing(child, flows),
            default=child.get("default"),
            event=read_event(child, self.declared, self.findings.append)
            if kind in EVENTS
            else None,
            attached_to=child.get("attachedToRef"),
            work=read_work(child, role, self.findings.append),
        )

    def _check_inside(self, node: etree._Element, kind: str) -> None:
        refused = [local(c) for c in node if isinstance(c.tag, str) and local(c) in LOOPS]
        if node.get("triggeredByEvent") in TRUE:
            refused.append("event subprocess")
        if node.get("isForCompensation") in TRUE:
            refused.append("compensation")
        if kind == "boundaryEvent" and node.get("cancelActivity") in ("false", "0"):
            refused.append("non-interrupting boundary event")
        if node.get("startQuantity", "1") != "1" or node.get("completionQuantity", "1") != "1":
            refused.append("startQuantity or completionQuantity")
        for what in refused:
            self._error(
                "not-supported",
                node,
                f"{what} cannot be executed yet.",
                "Draw it with the elements listed in docs/reference/dialect.md.",
            )
        if any(isinstance(c.tag, str) and local(c) in DATA_LINKS for c in node):
            self._warn(
                "not-enforced-yet",
                node,
                "Data associations are shown, but move no data yet.",
                "Pass data in variables.",
            )

    def _attach(self, nodes: dict[str, Node], elements: dict[str, etree._Element]) -> None:
        """Tell every activity its boundary events."""
        for node in list(nodes.values()):
            if node.type != "boundaryEvent":
                continue
            host = nodes.get(node.attached_to or "")
            if host is None or host.type not in ACTIVITIES:
                self._error(
                    "boundary",
                    elements[node.id],
                    "The boundary event is attached to no activity of its level.",
                    "Attach it to a task, a subprocess or a call activity.",
                )
            else:
                nodes[host.id] = replace(host, boundaries=(*host.boundaries, node.id))
