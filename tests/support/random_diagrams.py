"""Random diagrams that run: blocks in blocks, loops, jumps, subprocesses and called processes.

Every circle passes a user task, so nothing runs for ever without somebody.
"""

import random
from collections.abc import Callable

from tests.support import diagrams as d

VARIABLES = ("v0", "v1", "v2")
Block = Callable[[str, int, list[str], list[str]], str]


class Drawing:
    """One process, drawn by one sequence of random choices."""

    def __init__(self, choose: random.Random, key: str, called: tuple[str, ...] = ()) -> None:
        self.choose, self.key, self.called = choose, key, called
        self.count = 0

    def xml(self) -> bytes:
        """The document."""
        return d.process(*self.level(3), key=self.key)

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{self.key}_{kind}{self.count}"

    def level(self, depth: int) -> list[str]:
        """A start, some work and an end; now and then a jump back to a task of it."""
        begin, finish = self.name("start"), self.name("end")
        parts = [d.start(begin)]
        tasks: list[str] = []
        last = self.sequence(begin, depth, parts, tasks)
        if tasks and self.choose.random() < 0.4:
            last = self.jump(last, self.choose.choice(tasks), parts)
        return [*parts, self.ending(finish, depth), f"{last} -> {finish}"]

    def ending(self, name: str, depth: int) -> str:
        return d.terminate(name) if depth < 3 and self.choose.random() < 0.2 else d.end(name)

    def condition(self) -> str:
        test = self.choose.choice(["== 2", "> 1", "< 2", "== 0"])
        return f"{self.choose.choice(VARIABLES)} {test}"

    def jump(self, last: str, to: str, parts: list[str]) -> str:
        """A gateway that sometimes leads elsewhere; what follows it is its default."""
        gateway, on = self.name("x"), self.name("on")
        parts += [
            d.exclusive(gateway, default=on),
            d.exclusive(on),
            f"{last} -> {gateway}",
            f"{gateway} -> {to} if {self.condition()}",
            f"{gateway} -> {on}",
        ]
        return on

    def sequence(self, last: str, depth: int, parts: list[str], tasks: list[str]) -> str:
        for _ in range(self.choose.randint(1, 3)):
            block = self.choose.choice(self.blocks(depth))
            last = block(last, depth - 1, parts, tasks)
        return last

    def blocks(self, depth: int) -> list[Block]:
        flat: list[Block] = [self.task, self.task, self.job]
        if depth == 0:
            return flat
        nested: list[Block] = [self.either, self.together, self.loop, self.inner]
        return [*flat, *nested, *([self.call] if self.called else [])]

    # ---- blocks: each leads on from an element and answers where it ended ----

    def task(self, last: str, _depth: int, parts: list[str], tasks: list[str]) -> str:
        name = self.name("task")
        tasks.append(name)
        parts += [d.user(name), f"{last} -> {name}"]
        return name

    def job(self, last: str, _depth: int, parts: list[str], tasks: list[str]) -> str:
        name = self.name("job")
        parts += [d.job(name, topic=name), f"{last} -> {name}"]
        return self.watched(name, parts)

    def watched(self, name: str, parts: list[str]) -> str:
        """Now and then an error event that leads to the same place."""
        if self.choose.random() < 0.5:
            return name
        event, on = self.name("error"), self.name("on")
        code = self.choose.choice(["E1", "E2", ""])
        parts += [d.boundary(event, name, error=code), d.exclusive(on)]
        parts += [f"{name} -> {on}", f"{event} -> {on}"]
        return on

    def either(self, last: str, depth: int, parts: list[str], tasks: list[str]) -> str:
        gateway, merge, other = self.name("x"), self.name("merge"), self.name("other")
        parts += [d.exclusive(gateway, default=other), d.exclusive(merge), d.exclusive(other)]
        parts += [f"{last} -> {gateway} -> {other}"]
        for way in range(self.choose.randint(1, 2)):
            first = self.name(f"way{way}_")
            parts += [d.exclusive(first), f"{gateway} -> {first} if {self.condition()}"]
            parts.append(f"{self.sequence(first, depth, parts, tasks)} -> {merge}")
        parts.append(f"{self.sequence(other, depth, parts, tasks)} -> {merge}")
        return merge

    def together(self, last: str, depth: int, parts: list[str], tasks: list[str]) -> str:
        split, join = self.name("split"), self.name("join")
        parts += [d.parallel(split, join), f"{last} -> {split}"]
        for _ in range(self.choose.randint(2, 3)):
            inside: list[str] = []
            first = self.name("branch")
            parts += [d.exclusive(first), f"{split} -> {first}"]
            end = self.sequence(first, depth, parts, inside)
            if self.choose.random() < 0.2:
                end = self.jump(end, self.choose.choice(inside or tasks or [first]), parts)
            if self.choose.random() < 0.1:
                finish = self.name("end")
                parts += [self.ending(finish, depth), f"{end} -> {finish}"]
            else:
                parts.append(f"{end} -> {join}")
            tasks += inside
        return join

    def loop(self, last: str, depth: int, parts: list[str], tasks: list[str]) -> str:
        merge = self.name("merge")
        parts += [d.exclusive(merge), f"{last} -> {merge}"]
        body = self.task(merge, depth, parts, tasks)
        return self.jump(self.sequence(body, depth, parts, tasks), merge, parts)

    def inner(self, last: str, depth: int, parts: list[str], tasks: list[str]) -> str:
        name = self.name("sub")
        parts += [d.subprocess(name, *self.level(depth)), f"{last} -> {name}"]
        return self.watched(name, parts)

    def call(self, last: str, _depth: int, parts: list[str], tasks: list[str]) -> str:
        name = self.name("call")
        parts += [d.call(name, self.choose.choice(self.called)), f"{last} -> {name}"]
        return self.watched(name, parts)
