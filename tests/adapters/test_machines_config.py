"""A wrong file is refused by line, fault and cure; a right one becomes a plan."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.machines import protocol
from adapters.machines.config.lines import ConfigInvalid
from adapters.machines.config.making import options_of
from adapters.machines.config.plan import Kind, Progress, Signal
from adapters.machines.config.reading import read_folder, read_gateway, read_machine
from tests.support.machines.line_protocol import LineMachine

PRESS = """\
unit: PRESS-1
protocol: line
url: line://127.0.0.1:4000
writes_enabled: true
groups: {fast: 0.1, slow: 2}
tags:
  - {name: state, signal: state, address: state, map: {0: off, 1: running, 2: down}}
  - {name: good, signal: good_count, address: good, type: uint32, rollover: 4294967295}
  - {name: force, signal: measurement, address: force, unit: kN, range: [0, 250], group: slow}
  - {name: number, signal: raw, address: command_id, type: uint32, writable: true}
  - {name: recipe, signal: raw, address: recipe, type: int16, writable: true, write_limits: [1, 99]}
  - {name: ack, signal: job_ack, address: ack_id, type: uint32}
  - {name: ack_state, signal: job_state, address: ack_state}
actions:
  run_cycle:
    kind: echo_handshake
    command: {id: number}
    echo: {id: ack, state: ack_state}
    states: {2: running, 3: done, 4: refused}
    parameters: {recipe: {tag: recipe, limits: [1, 50]}}
    results: {peak_force: force}
    require: {state: running}
