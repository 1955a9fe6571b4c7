"""Single elements: what somebody does, what is waited for, what is thrown."""

from collections.abc import Callable

from tests.support import diagrams as d
from tests.support.random_diagrams.pen import CHANCES, CODES, SIGNALS, VARIABLES, Level, Pen

Block = Callable[[str, Level], str]
WAITS = ("timer", "message", "signal", "conditional")


class Steps(Pen):
    """Elements in a sequence: each leads on from one and answers the last."""

    def put(self, last: str, level: Level, name: str, drawn: str) -> str:
        """One more element after the last."""
        level.parts += [drawn, f"{last} -> {name}"]
        return name

    def plain(self, last: str, level: Level) -> str:
        """A task that only a person ends, so that one may jump to it."""
        name = self.name("task")
        level.tasks.append(name)
        kind = self.choose.choice([d.user, d.user, d.manual, d.plain])
        return self.put(last, level, name, kind(name))

    def work(self, last: str, level: Level) -> str:
        """A task or job, perhaps in a loop, perhaps watched."""
        kind = self.choose.choice(["task", "job", "job", "receive", "send"])
        name = self.name(kind)
        ours = self.looped(name, level)
        level.parts.append(self.activity(kind, name, ours))
        level.parts.append(f"{last} -> {name}")
        return self.watched(name, level, raises=kind == "job")

    def activity(self, kind: str, name: str, ours: dict[str, object]) -> str:
        if kind == "task":
            return d.user(name, **ours)
        if kind == "job":
            self.tag("job")
            return d.job(name, topic=name, **ours)
        if kind == "receive":
            self.tag("receive task")
            return d.receive(name, **self.message(), **ours)
        self.tag("send task with topic")
        return d.send(name, topic=name, **ours)

    def looped(self, name: str, level: Level) -> dict[str, object]:
        """Now and then an activity runs several times."""
        if not self.chance(0.3):
            return {}
        kind = self.choose.choice(["each", "times", "again"])
        if kind == "again":
            return self.again(level)
        sequential = self.chance(0.4)
        until = ""
        if self.chance(0.3):
            self.tag("completion condition")
            until = self.choose.choice(
                ["numberOfCompletedInstances == 2", "numberOfActiveInstances < 2", "v0 == 2"]
            )
        self.tag("sequential multi-instance" if sequential else "parallel multi-instance")
        more: dict[str, object] = {"until": until, "sequential": sequential}
        if self.chance(0.6):
            self.tag("multi-instance output")
            more |= {"into": "ys", "result": "r"}
        if kind == "each":
            self.tag("multi-instance over a collection")
            return {"loop": d.each("xs", "x", **more)}
        self.tag("multi-instance over a number")
        return {"loop": d.times(self.choose.choice(["2", "3", "v1"]), **more)}

    def again(self, level: Level) -> dict[str, object]:
        self.tag("standard loop")
        if self.chance(0.2):
            return {"loop": d.again(maximum=2)}
        if self.chance(0.3):
            self.tag("standard loop tested before")
            asked = self.condition(level) if self.chance(0.7) else "loopCounter < 2"
            return {"loop": d.again(asked, first=True, maximum=3)}
        if self.chance(0.3):
            self.tag("standard loop with a cap")
            return {"loop": d.again(self.condition(level)), "maximum": 2}
        asked = "loopCounter < 2" if self.chance(0.3) else self.condition(level)
        return {"loop": d.again(asked, maximum=3)}

    # ---- in no time ----

    def instant(self, last: str, level: Level) -> str:
        """A function or a decision."""
        name = self.name("auto")
        kind = self.choose.choice(["set", "set", "refuse", "decide"])
        self.tag("decision" if kind == "decide" else "function")
        if kind == "decide":
            return self.put(last, level, name, d.decide(name, decision="grade"))
        to, value = self.choose.choice(VARIABLES), str(self.choose.randint(0, 3))
        if self.chance(0.4):
            value = self.choose.choice(VARIABLES)
        if kind == "set":
            drawn = d.function(name, called="oracle.set", parameters={to: f"= {value}"})
            return self.put(last, level, name, drawn)
        code = self.choose.choice(CODES)
        drawn = d.function(name, called="oracle.refuse", parameters={"code": code, "at": f"= {to}"})
        self.put(last, level, name, drawn)
        return self.guarded(name, level)

    def throws(self, last: str, level: Level) -> str:
        """An event or a send task that does something."""
        kind = self.choose.choice(["message", "send", "signal", "escalation", "link", "none"])
        name = self.name("throw")
        if kind == "send":
            self.tag("send task with message")
            return self.put(last, level, name, d.send(name, **self.sent()))
        self.tag(f"throw {kind}")
        if kind == "link":
            return self.link(last, level)
        event: dict[str, object] = {}
        if kind == "message":
            event = self.sent()
        elif kind == "signal":
            event = self.broadcast()
        elif kind == "escalation":
            event = {"escalation": self.choose.choice(CHANCES)}
        return self.put(last, level, name, d.throw(name, **event))

    def link(self, last: str, level: Level) -> str:
        """Two ends of a link."""
        leaves, comes = self.name("leaves"), self.name("comes")
        level.parts += [d.throw(leaves, link=comes), d.catch(comes, link=comes)]
        level.parts.append(f"{last} -> {leaves}")
        return comes

    # ---- waiting ----

    def catches(self, last: str, level: Level) -> str:
        """An event that is waited for."""
        kind = self.choose.choice(WAITS)
        self.tag(f"catch {kind}")
        name = self.name("catch")
        return self.put(last, level, name, d.catch(name, **self.awaited(kind)))

    def awaited(self, kind: str) -> dict[str, object]:
        """What an event of a kind waits for."""
        if kind == "timer":
            return self.timer()
        if kind == "message":
            return self.message()
        if kind == "signal":
            return {"signal": self.choose.choice(SIGNALS)}
        return {"condition": self.condition(Level())}

    # ---- events at an activity ----

    def watched(self, name: str, level: Level, *, raises: bool) -> str:
        """Now and then boundary events; interrupting ones lead to the same place."""
        kinds = list(WAITS)
        if raises:
            kinds += ["error", "error", "escalation"]
        on = ""
        chosen = self.choose.sample(kinds, self.choose.choice([0, 0, 1, 1, 2]))
        if raises and self.chance(0.15):
            self.every(name, level)
        for kind in chosen:
            event = self.name("event")
            interrupting = kind == "error" or self.chance(0.5)
            how = "interrupting" if interrupting else "non-interrupting"
            self.tag(f"boundary {kind}, {how}" if kind != "error" else "boundary error")
            told = self.taken(kind) or self.awaited(kind)
            if kind == "timer" and not interrupting:
                told = self.timer(rounds=True)
            level.parts.append(d.boundary(event, name, interrupting=interrupting, **told))
            if interrupting:
                on = on or self.meeting(name, level)
                level.parts.append(f"{event} -> {on}")
            else:
                self.beside(event, level)
        return on or name

    def every(self, name: str, level: Level) -> None:
        """An error event for one code beside one for every code, drawn in any order."""
        codes = ["", self.choose.choice(CODES)]
        self.choose.shuffle(codes)
        self.tag("boundary error for every code beside one with a code")
        for code in codes:
            event, end = self.name("event"), self.name("end")
            level.parts.append(d.boundary(event, name, error=code))
            level.parts += [d.end(end), f"{event} -> {end}"]

    def taken(self, kind: str) -> dict[str, object]:
        """An error or escalation that is taken."""
        if kind == "error":
            return {"error": self.choose.choice((*CODES, ""))}
        return {"escalation": self.choose.choice((*CHANCES, ""))} if kind == "escalation" else {}

    def guarded(self, name: str, level: Level) -> str:
        """Mostly an error event."""
        if self.chance(0.3):
            return name
        self.tag("boundary error")
        event, on = self.name("event"), self.meeting(name, level)
        level.parts.append(d.boundary(event, name, **self.taken("error")))
        level.parts.append(f"{event} -> {on}")
        return on

    def meeting(self, name: str, level: Level) -> str:
        """Where the ways from an activity meet again: a gateway, or a task that merges itself."""
        if self.chance(0.5):
            on = self.name("on")
            return self.put(name, level, on, d.exclusive(on))
        self.tag("implicit merge")
        return self.plain(name, level)

    def beside(self, event: str, level: Level) -> None:
        """What a boundary event begins that interrupts nothing."""
        last, end = event, self.name("end")
        if self.chance(0.7):
            task = self.name("task")
            last = self.put(last, level, task, d.user(task))
        level.parts += [d.end(end), f"{last} -> {end}"]
