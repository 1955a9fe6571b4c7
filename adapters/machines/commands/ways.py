"""The four ways in which machines take commands: how one is sent, and how its trace is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from adapters.machines.config.plan import ActionPlan, Kind, MachinePlan, Progress, TagPlan, text_of
from adapters.machines.core import Adapter, Lost, Quality, Value, Write
from adapters.machines.values import raw_of, refined

RELEASE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the machine shows of a command.

    `progress` is None as long as it shows none; `waiting`: it still has the command before it;
    `later`: it has taken another command since, or before.
    """

    progress: Progress | None
    code: str = ""
    waiting: bool = False
    later: bool = False


class Way(Protocol):
    """One kind of action on one machine."""

    @property
    def exact(self) -> bool:
        """Whether the machine tells numbers apart, so that the same one may be sent again."""
        ...

    async def send(
        self, adapter: Adapter, number: int, values: Mapping[str, Value], timeout: float
    ) -> None:
        """Send it, once; raises what `Adapter.write` and `Adapter.call` raise."""
        ...

    async def look(self, adapter: Adapter, number: int) -> Seen:
        """Read what the machine shows; raises whatever reading raises."""
        ...

    def told(
        self, number: int, values: Mapping[str, Value]
    ) -> dict[str, tuple[TagPlan | None, Value]]:
        """What is written by `send`: by the name of its tag, or of a method's argument."""
        ...


def way(plan: MachinePlan, action: ActionPlan) -> Way:
    """The way of an action."""
    return WAYS[action.kind](plan, action)


class _Way:
    def __init__(self, plan: MachinePlan, action: ActionPlan) -> None:
        self.plan, self.action = plan, action

    def write(self, name: str, value: Value) -> Write:
        """A write of a tag by name, its value made raw."""
        tag = self.plan.tags[name]
        return Write(tag.wire, raw_of(tag, value))

    def parameters(self, values: Mapping[str, Value]) -> list[Write]:
        """The writes of the parameters, in the order of the action."""
        targets = self.action.parameters
        return [self.write(t, v) for n, v in values.items() if (t := targets[n].tag) is not None]

    def told(
        self, number: int, values: Mapping[str, Value]
    ) -> dict[str, tuple[TagPlan | None, Value]]:
        """See `Way`."""
        parameters = self.action.parameters
        given = {parameters[name].tag or name: value for name, value in values.items()}
        for part, name in self.action.command.items():
            given[name] = number if part == "id" else 1 if part == "strobe" else True
        return {name: (self.plan.tags.get(name), value) for name, value in given.items()}

    async def values(self, adapter: Adapter, names: Sequence[str]) -> dict[str, Value]:
        """The present values of tags, in one request; all have to be good."""
        tags = [self.plan.tags[name] for name in names]
        samples = await adapter.read([tag.wire for tag in tags])
        found: dict[str, Value] = {}
        for tag, sample in zip(tags, samples, strict=True):
            value, quality, reason = refined(tag, sample)
            if quality is Quality.BAD:
                raise Lost(f"the tag {tag.name} has no value: {reason}")
            found[tag.name] = value
        return found


class EchoHandshake(_Way):
    """Number, parameters and strobe in one write; the machine repeats the number it has taken."""

    exact = True

    async def send(
        self, adapter: Adapter, number: int, values: Mapping[str, Value], timeout: float
    ) -> None:
        """See `Way`."""
        command = self.action.command
        writes = [*self.parameters(values), self.write(command["id"], number)]
        if "strobe" in command:
            writes.append(self.write(command["strobe"], 1))
        await adapter.write(writes, timeout=timeout)

    async def look(self, adapter: Adapter, number: int) -> Seen:
        """See `Way`."""
        echo = self.action.echo
        found = await self.values(adapter, list(dict.fromkeys(echo.values())))
        last = found[echo["id"]]
        if not isinstance(last, int | float) or int(last) != number:
            return Seen(None, later=isinstance(last, int | float) and last > number)
        code = text_of(found[echo["code"]]) if "code" in echo else ""
        state = text_of(found[echo["state"]])
        return Seen(self.action.states.get(state, Progress.ACCEPTED), code)


