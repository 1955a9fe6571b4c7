"""How tokens move: what an element does when one comes, and where it goes from there."""

import heapq
from collections.abc import Callable, Iterable

from lxml import etree

from tests.support.oracle.conditions import Missing, evaluate, resolve
from tests.support.oracle.drawing import Flow, Level, Node
from tests.support.oracle.events import Events
from tests.support.oracle.joins import Joins
from tests.support.oracle.loops import Loops
from tests.support.oracle.state import Scope, Token, Variables, scopes, seen, write

PEOPLE = ("userTask", "manualTask", "task")
JOINING = ("parallelGateway", "inclusiveGateway")
DMN = "{*}"
Functions = dict[str, Callable[[Variables], Variables]]


class Refused(Exception):
    """An in-house function that raises an error of the diagram."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Moves(Joins, Events, Loops):
    """The rules that move tokens to the next rest."""

    processes: dict[str, Level]
    functions: Functions
    decisions: dict[str, etree._Element]
    steps: list[tuple[str, Variables | None]]
    root: Scope

    # ---- to the next rest ----

    def settle(self) -> None:
        """Move until every token waits."""
        while self.step() or self.pass_inclusive() or self.stick() or self.look_at_conditions():
            pass

    def step(self) -> bool:
        """Move the token that came first among those that can move."""
        while self.moving:
            _, _, token = heapq.heappop(self.moving)
            if token.alive and token.state == "moving":
                self.act(token)
                self.close_empty()
                return True
        return False

    def go(self, token: Token) -> None:
        """Let a token move when its turn comes."""
        token.state = "moving"
        self.counter += 1
        heapq.heappush(self.moving, (token.number, self.counter, token))

    def place(self, node: Node, scope: Scope, *, finished: bool = False) -> Token:
        """A new token at an element."""
        self.last += 1
        token = Token(self.last, node, scope, finished=finished)
        scope.tokens.append(token)
        self.go(token)
        return token

    def act(self, token: Token) -> None:
        node = token.node
        if token.finished:
            self.leave(token)
        elif node.is_handler:
            self.open_handler(token)
        elif node.is_activity:
            self.begin(token)
        elif node.kind == "eventBasedGateway":
            self.arm_gateway(token)
        elif node.kind in ("intermediateThrowEvent", "endEvent"):
            self.throw(token)
        elif node.kind == "intermediateCatchEvent" and node.trigger.kind != "link":
            self.arm_catch(token)
        else:
            self.leave(token)

    # ---- activities ----

    def begin(self, token: Token) -> None:
        """An activity gets its token, or a run of its loop begins."""
        node = token.node
        if not token.is_run:
            self.arm_boundaries(token)
            if node.loop is not None:
                self.begin_loop(token)
                return
        token.state = "waiting"
        if node.kind in PEOPLE:
            token.work = "task"
        elif node.ours("topic") is not None:
            token.work = "job"
        elif node.kind == "receiveTask":
            self.arm_catch(token)
        elif node.kind == "sendTask":
            self.throw_message(token)
        elif node.kind in ("subProcess", "callActivity"):
            self.enter(token)
        else:
            self.decide(token)

    def enter(self, token: Token) -> None:
        """What is inside an activity starts."""
        node = token.node
        if node.kind == "subProcess":
            inside = Scope(node.level, token)
        else:
            inside = Scope(self.processes[str(node.get("calledElement"))], token, wall=True)
            mapped = node.pairs("in", "source", "target")
            own = seen(token)
            inside.own = {t: own[s] for s, t in mapped if s in own} if mapped else own
        token.inside = inside
        self.start(inside)

    def start(self, scope: Scope) -> None:
        """A scope begins at its start event, and its event subprocesses wait."""
        assert scope.level is not None
        self.arm_handlers(scope)
        self.place(scope.level.start, scope)

    def decide(self, token: Token) -> None:
        """What takes no time: an in-house function, a decision."""
        node = token.node
        try:
            if node.kind == "businessRuleTask":
                values = self.decision(token)
            else:
                values = self.functions[str(node.ours("function"))](self.parameters(token))
        except Refused as refused:
            self.raise_error(token, refused.code)
            return
        except Missing:
            token.state = "incident"
            return
        self.complete(token, values)
        self.act_on(token)

    def act_on(self, token: Token) -> None:
        """An activity that took no time leaves in the same move."""
        if token.alive and token.finished:
            self.leave(token)

    def decision(self, token: Token) -> Variables:
        """The first rule whose cell fits: numbers, and `-` for every one."""
        table = self.decisions[str(token.node.ours("decision"))]
        value = evaluate(table.findtext(f".//{DMN}inputExpression/{DMN}text"), seen(token))
        name = table.find(f".//{DMN}output").get("name")
        for rule in table.iterfind(f".//{DMN}rule"):
            cell = rule.findtext(f"{DMN}inputEntry/{DMN}text")
            if cell == "-" or value == int(cell):
                return {name: int(rule.findtext(f"{DMN}outputEntry/{DMN}text"))}
        return {name: None}

    def parameters(self, token: Token) -> Variables:
        """The `mes:parameter`s of an element."""
        env = seen(token)
        return {n: resolve(v, env) for n, v in token.node.pairs("parameter", "name", "value")}

    def complete(self, token: Token, values: Variables) -> None:
        """The work or the wait is done; the token leaves when its turn comes."""
        write(token, values)
        self.finish(token)

    def finish(self, token: Token) -> None:
        loop = token.node.loop
        if token.node.is_activity:
            self.note(token, told=token.is_run or loop is None or loop.target is not None)
        token.work = None
        token.waits.clear()
        if token.is_run:
            self.run_done(token)
            return
        token.finished = True
        self.go(token)

    def note(self, token: Token, *, told: bool = True) -> None:
        """A step is done, once; of people's and machines' work one keeps what it saw."""
        if told and not token.noted:
            self.steps.append((token.node.id, seen(token) if token.work else None))
        token.noted = True

    # ---- onwards ----

    def leave(self, token: Token) -> None:
        """Take the flows out of an element; without any the token ends."""
        try:
            flows = self.ways(token)
        except Missing:
            flows = None
        if flows is None:
            token.state, token.finished = "incident", token.node.is_activity
            return
        scope = token.scope
        self.end(token)
        self.note(token)
        if token.node.kind == "intermediateThrowEvent" and token.node.trigger.kind == "link":
            assert scope.level is not None
            self.place(scope.level.link(token.node.trigger.name), scope)
        for flow in flows:
            self.arrive(flow, scope)

    def ways(self, token: Token) -> list[Flow] | None:
        """The flows that get a token; None if there is none that may."""
        node, env = token.node, seen(token)
        if node.kind in ("parallelGateway", "eventBasedGateway") or not node.out:
            return node.out
        default = [flow for flow in node.out if flow.id == node.get("default")]
        asked = [flow for flow in node.out if flow not in default]
        if node.kind == "exclusiveGateway":
            return self.first(asked, env) or default or None
        held = [flow for flow in asked if flow.condition and evaluate(flow.condition, env)]
        if not held:
            held = default
        taken = [
            flow for flow in node.out if flow in held or (flow in asked and not flow.condition)
        ]
        return taken or None

    def first(self, flows: Iterable[Flow], env: Variables) -> list[Flow]:
        """The first flow that may be taken."""
        for flow in flows:
            if not flow.condition or evaluate(flow.condition, env):
                return [flow]
        return []

    def arrive(self, flow: Flow, scope: Scope) -> None:
        """A token comes along a flow."""
        assert scope.level is not None
        target = scope.level.nodes[flow.target]
        if target.kind in JOINING and len(target.into) > 1:
            self.join(target, flow, scope)
        else:
            self.place(target, scope)

    # ---- the end ----

    def end(self, token: Token) -> None:
        """A token is no more, nor is anything inside it."""
        token.alive = False
        token.scope.tokens.remove(token)
        token.waits.clear()
        if token.inside is not None:
            self.end_inside(token.inside)
        self.touched.append(token.scope)

    def end_inside(self, scope: Scope) -> None:
        """Nothing runs or waits in a scope any more."""
        for token in list(scope.tokens):
            self.end(token)
        scope.joins.clear()
        scope.waits.clear()
        scope.alive = False

    def close_empty(self) -> None:
        """Scopes that lost their last token are over, unless it waits at a join."""
        while self.touched:
            scope = self.touched.pop(0)
            empty = not scope.tokens and not scope.joins
            if scope.alive and empty and scope.level is not None:
                self.close(scope)

    def stick(self) -> bool:
        """Joins that wait in a scope without other tokens get an incident."""
        found = [
            (scope, scope.level.nodes[name])
            for scope in scopes(self.root)
            if scope.level is not None and not scope.tokens
            for name in self.waiting_joins(scope)
        ]
        for scope, gateway in found:
            self.place(gateway, scope).state = "incident"
        return bool(found)

    def close(self, scope: Scope) -> None:
        scope.alive = False
        scope.waits.clear()
        holder = scope.holder
        if holder is None:
            return
        holder.inside, holder.left = None, scope.own
        if scope.wall:
            self.hand_back(scope, holder)
        self.finish(holder)

    def hand_back(self, scope: Scope, holder: Token) -> None:
        """What a called process leaves."""
        mapped = holder.node.pairs("out", "source", "target")
        if mapped:
            write(holder, {t: scope.own[s] for s, t in mapped if s in scope.own})
        else:
            write(holder, {name: scope.own[name] for name in sorted(scope.written)})
