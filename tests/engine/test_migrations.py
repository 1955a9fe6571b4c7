"""The migrations make exactly the schema that the tables describe, on both databases."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import engine.registry  # noqa: F401  the tables
from engine.kernel.db import metadata
from engine.kernel.errors import Unavailable
from engine.migrations import schema
from engine.records.append_only import append_only_ddl
from tests.support.postgres import PostgresServer

VERSION = "UPDATE alembic_version SET version_num = '{}'"
AUDITED = "INSERT INTO audit_entry (at, actor, action, subject) VALUES (0, 'ana', 'did', 'lot:7')"


def run(bind: sa.Engine, *statements: str) -> None:
    with bind.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.fixture(params=["sqlite", "postgresql"])
def bind(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    """An empty database."""
    yield from request.getfixturevalue(f"empty_{request.param}")()


@pytest.fixture(params=["sqlite", "postgresql"])
def two_binds(request: pytest.FixtureRequest) -> Iterator[tuple[sa.Engine, sa.Engine]]:
    """Two empty databases of one kind."""
    make = request.getfixturevalue(f"empty_{request.param}")
    for first in make():
        for second in make():
            yield first, second


@pytest.fixture
def empty_sqlite(tmp_path: Path):
    def make() -> Iterator[sa.Engine]:
        bind = schema.open_bind(f"sqlite:///{tmp_path / secrets.token_hex(4)}.db")
        yield bind
        bind.dispose()

    return make


@pytest.fixture
def empty_postgresql(postgres_server: PostgresServer):
    def make() -> Iterator[sa.Engine]:
        name = f"empty_{secrets.token_hex(8)}"
        bind = schema.open_bind(postgres_server.create_database(name))
        yield bind
        bind.dispose()
        postgres_server.drop_database(name)

    return make


def test_an_upgrade_of_nothing_makes_the_metadata(bind: sa.Engine) -> None:
    assert schema.current(bind) is None
    with pytest.raises(schema.SchemaOld, match="routecard db upgrade"):
        schema.check(bind)
    schema.upgrade(bind)
    assert schema.current(bind) == schema.head()
    schema.check(bind)
    with bind.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_an_upgrade_again_changes_nothing(bind: sa.Engine) -> None:
    schema.upgrade(bind)
    before = catalogue(bind)
    schema.upgrade(bind)
    assert catalogue(bind) == before


def test_the_catalogue_is_that_of_the_tables(two_binds: tuple[sa.Engine, sa.Engine]) -> None:
    """What Alembic does not compare: WITHOUT ROWID, conditions of indexes, triggers, names."""
    migrated, created = two_binds
    schema.upgrade(migrated)
    metadata.create_all(created)
    run(created, *append_only_ddl(created.dialect.name))
    assert catalogue(migrated) == catalogue(created)


def catalogue(bind: sa.Engine) -> set[tuple[object, ...]]:
    """Everything the database knows about its tables, but for Alembic's own."""
    found: set[tuple[object, ...]] = set()
    with bind.connect() as connection:
        for question in CATALOGUE[bind.dialect.name]:
            for row in connection.exec_driver_sql(question):
                found.add(tuple("".join(str(v).split()) for v in row))
    return {row for row in found if "alembic_version" not in str(row)}


