"""The source as the checks see it: which files there are, and what is in them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("adapters", "api", "cli", "engine", "forms")
ENTRY = "routecard.py"
# Written by others, and kept as it was published.
FOREIGN = ("tests/data/",)


@dataclass(frozen=True)
class Module:
    """One Python file, by its path from the root."""

    path: str
    text: str

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of its syntax tree."""
        return list(ast.walk(ast.parse(self.text, self.path)))

    @property
    def is_product(self) -> bool:
        """Whether a plant runs it."""
        return not self.path.startswith("tests/")

    @property
    def imports(self) -> list[tuple[int, str]]:
        """Line and full dotted name of everything it imports."""
        found = []
        for node in self.nodes:
            if isinstance(node, ast.Import):
                found += [(node.lineno, alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
        return found


def modules() -> list[Module]:
    """Every Python module of ours, tests included."""
    paths = [path for top in (*PRODUCT, "tests") for path in sorted((ROOT / top).rglob("*.py"))]
    paths += [ROOT / ENTRY]
    return [Module(named(path), path.read_text("utf-8")) for path in paths if is_ours(path)]


def texts() -> Iterator[tuple[str, str]]:
    """Path and text of every file of ours that people read: source, documents, make files."""
    tops = (*PRODUCT, "tests", "processes", "docs", ".ci")
    nested = [path for top in tops for path in sorted((ROOT / top).rglob("*"))]
    for path in [*sorted(ROOT.glob("*")), *nested]:
        if path.is_file() and is_ours(path) and path.suffix not in (".png", ".pdf"):
            yield named(path), path.read_text("utf-8", errors="replace")


def is_ours(path: Path) -> bool:
    """Whether we wrote it: not a cache, not a build, not a stranger's diagram."""
    name = named(path)
    made = {"__pycache__", "node_modules", "dist", "build"} & set(path.parts)
    return not made and not name.startswith(FOREIGN)


def named(path: Path) -> str:
    """The path from the root, with forward slashes."""
    return path.relative_to(ROOT).as_posix()
