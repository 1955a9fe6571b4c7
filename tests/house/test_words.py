"""Words and calls that have no place here, and the two modules that may know the BPMN library."""

import ast
import re
from collections.abc import Iterable, Iterator

import pytest

from tests.house.tree import Module, modules, texts

HERE = "tests/house/test_words.py"
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
BARE_IGNORE = re.compile(r"#\s*(type:\s*ignore|noqa)(?![\[:])")
# A path of one machine: `/home/ana`, but neither `docs/home/` nor `https://host/work/`.
MACHINE_PATH = re.compile(r"(?<![\w.~*)}/-])/(root|home|work|Users)/")
VAGUE_CLASS = re.compile(r"(Manager|Helper|Service|Utils?)$")
VAGUE_MODULE = re.compile(r"(^|/|_)(utils?|common|helpers?|managers?|misc)(\.py|/)")
FORBIDDEN_CALLS = ("time.sleep", "eval", "exec", "pickle.load", "pickle.loads")
LIBRARY = "SpiffWorkflow"
MAY_KNOW_THE_LIBRARY = ("engine/workflow/definition/specs.py", "engine/workflow/execution/tree.py")


def unwanted_words(sources: Iterable[tuple[str, str]]) -> Iterator[str]:
    for path, text in sources:
        for number, line in enumerate(text.splitlines(), start=1):
            for pattern in (UNFINISHED, BARE_IGNORE, MACHINE_PATH):
                if (found := pattern.search(line)) and path != HERE:
                    yield f"{path}:{number} {found[0]}"


def unwanted_calls(sources: Iterable[Module]) -> Iterator[str]:
    for module in sources:
        for node in module.nodes:
            if isinstance(node, ast.Call) and dotted(node.func) in FORBIDDEN_CALLS:
                yield f"{module.path}:{node.lineno} {dotted(node.func)}("
        for line, name in module.imports:
            if name in FORBIDDEN_CALLS:  # from time import sleep
                yield f"{module.path}:{line} {name}"


def dotted(name: ast.expr) -> str:
    """A name as it stands there, "time.sleep"; what is no name has none."""
    if isinstance(name, ast.Attribute):
        return f"{dotted(name.value)}.{name.attr}"
    return name.id if isinstance(name, ast.Name) else ""


def vague_names(sources: Iterable[Module]) -> Iterator[str]:
    for module in sources:
        if VAGUE_MODULE.search(module.path):
            yield module.path
        for node in module.nodes:
            if isinstance(node, ast.ClassDef) and VAGUE_CLASS.search(node.name):
                yield f"{module.path}:{node.lineno} {node.name}"


def library_imports(sources: Iterable[Module]) -> Iterator[str]:
    """Imports of the library in the product; tests import it to show what it does differently."""
    for module in sources:
        if module.is_product and module.path not in MAY_KNOW_THE_LIBRARY:
            for line, name in module.imports:
                if name.split(".")[0] == LIBRARY:
                    yield f"{module.path}:{line} {name}"


def test_no_unwanted_words() -> None:
    assert list(unwanted_words(texts())) == []


def test_no_unwanted_calls() -> None:
    assert list(unwanted_calls(modules())) == []


def test_no_vague_names() -> None:
    assert list(vague_names(modules())) == []


def test_two_modules_know_the_library() -> None:
    assert list(library_imports(modules())) == []


@pytest.mark.parametrize(
    "line",
    [
        "# TODO later",
        "raise NotImplementedError",
        "x = y  # type: ignore",
        "x = y  # noqa",
        'HOME = "/home/ana/plant"',
        "see /work/main",
    ],
)
def test_the_word_check_finds(line: str) -> None:
    assert list(unwanted_words([("engine/x.py", line)]))


@pytest.mark.parametrize(
    "line",
    [
        "x = y  # type: ignore[attr-defined]",
        "engine/workflow/work/tasks.py",
        "GET https://plant.example/work/orders",
        'url = f"{base}/home/"',
    ],
)
def test_the_word_check_lets_pass(line: str) -> None:
    assert list(unwanted_words([("engine/x.py", line)])) == []


@pytest.mark.parametrize(
    "line",
    ["time.sleep(1)", "from time import sleep", "eval(text)", "exec(text)", "pickle.loads(row)"],
)
def test_the_call_check_finds(line: str) -> None:
    assert list(unwanted_calls([Module("engine/x.py", line)]))


def test_the_name_check_finds() -> None:
    assert list(vague_names([Module("engine/x.py", "class LotManager: ...")]))
    assert list(vague_names([Module("engine/lot_utils.py", "")]))
    assert list(vague_names([Module("api/common/x.py", "")]))
    assert list(vague_names([Module("engine/x.py", "class ServiceTask: ...")])) == []


def test_the_library_check_finds() -> None:
    line = f"from {LIBRARY}.bpmn import workflow"
    assert list(library_imports([Module("engine/workflow/work/tasks.py", line)]))
    assert list(library_imports([Module("tests/engine/test_stock.py", line)])) == []