"""


@pytest.fixture(autouse=True)
def _line_protocol() -> Iterator[None]:
    protocol.add("line", LineMachine)
    yield
    protocol._added.clear()


def refused(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "press.yaml"
    file.write_text(text)
    with pytest.raises(ConfigInvalid) as refusal:
        read_machine(file)
    return [str(finding).removeprefix(f"{tmp_path}/") for finding in refusal.value.findings]


def test_a_right_file_becomes_a_plan(tmp_path: Path) -> None:
    file = tmp_path / "press.yaml"
    file.write_text(PRESS)
    plan = read_machine(file)
    assert (plan.unit, plan.protocol, plan.writes_enabled) == ("PRESS-1", "line", True)
    assert plan.tags["state"].map == {"0": "off", "1": "running", "2": "down"}  # off is no boolean
    assert plan.tags["good"].signal is Signal.GOOD_COUNT
    assert plan.tags["good"].rollover == 4294967295
    assert plan.tags["force"].range == (0, 250)
    assert (plan.tags["force"].wire.interval, plan.tags["good"].wire.interval) == (2.0, 0.1)
    action = plan.actions["run_cycle"]
    assert action.kind is Kind.ECHO_HANDSHAKE
    assert action.states["3"] is Progress.DONE
    assert action.parameters["recipe"].limits == (1, 50)
    assert action.require == {"state": "running"}


def test_silence_is_noticed_in_seconds_and_a_programs_heartbeat_has_more_time(
    tmp_path: Path,
) -> None:
    file = tmp_path / "press.yaml"
    told = "unit: PRESS-1\nprotocol: line\nurl: line://127.0.0.1:9\n"
    tags = "tags:\n  - {name: beat, signal: heartbeat, address: beat}\n"
    for stale, found in (("", (3, 10)), ("stale_s: 7\n", (7, 7))):
        file.write_text(told + stale + tags)
        plan = read_machine(file)
        assert (plan.stale_s, plan.tags["beat"].stale_s) == found


def test_the_digest_follows_what_it_says_not_how_it_looks(tmp_path: Path) -> None:
    file = tmp_path / "press.yaml"
    file.write_text(PRESS)
    first = read_machine(file).digest
    file.write_text("# the press in hall 2\n" + PRESS)
    assert read_machine(file).digest == first
    file.write_text(PRESS.replace("range: [0, 250]", "range: [0, 251]"))
    assert read_machine(file).digest != first


def test_the_example_of_the_reference_is_right(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "reference" / "gateway.md").read_text("utf-8")
    file = tmp_path / "press.yaml"
    file.write_text(text.partition("```yaml\n")[2].partition("```")[0])
    assert list(read_machine(file).actions) == ["run_cycle"]


# old text, new text, the line blamed, words of the sentence and of its cure
WRONG = {
    "unknown key": ("writes_enabled: true", "write_enabled: true", 4, "did you mean writes_e"),
    "unknown key of a tag": ("range: [0, 250]", "rnge: [0, 250]", 9, "did you mean range?"),
    "unknown key, nothing near": ("unit: kN", "zzz: kN", 9, "known are address"),
    "missing key": ("unit: PRESS-1", "", 2, "unit is missing; add it"),
    "missing address": ("address: force, ", "", 9, "address is missing; add it"),
    "duplicate tag": ("name: force", "name: good", 9, "good is there already (tag number 2)"),
    "duplicate key": ("unit: kN", "unit: kN, unit: N", 9, "the key unit stands here twice"),
    "deadband on a counter": ("rollover: 4294967295", "deadband: {abs: 1}", 8, "remove deadband"),
    "state without map": (", map: {0: off, 1: running, 2: down}", "", 7, "a state needs map"),
    "a state nobody knows": ("2: down", "2: broken", 7, "broken is no state; choose one of"),
    "index of a namespace": ("address: force", 'address: "ns=2;s=F"', 9, "write nsu=<"),
    "writable without limits": (", write_limits: [1, 99]", "", 11, "needs write_limits"),
    "address refused": ("address: force", "address: '40,1'", 9, "is no address; write a word"),
    "option refused": ("groups:", "options: {baud: 1}\ngroups:", 5, "there is timeout_s alone"),
    "unknown protocol": ("protocol: line", "protocol: linr", 2, "did you mean line?"),
    "unknown signal": ("signal: measurement", "signal: measure", 9, "has to be one of"),
    "unknown order": ("type: uint32, rollover", "order: ABDC, type: uint32, rollover", 8, "ABCD"),
    "unknown group": ("group: slow", "group: slower", 9, "there is no group slower"),
    "limits turned round": ("range: [0, 250]", "range: [250, 0]", 9, "[lowest, highest]"),
    "limits of three": ("range: [0, 250]", "range: [0, 1, 2]", 9, "[lowest, highest]"),
    "scale of nothing": ("range: [0, 250]", "scale: 0", 9, "a scale of 0"),
    "counter scaled": ("rollover: 4294967295", "scale: 0.1", 8, "as the machine counts it"),
    "rollover elsewhere": ("range: [0, 250]", "rollover: 5", 9, "rollover belongs to a counter"),
    "deadband of nothing": ("range: [0, 250]", "deadband: {}", 9, "either abs or pct"),
    "percent of nothing": ("range: [0, 250]", "deadband: {pct: 1}", 9, "needs range"),
    "number as text": ("range: [0, 250]", "scale: much", 9, "has to be a number"),
    "boolean as text": ("writes_enabled: true", "writes_enabled: [1]", 4, "true or false"),
    "password in the file": ("groups:", "security: {password: x}\ngroups:", 5, "password_env"),
    "variable not set": ("groups:", "security: {password_env: RC_NO}\ngroups:", 5, "RC_NO is not"),
    "secret's file missing": ("groups:", "security: {password_file: x}\ngroups:", 5, "is no file"),
    "no place": ("url: line://127.0.0.1:4000", "url: press.local", 3, "leads nowhere; write line"),
    "no kind": ("kind: echo_handshake", "kind: echo", 16, "has to be one of"),
    "no echo": ("echo: {id: ack, state: ack_state}", "echo: {id: ack}", 15, "echo: {state: TAG}"),
    "no such tag": ("echo: {id: ack,", "echo: {id: akc,", 18, "no tag akc; did you mean ack?"),
    "command not writable": ("command: {id: number}", "command: {id: good}", 17, "is not writable"),
    "number too small": ("command_id, type: uint32", "command_id, type: uint16", 17, "uint32"),
    "parameter not writable": ("{tag: recipe,", "{tag: good,", 20, "is not writable"),
    "parameter without tag": ("{tag: recipe, limits", "{limits", 20, "needs tag"),
    "beyond the limits": ("limits: [1, 50]", "limits: [1, 500]", 20, "beyond write_limits"),
    "result of nothing": ("{peak_force: force}", "{peak_force: pressure}", 21, "there is no tag"),
    "require of nothing": ("require: {state:", "require: {stat:", 22, "did you mean state?"),
    "require what is never": ("{state: running}", "{state: idle}", 22, "is never"),
    "nothing means done": ("3: done, ", "", 15, "nothing among states means done"),
    "word of progress": ("3: done", "3: finished", 19, "has to be one of"),
    "too fast": ("require:", "rate_s: 0.1\n    require:", 22, "greater than or equal to 1"),
    "cancel by nothing": ("require:", "cancel: stop\n    require:", 22, "no other action"),
    "no YAML": ("tags:", "tags: [", 7, "is no YAML"),
    "an alias": ("range: [0, 250]", "range: &r [0, 250], limits: *r", 9, "write it out"),
    "a tag of YAML": ("unit: kN", "unit: !!python/none x", 9, "is not used here"),
    "no tags": ("tags:", "tags: 5\nx:", 6, "has to be a list"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_told_by_line_and_cure(name: str, tmp_path: Path) -> None:
    old, new, line, said = WRONG[name]
    assert PRESS.count(old) >= 1
    findings = refused(tmp_path, PRESS.replace(old, new, 1))
    assert any(f.startswith(f"press.yaml:{line}: ") and said in f for f in findings), findings


def test_every_fault_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    text = PRESS.replace("2: down", "2: broken").replace(", write_limits: [1, 99]", "")
    text = text.replace("command: {id: number}", "command: {id: good}")
    assert [int(f.split(":")[1]) for f in refused(tmp_path, text)] == [7, 10, 11, 17]


@pytest.mark.parametrize("text", ["", "- a", "7", "\tx: 1", "a: \x00"])
def test_what_is_no_machine_at_all(text: str, tmp_path: Path) -> None:
    assert refused(tmp_path, text)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "press.yaml").write_bytes(b"unit: A\nx: \xff\xfe\n")
    with pytest.raises(ConfigInvalid, match=r"press\.yaml:2: is not UTF-8"):
        read_machine(tmp_path / "press.yaml")


def test_words_that_yaml_would_change_stay_words(tmp_path: Path) -> None:
    file = tmp_path / "press.yaml"
    file.write_text(PRESS.replace("unit: kN", "unit: no").replace("PRESS-1", "12:30"))
    plan = read_machine(file)
    assert (plan.tags["force"].unit, plan.unit) == ("no", "12:30")


def test_a_broken_file_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(PRESS)
    (tmp_path / "b.yaml").write_text(PRESS)
    (tmp_path / "c.yml").write_text(PRESS.replace("PRESS-1", "PRESS-2"))
    (tmp_path / "d.yaml").write_text("unit: [")
    found = read_folder(tmp_path)
    assert [plan.unit for plan in found.machines.values()] == ["PRESS-1", "PRESS-2"]
    told = [str(f).removeprefix(f"{tmp_path}/") for f in found.findings]
    assert any("b.yaml:1: the unit PRESS-1 belongs to a.yaml already" in t for t in told)
    assert any("d.yaml:" in t for t in told)


def test_the_gateway_has_a_file_of_its_own(tmp_path: Path) -> None:
    assert read_gateway(tmp_path).name == "gateway"
    (tmp_path / "gateway.yaml").write_text("name: line-3\nquota_mb: 5\ntoken_file: token\n")
    plan = read_gateway(tmp_path)
    assert (plan.name, plan.quota_bytes, plan.token_file) == (
        "line-3",
        5_000_000,
        tmp_path / "token",
    )
    (tmp_path / "gateway.yaml").write_text("nmae: line-3\n")
    with pytest.raises(
        ConfigInvalid, match=r"gateway\.yaml:1: nmae is no key here; did you mean name"
    ):
        read_gateway(tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="there is no such folder"):
        read_folder(tmp_path / "machines")


def test_a_secret_is_read_when_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "press.yaml"
    (tmp_path / "secret").write_text("first\n")
    monkeypatch.setenv("RC_PRESS", "by variable")
    security = (
        "security: {user: rc, password_file: secret}\noptions: {key_password_env: RC_PRESS}\n"
    )
    file.write_text(PRESS.replace("timeout_s", "") + security)
    findings = refused(tmp_path, file.read_text())
    assert findings == ["press.yaml:24: options: there is timeout_s alone; remove the others"]
    file.write_text(PRESS + "security: {user: rc, password_file: secret}\n")
    plan = read_machine(file)
    assert "first" not in repr(plan)
    assert options_of(plan)["security"] == {
        "user": "rc", "password_file": "secret", "password": "first"
    }  # fmt: skip
    (tmp_path / "secret").write_text("second\n")
    assert options_of(plan)["security"]["password"] == "second"  # type: ignore[index]
