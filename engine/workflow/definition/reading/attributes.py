"""Our attributes on BPMN elements: which exist and where they belong.

Source: the dialect, docs/reference/dialect.md.
"""

from lxml import etree

from engine.workflow.definition.model import ACTIVITIES, Node, error, warning
from engine.workflow.definition.reading.values import MES, SPIFF, Report, extensions, local, named

FOREIGN = (
    "http://camunda.org/schema/1.0/bpmn",
    "http://camunda.org/schema/zeebe/",
    "http://flowable.org/",
    "http://activiti.org/",
    "http://www.camunda.com/fox",
)
# What of these tools says who does what, with what, when and how often. A diagram that is deployed
# with them would look as if it did so here.
BEHAVIOUR = frozenset(
    {
        *("type", "topic", "class", "delegateExpression", "expression", "connector", "script"),
        *("resource", "field", "executionListener", "taskListener", "taskDefinition"),
        *("assignee", "candidateGroups", "candidateUsers", "assignmentDefinition"),
        *("formKey", "formRef", "formData", "formProperty", "formDefinition", "userTaskForm"),
        *("dueDate", "followUpDate", "taskSchedule", "priority", "priorityDefinition"),
        *("taskPriority", "jobPriority", "failedJobRetryTimeCycle", "skipExpression"),
        *("inputOutput", "ioMapping", "taskHeaders", "in", "out", "initiator"),
        *("variableMappingClass", "variableMappingDelegateExpression", "caseRef"),
        *("calledElement", "calledDecision", "decisionRef", "resultVariable", "mapDecisionResult"),
        *("collection", "elementVariable", "loopCharacteristics", "subscription"),
        *("errorCodeVariable", "errorMessageVariable", "escalationCodeVariable"),
        "errorEventDefinition",
    }
)

WORK_ITEMS = frozenset({"userTask", "manualTask", "task"})
JOBS = frozenset({"serviceTask", "sendTask"})
TASKS = WORK_ITEMS | JOBS | {"businessRuleTask", "receiveTask", "scriptTask"}
THROWS = frozenset({"intermediateThrowEvent", "endEvent"})
WAITS = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})

ATTRIBUTES: dict[str, frozenset[str]] = {
    "role": WORK_ITEMS | {"lane"},
    "kind": TASKS | ACTIVITIES,
    "operation": TASKS | ACTIVITIES,
    "form": frozenset({"userTask"}),
    "equipment": TASKS,
    "qualification": frozenset({"userTask"}),
    "signature": frozenset({"userTask"}),
    "topic": JOBS,
    "action": JOBS,
    "function": frozenset({"serviceTask"}),
    "decision": frozenset({"businessRuleTask"}),
    "duration": TASKS,
    "due": TASKS,
    "followUp": TASKS,
    "calendar": TASKS | WAITS,
    "priority": TASKS,
    "retries": JOBS,
    "maximum": ACTIVITIES | TASKS | {"exclusiveGateway"},
    "optional": THROWS | {"sendTask"},
    "correlation": THROWS | WAITS | {"sendTask", "receiveTask"},
}
ELEMENTS: dict[str, frozenset[str]] = {
    "parameter": TASKS | THROWS,
    "material": TASKS,
    "tool": TASKS,
    "characteristic": TASKS,
    "in": frozenset({"callActivity"}),
    "out": frozenset({"callActivity"}),
}
# What nothing enforces yet, and where: a job goes to the equipment that it names, a person may go
# elsewhere.
NOT_YET: dict[str, frozenset[str]] = {
    "equipment": TASKS - JOBS,
    **{key: TASKS for key in ("qualification", "material", "tool", "characteristic")},
}
SPIFF_READ = frozenset({"calledDecisionId", "properties"})
SPIFF_REFUSED = ("script", "operator")


def check_names(node: etree._Element, report: Report) -> None:
    """Refuse attributes of ours that do not exist or stand in a wrong place; name foreign ones."""
    name, kind = named(node), local(node)
    for key in node.attrib:
        if str(key).startswith(MES):
            _check_place(str(key)[len(MES) :], ATTRIBUTES, name, kind, report)
        elif str(key).startswith(tuple("{" + f for f in FOREIGN)):
            _foreign(str(key), name, report)
    for child in extensions(node, "{"):
        _check_extension(child, name, kind, report)


def check_meaning(node: Node, at_start: bool, report: Report) -> None:
    """Refuse attributes that say something about a message, signal or time that is not there.

    `at_start` is whether the node starts a process: there is no instance yet that could say a key.
    """
    kind = node.event.kind if node.event is not None else None
    work = node.work
    timed = kind == "timer" or bool(work.due or work.follow_up or work.duration)
    told = node.type in THROWS
    for key, given, meant in (
        ("correlation", work.correlation is not None, kind == "message" and not at_start),
        ("optional", work.optional, kind == "message"),
        ("calendar", work.calendar is not None, timed),
        ("parameter", told and bool(work.parameters), kind in ("message", "signal")),
    ):
        if given and not meant:
            message = f"mes:{key} has no meaning on this {node.type}."
            report(error("misplaced-attribute", node.id, message, _BELONGS[key]))


_BELONGS = {
    "correlation": "It belongs on what waits for a message or throws one, inside an instance.",
    "optional": "It belongs on what throws a message.",
    "calendar": "It belongs on timer events, and on tasks with due, followUp or duration.",
    "parameter": "It belongs on tasks, and on events that throw a message or signal.",
}


def _check_extension(child: etree._Element, name: str, kind: str, report: Report) -> None:
    if child.tag.startswith(MES):
        _check_place(local(child), ELEMENTS, name, kind, report)
    elif child.tag.startswith(SPIFF):
        _check_spiff(local(child), name, report)
    elif child.tag.startswith(tuple("{" + f for f in FOREIGN)):
        _foreign(child.tag, name, report)


def _check_place(
    key: str, known: dict[str, frozenset[str]], name: str, kind: str, report: Report
) -> None:
    if key not in known:
        names = ", ".join(sorted(known))
        report(
            error("unknown-attribute", name, f"mes:{key} does not exist.", f"Known are {names}.")
        )
    elif kind not in known[key]:
        places = ", ".join(sorted(known[key]))
        message = f"mes:{key} has no meaning on a {kind}."
        report(error("misplaced-attribute", name, message, f"It belongs on: {places}."))
    elif kind in NOT_YET.get(key, ()):
        message = f"mes:{key} is kept, but nothing enforces it yet."
        report(warning("not-enforced-yet", name, message, "Check it by hand for now."))


def _check_spiff(key: str, name: str, report: Report) -> None:
    if any(word in key.lower() for word in SPIFF_REFUSED):
        report(
            error(
                "no-scripts",
                name,
                f"spiffworkflow:{key} would run code from the diagram.",
                "Use a service task with mes:function or mes:topic.",
            )
        )
    elif key not in SPIFF_READ:
        report(
            warning(
                "foreign-extension",
                name,
                f"spiffworkflow:{key} is kept, but has no effect here.",
                "Remove it, or say the same with our attributes.",
            )
        )


def _foreign(key: str, name: str, report: Report) -> None:
    called = etree.QName(key).localname
    if called in BEHAVIOUR:
        report(
            error(
                "foreign-behaviour",
                name,
                f"{called} of another tool says what happens there; nothing follows from it here.",
                "Convert the diagram: routecard process convert, or import it in the editor.",
            )
        )
        return
    report(
        warning(
            "foreign-extension",
            name,
            f"{called} of another tool is kept, but has no effect here.",
            "Say the same with our attributes.",
        )
    )