class JobControl(_Way):
    """A method that is told the job's id; the machine shows the id it works on (OPC 10031-4)."""

    @property
    def exact(self) -> bool:
        """Whether the machine shows ids at all."""
        return bool(self.action.echo)

    def told(
        self, number: int, values: Mapping[str, Value]
    ) -> dict[str, tuple[TagPlan | None, Value]]:
        """See `Way`."""
        given = {"job": self.job(number), **values}
        return {name: (None, given.get(name)) for name in self.action.arguments}

    def job(self, number: int) -> str:
        """The id by which the machine knows a command."""
        return f"{self.plan.unit}-{number}"

    async def send(
        self, adapter: Adapter, number: int, values: Mapping[str, Value], timeout: float
    ) -> None:
        """See `Way`."""
        assert self.action.method is not None
        given = {"job": self.job(number), **values}
        arguments = [given.get(name) for name in self.action.arguments]
        await adapter.call(self.action.method, arguments, timeout=timeout)

    async def look(self, adapter: Adapter, number: int) -> Seen:
        """See `Way`."""
        echo = self.action.echo
        if not echo:
            return Seen(Progress.DONE)
        found = await self.values(adapter, list(dict.fromkeys(echo.values())))
        if text_of(found[echo["id"]]) != self.job(number):
            return Seen(None)
        code = text_of(found[echo["code"]]) if "code" in echo else ""
        state = text_of(found[echo["state"]])
        return Seen(self.action.states.get(state, Progress.ACCEPTED), code)


class FourPhase(_Way):
    """Request, acknowledge, done, and both taken back: at most once."""

    exact = False

    async def send(
        self, adapter: Adapter, number: int, values: Mapping[str, Value], timeout: float
    ) -> None:
        """See `Way`."""
        request = self.write(self.action.command["request"], True)
        await adapter.write([*self.parameters(values), request], timeout=timeout)

    async def look(self, adapter: Adapter, number: int) -> Seen:
        """See `Way`."""
        echo, request = self.action.echo, self.action.command["request"]
        found = await self.values(adapter, list(dict.fromkeys([*echo.values(), request])))
        code = text_of(found[echo["code"]]) if "code" in echo else ""
        waiting = bool(found[request])
        for part, progress in (
            ("failed", Progress.FAILED),
            ("done", Progress.DONE),
            ("ack", Progress.ACCEPTED),
        ):
            if part in echo and found[echo[part]]:
                return Seen(progress, code, waiting)
        return Seen(None, waiting=waiting)

    async def release(self, adapter: Adapter) -> None:
        """Take the request back; the machine takes its answers back then."""
        request = self.write(self.action.command["request"], False)
        await adapter.write([request], timeout=RELEASE_SECONDS)


class StartBit(_Way):
    """A bit that starts it: what comes of it can only be seen in what the machine does."""

    exact = False

    async def send(
        self, adapter: Adapter, number: int, values: Mapping[str, Value], timeout: float
    ) -> None:
        """See `Way`."""
        start = self.write(self.action.command["start"], True)
        await adapter.write([*self.parameters(values), start], timeout=timeout)

    async def look(self, adapter: Adapter, number: int) -> Seen:
        """See `Way`."""
        if not self.action.done:
            return Seen(Progress.DONE)
        names = list(dict.fromkeys([*self.action.running, *self.action.done]))
        found = await self.values(adapter, names)
        if _hold(self.action.running, found):
            return Seen(Progress.RUNNING)
        return Seen(Progress.DONE if _hold(self.action.done, found) else None)


def _hold(wanted: Mapping[str, str], found: Mapping[str, Value]) -> bool:
    return bool(wanted) and all(text_of(found[name]) == value for name, value in wanted.items())


WAYS: Mapping[Kind, type[EchoHandshake | JobControl | FourPhase | StartBit]] = {
    Kind.ECHO_HANDSHAKE: EchoHandshake,
    Kind.JOB_CONTROL: JobControl,
    Kind.FOUR_PHASE: FourPhase,
    Kind.START_BIT: StartBit,
}
