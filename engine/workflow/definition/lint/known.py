"""What a bundle may name beside its own files."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Known:
    """Released (kind, key)s, in-house functions, working calendars, and the plant's equipment.

    Of the equipment, None says that nobody was asked, as where there is no plant.
    """

    items: frozenset[tuple[str, str]] = frozenset()
    functions: frozenset[str] = field(default_factory=frozenset)
    calendars: frozenset[str] = field(default_factory=frozenset)
    equipment: frozenset[str] | None = None
