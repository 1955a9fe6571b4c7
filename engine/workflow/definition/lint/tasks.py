"""What a task must say about its work, and what it should."""

from collections.abc import Iterator

from engine.workflow.definition.model import Finding, Node, ScopeModel, error, warning


def tasks(node: Node, _scope: ScopeModel) -> Iterator[Finding]:
    """What is missing on a task or call activity."""
    yield from _service(node)
    yield from _people(node)
    yield from _loop(node)


def _service(node: Node) -> Iterator[Finding]:
    if node.type == "serviceTask" and (node.work.topic is None) == (node.work.function is None):
        yield error(
            "service-task",
            node.id,
            "A service task needs either a topic or a function.",
            "Write mes:topic for a worker, or mes:function for an in-house function.",
        )
    if node.type == "sendTask" and (node.work.topic is None) == (node.event is None):
        yield error(
            "send-task",
            node.id,
            "A send task needs either a message or a topic.",
            "Choose the message it throws, or write mes:topic for a worker.",
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


def _people(node: Node) -> Iterator[Finding]:
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


def _loop(node: Node) -> Iterator[Finding]:
    loop = node.loop
    if loop is None or loop.kind != "loop" or loop.maximum or node.work.maximum:
        return
    if loop.condition is None:
        yield error(
            "endless-loop",
            node.id,
            "The loop has neither a condition nor a maximum; it would never end.",
            "Write loopCondition or loopMaximum.",
        )
    else:
        yield warning(
            "loop-without-cap",
            node.id,
            "The loop runs for as long as its condition is true.",
            "Write loopMaximum, after which it is done, or mes:maximum, after which it is an "
            "incident.",
        )
