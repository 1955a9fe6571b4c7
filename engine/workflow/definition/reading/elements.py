"""Which elements of BPMN run, which are only shown, and which are refused by name."""

from lxml import etree

from engine.workflow.definition.model import ACTIVITIES, EVENTS, GATEWAYS, error, warning
from engine.workflow.definition.reading.values import BPMN, TRUE, Report, children, local, named

SUPPORTED = ACTIVITIES | GATEWAYS | EVENTS
# Drawn for people, or read elsewhere; without a word about it.
PASSIVE = frozenset(
    {
        *("documentation", "extensionElements", "sequenceFlow", "laneSet", "textAnnotation"),
        *(
            "association",
            "group",
            "categoryValueRef",
            "incoming",
            "outgoing",
            "auditing",
            "monitoring",
        ),
        *("dataObject", "dataObjectReference", "dataInputAssociation", "dataOutputAssociation"),
        *("multiInstanceLoopCharacteristics", "standardLoopCharacteristics"),
    }
)
SHOWN = {
    "dataStoreReference": "Pass data in variables.",
    "ioSpecification": "Pass data in variables; mes:in and mes:out map those of a call activity.",
    "property": "Pass data in variables.",
    "resourceRole": "Put the task into a lane with mes:role.",
    "performer": "Put the task into a lane with mes:role.",
    "humanPerformer": "Put the task into a lane with mes:role.",
    "potentialOwner": "Put the task into a lane with mes:role.",
    "rendering": "Write mes:form.",
    "supportedInterfaceRef": "Write a start event for each message.",
    "ioBinding": "Write a start event for each message.",
    "supports": "Remove it.",
}
INSIDE = PASSIVE | {
    *("eventDefinitionRef", "outputSet", "inputSet", "dataOutput", "dataInput"),
}
CURES = {
    "scriptTask": "Use a service task with mes:function or mes:topic; scripts never run.",
    "complexGateway": "Use exclusive, parallel and inclusive gateways.",
    "transaction": "Use a subprocess with error events.",
    "adHocSubProcess": "Use a subprocess whose flows say the order.",
    "correlationSubscription": "Write mes:correlation where the message is waited for.",
}
OTHERWISE = "Draw it with the elements listed in docs/reference/bpmn-coverage.md."


def is_flow_node(child: etree._Element) -> bool:
    """Whether flows may lead to an element; also to one that is refused."""
    kind = local(child)
    drawn = child.tag.startswith(BPMN) and kind not in PASSIVE and kind not in SHOWN
    return drawn and kind != "correlationSubscription"


def check_element(child: etree._Element, report: Report) -> None:
    """Refuse an element of a process that cannot run; say what is only shown."""
    kind, name = local(child), named(child)
    if not child.tag.startswith(BPMN):
        message = f"The element {kind} is not of BPMN; it is kept, but has no effect here."
        report(warning("foreign-extension", name, message, "Say the same with our attributes."))
    elif kind in SUPPORTED:
        if not child.get("id"):
            report(error("missing-id", name, f"The {kind} has no id.", "Give it an id."))
    elif kind in SHOWN:
        report(warning("shown-only", name, f"{kind} is shown and does nothing.", SHOWN[kind]))
    elif kind not in PASSIVE:
        message = f"The element {kind} cannot be executed."
        report(error("not-supported", name, message, CURES.get(kind, OTHERWISE)))


def check_inside(node: etree._Element, report: Report) -> None:
    """Refuse what changes how an element would run; say what in it is only shown."""
    name = named(node)
    for what, cure in _changes(node):
        report(error("not-supported", name, f"{what} cannot be executed.", cure))
    if local(node) == "subProcess":
        return
    for child in children(node):
        kind = local(child)
        if kind in INSIDE or not child.tag.startswith(BPMN) or kind.endswith("EventDefinition"):
            continue
        cure = SHOWN.get(kind, "Remove it.")
        report(warning("shown-only", name, f"{kind} is shown and does nothing.", cure))


def _changes(node: etree._Element) -> list[tuple[str, str]]:
    """What an element asks for that the engine does not do, with the cure."""
    kind, found = local(node), []
    if node.get("isForCompensation") in TRUE:
        found.append(("Compensation", "Draw the steps that undo it after an error event."))
    for key in ("startQuantity", "completionQuantity"):
        if node.get(key, "1") != "1":
            found.append((f"{key} other than 1", "Draw gateways."))
    if node.get("instantiate") in TRUE:
        cure = "Draw start events, one for each message."
        found.append((f"{kind} that starts the process", cure))
    if node.get("eventGatewayType") == "Parallel":
        cure = "Draw a parallel gateway with an event on each way."
        found.append(("An event-based gateway that waits for all of its events", cure))
    return found
