"""The shell: what each command does, what it prints, and how it says no."""

import json
import os
import shutil
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.machines.buffer import Buffer
from cli import shipped
from cli.main import COMMANDS, main
from engine.migrations.schema import head
from tests.support.shell import ROOT, Shell

DAY_MS = 24 * 60 * 60 * 1000
LINE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="urn:test">
  <process id="pack" name="{name}" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="f1" sourceRef="begin" targetRef="pack_box"/>
    <task id="pack_box" name="Pack box"/>
    <sequenceFlow id="f2" sourceRef="pack_box" targetRef="{after}"/>
    <endEvent id="packed"/>
  </process>
</definitions>
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell on an empty home."""
    return Shell(tmp_path / "home")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a plant with nothing in it."""
    shell = Shell(tmp_path_factory.mktemp("template") / "home")
    assert shell.done("db", "upgrade") == f"Schema none -> {head()}\n"
    return shell.home


@pytest.fixture
def plant(template: Path, tmp_path: Path) -> Shell:
    """A shell on a plant that nobody serves, the test's own."""
    return Shell(shutil.copytree(template, tmp_path / "home"))


def diagram(folder: Path, name: str = "Pack", after: str = "packed") -> Path:
    file = folder / "pack.bpmn"
    file.write_text(LINE.format(name=name, after=after), "utf-8")
    return file


# ---- the group ----


def test_every_command_helps_itself() -> None:
    for name in COMMANDS:
        told = CliRunner().invoke(main, [name, "--help"])
        assert told.exit_code == 0
        assert told.output.startswith("Usage: ")


def test_a_wrong_usage_is_exit_code_2() -> None:
    for args in (["bogus"], ["serve", "--port", "many"], ["user", "add"], ["process", "lint"]):
        assert CliRunner().invoke(main, args).exit_code == 2


def test_it_tells_its_version() -> None:
    told = CliRunner().invoke(main, ["--version"])
    assert told.exit_code == 0
    assert told.output.startswith("routecard ")


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    shell = Shell(tmp_path, ROUTECARD_DATABASE="x")
    assert shell.refused("doctor").startswith("ROUTECARD_DATABASE is not a setting.")


def test_there_is_nothing_to_reach_in_an_empty_home(shell: Shell) -> None:
    for command in (("user", "add", "ana", "--role", "operator"), ("db", "check")):
        assert "There is no plant" in shell.refused(*command)
    assert not shell.home.exists()


def test_background_refuses_sqlite(shell: Shell) -> None:
    assert shell.refused("background") == (
        "routecard background needs PostgreSQL; with SQLite the server does this work itself."
    )


# ---- people and tokens ----


def test_users_and_tokens(plant: Shell) -> None:
    assert plant.done("user", "add", "ana", "--role", "operator", "quality") == ""
    assert "There is a user ana" in plant.refused("user", "add", "Ana", "--role", "operator")
    assert "There is no role 'boss'" in plant.refused("user", "add", "ben", "--role", "boss")
    assert "/password" in plant.refused(
        "user", "add", "ben", "--role", "admin", "--password-stdin", given="12345678\n"
    )
    plant.done("user", "add", "ben", "--role", "admin", "--password-stdin", given="bar 42 seat\n")
    plant.done(
        *("user", "add", "cem", "--role", "quality", "--full-name", "Cem Aydin", "--badge", "B-7"),
        *("--password-stdin", "--pin-stdin"),
        given="bar 42 seat\n7391\n",
    )
    assert "/pin" in plant.refused(
        "user", "add", "dan", "--role", "quality", "--pin-stdin", given="1234\n"
    )
    token = plant.done("token", "create", "--role", "operator", "--user", "ana", "--expires", 30)
    assert token.startswith("rc_")
    assert token.count("\n") == 1
    with closing(sqlite3.connect(plant.home / "plant.db")) as connection:
        users = connection.execute(
            "SELECT name, password_hash IS NULL FROM user_account"
        ).fetchall()
        actors = {row[0] for row in connection.execute("SELECT actor FROM audit_entry")}
    assert sorted(users) == [("ana", 1), ("ben", 0), ("cem", 0)]
    assert len(actors) == 1
    assert actors.pop().startswith("shell:")


# ---- diagrams ----


def test_a_diagram_is_linted_without_a_plant(shell: Shell, tmp_path: Path) -> None:
    wrong = diagram(tmp_path, after="nowhere")
    done = shell.run("process", "lint", wrong)
    assert done.returncode == 1
    assert any(line.startswith("error ") and " — " in line for line in done.stdout.splitlines())
    assert done.stderr == ""
    shell.done("process", "lint", diagram(tmp_path))
    assert not shell.home.exists()


def test_the_shipped_diagrams_have_no_finding() -> None:
    for (kind, _key), path in shipped.items().items():
        if kind == "process":
            told = CliRunner().invoke(main, ["process", "lint", str(path)])
            assert (told.exit_code, told.output) == (0, ""), path


def test_a_diagram_goes_in_and_comes_out(plant: Shell, tmp_path: Path) -> None:
    file = diagram(tmp_path)
    assert plant.done("process", "deploy", file) == "pack 1 draft\n"
    file = diagram(tmp_path, name="Pack and seal")  # an open draft is replaced
    assert plant.done("process", "deploy", file, "--release") == "pack 1 released\n"
    exported = plant.run("process", "export", "pack")
    assert exported.stdout.encode() == file.read_bytes()
    diagram(tmp_path, name="Pack twice")
    assert plant.done("process", "deploy", file) == "pack 2 draft\n"
    assert plant.done("process", "versions") == "pack 2 draft\npack 1 released\n"
    assert plant.done("process", "versions", "--live") == ""
    assert "Pack and seal" in plant.done("process", "export", "pack")
    assert "Pack twice" in plant.done("process", "export", "pack", "--version", 2)
    assert "There is no process 'box'" in plant.refused("process", "export", "box")


