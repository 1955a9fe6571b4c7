"""What gateways send, taken in exactly once: the mark and the effects share one transaction.

A row that cannot be used is refused alone and counts as acknowledged; the gateway puts it aside.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine.collection import speaking, units
from engine.collection.marks import Taken, check_numbers
from engine.collection.signals.effects import Effects
from engine.collection.signals.rows import Cycle, Drop, Signal, Written, read_signal
from engine.collection.tables import signal_source
from engine.equipment.queries import Unit
from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.errors import Invalid, RoutecardError
from engine.kernel.log import log
from engine.kernel.store import Store
from engine.kernel.store.uow import Uow

Row = Mapping[str, Any]
SLICE = 400  # rows that one transaction of about 50 ms takes in
# What a driver raises about a value, as against about the database itself (PEP 249).
ABOUT_A_VALUE = ("IntegrityError", "DataError", "ProgrammingError", "InterfaceError")


def take(store: Store, *, source: str, gateway: str, rows: Sequence[Row], actor: Actor) -> Taken:
    """Take in rows of a gateway in slices, so that a full request keeps nobody waiting.

    What a slice brought is told even if the next one finds the database busy: the gateway sends the
    rest again.

    Raises:
        Invalid: if a row has no number of its own; then nothing is taken in.
    """
    check_numbers([row.get("seq") for row in rows])
    parts: list[Taken] = []
    for first in range(0, max(len(rows), 1), SLICE):
        part = rows[first : first + SLICE]
        try:
            parts.append(store.run(ingest, source=source, gateway=gateway, rows=part, actor=actor))
        except RoutecardError:
            if not parts:
                raise
            break
    return Taken(parts[-1].ack, tuple(found for part in parts for found in part.refused))


def ingest(uow: Uow, *, source: str, gateway: str, rows: Sequence[Row], actor: Actor) -> Taken:
    """Take in rows of a gateway; those up to the source's mark have been taken in before.

    Args:
        source: the id of the gateway's buffer file; a new file is a new source.
        rows: with `seq` ascending.

    Raises:
        Invalid: if a row has no number of its own, so that nothing can be acknowledged.
    """
    check_numbers([row.get("seq") for row in rows])
    # One at a time on a site: a counter's last value must not be read twice.
    uow.alone(f"signals:{actor.site}")
    found = uow.one(_MARK, site=actor.site, source=source)
    mark: int = found[0] if found else 0
    fresh = [row for row in rows if row["seq"] > mark]
    if not fresh:
        return Taken(mark)
    refused: list[tuple[int, str]] = []
    signals = list(_readable(fresh, uow.now_ms, refused))
    refused += _apply(uow, source, gateway, signals, actor)
    mark = fresh[-1]["seq"]
    values = {"source": source, "mark": mark, "gateway": gateway, "at": uow.now_ms}
    uow.write(_PUT_MARK, values | {"site": actor.site})
    if refused:
        refused.sort()
        log.warning("signals_refused", gateway=gateway, number=len(refused), first=refused[0][1])
    return Taken(mark, tuple(refused))


def is_about_a_value(error: BaseException) -> bool:
    """Whether a fault is one row's own, and not the database's."""
    if isinstance(error, OverflowError | UnicodeEncodeError):
        return True
    return any(kind.__name__ in ABOUT_A_VALUE for kind in type(error).__mro__)


def _readable(rows: Sequence[Row], now: int, refused: list[tuple[int, str]]) -> Iterator[Signal]:
    for row in rows:
        try:
            yield read_signal(row, now)
        except Invalid as problem:
            refused.append((row["seq"], problem.detail))


def _apply(
    uow: Uow, source: str, gateway: str, signals: Sequence[Signal], actor: Actor
) -> list[tuple[int, str]]:
    """The effects of all rows at once; row by row if one of them is more than a table takes."""
    known = units.units(uow, {signal.unit for signal in signals}, actor.site)
    refused = [
        (signal.seq, f"There is no equipment {signal.unit!r}; create it, or correct its code.")
        for signal in signals
        if signal.unit not in known
    ]
    good = [signal for signal in signals if signal.unit in known]
    good = _spoken(uow, gateway, good, known, actor.site)
    try:
        with uow.savepoint():
            _together(Effects(uow, source, gateway, known, actor), good)
    except Exception as error:
        if not is_about_a_value(error):
            raise
        for signal in good:
            try:
                with uow.savepoint():
                    _together(Effects(uow, source, gateway, known, actor), [signal])
            except Exception as fault:
                if not is_about_a_value(fault):
                    raise
                refused.append((signal.seq, f"The database does not take it: {fault}."))
    return refused


def _spoken(
    uow: Uow, gateway: str, signals: Sequence[Signal], known: Mapping[str, Unit], site: int
) -> list[Signal]:
    """What counts of it: not what a gateway says of a time from when on another one has the unit.

    It was frozen and did not know, and what it read late would look like news. Its cycles count by
    their numbers, and what it threw away or wrote is so whoever has the unit now.
    """
    if not signals:
        return []
    has = speaking.speakers(uow, site)
    others = {
        code: who.since
        for code, unit in known.items()
        if (who := has.get(unit.id)) is not None and who.gateway != gateway and who.since
    }
    counts = [
        signal
        for signal in signals
        if isinstance(signal.body, Cycle | Drop | Written)
        or signal.at < others.get(signal.unit, signal.at + 1)
    ]
    if len(counts) < len(signals):
        log.info("signals_overruled", gateway=gateway, number=len(signals) - len(counts))
    return counts


def _together(effects: Effects, signals: Sequence[Signal]) -> None:
    for signal in signals:
        effects.add(signal)
    effects.write()


_s = signal_source.c
_MARK = db.Statement(
    sa.select(_s.mark).where(
        _s.site_id == sa.bindparam("site", type_=sa.Integer), _s.source == sa.bindparam("source")
    )
)
_PUT_MARK = db.Statement(
    sa.text(
        "INSERT INTO signal_source (site_id, source, mark, gateway, at)"
        " VALUES (:site, :source, :mark, :gateway, :at)"
        " ON CONFLICT (site_id, source) DO UPDATE"
        " SET mark = excluded.mark, gateway = excluded.gateway, at = excluded.at"
    )
)
