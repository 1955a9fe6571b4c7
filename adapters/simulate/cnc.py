"""A CNC lathe on OPC UA: programs, spindle, tool wear, a part counter, alarms, jobs by id.

Namespace urn:routecard:simulated:cnc, object Cnc: State (0 idle, 1 running, 2 setup, 3 down),
Program, PartCount and ScrapCount (UInt32, they roll over), SpindleSpeed, SpindleLoad, ToolWear,
Diameter (of the last part, mm), AlarmCode, Heartbeat, JobId, JobState, JobCode, JobOrderList;
methods StartJob(job, program, parts) and AbortJob(job); alarms of type OffNormalAlarmType.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from asyncua import ua

from adapters.simulate.nodes import KINDS, NodeMachine, Values, argument
from adapters.simulate.running import main
from adapters.simulate.simulator import DOWN, IDLE, RUNNING

PROGRAMS = {"SHAFT-25": (30.0, 25.0), "SHAFT-40": (45.0, 40.0), "RING-60": (60.0, 60.0)}
SPEED = 1800.0  # 1/min
SPIN_UP = 2.0  # seconds to two thirds of the speed
WEAR_PER_PART = 0.002  # of a tool's life
DRIFT = 0.04  # mm that a worn tool turns too large
SPREAD = 0.004  # mm
TOLERANCE = 0.02  # mm
ALARMS = {7: "Spindle overload", 8: "Chip conveyor jammed", 9: "Coolant level low"}


class Cnc(NodeMachine):
    """A lathe that takes jobs by a method; a job that it knows is not started again."""

    uri = "urn:routecard:simulated:cnc"
    name = "Cnc"

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.alarms = ALARMS
        self.program = "SHAFT-25"
        self.to_make = 0
        self.phase = 0.0
        self.speed_now = 0.0
        self.wear = 0.0
        self.diameter = 0.0

    def step(self, seconds: float) -> None:
        """See `Simulator`."""
        wanted = SPEED if self.state == RUNNING else 0.0
        self.speed_now += (wanted - self.speed_now) * (1 - math.exp(-seconds / SPIN_UP))
        if self.state == IDLE and self.produce:
            self._begin(self.program, 1)
        while self.state == RUNNING and seconds > 0:
            spent = min(seconds, PROGRAMS[self.program][0] - self.phase)
            self.phase += spent
            seconds -= spent
            if self.phase >= PROGRAMS[self.program][0]:
                self._end_part()

    def _begin(self, program: str, parts: int) -> None:
        self.program, self.to_make, self.phase, self.state = program, parts, 0.0, RUNNING

    def _end_part(self) -> None:
        self.phase = 0.0
        self.wear += WEAR_PER_PART
        nominal = PROGRAMS[self.program][1]
        self.diameter = nominal + DRIFT * self.wear + self.random.gauss(0, SPREAD)
        self.count(good=abs(self.diameter - nominal) <= TOLERANCE)
        if self.wear >= 1.0:
            self.wear = 0.0  # the turret takes the sister tool
        self.to_make -= 1
        if self.to_make <= 0:
            self.state = IDLE
            self.end_job()

    @property
    def load(self) -> float:
        """Percent of the spindle's power: a cut, then the way back."""
        if self.state != RUNNING:
            return 0.0
        share = self.phase / PROGRAMS[self.program][0] % 0.25
        return (35 + 30 * self.wear if share < 0.18 else 8) + self.random.gauss(0, 0.5)

    def values(self) -> Values:
        """See `NodeMachine`."""
        data = self.memory.data
        return {
            "State": (KINDS.Int32, self.state),
            "Program": (KINDS.String, self.program),
            "PartCount": (KINDS.UInt32, data.good),
            "ScrapCount": (KINDS.UInt32, data.scrap),
            "Cycle": (KINDS.UInt32, data.cycle),
            "Boot": (KINDS.UInt32, data.boot),
            "SpindleSpeed": (KINDS.Double, round(self.speed_now, 0)),
            "SpindleLoad": (KINDS.Double, round(self.load, 1)),
            "ToolWear": (KINDS.Double, round(self.wear, 3)),
            "Diameter": (KINDS.Double, round(self.diameter, 4)),
            "AlarmCode": (KINDS.Int32, self.breakdown),
            "Heartbeat": (KINDS.UInt32, int(self.clock)),
            **self.job_values(),
        }

    def methods(self) -> Mapping[str, tuple[Callable[..., Any], Sequence[ua.Argument]]]:
        """See `NodeMachine`."""
        job, program = argument("job", KINDS.String), argument("program", KINDS.String)
        return {
            "StartJob": (self._start_job, [job, program, argument("parts", KINDS.UInt16)]),
            "AbortJob": (self.abort_job, [job]),
        }

    async def _start_job(
        self, _: ua.NodeId, job: ua.Variant, program: ua.Variant, parts: ua.Variant
    ) -> ua.StatusCode | list[ua.Variant]:
        refusal = self.refusal()
        if program.Value not in PROGRAMS:
            return ua.StatusCode(ua.StatusCodes.BadInvalidArgument)
        number = max(int(parts.Value), 1)
        return await self.start_job(job, refusal, lambda: self._begin(program.Value, number))

    async def fault_breakdown(self, code: float = 7, seconds: float = 30.0) -> None:
        """See `NodeMachine`; the part in the chuck is lost."""
        await super().fault_breakdown(code, seconds)
        self.phase, self.state = 0.0, DOWN


if __name__ == "__main__":
    main(Cnc)
