"""Every finding of a bundle: its processes scope by scope, element by element, and together."""

from collections.abc import Callable, Iterator, Mapping

from engine.workflow.definition.bundles import Bundle
from engine.workflow.definition.lint.choices import choices
from engine.workflow.definition.lint.joins import joins
from engine.workflow.definition.lint.known import Known
from engine.workflow.definition.lint.names import names, types
from engine.workflow.definition.lint.starts import starts
from engine.workflow.definition.lint.tasks import tasks
from engine.workflow.definition.lint.waits import waits
from engine.workflow.definition.lint.ways import directions, ways
from engine.workflow.definition.model import Finding, Node, ProcessModel, ScopeModel


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
        yield from starts(scope, process.nodes.get(scope.id))
        yield from ways(scope)
        yield from joins(scope)
        for node in scope.nodes.values():
            for check in _CHECKS:
                yield from check(node, scope)
            yield from names(node, bundle, known)
    yield from types(process, bundle)


_CHECKS: tuple[Callable[[Node, ScopeModel], Iterator[Finding]], ...] = (
    directions,
    choices,
    tasks,
    waits,
)
