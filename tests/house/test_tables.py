"""A package's tables are its own: others use its commands and queries."""

from collections.abc import Iterable, Iterator

from tests.house.tree import Module, modules

# They hold the whole schema together, and do nothing else with it.
SEE_ALL = ("engine/registry.py", "engine/migrations/")


def strangers(sources: Iterable[Module]) -> Iterator[str]:
    for module in sources:
        if not module.is_product or module.path.startswith(SEE_ALL):
            continue
        for line, name in module.imports:
            words = name.split(".")
            if words[0] == "engine" and "tables" in words:
                owner = "/".join(words[:2]) + "/"
                if not module.path.startswith(owner):
                    yield f"{module.path}:{line} {name}"


def test_nobody_touches_another_packages_tables() -> None:
    assert list(strangers(modules())) == []


def test_this_check_finds_a_stranger() -> None:
    line = "from engine.workflow.tables import task"
    assert list(strangers([Module("api/rest/tasks.py", line)]))
    assert list(strangers([Module("engine/orders/queries.py", line)]))
    assert list(strangers([Module("engine/workflow/work/tasks.py", line)])) == []
    assert list(strangers([Module("engine/registry.py", line)])) == []
