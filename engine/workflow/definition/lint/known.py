"""What a bundle may name beside its own files."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Known:
    """Released (kind, key)s, in-house functions, and working calendars."""

    items: frozenset[tuple[str, str]] = frozenset()
    functions: frozenset[str] = field(default_factory=frozenset)
    calendars: frozenset[str] = field(default_factory=frozenset)
