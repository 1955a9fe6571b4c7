"""The published function block in structured text and in SCL, scan by scan, with power failures.

Both listings of docs/reference/plc-handshake.md run side by side. What is promised there is held
against whatever inputs, commands and failures Hypothesis thinks of.
"""

import itertools
import re

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.support.machines.function_block import Block, NotUnderstood
from tests.support.machines.structured_text import Reader, block, listing

NONE, ACCEPTED, RUNNING, DONE, REFUSED, FAILED = range(6)
BUSY = (ACCEPTED, RUNNING)
POWER_LOST = 90
LONGEST = 12  # assignments; a scan has fewer
# The drawing, and what it folds into one scan: a cycle that is over as soon as it moves.
WAYS = {
    (ACCEPTED, ACCEPTED), (ACCEPTED, RUNNING), (ACCEPTED, FAILED), (ACCEPTED, DONE),
    (RUNNING, RUNNING), (RUNNING, DONE), (RUNNING, FAILED),
    (NONE, NONE), (DONE, DONE), (REFUSED, REFUSED), (FAILED, FAILED),
}  # fmt: skip
ECHO = ("EchoId", "EchoState", "EchoCode")
SEEN = ("Strobe", "Start", *ECHO)
NAMES = ("Fault", "Finished", "Moving", "Ready")
INPUTS = [
    dict(zip(NAMES, flags, strict=True)) | {"RefuseCode": 12, "FaultCode": 21}
    for flags in itertools.product((False, True), repeat=len(NAMES))
]
QUIET = [inputs for inputs in INPUTS if not inputs["Fault"]]
# A command, by how far its number is ahead of the echo, and the register of its strobe.
COMMANDS = [None, None, (1, 1), (1, 1), (2, 1), (0, 1), (-1, 1), (1, 0), (1, 2)]
SCAN = st.sampled_from(list(itertools.product(INPUTS + QUIET, COMMANDS)))


