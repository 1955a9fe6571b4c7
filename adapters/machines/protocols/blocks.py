"""Which registers are read together: few requests, no value torn between two of them."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapters.machines.core import Quality, Sample, Tag
from adapters.machines.protocols.codec import Area, Decoder, Place, decoder, place

MAX_WORDS = 125  # of one request (Modbus application protocol 1.1b3, 6.3)
MAX_BITS = 2000  # 6.1
GAP = 16  # registers that nobody asked for cost less than another request


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one tag lies within a block."""

    tag: Tag
    offset: int
    decode: Decoder


@dataclass(frozen=True, slots=True)
class Block:
    """One request: so many registers, or bits, from one address on."""

    area: Area
    start: int
    count: int
    slots: tuple[Slot, ...]

    def samples(self, answer: Sequence[int] | Sequence[bool], now_ms: int) -> list[Sample]:
        """What the machine answered, as one sample for each tag."""
        if self.area.has_bits:
            good = Quality.GOOD
            return [
                Sample(slot.tag.name, bool(answer[slot.offset]), good, None, None, now_ms)
                for slot in self.slots
            ]
        high = struct.pack(f">{self.count}H", *answer)
        low = struct.pack(f"<{self.count}H", *answer)
        samples = []
        for slot in self.slots:
            value, reason = slot.decode(high, low, slot.offset)
            quality = Quality.GOOD if reason is None else Quality.BAD
            samples.append(Sample(slot.tag.name, value, quality, reason, None, now_ms))
        return samples

    def bad(self, reason: str, now_ms: int) -> list[Sample]:
        """A sample for each tag that says why it has no value."""
        return [Sample(s.tag.name, None, Quality.BAD, reason, None, now_ms) for s in self.slots]

    def tags(self) -> list[Tag]:
        """The tags that this request answers."""
        return [slot.tag for slot in self.slots]


def plan(tags: Iterable[Tag], *, max_words: int = MAX_WORDS, gap: int = GAP) -> list[Block]:
    """The requests that read all these tags; a value of several registers stays in one of them.

    Raises:
        AddressInvalid: for a tag that has no place.
    """
    areas: dict[Area, list[tuple[Place, Tag]]] = {}
    for tag in tags:
        spot = place(tag)
        areas.setdefault(spot.area, []).append((spot, tag))
    blocks = []
    for area, members in areas.items():
        members.sort(key=lambda member: (member[0].address, member[0].words))
        limit = MAX_BITS if area.has_bits else max_words
        blocks += [_block(area, run) for run in _runs(members, limit, gap)]
    return blocks


def _runs(
    members: list[tuple[Place, Tag]], limit: int, gap: int
) -> Iterable[list[tuple[Place, Tag]]]:
    run: list[tuple[Place, Tag]] = []
    start = end = 0
    for spot, tag in members:
        last = spot.address + spot.words
        if run and (spot.address - end > gap or max(end, last) - start > limit):
            yield run
            run = []
        if not run:
            start, end = spot.address, last
        run.append((spot, tag))
        end = max(end, last)
    if run:
        yield run


def _block(area: Area, run: list[tuple[Place, Tag]]) -> Block:
    start = run[0][0].address
    end = max(spot.address + spot.words for spot, _ in run)
    slots = tuple(Slot(tag, spot.address - start, decoder(tag, spot.bit)) for spot, tag in run)
    return Block(area, start, end - start, slots)
