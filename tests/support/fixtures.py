"""Fixtures of the tests that go through HTTP; their conftest modules import them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from api.app import build_app, create_app, install_plant
from engine.kernel.store import Store
from engine.records.folder import Folder
from tests.support.clock import ManualClock
from tests.support.http import in_process
from tests.support.openapi import Document
from tests.support.works import Works

both = pytest.mark.parametrize("database", ["sqlite", "postgresql"])


@pytest.fixture
def database() -> str:
    """The kind of database, SQLite unless a test asks for `both`."""
    return "sqlite"


@pytest.fixture
def store(database: str, request: pytest.FixtureRequest, clock: ManualClock) -> Iterator[Store]:
    """A plant's database with the whole schema and one site."""
    opened = Store(request.getfixturevalue(f"{database}_url"), clock=clock, durable=False)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def built_app() -> Flask:
    """The application that all tests of a process share, each with a plant of its own."""
    return build_app()


@pytest.fixture
def app(request: pytest.FixtureRequest, built_app: Flask, store: Store, tmp_path: Path) -> Flask:
    """The application on that database, with a folder for files that may fill the disk."""
    found = build_app() if request.node.get_closest_marker("own_app") else built_app
    install_plant(found, store, Folder(tmp_path / "files", reserve=0))
    return found


@pytest.fixture(scope="session")
def document(sqlite_template: Path) -> Document:
    """The OpenAPI document that every answer is held against."""
    opened = Store(f"sqlite:///{sqlite_template}", durable=False)
    text = create_app(opened).test_client().get("/api/v1/openapi.json").data
    opened.close()
    return Document(text)


@pytest.fixture
def works(store: Store, clock: ManualClock, app: Flask, document: Document) -> Works:
    """The plant and its people."""
    return Works(store, clock, in_process(app), document)
