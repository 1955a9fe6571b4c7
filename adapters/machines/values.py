"""From a raw sample to a value that may be told: scale, map, range, deadband, time, staleness."""

import math
import struct
from collections import deque
from collections.abc import Iterable, Iterator
from statistics import median
from typing import NamedTuple

from adapters.machines.config.plan import Signal, TagPlan, text_of
from adapters.machines.core import Quality, Sample, Value

TRUSTED_MS = 2_000  # as far as the machine's clock may be from ours and its time still counts
SKEW_ALARM_MS = 5_000
LARGEST = 3e38  # of 32 bits
LAST = 25  # samples that the skew is estimated from

NOT_CONNECTED, STALE, NAN, UNMAPPED = "not_connected", "stale", "nan", "unmapped"
OUT_OF_RANGE = "out_of_range"


class Reading(NamedTuple):
    """One value in the plant's words; `at_ms` is the time that counts.

    A tuple, because there are thousands a second.
    """

    tag: TagPlan
    value: Value
    quality: Quality
    reason: str | None
    at_ms: int
    received_ms: int
    skewed: bool


class _Last:
    """What was last seen and last told of one tag."""

    __slots__ = ("fresh", "seen", "seen_ms", "stale", "told", "told_ms")

    def __init__(self) -> None:
        self.fresh = True  # nothing came since the connection was made
        self.seen: Reading | None = None
        self.seen_ms = 0
        self.told: Reading | None = None
        self.told_ms = 0
        self.stale = False


class Values:
    """The tags of one machine, as far as they are known.

    Args:
        tags: every tag that samples may come for; `change` has others later.
    """

    def __init__(self, tags: Iterable[TagPlan]) -> None:
        self._tags: dict[str, TagPlan] = {}
        self._last: dict[str, _Last] = {}
        self._skews: deque[int] = deque(maxlen=LAST)
        self.change(tags)

    def change(self, tags: Iterable[TagPlan]) -> None:
        """Have these tags from now on; what is known of a tag that stays the same is kept."""
        new = {tag.name: tag for tag in tags}
        same = {name for name, tag in new.items() if self._tags.get(name) == tag}
        self._last = {n: self._last[n] if n in same else _Last() for n in new}
        self._tags = new

    def connected(self) -> None:
        """A connection was made: what comes first may be old, and is no proof of a wrong clock."""
        for last in self._last.values():
            last.fresh = True
            last.stale = False
        self._skews.clear()

    def current(self, name: str) -> Reading | None:
        """The newest value of a tag, told or not."""
        last = self._last.get(name)
        return None if last is None else last.seen

    @property
    def skew_ms(self) -> int | None:
        """How far the machine's clock is ahead of ours; None as long as it tells no time."""
        return round(median(self._skews)) if self._skews else None

    # ---- what comes in ----

    def take(self, samples: Iterable[Sample]) -> list[Reading]:
        """The readings that are worth telling, in the order of the samples."""
        told = []
        for sample in samples:
            tag = self._tags.get(sample.tag)
            if tag is None:
                continue  # taken out of the configuration a moment ago
            last = self._last[sample.tag]
            reading = self._reading(tag, sample, last)
            last.seen, last.seen_ms, last.fresh, last.stale = (
                reading,
                sample.received_ms,
                False,
                False,
            )
            if last.told is None or _is_news(tag, reading, last):
                last.told, last.told_ms = reading, sample.received_ms
                told.append(reading)
        return told

    def disconnected(self, now_ms: int) -> list[Reading]:
        """Every tag once as bad, so that a trend shows the gap."""
        return list(self._gone(self._tags, NOT_CONNECTED, now_ms))

    def stale(self, now_ms: int, *, all_of_them: bool = False) -> list[Reading]:
        """Tags that were silent for longer than they may be, once, until they speak again."""
        return list(
            self._gone(
                (n for n in self._tags if all_of_them or self._late(n, now_ms)), STALE, now_ms
            )
        )

    def repeats(self, now_ms: int) -> list[Reading]:
        """What a deadband kept back for as long as its heartbeat."""
        told = []
        for name, last in self._last.items():
            band = self._tags[name].deadband
            if band is None or last.seen is None or last.stale:
                continue
            if now_ms - last.told_ms >= band.heartbeat_s * 1000:
                last.told = last.seen._replace(at_ms=now_ms, received_ms=now_ms)
                last.told_ms = now_ms
                told.append(last.told)
        return told

    def _late(self, name: str, now_ms: int) -> bool:
        limit = self._tags[name].stale_s
        last = self._last[name]
        return limit is not None and not last.fresh and now_ms - last.seen_ms > limit * 1000

    def _gone(self, names: Iterable[str], reason: str, now_ms: int) -> Iterator[Reading]:
        for name in names:
            last = self._last[name]
            if last.stale or (last.told is None and reason == STALE):
                continue
            if last.told is not None and last.told.reason == reason:
                continue
            last.stale = True
            tag = self._tags[name]
            last.told = last.seen = Reading(tag, None, Quality.BAD, reason, now_ms, now_ms, False)
            last.told_ms = now_ms
            yield last.told

    def _reading(self, tag: TagPlan, sample: Sample, last: _Last) -> Reading:
        value, quality, reason = refined(tag, sample)
        at, skewed = sample.received_ms, False
        if sample.source_ms is not None:
            ahead = sample.source_ms - sample.received_ms
            if -TRUSTED_MS <= ahead <= TRUSTED_MS:
                at = sample.source_ms
            else:
                skewed = not last.fresh
            if not last.fresh:
                self._skews.append(ahead)
        return Reading(tag, value, quality, reason, at, sample.received_ms, skewed)


