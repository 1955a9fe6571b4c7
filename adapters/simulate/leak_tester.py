"""A leak tester on OPC UA: one test for each part, with serial number, measurement and limit.

Namespace urn:routecard:simulated:leak, object Leak: State (0 idle, 1 running, 2 setup, 3 down),
Serial, LeakRate (of the last part, mbar·l/s), Limit, Result (0 none, 1 pass, 2 fail), Pressure
(now, bar), Good, Scrap, Cycle (UInt32), Boot, AlarmCode, Heartbeat, JobId, JobState, JobCode,
JobOrderList; methods StartJob(job, serial, parts) and AbortJob(job); a serial number that ends in
digits counts on with each part.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from asyncua import ua

from adapters.simulate.nodes import KINDS, NodeMachine, Values, argument
from adapters.simulate.running import main
from adapters.simulate.simulator import DOWN, IDLE, RUNNING

FILL, SETTLE, MEASURE, VENT = 2.0, 1.5, 2.0, 0.5  # seconds
TEST_SECONDS = FILL + SETTLE + MEASURE + VENT
TEST_PRESSURE = 3.0  # bar
LIMIT = 0.010  # mbar·l/s
TYPICAL = 0.004  # mbar·l/s, the median of sound parts
SPREAD = 0.25  # of the logarithm
LEAKY_SHARE = 0.015
NONE, PASS, FAIL = range(3)
ALARMS = {7: "Adapter seal leaks", 8: "Test pressure not reached"}

_COUNTED = re.compile(r"(.*?)(\d+)$")


class LeakTester(NodeMachine):
    """A tester that fills, settles, measures and vents."""

    uri = "urn:routecard:simulated:leak"
    name = "Leak"

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.alarms = ALARMS
        self.serial = ""
        self.next_serial = "SN-000001"
        self.to_make = 0
        self.phase = 0.0
        self.leak = 0.0
        self.result = NONE

    def step(self, seconds: float) -> None:
        """See `Simulator`."""
        if self.state == IDLE and self.produce:
            self._begin(self.next_serial, 1)
        while self.state == RUNNING and seconds > 0:
            spent = min(seconds, TEST_SECONDS - self.phase)
            self.phase += spent
            seconds -= spent
            if self.phase >= TEST_SECONDS:
                self._end_test()

    def _begin(self, serial: str, parts: int) -> None:
        self.next_serial, self.to_make = serial or self.next_serial, parts
        self.phase, self.state = 0.0, RUNNING

    def _end_test(self) -> None:
        self.phase = 0.0
        self.serial, self.next_serial = self.next_serial, following(self.next_serial)
        leaky = self.random.random() < LEAKY_SHARE
        factor = self.random.uniform(4, 12) if leaky else 1.0
        self.leak = TYPICAL * factor * math.exp(self.random.gauss(0, SPREAD))
        self.result = PASS if self.leak <= LIMIT else FAIL
        self.count(good=self.result == PASS)
        self.to_make -= 1
        if self.to_make <= 0:
            self.state = IDLE
            self.end_job()

    @property
    def pressure(self) -> float:
        """Bar in the part: filled like a vessel through a throttle, and let out."""
        if self.state != RUNNING:
            return 0.0
        if self.phase <= FILL:
            return TEST_PRESSURE * (1 - math.exp(-4 * self.phase / FILL))
        if self.phase <= TEST_SECONDS - VENT:
            return TEST_PRESSURE
        return TEST_PRESSURE * (TEST_SECONDS - self.phase) / VENT

    def values(self) -> Values:
        """See `NodeMachine`; the cycle number last, so that its parts are there before it."""
        data = self.memory.data
        return {
            "State": (KINDS.Int32, self.state),
            "Serial": (KINDS.String, self.serial),
            "LeakRate": (KINDS.Double, round(self.leak, 6)),
            "Limit": (KINDS.Double, LIMIT),
            "Result": (KINDS.Int32, self.result),
            "Pressure": (KINDS.Double, round(self.pressure, 3)),
            "Good": (KINDS.UInt32, data.good),
            "Scrap": (KINDS.UInt32, data.scrap),
            "Boot": (KINDS.UInt32, data.boot),
            "AlarmCode": (KINDS.Int32, self.breakdown),
            "Heartbeat": (KINDS.UInt32, int(self.clock)),
            **self.job_values(),
            "Cycle": (KINDS.UInt32, data.cycle),
        }

    def methods(self) -> Mapping[str, tuple[Callable[..., Any], Sequence[ua.Argument]]]:
        """See `NodeMachine`."""
        job, serial = argument("job", KINDS.String), argument("serial", KINDS.String)
        return {
            "StartJob": (self._start_job, [job, serial, argument("parts", KINDS.UInt16)]),
            "AbortJob": (self.abort_job, [job]),
        }

    async def _start_job(
        self, _: ua.NodeId, job: ua.Variant, serial: ua.Variant, parts: ua.Variant
    ) -> ua.StatusCode | list[ua.Variant]:
        first, number = str(serial.Value or ""), max(int(parts.Value), 1)
        return await self.start_job(job, self.refusal(), lambda: self._begin(first, number))

    async def fault_breakdown(self, code: float = 7, seconds: float = 30.0) -> None:
        """See `NodeMachine`; the test is void."""
        await super().fault_breakdown(code, seconds)
        self.phase, self.state = 0.0, DOWN


def following(serial: str) -> str:
    """The serial number after this one: SN-0009 is followed by SN-0010."""
    found = _COUNTED.fullmatch(serial)
    if found is None:
        return f"{serial}-2"
    return f"{found[1]}{int(found[2]) + 1:0{len(found[2])}d}"


if __name__ == "__main__":
    main(LeakTester)
