"""Small enough to read: modules under 400 lines, functions under 40, packages under 12 modules."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from tests.house.tree import Module, modules

MODULE_LINES = 400
FUNCTION_LINES = 40
PACKAGE_MODULES = 12


def long_modules(sources: Iterable[Module]) -> Iterator[str]:
    for module in sources:
        lines = module.text.count("\n")
        if lines >= MODULE_LINES:
            yield f"{module.path} has {lines} lines"


def long_functions(sources: Iterable[Module]) -> Iterator[str]:
    for module in sources:
        for node in module.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines >= FUNCTION_LINES:
                    yield f"{module.path}:{node.lineno} {node.name} has {lines} lines"


def crowded_packages(sources: Iterable[Module]) -> Iterator[str]:
    """Product packages with too many modules; `__init__.py` only names its package."""
    paths = [module.path for module in sources if module.is_product]
    modules_of = Counter(p.rpartition("/")[0] for p in paths if not p.endswith("/__init__.py"))
    for package, number in modules_of.items():
        if number > PACKAGE_MODULES:
            yield f"{package} has {number} modules"


def ours() -> list[Module]:
    """A migration is written once and read by a machine; it may be as long as its change."""
    return [m for m in modules() if not m.path.startswith("engine/migrations/versions/")]


def test_modules_stay_short() -> None:
    assert list(long_modules(ours())) == []


def test_functions_stay_short() -> None:
    assert list(long_functions(ours())) == []


def test_packages_stay_small() -> None:
    assert list(crowded_packages(ours())) == []


def test_these_checks_find_what_is_too_long() -> None:
    function = "def walk():\n" + "    step()\n" * (FUNCTION_LINES - 1)
    long = Module("engine/long.py", function + "\n" * MODULE_LINES)
    crowd = [Module(f"engine/crowd/m{n}.py", "") for n in range(PACKAGE_MODULES + 1)]
    assert list(long_modules([long])) == ["engine/long.py has 440 lines"]
    assert list(long_functions([long])) == ["engine/long.py:1 walk has 40 lines"]
    assert list(crowded_packages(crowd)) == ["engine/crowd has 13 modules"]
