"""YAML without surprises, every value with the line it stands in.

Of YAML 1.1 the traps are left out: `off` and `no` are words (a machine state is called off),
`12:30` is text, and nothing but plain values can be made.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

Path_ = tuple[str | int, ...]
LARGEST = 1_000_000  # bytes of one file


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at one place, and the cure."""

    file: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


class ConfigInvalid(Exception):
    """A configuration that cannot be used; every finding is a line of the message."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = sorted(findings, key=lambda f: (f.file, f.line))
        super().__init__("\n".join(map(str, self.findings)))


@dataclass(slots=True)
class Document:
    """A file's values, and where each stands."""

    file: Path
    values: object = None
    lines: dict[Path_, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def line(self, path: Path_) -> int:
        """The line of a value, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def blame(self, path: Path_, what: str) -> None:
        """Note what is wrong at a place."""
        found = Finding(self.file, self.line(path), what)
        if found not in self.findings:
            self.findings.append(found)


class _Loader(yaml.SafeLoader):
    """Scalars of the core schema of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", "n~"),
    ("int", r"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]*([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+", "-+0123456789"),
):
    _whole = re.compile(rf"^(?:{_pattern})$")
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _whole, [*_first])
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^$"), [""])


def read_document(file: Path) -> Document:
    """Read one YAML file.

    Raises:
        ConfigInvalid: if it cannot be read at all.
    """
    try:
        content = file.read_bytes()
        text = content.decode("utf-8")
    except OSError as error:
        told = f"cannot be read ({error.strerror}); check its name and its permissions"
        raise ConfigInvalid([Finding(file, 1, told)]) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigInvalid([Finding(file, line, "is not UTF-8; save it as UTF-8")]) from error
    if len(content) > LARGEST:
        told = f"is larger than {LARGEST} bytes; a file describes one machine"
        raise ConfigInvalid([Finding(file, 1, told)])
    return _parsed(file, text)


def _parsed(file: Path, text: str) -> Document:
    document = Document(file)
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is not None:
            document.values = _Values(document, loader).of(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        told = f"is no YAML: {error.problem}; check indentation, colons and quotes"
        raise ConfigInvalid([Finding(file, line, told)]) from error
    except yaml.YAMLError as error:
        told = f"is no YAML: {str(error).splitlines()[0]}; it has to be plain text"
        raise ConfigInvalid([Finding(file, 1, told)]) from error
    finally:
        if loader is not None:
            loader.dispose()
    return document


class _Values:
    """Turns nodes into plain values."""

    def __init__(self, document: Document, loader: _Loader) -> None:
        self._document = document
        self._loader = loader
        self._seen: set[int] = set()

    def of(self, node: yaml.Node, path: Path_) -> object:
        """The value of a node; its line is noted under `path`."""
        self._document.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if id(node) in self._seen:
            self._document.blame(path, "an alias (*name) is not used here; write it out")
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.of(item, (*path, n)) for n, item in enumerate(node.value)]
        return dict(self._pairs(node, path))

    def _scalar(self, node: yaml.ScalarNode, path: Path_) -> object:
        if node.tag.rpartition(":")[2] not in ("str", "int", "float", "bool", "null"):
            self._document.blame(path, f"the tag {node.tag} is not used here; remove it")
            return None
        return self._loader.construct_object(node)

    def _pairs(self, node: yaml.Node, path: Path_) -> Iterator[tuple[object, object]]:
        seen: set[object] = set()
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._document.blame(path, "a key has to be a word or a number")
                continue
            key = self._scalar(key_node, path)
            place = (*path, key if isinstance(key, int) and key is not True else str(key))
            self._document.lines[place] = key_node.start_mark.line + 1
            if key in seen:
                self._document.blame(place, f"the key {key} stands here twice; remove one")
            seen.add(key)
            yield key, self.of(value_node, place)
