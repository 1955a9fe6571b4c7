"""The PostgreSQL of the tests itself: it keeps its promises, and it leaves nothing behind."""

import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.support.postgres import GIVEN, PostgresServer

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from tests.support.postgres import postgres
with postgres() as server:
    print(server.address.port, flush=True)
    sys.stdin.read()
"""


def ask(url: str, question: str) -> object:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        row = connection.execute(question).fetchone()
    return row and row[0]


def listening(port: int) -> list[psutil.Process]:
    servers = [p for p in psutil.process_iter(["name"]) if p.info["name"] == "postgres"]
    return [p for p in servers if f"-c port={port}" in " ".join(p.cmdline())]


def test_a_copy_of_a_template_has_its_rows(postgres_server: PostgresServer) -> None:
    url = postgres_server.create_database("house_template")
    ask(url, "CREATE TABLE lot AS SELECT 'L-7' AS number RETURNING 1") if False else None
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE TABLE lot (number text)")
        connection.execute("INSERT INTO lot VALUES ('L-7')")
    copy = postgres_server.create_database("house_copy", template="house_template")
    assert ask(copy, "SELECT number FROM lot") == "L-7"
    for name in ("house_copy", "house_template"):
        postgres_server.drop_database(name)
    assert not ask(postgres_server.url_for("postgres"), "SELECT 1 FROM pg_database WHERE datname LIKE 'house%'")
