"""Blocks: what splits and comes together again, what goes round, what has an inside."""

from collections.abc import Callable
from functools import partial

from tests.support import diagrams as d
from tests.support.random_diagrams.pen import (
    CHANCES,
    CODES,
    INNER_MESSAGES,
    INNER_SIGNALS,
    Level,
)
from tests.support.random_diagrams.steps import WAITS, Steps

DEEP = 4
Inside = Callable[[str, Level], str]


class Blocks(Steps):
    """Blocks in blocks, as deep as paper lasts."""

    def sequence(self, last: str, level: Level) -> str:
        """One block after the other."""
        for _ in range(self.choose.choice([1, 1, 2, 2, 3])):
            last = self.block(last, level)
        return last

    def block(self, last: str, level: Level) -> str:
        self.left -= 1
        flat: list[Inside] = [self.work, self.work, self.instant, self.throws, self.catches]
        nested: list[Inside] = [
            self.either,
            self.together,
            self.some,
            self.some,
            self.race,
            self.loop,
            self.loop,
            self.spread,
            self.inner,
            self.inner,
            self.inner,
            *([self.call] if self.called else []),
        ]
        if self.left <= 0 or level.depth >= DEEP:
            return self.choose.choice([self.plain, *flat])(last, level)
        return self.choose.choice(nested if self.chance(0.6) else flat)(last, level)

    def note(self, kind: str, level: Level) -> None:
        """Note a block and what it is in."""
        self.tag(kind, *(f"{kind} in {around}" for around in level.within))
        if level.depth >= DEEP - 1:
            self.tag("nesting of three and more")

    # ---- gateways ----

    def either(self, last: str, level: Level) -> str:
        self.note("exclusive block", level)
        gateway, merge, other = self.name("x"), self.name("merge"), self.name("other")
        default = "" if self.chance(0.05) else other
        level.parts += [d.exclusive(gateway, default=default), d.exclusive(merge)]
        level.parts += [d.exclusive(other), f"{last} -> {gateway}"]
        asked = "" if default else f" if {self.condition(level)}"
        level.parts.append(f"{gateway} -> {other}{asked}")
        for _ in range(self.choose.randint(1, 2)):
            first = self.name("way")
            level.parts += [d.exclusive(first), f"{gateway} -> {first} if {self.condition(level)}"]
            branch = level.branch("exclusive")
            level.parts.append(f"{self.sequence(first, branch)} -> {merge}")
        level.parts.append(f"{self.block(other, level.branch('exclusive'))} -> {merge}")
        return merge

    def together(self, last: str, level: Level) -> str:
        self.note("parallel block", level)
        split, join = self.opened(last, level, d.parallel), self.name("join")
        level.parts.append(d.parallel(join))
        for n in range(self.choose.randint(2, 3)):
            branch = level.branch("parallel")
            end = self.sequence(split, branch)
            if branch.tasks and self.chance(0.2):
                self.tag("loop in a parallel block")
                end = self.jump(end, self.choose.choice(branch.tasks), branch)
            if n and self.chance(0.08):
                self.tag("end in a parallel block")
                self.ending(end, level, inside=True)
            else:
                level.parts.append(f"{end} -> {join}")
            level.tasks += [t for t in branch.tasks if t not in level.tasks]
        return self.onwards(join, level, self.together)

    def some(self, last: str, level: Level) -> str:
        """A block that an inclusive gateway closes; mostly one opens it."""
        self.note("inclusive block", level)
        opens = self.choose.choice(["inclusive"] * 4 + ["parallel"])
        join = self.name("join")
        number = self.choose.randint(2, 3)
        firsts = [self.name("branch") for _ in range(number)]
        default = firsts[-1] if self.chance(0.9) and opens == "inclusive" else ""
        if opens == "inclusive":
            split = self.opened(last, level, partial(d.inclusive, default=default))
        else:
            self.tag("inclusive join of a parallel split")
            split = self.opened(last, level, d.parallel)
        level.parts.append(d.inclusive(join))
        known: list[str] = []
        for n, first in enumerate(firsts):
            asked = opens == "inclusive" and first != default
            condition = f" if {self.condition(level)}" if asked else ""
            level.parts += [d.exclusive(first), f"{split} -> {first}{condition}"]
            self.some_branch(first, join, level, known, may_end=n > 1)
        return self.onwards(join, level, self.some)

    def onwards(self, join: str, level: Level, block: Inside) -> str:
        """Now and then another block of the kind follows at once."""
        if self.left <= -3 or not self.chance(0.25):
            return join
        self.left -= 1
        return block(join, level)

    def opened(self, last: str, level: Level, drawn: Callable[[str], str]) -> str:
        """A gateway that splits; now and then the one before that joined is it.

        Never of two blocks at once: an inner block's ways would leave together with the outer's.
        """
        plain = drawn("").partition(" ")[0]
        joined = f'{plain} id="{last}"></{plain[1:]}>'
        free = "_join" in last and last not in self.both and joined in level.parts
        if free and self.chance(0.8):
            self.tag("gateway that joins and splits")
            self.both.add(last)
            level.parts[level.parts.index(joined)] = drawn(last)
            return last
        name = self.name("split")
        return self.put(last, level, name, drawn(name))

    def some_branch(
        self, first: str, join: str, level: Level, known: list[str], *, may_end: bool
    ) -> None:
        """One branch of an inclusive block; it may jump into those drawn before."""
        branch = level.branch("inclusive", shut=True)
        branch.tasks += known
        end = self.sequence(first, branch)
        if branch.tasks and self.chance(0.3):
            self.tag("loop in an inclusive block")
            end = self.jump(end, self.choose.choice(branch.tasks), branch)
        if may_end and self.chance(0.3):
            self.tag("end in an inclusive block")
            self.ending(end, level, inside=True)
        else:
            level.parts.append(f"{end} -> {join}")
        known[:] = branch.tasks

    def race(self, last: str, level: Level) -> str:
        """Events behind a gateway: the first takes the token."""
        self.note("event-based gateway", level)
        gateway, merge = self.name("race"), self.name("merge")
        level.parts += [d.event_gateway(gateway), d.exclusive(merge), f"{last} -> {gateway}"]
        for kind in self.choose.sample([*WAITS, "receive"], self.choose.randint(2, 3)):
            event = self.name("event")
            if kind == "receive":
                self.tag("receive task behind an event-based gateway")
                level.parts.append(d.receive(event, message="M4"))
            else:
                level.parts.append(d.catch(event, **self.awaited(kind)))
            level.parts.append(f"{gateway} -> {event}")
            branch = level.branch("event-based")
            end = self.block(event, branch) if self.chance(0.6) else event
            level.parts.append(f"{end} -> {merge}")
        return merge

    def spread(self, last: str, level: Level) -> str:
        """A task with several flows out; its branches end or meet in a task."""
        self.note("implicit split", level)
        task, merge = self.name("task"), self.name("task")
        firsts = [self.name("branch") for _ in range(self.choose.randint(2, 3))]
        asking = self.chance(0.6)
        default = firsts[0] if asking and self.chance(0.8) else ""
        flow = f"{task}_to_{default}" if default else ""
        splitter = d.element("userTask", task, default=flow)
        if not asking and self.chance(0.5):
            self.tag("implicit split of an event")
            splitter = d.throw(task)
        level.parts += [splitter, f"{last} -> {task}", d.user(merge)]
        self.tag("implicit merge")
        for n, first in enumerate(firsts):
            asked = asking and first != default and (n == len(firsts) - 1 or self.chance(0.6))
            condition = f" if {self.condition(level)}" if asked else ""
            if asked:
                self.tag("conditional flow")
            level.parts += [d.exclusive(first), f"{task} -> {first}{condition}"]
            end = self.block(first, level.branch("implicit"))
            level.parts.append(f"{end} -> {merge}")
        return merge

    def jump(self, last: str, to: str, level: Level) -> str:
        """A gateway that sometimes leads elsewhere; what follows it is its default."""
        gateway, on = self.name("x"), self.name("on")
        level.parts += [
            d.exclusive(gateway, default=on),
            d.exclusive(on),
            f"{last} -> {gateway}",
            f"{gateway} -> {to} if {self.condition(level)}",
            f"{gateway} -> {on}",
        ]
        return on

    def loop(self, last: str, level: Level) -> str:
        """A task and more, now and then once again."""
        self.note("loop", level)
        body = level.branch("loop")
        first = self.plain(last, body)
        last = self.sequence(first, body)
        return self.jump(last, first, level)

    # ---- insides ----

    def inner(self, last: str, level: Level) -> str:
        self.note("subprocess", level)
        name = self.name("sub")
        ours = self.looped(name, level)
        own: tuple[str, ...] = ()
        if "loop" in ours:
            self.tag("subprocess in a loop")
            own = ("x",) if "inputDataItem" in str(ours["loop"]) else ("loopCounter",)
        inside = level.inner("subprocess", *own)
        drawn = d.subprocess(name, *self.inside(inside), **ours)
        self.put(last, level, name, drawn)
        return self.watched(name, level, raises=True)

    def inside(self, level: Level) -> list[str]:
        """A start, a task, more work and an end; now and then data and event subprocesses."""
        begin = self.name("start")
        level.parts.append(d.start(begin))
        if self.chance(0.25):
            own = self.choose.choice(["d0", "d0", "r"])
            self.tag("data object")
            level.parts.append(d.element("dataObject", self.name("data"), name=own))
            level.reads += (own,)
        last = self.sequence(self.plain(begin, level), level)
        if level.tasks and self.chance(0.3):
            last = self.jump(last, self.choose.choice(level.tasks), level)
        self.ending(last, level, inside=True)
        if level.depth < DEEP:
            self.handlers(level)
        return level.parts

    def call(self, last: str, level: Level) -> str:
        self.note("call activity", level)
        name = self.name("call")
        ours = self.looped(name, level)
        if self.chance(0.4):
            self.tag("call activity with mappings")
            names = {"v0": "v1", "v1": "v0", "v2": "v2"} | {n: n for n in ("r", "d0", "k", "xs")}
            ours |= {"ins": names, "outs": {"v0": "v2", "r": "r"}}
        self.put(last, level, name, d.call(name, str(self.called), **ours))
        return self.watched(name, level, raises=True)

    def ending(self, last: str, level: Level, *, inside: bool, raises: float = 0) -> None:
        """An end event; one that does something now and then."""
        kinds = ["none", "none", "none", "message", "signal", "escalation", "terminate"]
        kind = self.choose.choice([*kinds, "error"] if inside else kinds)
        if self.chance(raises):
            kind = self.choose.choice(["escalation", "error"])
        name = self.name("end")
        self.tag(f"end {kind}")
        told: dict[str, object] = {}
        if kind == "message":
            told = self.sent()
        elif kind == "signal":
            told = self.broadcast()
        elif kind == "escalation":
            told = {"escalation": self.choose.choice(CHANCES)}
        elif kind == "error":
            told = {"error": self.choose.choice(CODES)}
        drawn = d.terminate(name) if kind == "terminate" else d.end(name, **told)
        self.put(last, level, name, drawn)

    # ---- event subprocesses ----

    def handlers(self, level: Level) -> None:
        """Now and then event subprocesses, each for another kind of event."""
        kinds = [*WAITS, "escalation", "error"]
        chosen = self.choose.sample(kinds, self.choose.choice([0, 0, 0, 1, 1, 2]))
        if chosen and self.chance(0.3):
            chosen += ["error"] if "error" not in chosen else ["escalation"]
        for kind in dict.fromkeys(chosen):
            interrupting = kind == "error" or self.chance(0.5)
            how = "interrupting" if interrupting else "non-interrupting"
            told = f"event subprocess {kind}"
            self.tag(told if kind == "error" else f"{told}, {how}")
            inside = level.inner("event subprocess")
            self.handler(kind, interrupting, inside)
            level.parts.append(d.event_subprocess(self.name("handler"), *inside.parts))

    def handler(self, kind: str, interrupting: bool, inside: Level) -> None:
        event = self.taken(kind) or self.inner_event(kind)
        begin = self.name("start")
        if kind == "timer" and not interrupting:
            event = self.timer(rounds=True)
        inside.parts.append(d.start(begin, interrupting=interrupting, **event))
        last = self.plain(begin, inside)
        if self.chance(0.5):
            last = self.block(last, inside)
        self.ending(last, inside, inside=True, raises=0.4)

    def inner_event(self, kind: str) -> dict[str, object]:
        if kind == "message":
            return self.message(INNER_MESSAGES)
        if kind == "signal":
            return {"signal": self.choose.choice(INNER_SIGNALS)}
        return self.awaited(kind)
