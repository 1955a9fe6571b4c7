"""A hardening oven on Modbus RTU over TCP: six zones, a recipe that is checked before it counts.

Registers, counted from 0, high word first:

    0 state (0 idle, 1 heating, 2 setup, 3 down, 4 soaking, 5 cooling) · 1 heartbeat
    2-3 charges · 6-7 cycle number · 8 boot · 9 alarm · 10-15 zone temperatures in 0.1 °C
    16-17 peak of the last charge in °C · 18 seconds of soaking left
    30 active recipe · 31 its version · 32-33 its CRC-32
    100-101 command number · 102 recipe · 103 minutes of soaking · 104 strobe
    110-111 number taken · 112 what became of it · 113 why
    200 recipe · 201 version · 202-207 zone set points in °C · 208-209 CRC-32 of 200-207
"""

import math
import struct
import zlib
from collections.abc import Iterable

from pymodbus import FramerType
from pymodbus.constants import ExcCodes

from adapters.simulate.handshake import Code, Echo
from adapters.simulate.registers import RegisterMachine, f32, number, u32
from adapters.simulate.running import main
from adapters.simulate.simulator import DOWN, IDLE, RUNNING

ZONES = 6
SOAKING, COOLING = 4, 5
COMMAND, STROBE, ECHO, RECIPE, RECIPE_END = 100, 104, 110, 200, 209
AMBIENT = 25.0  # °C
LAG = 180.0  # seconds: a zone is a lag of the first order
STRONGEST = 1000.0  # °C that full power leads to in the end
BAND = 5.0  # °C around the set point that counts as reached
COOL = 80.0  # °C at which the door opens
LOWEST, HIGHEST = 100, 950  # °C
NOISE = 0.3  # °C
SHIPPED = {1: 850, 2: 400, 3: 200}  # °C: harden, temper, stress-relieve


class Oven(RegisterMachine):
    """An oven that heats, soaks and cools one charge for each command."""

    scheme = "rtu+tcp"
    framer = FramerType.RTU

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.zones = [AMBIENT] * ZONES
        self.points = [float(SHIPPED[1])] * ZONES
        self.active = (1, 1)
        self.crc = number(shipped(1), 8)
        self.soak_left = 0.0
        self.peak = 0.0
        self.last_peak = 0.0

    def step(self, seconds: float) -> None:
        """See `Simulator`."""
        while seconds > 0:
            piece = min(seconds, 1.0)
            self._heat(piece)
            self._proceed(piece)
            seconds -= piece

    def _heat(self, seconds: float) -> None:
        hot = self.state in (RUNNING, SOAKING)
        for zone in range(ZONES):
            lead = 20 * (self.points[zone] - self.zones[zone]) + self.points[zone]
            target = min(STRONGEST, max(AMBIENT, lead)) if hot else AMBIENT
            edge = 1.1 if zone in (0, ZONES - 1) else 1.0  # the ends lose more
            share = 1 - math.exp(-seconds / (LAG * edge))
            self.zones[zone] += (target - self.zones[zone]) * share
        self.peak = max(self.peak, *self.zones)

    def _proceed(self, seconds: float) -> None:
        if self.state == IDLE and self.produce:
            self._begin(60.0)
        elif self.state == RUNNING and self._reached():
            self.state = SOAKING
        elif self.state == SOAKING:
            self.soak_left -= seconds
            if self.soak_left <= 0:
                self.state = COOLING
        elif self.state == COOLING and max(self.zones) <= COOL:
            self._end()

    def _reached(self) -> bool:
        pairs = zip(self.zones, self.points, strict=True)
        return all(abs(zone - point) <= BAND for zone, point in pairs)

    def _begin(self, soak: float) -> None:
        self.state, self.soak_left, self.peak = RUNNING, soak, 0.0

    def _end(self) -> None:
        self.state, self.last_peak = IDLE, self.peak
        self.count(good=True)
        if self.handshake.busy:
            self.finished()

    def image(self) -> Iterable[tuple[int, list[int]]]:
        """See `RegisterMachine`."""
        data = self.memory.data
        peak = math.nan if self.sends_nan else self.last_peak
        yield 0, [self.state, int(self.clock) % 65536, *u32(data.good)]
        yield 6, [*u32(data.cycle), data.boot % 65536, self.breakdown]
        yield 10, [round(10 * (zone + self.random.gauss(0, NOISE))) for zone in self.zones]
        yield 16, [*f32(peak), max(0, math.ceil(self.soak_left))]
        yield 30, [*self.active, *u32(self.crc)]
        yield ECHO, [*u32(data.last), data.echo, data.code]

    def written(self, address: int, values: list[int]) -> ExcCodes | None:
        """The command block or the recipe block; each is written in one piece."""
        end = address + len(values) - 1
        if COMMAND <= address <= end <= STROBE:
            block = self.registers[COMMAND : STROBE + 1]
            block[address - COMMAND : end - COMMAND + 1] = values
            if end == STROBE and values[-1] == 1:
                self._command(number(block, 0), block[2], block[3])
            return None
        if (address, end) == (RECIPE, RECIPE_END):
            return self._load(values)
        return ExcCodes.ILLEGAL_ADDRESS

    def _load(self, block: list[int]) -> ExcCodes | None:
        """A recipe counts only if its checksum is right and no charge is in the oven."""
        points, given = block[2:8], number(block, 8)
        if self.state != IDLE:
            return ExcCodes.DEVICE_BUSY
        if given != recipe_crc(block[:8]) or not all(LOWEST <= p <= HIGHEST for p in points):
            return ExcCodes.ILLEGAL_VALUE
        self.points, self.active, self.crc = [float(p) for p in points], (block[0], block[1]), given
        return None

    def _command(self, command: int, recipe: int, minutes: int) -> None:
        refusal = self.refusal()
        if refusal is Code.NONE and recipe not in (self.active[0], *SHIPPED):
            refusal = Code.RECIPE_NOT_ACTIVE
        if not self.handshake.take(command, refusal):
            return
        if recipe != self.active[0]:
            self._load(shipped(recipe))
        self._begin(60.0 * max(minutes, 1))
        self.handshake.tell(Echo.RUNNING)
        self.taken()

    async def fault_breakdown(self, code: float = 7, seconds: float = 30.0) -> None:
        """See `Simulator`; the charge cools down in it."""
        await super().fault_breakdown(code, seconds)
        self.state = DOWN


def shipped(recipe: int) -> list[int]:
    """The block of a recipe that the oven came with."""
    block = [recipe, 1, *[SHIPPED[recipe]] * ZONES]
    return [*block, *u32(recipe_crc(block))]


def recipe_crc(block: list[int]) -> int:
    """CRC-32 (zlib) over the registers of a recipe, high byte first."""
    return zlib.crc32(struct.pack(f">{len(block)}H", *block))


if __name__ == "__main__":
    main(Oven)
