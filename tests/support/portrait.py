"""A picture of everything an object reaches, to see whether anything was written to it."""

from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

_VALUES = (str, bytes, int, float, bool, type(None))
_CODE = (type, FunctionType, BuiltinFunctionType, MethodType, ModuleType)


def portrait(thing: object) -> dict[str, str]:
    """Path -> value of all that can be reached; two pictures differ where something was written."""
    seen: set[int] = set()
    found: dict[str, str] = {}
    waiting: list[tuple[str, Any]] = [("", thing)]
    while waiting:
        path, part = waiting.pop()
        if isinstance(part, _VALUES):
            found[path] = repr(part)
        elif isinstance(part, _CODE) or id(part) in seen:
            found[path] = type(part).__name__
        else:
            seen.add(id(part))
            inside = _inside(part)
            found[path] = f"{type(part).__name__} of {len(inside)}"
            waiting += [(f"{path}{step}", value) for step, value in inside]
    return found


def changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The paths at which two pictures differ."""
    return sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p))


def _inside(part: Any) -> list[tuple[str, Any]]:
    if isinstance(part, dict):
        return [(f"[{key!r}]", value) for key, value in part.items()]
    if isinstance(part, list | tuple):
        return [(f"[{n}]", value) for n, value in enumerate(part)]
    if isinstance(part, set | frozenset):
        return [(f"[{n}]", value) for n, value in enumerate(sorted(part, key=repr))]
    slots = [s for kind in type(part).__mro__ for s in getattr(kind, "__slots__", ())]
    names = {*getattr(part, "__dict__", ()), *(s for s in slots if hasattr(part, s))}
    return [(f".{name}", getattr(part, name)) for name in sorted(names)]
