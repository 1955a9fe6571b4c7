"""Which protocols there are: modules with a class `Machine`, and what others have added."""

import pkgutil
from functools import cache
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path

import adapters.machines.protocols as shipped
from adapters.machines.core import Adapter

GROUP = "routecard.protocols"  # entry points of other packages: name -> class
MARK = "\nclass Machine"  # what lies beside the protocols has no such class
_added: dict[str, type[Adapter]] = {}


def add(name: str, machine: type[Adapter]) -> None:
    """Let configurations name a protocol that is no module of ours."""
    _added[name] = machine


def names() -> list[str]:
    """Every protocol that a configuration may name; nothing is imported for it."""
    others = {entry.name for entry in metadata.entry_points(group=GROUP)}
    return sorted(_shipped() | _added.keys() | others)


def protocol(name: str) -> type[Adapter]:
    """The class that speaks a protocol; its library is imported now.

    Raises:
        KeyError: if there is none of this name.
    """
    if name in _added:
        return _added[name]
    if name in _shipped():
        machine: type[Adapter] = import_module(f"{shipped.__name__}.{name}").Machine
        return machine
    for entry in metadata.entry_points(group=GROUP):
        if entry.name == name:
            loaded: type[Adapter] = entry.load()
            return loaded
    raise KeyError(name)


@cache
def _shipped() -> frozenset[str]:
    modules = (m.name for m in pkgutil.iter_modules(shipped.__path__) if not m.ispkg)
    return frozenset(name for name in modules if MARK in _source(name))


def _source(name: str) -> str:
    spec = find_spec(f"{shipped.__name__}.{name}")
    if spec is None or spec.origin is None:
        return ""
    return Path(spec.origin).read_text("utf-8")
