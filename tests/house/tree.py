"""The source as the checks see it: which files there are, and what is in them."""

import ast
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("adapters", "api", "cli", "engine", "forms")
ENTRY = "routecard.py"
# Written by others, and kept as it was published.
FOREIGN = ("tests/data/",)
MADE = {"__pycache__", "node_modules", "dist", "build"}


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


@cache
def modules() -> Sequence[Module]:
    """Every Python module of ours, tests included."""
    paths = [path for top in (*PRODUCT, "tests") for path in below(top) if path.suffix == ".py"]
    return [Module(named(path), path.read_text("utf-8")) for path in (*paths, ROOT / ENTRY)]


def texts() -> Iterator[tuple[str, str]]:
    """Path and text of every file of ours that people read: source, documents, make files."""
    tops = (*PRODUCT, "tests", "processes", "docs", ".ci")
    nested = [path for top in tops for path in below(top)]
    for path in [*sorted(ROOT.glob("*")), *nested]:
        if path.is_file() and path.suffix not in (".png", ".pdf"):
            yield named(path), path.read_text("utf-8", errors="replace")


def below(top: str) -> list[Path]:
    """Every file in a folder that we wrote: not a cache, not a build, not a stranger's diagram."""
    found = []
    for folder, folders, files in os.walk(ROOT / top):
        folders[:] = sorted(set(folders) - MADE)  # what is left out is not entered: it is large
        found += [Path(folder, name) for name in sorted(files)]
    return [path for path in found if not named(path).startswith(FOREIGN)]


def named(path: Path) -> str:
    """The path from the root, with forward slashes."""
    return path.relative_to(ROOT).as_posix()
