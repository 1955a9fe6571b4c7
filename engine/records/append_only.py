"""Triggers that keep rows of a table as they were written, whoever asks.

The migrations run them. Both databases answer with a broken constraint, never with a changed row.
"""

from engine.records.audit import audit_entry
from engine.records.tables import signature

APPEND_ONLY = (audit_entry.name, signature.name)


def append_only_ddl(dialect: str, *tables: str) -> list[str]:
    """The statements that make tables append-only, in their order.

    Args:
        dialect: `sqlite` or `postgresql`.
        tables: whose primary key is `id`; without, every table that is append-only today.
    """
    make = _sqlite if dialect == "sqlite" else _postgresql
    return [statement for table in tables or APPEND_ONLY for statement in make(table)]


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
