"""Which names of the plant a diagram may use: a kind of name for a query that answers all of them.

A package above registers its query when `engine.registry` imports it. A name that is not among
them stops nothing: the plant may get the thing later.
"""

from collections.abc import Callable

from engine.kernel.store.uow import Uow

Names = Callable[[Uow, int], frozenset[str]]
EQUIPMENT = "equipment"
_names: dict[str, Names] = {}


def names_of(kind: str) -> Callable[[Names], Names]:
    """Register a query `(uow, site) -> names` for a kind of name."""

    def register(target: Names) -> Names:
        _names[kind] = target
        return target

    return register


def known(uow: Uow, kind: str, site: int) -> frozenset[str] | None:
    """Every name of the kind on a site; None if nothing here has such names."""
    target = _names.get(kind)
    return None if target is None else target(uow, site)