CATALOGUE = {
    "sqlite": ["SELECT type, name, replace(sql, ' ', '') FROM sqlite_master"],
    "postgresql": [
        "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity,"
        " ordinal_position FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace",
        "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    ],
}


def test_the_audit_trail_is_append_only(bind: sa.Engine) -> None:
    schema.upgrade(bind)
    run(bind, AUDITED)
    for change in ("UPDATE audit_entry SET actor = 'eve'", "DELETE FROM audit_entry"):
        with pytest.raises(sa.exc.IntegrityError, match="append-only"):
            run(bind, change)


def test_older_and_newer_schemas_are_refused(bind: sa.Engine) -> None:
    schema.upgrade(bind)
    run(bind, VERSION.format("0000"))
    with pytest.raises(schema.SchemaOld, match="routecard db upgrade"):
        schema.check(bind)
    with pytest.raises(schema.SchemaOld, match="no way up"):
        schema.upgrade(bind)
    run(bind, VERSION.format("9999"))
    with pytest.raises(schema.SchemaNew, match="9999"):
        schema.check(bind)
    with pytest.raises(schema.SchemaNew, match="9999"):
        schema.upgrade(bind)


def test_the_database_of_something_else_is_refused(bind: sa.Engine) -> None:
    run(bind, "CREATE TABLE recipe (name text)")
    with pytest.raises(schema.ForeignDatabase, match="not Routecard's"):
        schema.check(bind)
    with pytest.raises(schema.ForeignDatabase, match="not Routecard's"):
        schema.upgrade(bind)


def only_first(folder: Path) -> Path:
    """A folder of revisions that has the first one only; the file of that one."""
    source = Path(schema.__file__).parent
    for name in ("env.py", "script.py.mako"):
        (folder / name).write_text((source / name).read_text("utf-8"), "utf-8")
    (folder / "versions").mkdir()
    first = next((source / "versions").glob("0001_*.py"))
    copied = folder / "versions" / first.name
    copied.write_text(first.read_text("utf-8"), "utf-8")
    return copied


def test_an_upgrade_that_breaks_leaves_nothing(
    bind: sa.Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = only_first(tmp_path)
    broken = first.read_text("utf-8") + '    op.execute("SELECT nothing FROM nowhere")\n'
    first.write_text(broken, "utf-8")
    monkeypatch.setattr(schema, "FOLDER", tmp_path)
    with pytest.raises(sa.exc.DBAPIError, match="nowhere"):
        schema.upgrade(bind)
    assert schema.is_empty(bind)


def test_what_waits_keeps_waiting_after_an_upgrade(
    bind: sa.Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Subscriptions learn their element from the frontier; timers of tokens are due once."""
    only_first(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(schema, "FOLDER", tmp_path)
        schema.upgrade(bind)
    instance, frontier = b"i" * 16, b'[1,9,[[3,"oven",0,0,"waiting"],[4,"turn",0,0,"waiting"]],[]]'
    with bind.begin() as connection:
        for statement in BEFORE:
            connection.execute(sa.text(statement), {"i": instance, "frontier": frontier})
    schema.upgrade(bind)
    with bind.connect() as connection:
        for question, answer in AFTER.items():
            assert [tuple(row) for row in connection.exec_driver_sql(question)] == answer


BEFORE = (
    "INSERT INTO instance (id, version_id, state, revision, steps, frontier, variables, started,"
    " started_by) VALUES (:i, :i, 'active', 1, 0, :frontier, :frontier, 0, 'ana')",
    "INSERT INTO subscription (instance_id, token, name, business_key)"
    " VALUES (:i, 3, 'oven_ready', 'WO-1')",
    "INSERT INTO due (owner_id, token, element, kind, at) VALUES (:i, 4, 'late', 'boundary', 7)",
    "INSERT INTO due (owner_id, token, element, kind, at) VALUES (:i, 0, 'begin', 'start', 8)",
    "INSERT INTO held_event (id, instance_id, token, kind, body, actor)"
    " VALUES (:i, :i, 3, 'result', :frontier, 'lathe')",
)
AFTER: dict[str, list[tuple[object, ...]]] = {
    "SELECT token, element, site_id, kind, name, business_key FROM subscription": [
        (3, "oven", 1, "message", "oven_ready", "WO-1")
    ],
    "SELECT element, kind, at, remaining, repeat FROM due ORDER BY at": [
        ("late", "event", 7, 1, None),
        ("begin", "start", 8, None, None),
    ],
    "SELECT token, element, hops, at FROM held_event": [(3, None, 0, 0)],
    "SELECT origin FROM instance": [(None,)],
}


def test_a_database_that_does_not_answer_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "plant.db").write_bytes(b"shopping list " * 100)
    for url in (
        f"sqlite:///{tmp_path / 'plant.db'}",
        f"sqlite:///{tmp_path / 'nowhere' / 'plant.db'}",
        "postgresql+psycopg://nobody@127.0.0.1:1/plant",
    ):
        with pytest.raises(Unavailable, match="does not answer"):
            schema.check(schema.open_bind(url))


def test_head_is_the_end_of_one_line_of_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.FOLDER))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [schema.head()]
    line = [script.revision for script in scripts.walk_revisions()]
    assert line == sorted(line, reverse=True)
    for script in scripts.walk_revisions():
        assert Path(script.path).name.startswith(f"{script.revision}_")


def test_reading_the_version_imports_no_alembic(tmp_path: Path) -> None:
    code = (
        "import sys, sqlalchemy as sa\n"
        "from engine.migrations import schema\n"
        f"print(schema.current(sa.create_engine('sqlite:///{tmp_path}/plant.db')))\n"
        "assert 'alembic' not in sys.modules\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "None\n"