def test_a_refused_bundle_says_why(plant: Shell, tmp_path: Path) -> None:
    done = plant.run("process", "deploy", diagram(tmp_path, after="nowhere"))
    assert done.returncode == 1
    *findings, reason = done.stderr.splitlines()
    assert any(line.startswith("error ") for line in findings)
    assert "nothing was stored" in reason


def test_files_that_are_no_bundle_are_wrong_usage(tmp_path: Path) -> None:
    form = tmp_path / "a.form.json"
    text = tmp_path / "a.txt"
    for file in (form, text):
        file.write_text("{}")
        assert CliRunner().invoke(main, ["process", "lint", str(file)]).exit_code == 2


# ---- doctor ----


def doctor(home: Path) -> tuple[int, dict[str, str]]:
    """The doctor's exit code, and its lines by what was looked at."""
    told = CliRunner().invoke(main, ["doctor"], env={"ROUTECARD_HOME": str(home)})
    lines = [line.split(maxsplit=2) for line in told.output.splitlines()]
    return told.exit_code, {line[1]: f"{line[0]} {line[2]}" for line in lines}


def test_a_sound_plant_is_well(plant: Shell) -> None:
    code, said = doctor(plant.home)
    assert code == 0, said
    assert all(line.startswith("well ") for line in said.values())


def test_the_doctor_finds_what_is_wrong(plant: Shell) -> None:
    home = plant.home
    (home / "serve.json").write_text(json.dumps({"url": "http://127.0.0.1:1", "token": "x"}))
    (home / "secret.key").write_bytes(b"k" * 32)
    (home / "secret.key").chmod(0o644)
    home.chmod(0o777)
    with closing(sqlite3.connect(home / "plant.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    code, said = doctor(home)
    assert code == 1
    assert {name for name, line in said.items() if line.startswith("wrong ")} == {
        "home",
        "version",
        "key",
        "server",
    }
    assert "routecard db upgrade" in said["version"]
    assert "chmod 600" in said["key"]


def test_the_doctor_finds_a_damaged_database(plant: Shell) -> None:
    file = plant.home / "plant.db"
    size = file.stat().st_size
    with file.open("r+b") as handle:
        handle.seek(size // 2)
        handle.write(os.urandom(size // 4))
    code, said = doctor(plant.home)
    assert code == 1
    assert said["database"].startswith("wrong ")
    assert "routecard db restore" in said["database"]


def test_the_doctor_finds_damaged_readings(plant: Shell) -> None:
    file = plant.home / "readings.db"
    content = file.read_bytes()
    file.write_bytes(content[:100] + os.urandom(len(content) - 100))
    code, said = doctor(plant.home)
    assert code == 1
    assert said["readings"].startswith("wrong ")
    assert "put it aside" in said["readings"]
    assert said["database"].startswith("well ")


def test_the_doctor_finds_readings_that_nobody_forgets(plant: Shell) -> None:
    with closing(sqlite3.connect(plant.home / "readings.db")) as connection, connection:
        hour = "INSERT INTO reading_chunk (tag_id, began, site_id, n, numbers, bad, data)"
        now = time.time_ns() // 1_000_000
        kept, overdue = now - 29 * DAY_MS, now - 40 * DAY_MS
        connection.execute(f"{hour} VALUES (1, {kept}, 1, 1, 1, 0, x'00')")
        connection.execute(f"{hour} VALUES (2, {overdue}, 1, 1, 1, 0, NULL)")  # its hour alone
        connection.commit()
        assert doctor(plant.home)[1]["readings"].startswith("well ")
        connection.execute(f"{hour} VALUES (3, {overdue}, 1, 1, 1, 0, x'00')")
    code, said = doctor(plant.home)
    assert code == 1
    assert "reading_value_days says 30 days" in said["readings"]


def test_the_doctor_finds_no_room_for_a_backup_of_readings(
    plant: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(plant.home)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=1024))
    assert "Make room for its backup" in doctor(plant.home)[1]["readings"]


def test_the_doctor_looks_at_the_buffer_of_the_homes_gateway(plant: Shell) -> None:
    folder = plant.home / "machines"
    folder.mkdir()
    (folder / "gateway.yaml").write_text("name: line-1\nbuffer: kept\n")
    file = folder / "kept" / "gateway.db"
    row = {"unit": "PRESS-1", "kind": "state", "at": 1_772_431_200_000, "state": "idle"}
    buffer = Buffer(file)
    buffer.put([row], [], {})
    buffer.do(lambda connection: None).result(10)
    assert doctor(plant.home)[1]["buffer"].startswith("well ")  # of a gateway that runs
    buffer.close()
    code, said = doctor(plant.home)
    assert (code, "1 rows of 2026-03-02 06:00 UTC on wait" in said["buffer"]) == (1, True)
    file.write_bytes(file.read_bytes()[:100] + os.urandom(20_000))
    assert "what it had not sent yet is lost" in doctor(plant.home)[1]["buffer"]
    (folder / "gateway.yaml").write_text("nane: line-1\n")
    assert "gateway check" in doctor(plant.home)[1]["buffer"]


def test_an_empty_home_is_wrong_but_nothing_is_made(tmp_path: Path) -> None:
    code, said = doctor(tmp_path / "home")
    assert code == 1
    assert said["home"].startswith("wrong ")
    assert not (tmp_path / "home").exists()


def test_the_home_is_the_owners_alone(plant: Shell) -> None:
    assert stat.S_IMODE(plant.home.stat().st_mode) == 0o700


def test_the_module_runs_from_the_source_tree() -> None:
    assert (ROOT / "routecard.py").is_file()
