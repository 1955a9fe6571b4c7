"""Triggers that keep rows of a table as they were written, whoever asks.

The migrations run them. Both databases answer with a broken constraint, never with a changed row.
"""

from engine.records.audit import audit_entry


def append_only_ddl(dialect: str, table: str = audit_entry.name) -> list[str]:
    """The statements that make a table append-only, in their order.

    Args:
        dialect: `sqlite` or `postgresql`.
        table: a table whose primary key is `id`.
    """
    if dialect == "sqlite":
        return _sqlite(table)
    return _postgresql(table)


def _sqlite(table: str) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only; write a new row'); END"
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        # INSERT OR REPLACE removes the old row without asking the trigger on DELETE.
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN NEW.id IN (SELECT id FROM {table}) {refuse}",
    ]


def _postgresql(table: str) -> list[str]:
    # 23001 is restrict_violation, a broken constraint to the driver as on SQLite.
    return [
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{table} is append-only; write a new row' USING ERRCODE = '23001'; "
        "END $$",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()",
    ]