class Controllers(RuleBasedStateMachine):
    """Two controllers with one process; `running` is the number whose cycle it is in."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[Block] = [block("iecst"), block("scl")]
        self.number, self.strobe = 0, 0
        self.started: list[int] = []
        self.running: int | None = None
        self.moved = False
        self.ended_well: set[int] = set()
        self.awake = False
        self.failed_in_cycle = False

    def echo(self) -> tuple[int, int, int]:
        [found] = {tuple(each.values[name] for name in ECHO) for each in self.blocks}
        return found  # type: ignore[return-value]

    @rule(scans=st.lists(SCAN, min_size=1, max_size=8))
    def runs(self, scans: list[tuple[dict[str, int], tuple[int, int] | None]]) -> None:
        """Whole scans; before each a command may be written: new, the same again, or old."""
        for inputs, command in scans:
            if command is not None:
                self.number, self.strobe = max(0, self.echo()[0] + command[0]), command[1]
            self.scan(inputs)
            self.both_agree()
            self.done_is_true()

    def scan(self, inputs: dict[str, int]) -> None:
        before, awake, told = self.echo(), self.awake, self.strobe == 1
        self.happens(inputs)
        for each in self.blocks:
            for _ in each.steps(CommandId=self.number, Strobe=self.strobe, **inputs):
                self.is_whole(before, each)
        self.awake, self.strobe = True, self.blocks[0].values["Strobe"]
        after = self.echo()
        if self.blocks[0].values["Start"]:
            self.begins(before, after)
        if not awake:
            failed = (before[0], FAILED, POWER_LOST)
            assert after == (failed if self.failed_in_cycle else before)
            self.failed_in_cycle = False
            assert not self.blocks[0].values["Start"]
            return
        self.went_as_drawn(before, after, inputs)
        self.did_as_told(before, after, inputs, told)

    @rule(
        inputs=st.sampled_from(INPUTS),
        failures=st.lists(st.integers(0, LONGEST), min_size=1, max_size=3),
        kept=st.booleans(),
    )
    def power_fails(self, inputs: dict[str, int], failures: list[int], kept: bool) -> None:
        """The power fails after so many assignments; registers of commands may be retentive."""
        for after in failures:
            self.power_fails_once(inputs, after)
        if not kept:
            self.number = self.strobe = 0

    def power_fails_once(self, inputs: dict[str, int], after: int) -> None:
        before = self.echo()
        self.happens(inputs)
        for each in self.blocks:
            given = {"CommandId": self.number, "Strobe": self.strobe, **inputs}
            for _, _ in zip(range(after), each.steps(**given), strict=False):
                self.is_whole(before, each)
            each.power_on()
        self.failed_in_cycle = self.failed_in_cycle or self.echo()[1] in BUSY
        self.awake, self.running = False, None

    @invariant()
    def both_agree(self) -> None:
        one, other = ([each.values[name] for name in SEEN] for each in self.blocks)
        assert one == other

    @invariant()
    def done_is_true(self) -> None:
        number, state, _ = self.echo()
        assert state != DONE or number in self.ended_well

    # ---- what is held against it ----

    def happens(self, inputs: dict[str, int]) -> None:
        """The process goes on, whatever becomes of the scan."""
        self.moved = self.moved or (self.running is not None and bool(inputs["Moving"]))
        if self.running is None or not (inputs["Fault"] or (inputs["Finished"] and self.moved)):
            return
        if not inputs["Fault"]:
            self.ended_well.add(self.running)
        self.running = None

    def is_whole(self, before: tuple[int, int, int], each: Block) -> None:
        """Who reads between two assignments finds no new number with the outcome of the old."""
        if each.values["EchoId"] != before[0]:
            assert each.values["EchoState"] in (ACCEPTED, REFUSED)

    def begins(self, before: tuple[int, int, int], after: tuple[int, int, int]) -> None:
        """A start: once by number, above all before, and one at a time."""
        assert after == (self.number, ACCEPTED, 0)
        assert self.number > max([before[0], *self.started])
        assert self.running is None
        self.started.append(self.number)
        self.running, self.moved = self.number, False

    def went_as_drawn(
        self, before: tuple[int, int, int], after: tuple[int, int, int], inputs: dict[str, int]
    ) -> None:
        if after[0] == before[0]:
            assert (before[1], after[1]) in WAYS
        else:
            assert after[0] > before[0]
            assert after[1] in (ACCEPTED, REFUSED)
            assert before[1] not in BUSY or inputs["Fault"] or inputs["Finished"]
        if before[1] in BUSY and inputs["Fault"] and after[0] == before[0]:
            assert after[1:] == (FAILED, inputs["FaultCode"])
        elif before[1] == RUNNING and inputs["Finished"] and after[0] == before[0]:
            assert after[1] == DONE

    def did_as_told(
        self,
        before: tuple[int, int, int],
        after: tuple[int, int, int],
        inputs: dict[str, int],
        told: bool,
    ) -> None:
        assert self.strobe != 1
        busy = before[1] in BUSY and self.running is not None
        if not told or self.number <= before[0] or (busy and after[0] == before[0]):
            assert after[0] == before[0]
            assert not self.blocks[0].values["Start"]
        elif inputs["Ready"]:
            assert self.started[-1:] == [self.number]
        else:
            assert after == (self.number, REFUSED, inputs["RefuseCode"])


Controllers.TestCase.settings = settings(max_examples=300, stateful_step_count=10, deadline=None)
TestControllers = Controllers.TestCase


# ---- in small ----


@pytest.fixture(params=["iecst", "scl"])
def controller(request: pytest.FixtureRequest) -> Block:
    made = block(request.param)
    made.scan()
    return made


def told(controller: Block, number: int, **inputs: int) -> tuple[int, ...]:
    given = {"Ready": True, "Moving": False, "Finished": False, "Fault": False, **inputs}
    controller.scan(CommandId=number, Strobe=1, **given)
    return tuple(controller.values[name] for name in ("Start", *ECHO))


def scanned(controller: Block, **inputs: int) -> tuple[int, ...]:
    given = {"Moving": False, "Finished": False, "Fault": False, **inputs}
    controller.scan(Strobe=0, **given)
    return tuple(controller.values[name] for name in ("Start", *ECHO))


def test_a_command_goes_from_accepted_to_done_and_is_not_taken_again(controller: Block) -> None:
    assert told(controller, 7) == (True, 7, ACCEPTED, 0)
    assert scanned(controller) == (False, 7, ACCEPTED, 0)
    assert scanned(controller, Moving=True) == (False, 7, RUNNING, 0)
    assert scanned(controller, Finished=True) == (False, 7, DONE, 0)
    assert told(controller, 7) == told(controller, 6) == (False, 7, DONE, 0)
    assert told(controller, 8, Ready=False, RefuseCode=12) == (False, 8, REFUSED, 12)
    assert told(controller, 9) == (True, 9, ACCEPTED, 0)
    assert scanned(controller, Fault=True, FaultCode=21) == (False, 9, FAILED, 21)


def test_the_end_is_seen_in_the_scan_in_which_the_number_comes_again(controller: Block) -> None:
    told(controller, 7)
    scanned(controller, Moving=True)
    assert told(controller, 7, Finished=True) == (False, 7, DONE, 0)


def test_a_fault_is_seen_in_the_scan_in_which_it_first_moves(controller: Block) -> None:
    told(controller, 7)
    assert scanned(controller, Moving=True, Fault=True, FaultCode=3) == (False, 7, FAILED, 3)


@pytest.mark.parametrize("moving", [False, True])
def test_a_number_that_comes_in_a_cycle_is_not_taken(controller: Block, moving: bool) -> None:
    told(controller, 7)
    state = RUNNING if moving else ACCEPTED
    assert told(controller, 8, Moving=moving) == (False, 7, state, 0)
    assert told(controller, 9, Moving=moving, Ready=False) == (False, 7, state, 0)


@pytest.mark.parametrize("moving", [False, True])
def test_power_lost_in_a_cycle_is_a_failed_command(controller: Block, moving: bool) -> None:
    told(controller, 7)
    scanned(controller, Moving=moving)
    controller.power_on()
    assert told(controller, 8) == (False, 7, FAILED, POWER_LOST)
    assert told(controller, 8) == (True, 8, ACCEPTED, 0)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Strobe := 0;", "Strobe := 70000 + 0;", "line 31 .* [+] stands where ; belongs"),
        ("IF Ready THEN", "IF Redy THEN", "Redy is no variable"),
        ("IF Ready THEN", "IF EchoId THEN", "a UDINT where a condition belongs"),
        ("EchoState := 5;", "EchoState := EchoId;", "a UDINT for EchoState, which is UINT"),
        ("Start := TRUE;", "Ready := TRUE;", "an input, which is not written"),
        ("EchoId := Number;", "WHILE TRUE DO", "WHILE is no variable"),
        ("UDINT := 0", "ULINT := 0", "ULINT EchoId that cannot be declared"),
        ("VAR_IN_OUT", "VAR_IN_OUT RETAIN", "VAR_IN_OUT RETAIN, which there is not"),
        ("Strobe = 1", "Strobe = TRUE", "UINT = BOOL"),
        ("END_IF;\nEND_FUNCTION_BLOCK", "END_FUNCTION_BLOCK", "END_FUNCTION_BLOCK is no variable"),
        ("END_FUNCTION_BLOCK", "END_FUNCTION_BLOCK Start", "line 6. .* Start is not known here"),
    ],
)
def test_what_is_not_known_is_an_error(old: str, new: str, message: str) -> None:
    text = listing("iecst")
    assert old in text
    with pytest.raises(NotUnderstood, match=message):
        Reader(text.replace(old, new)).block()


def test_a_value_that_does_not_fit_is_an_error() -> None:
    controller = block("iecst")
    with pytest.raises(NotUnderstood, match=re.escape("4294967296 is no UDINT, as CommandId is")):
        controller.scan(CommandId=2**32)
    with pytest.raises(NotUnderstood, match="1 is no BOOL, as Ready is"):
        controller.scan(Ready=1)
