"""Everything above a unit, in one statement: there are so many levels and no more."""

from typing import Any

import sqlalchemy as sa

from engine.equipment import rules
from engine.equipment.tables import equipment

ABOVE = [equipment.alias(f"above{n}") for n in range(1, len(rules.LEVELS))]


def with_all_above() -> Any:
    """The equipment, joined with what it is part of, as far up as there is something."""
    joined: Any = equipment
    below: Any = equipment
    for each in ABOVE:
        joined = joined.outerjoin(each, below.c.parent_id == each.c.id)
        below = each
    return joined


IN_USE = sa.and_(
    equipment.c.enabled, *(sa.or_(each.c.enabled.is_(None), each.c.enabled) for each in ABOVE)
)
