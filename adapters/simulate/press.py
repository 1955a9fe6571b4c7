"""A press on Modbus TCP: a stroke of four seconds, a force curve, two percent scrap.

Registers, counted from 0, high word first unless said otherwise:

    0 state (0 idle, 1 running, 2 setup, 3 down) · 1 heartbeat · 2-3 good parts, low word first
    4-5 scrap · 6-7 cycle number · 8 boot · 9 alarm (0 none) · 10-11 force in kN, bytes swapped
    12-13 peak force of the last cycle in kN · 14 mode (1 automatic) · 20 oil temperature, 0.1 °C
    100-101 command number · 102 recipe · 103 parts · 104-105 force in kN · 106 strobe
    110-111 number taken · 112 what became of it · 113 why
"""

import math
from collections.abc import Iterable

from pymodbus.constants import ExcCodes

from adapters.simulate.handshake import Code, Echo
from adapters.simulate.registers import (
    RegisterMachine,
    f32,
    f32_swapped,
    number,
    real,
    u32,
    u32_low_first,
)
from adapters.simulate.running import main
from adapters.simulate.simulator import DOWN, IDLE, RUNNING

CYCLE_SECONDS = 4.0
SCRAP_SHARE = 0.02
COMMAND, PARAMETERS_END, STROBE, ECHO = 100, 105, 106, 110
RECIPES = {1: 120.0, 2: 150.0, 3: 180.0}  # kN
STRONGEST = 220.0  # kN
SPREAD = 0.015  # of the peak, one standard deviation
SCRAP_DEVIATION = 0.12
OIL_COLD, OIL_HOT = 25.0, 55.0  # °C
OIL_TIME = 900.0  # seconds to two thirds of the way


class Press(RegisterMachine):
    """A hydraulic press that takes commands by the id-echo handshake."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.phase = 0.0  # seconds into the stroke
        self.to_make = 0
        self.set_force = RECIPES[1]
        self.peak = 0.0
        self.last_peak = 0.0
        self.oil = OIL_COLD
        self.next_is_scrap = False

    def step(self, seconds: float) -> None:
        """See `Simulator`."""
        warm = OIL_HOT if self.state == RUNNING else OIL_COLD
        self.oil += (warm - self.oil) * (1 - math.exp(-seconds / OIL_TIME))
        if self.state == IDLE and self.produce:
            self._begin(1, self.set_force)
        while self.state == RUNNING and seconds > 0:
            spent = min(seconds, CYCLE_SECONDS - self.phase)
            self.phase += spent
            seconds -= spent
            if self.phase >= CYCLE_SECONDS:
                self._end_stroke()

    def _begin(self, parts: int, force: float) -> None:
        self.to_make, self.set_force, self.state = parts, force, RUNNING
        self._next_stroke()

    def _next_stroke(self) -> None:
        self.phase = 0.0
        self.next_is_scrap = self.random.random() < SCRAP_SHARE
        off = SCRAP_DEVIATION * self.random.choice((-1, 1)) if self.next_is_scrap else 0.0
        self.peak = self.set_force * (1 + off + self.random.gauss(0, SPREAD / 2))

    def _end_stroke(self) -> None:
        self.last_peak = self.peak
        self.count(good=not self.next_is_scrap)
        self.to_make -= 1
        if self.to_make > 0:
            self._next_stroke()
            return
        self.phase, self.state = 0.0, IDLE
        if self.handshake.busy:
            self.finished()

    @property
    def force(self) -> float:
        """kN at present: nothing while it comes down, a steep rise, a short hold, and away."""
        share = self.phase / CYCLE_SECONDS
        if self.state != RUNNING or share < 0.4:
            return 0.0
        if share < 0.6:
            rise = (share - 0.4) / 0.2
            return self.peak * rise * rise * (3 - 2 * rise)
        return self.peak if share < 0.7 else max(0.0, self.peak * (1 - (share - 0.7) / 0.05))

    def image(self) -> Iterable[tuple[int, list[int]]]:
        """See `RegisterMachine`."""
        data = self.memory.data
        nan = math.nan if self.sends_nan else 1.0
        yield 0, [self.state, int(self.clock) % 65536, *u32_low_first(data.good)]
        yield 4, [*u32(data.scrap), *u32(data.cycle), data.boot % 65536, self.breakdown]
        yield 10, [*f32_swapped(self.force * nan), *f32(self.last_peak * nan), 1]
        yield 20, [round(self.oil * 10)]
        yield ECHO, [*u32(data.last), data.echo, data.code]

    def written(self, address: int, values: list[int]) -> ExcCodes | None:
        """The command block; a strobe starts only a number that is greater than the last."""
        if not COMMAND <= address <= address + len(values) - 1 <= STROBE:
            return ExcCodes.ILLEGAL_ADDRESS
        block = self.registers[COMMAND : STROBE + 1]
        block[address - COMMAND : address - COMMAND + len(values)] = values
        if address + len(values) - 1 == STROBE and values[-1] == 1:
            self._command(number(block, 0), block[2], block[3], real(block, 4))
        return None

    def _command(self, command: int, recipe: int, parts: int, force: float) -> None:
        force = force or RECIPES.get(recipe, 0.0)
        refusal = self.refusal()
        if refusal is Code.NONE and (recipe not in RECIPES or not 0 < force <= STRONGEST):
            refusal = Code.BAD_PARAMETER
        if self.handshake.take(command, refusal):
            self._begin(max(parts, 1), force)
            self.handshake.tell(Echo.RUNNING)
            self.taken()

    async def fault_breakdown(self, code: float = 7, seconds: float = 30.0) -> None:
        """See `Simulator`; what lies in the press then is lost."""
        await super().fault_breakdown(code, seconds)
        self.phase, self.to_make, self.state = 0.0, 0, DOWN


if __name__ == "__main__":
    main(Press)
