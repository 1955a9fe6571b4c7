"""The numbers people see: a series per site, no gap within a commit, never given twice."""

from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.errors import Invalid
from engine.kernel.functions import function
from engine.kernel.store.uow import Uow

DIGITS = 6
MAX_SERIES = 20

number_series = sa.Table(
    "number_series",
    db.metadata,
    sa.Column(
        "site_id",
        sa.Integer,
        primary_key=True,
        autoincrement=False,
        server_default=sa.text(str(db.DEFAULT_SITE)),
    ),
    sa.Column("series", sa.Text, primary_key=True),
    db.number("last"),
    **db.BY_KEY,
)

_c = number_series.c
_NEXT = db.Statement(
    sa.text(
        "INSERT INTO number_series (site_id, series, last) VALUES (:site, :series, 1) "
        "ON CONFLICT (site_id, series) DO UPDATE SET last = number_series.last + 1 RETURNING last"
    )
)


def next_number(uow: Uow, series: str, site: int = db.DEFAULT_SITE) -> str:
    """The next number of a series, such as `NC-000012`.

    Raises:
        Invalid: if the series is not 1 to 20 capital letters, digits or hyphens.
    """
    plain = series.replace("-", "")
    if not (0 < len(series) <= MAX_SERIES and plain.isascii() and plain.isalnum()):
        raise Invalid(f"{series!r} is no number series; write capital letters, such as NC.")
    row = uow.one(_NEXT, site=site, series=series.upper())
    assert row is not None
    return f"{series.upper()}-{row[0]:0{DIGITS}d}"


@function("numbering.next")
def _next(uow: Uow, **parameters: Any) -> dict[str, object]:
    """Parameters `series` and `variable`: the next number of the series, under that variable."""
    missing = {"series", "variable"} - parameters.keys()
    if missing:
        raise Invalid(f"numbering.next needs the parameter {missing.pop()!r}.")
    return {str(parameters["variable"]): next_number(uow, str(parameters["series"]))}