def refined(tag: TagPlan, sample: Sample) -> tuple[Value, Quality, str | None]:
    """A raw value in the plant's unit or words, and how far it can be trusted."""
    value = sample.value
    if sample.quality is Quality.BAD or value is None:
        return None, Quality.BAD, sample.reason or "no_value"
    if tag.map is not None and tag.signal is not Signal.ALARM:  # whose codes the map explains
        word = tag.map.get(text_of(value))
        if word is None:
            return None, Quality.BAD, UNMAPPED
        return word, sample.quality, sample.reason
    if isinstance(value, bool | str):
        return value, sample.quality, sample.reason
    return _number(tag, value, sample)


def _number(tag: TagPlan, value: float, sample: Sample) -> tuple[Value, Quality, str | None]:
    if isinstance(value, float) and not math.isfinite(value):
        return None, Quality.BAD, NAN
    if tag.scale != 1.0:
        value = value * tag.scale
    if tag.offset:
        value = value + tag.offset
    if tag.range is not None and not tag.range[0] <= value <= tag.range[1]:
        reason = sample.reason or OUT_OF_RANGE
        return value, Quality.UNCERTAIN, reason
    return value, sample.quality, sample.reason


def raw_of(tag: TagPlan, value: Value) -> Value:
    """The raw value that is written so that it means this one: map and scale the other way round.

    Raises:
        ValueError: if the map has no such word.
    """
    if tag.map is not None:
        for raw, word in tag.map.items():
            if word == value:
                return _unkeyed(raw)
        raise ValueError(f"{value} is none of {', '.join(dict.fromkeys(tag.map.values()))}")
    if isinstance(value, bool | str) or value is None:
        return value
    number = (value - tag.offset) / tag.scale if tag.scale != 1.0 or tag.offset else value
    if tag.wire.type.startswith(("int", "uint")):
        return round(number)
    return number


def shortest(value: Value) -> Value:
    """A number with the digits that the machine meant: 25.003, not 25.003000259399414.

    What fits into 32 bits came out of 32 bits, as a rule, and has seven digits at most.
    """
    if not isinstance(value, float) or not -LARGEST <= value <= LARGEST:
        return value
    short = float(f"{value:.7g}")
    single = struct.Struct("f")
    same = single.pack(value) == single.pack(short)
    return short if same and single.unpack(single.pack(value))[0] == value else value


def _unkeyed(raw: str) -> Value:
    if raw in ("true", "false"):
        return raw == "true"
    return int(raw) if raw.lstrip("-").isdecimal() else raw


def _is_news(tag: TagPlan, reading: Reading, last: _Last) -> bool:
    """Whether it differs enough from what was told last (not from what was seen last)."""
    told = last.told
    assert told is not None
    if reading.quality is not told.quality or reading.reason != told.reason:
        return True
    band = tag.deadband
    if band is None:
        return True
    if reading.received_ms - last.told_ms >= band.heartbeat_s * 1000:
        return True
    new, old = reading.value, told.value
    if not isinstance(new, int | float) or not isinstance(old, int | float):
        return new != old
    return abs(new - old) > _width(tag)


def _width(tag: TagPlan) -> float:
    band = tag.deadband
    assert band is not None
    if band.abs is not None:
        return band.abs
    assert tag.range is not None
    assert band.pct is not None
    return band.pct / 100 * (tag.range[1] - tag.range[0])
