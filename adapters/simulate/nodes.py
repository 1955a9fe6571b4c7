"""A simulated machine behind the nodes of an OPC UA server."""

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from asyncua import Server, ua

from adapters.simulate.handshake import Code
from adapters.simulate.simulator import IDLE, Simulator
from adapters.simulate.wire import HOST

KINDS = ua.VariantType
MEASURED = (KINDS.Double, KINDS.Float)
JOBS_KEPT = 20

Values = Mapping[str, tuple[ua.VariantType, object]]


class NodeMachine(Simulator):
    """A machine whose image is variables below one object; it remembers jobs by their id.

    Job states are those of OPC 10031-4: AllowedToStart, Running, Ended, Aborted, Interrupted.
    """

    scheme = "opc.tcp"
    uri: ClassVar[str] = ""
    name: ClassVar[str] = ""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.job = ""
        self.job_state = ""
        self.job_code = 0
        self.alarms: dict[int, str] = {}
        self._server: Server | None = None
        self._index = 0
        self._nodes: dict[str, ua.NodeId] = {}
        self._shown: dict[str, tuple[object, int]] = {}
        self._told_alarm = 0
        self._events: Any = None
        self._fillers = 0
        self._missing_until = 0.0

    def values(self) -> Values:
        """What the machine shows now: type and value by name."""
        return {}

    def methods(self) -> Mapping[str, tuple[Callable[..., Any], Sequence[ua.Argument]]]:
        """What can be called: function and arguments by name."""
        return {}

    # Jobs

    @property
    def jobs(self) -> dict[str, str]:
        """States by job, the latest last."""
        known: dict[str, str] = json.loads(self.memory.data.jobs)
        return known

    def boot_jobs(self) -> None:
        """What ran when the power went was interrupted."""
        for job, state in self.jobs.items():
            self.job, self.job_state = job, state
        if self.job_state == "Running":
            self.tell_job("Interrupted", Code.POWER_LOST)

    def take_job(self, job: str, refusal: Code) -> ua.StatusCode | bool:
        """Whether the job starts now; one that is known is answered and not started again."""
        if job in self.jobs:
            return False
        if refusal is not Code.NONE:
            return ua.StatusCode(ua.StatusCodes.BadInvalidState)
        self.job, self.job_code = job, 0
        self.tell_job("Running")
        return True

    async def start_job(
        self, job: ua.Variant, refusal: Code, begin: Callable[[], None]
    ) -> ua.StatusCode | list[ua.Variant]:
        """The answer to `StartJob`; what begins is shown before anything can go wrong."""
        taken = self.take_job(str(job.Value), refusal)
        if isinstance(taken, ua.StatusCode):
            return taken
        if taken:
            begin()
            await self.show()
            self.taken()
        return []

    def tell_job(self, state: str, code: int = 0) -> None:
        """How far the present job is."""
        known = self.jobs
        known.pop(self.job, None)
        known[self.job] = state
        self.memory.data.jobs = json.dumps(dict(list(known.items())[-JOBS_KEPT:]))
        self.memory.keep()
        self.job_state, self.job_code = state, code

    def end_job(self) -> None:
        """The present job has come to its end, or is aborted there if that was asked for."""
        if self.job_state != "Running":
            return
        if self.wrong.fail_next:
            self.wrong.fail_next = False
            self.tell_job("Aborted", Code.ON_REQUEST)
        else:
            self.tell_job("Ended")

    async def abort_job(self, _: ua.NodeId, job: ua.Variant) -> ua.StatusCode | list[ua.Variant]:
        """The method AbortJob(job): only the job that runs can be aborted."""
        if job.Value != self.job or self.job_state != "Running":
            return ua.StatusCode(ua.StatusCodes.BadInvalidState)
        self.state = IDLE
        self.tell_job("Aborted", Code.ABORTED)
        return []

    def job_values(self) -> Values:
        """The job as nodes."""
        orders = [f"{job};{state}" for job, state in self.jobs.items()]
        return {
            "JobId": (KINDS.String, self.job),
            "JobState": (KINDS.String, self.job_state),
            "JobCode": (KINDS.Int32, self.job_code),
            "JobOrderList": (KINDS.String, orders),
        }

    # The server

    async def start(self, port: int = 0) -> None:
        """See `Simulator`."""
        self.boot_jobs()
        await super().start(port)

    async def serve(self) -> int:
        """See `Simulator`; the nodes are there, unless they were asked to be missing."""
        server = Server()
        server.set_server_name(self.name)
        await server.init()
        server.set_endpoint(f"opc.tcp://{HOST}:0/")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        for number in range(self._fillers):
            await server.register_namespace(f"urn:routecard:filler:{number}")
        self._index = await server.register_namespace(self.uri)
        self._server = server
        self._nodes, self._shown, self._events = {}, {}, None
        if time.monotonic() >= self._missing_until:
            await self._populate()
        await server.start()
        return int(server.bserver._server.sockets[0].getsockname()[1])

    async def unserve(self) -> None:
        """See `Simulator`."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop()

    async def _populate(self) -> None:
        server = self._server
        assert server is not None
        machine = await server.nodes.objects.add_object(self._id(self.name), self._named(self.name))
        await machine.set_event_notifier([ua.EventNotifier.SubscribeToEvents])
        for name, (kind, value) in self.values().items():
            node = await machine.add_variable(
                self._id(f"{self.name}.{name}"), self._named(name), value, varianttype=kind
            )
            self._nodes[name] = node.nodeid
        for name, (function, arguments) in self.methods().items():
            await machine.add_method(
                self._id(f"{self.name}.{name}"), self._named(name), function, arguments, []
            )
        self._events = await server.get_event_generator(ua.ObjectIds.OffNormalAlarmType, machine)

    def _id(self, identifier: str) -> ua.NodeId:
        return ua.NodeId(identifier, self._index)

    def _named(self, name: str) -> ua.QualifiedName:
        return ua.QualifiedName(name, self._index)

    async def show(self) -> None:
        """See `Simulator`; only what changed is written."""
        if self._server is None or not self._nodes:
            if self._server is not None and time.monotonic() >= self._missing_until:
                await self._populate()
            return
        now = datetime.now(UTC) + timedelta(seconds=self.wrong.skew_seconds)
        bad = time.monotonic() < self.wrong.bad_until
        for name, (kind, value) in self.values().items():
            status = ua.StatusCodes.Good
            if kind in MEASURED:
                status = ua.StatusCodes.BadSensorFailure if bad else status
                value = math.nan if self.sends_nan else value
            if self._shown.get(name) == (value, status):
                continue
            self._shown[name] = (value, status)
            data = ua.DataValue(ua.Variant(value, kind), ua.StatusCode(status), now)
            await self._server.write_attribute_value(self._nodes[name], data)
        await self._show_alarm()

    async def _show_alarm(self) -> None:
        if self.breakdown == self._told_alarm:
            return
        for code, active in ((self._told_alarm, False), (self.breakdown, True)):
            if code:
                await self._raise(self.alarms.get(code, f"Fault {code}"), code, active)
        self._told_alarm = self.breakdown

    async def _raise(self, text: str, code: int, active: bool) -> None:
        event = self._events.event
        event.ConditionName = str(code)
        event.Severity = 700
        event.Retain = active
        event.ActiveState = ua.LocalizedText("Active" if active else "Inactive")
        setattr(event, "ActiveState/Id", active)
        await self._events.trigger(message=text)

    # Faults

    async def fault_breakdown(self, code: float = 7, seconds: float = 30.0) -> None:
        """See `Simulator`; the present job is aborted."""
        await super().fault_breakdown(code, seconds)
        if self.job_state == "Running":
            self.tell_job("Aborted", Code.BREAKDOWN)

    async def fault_bad(self, seconds: float = 5.0) -> None:
        """Send measurements with a bad status."""
        self.wrong.bad_until = time.monotonic() + seconds

    async def fault_skew(self, seconds: float = 600.0) -> None:
        """Let the machine's clock be wrong."""
        self.wrong.skew_seconds = seconds

    async def fault_restart(self) -> None:
        """Start the server again."""
        self.wire.cut()
        await self.unserve()
        self.wire.lead_to(await self.serve())

    async def fault_namespaces(self, more: float = 3) -> None:
        """Start again with more namespaces before ours: every index is another one."""
        self._fillers += int(more)
        await self.fault_restart()

    async def fault_missing(self, seconds: float = 20.0) -> None:
        """Start again, and let the nodes come later, as large servers do."""
        self._missing_until = time.monotonic() + seconds
        await self.fault_restart()


def argument(name: str, kind: ua.VariantType) -> ua.Argument:
    """One argument of a method."""
    made = ua.Argument()
    made.Name = name
    made.DataType = ua.NodeId(kind.value)
    made.ValueRank = -1
    return made
