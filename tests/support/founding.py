"""Founding a plant for a real server: its schema and site, who may call, what it makes."""

from collections.abc import Mapping

import engine.registry  # noqa: F401  the tables
from engine.access import commands as access
from engine.access.passwords import new_secret
from engine.kernel import site
from engine.kernel.actor import ROLES, SYSTEM, Actor, Role
from engine.kernel.store import Store
from engine.migrations import schema
from engine.workflow.definition.bundles import read_bundle
from engine.workflow.work.versions import commands as versions
from engine.workflow.work.versions import plans
from engine.workflow.work.versions import queries as version_queries

ENGINEER = Actor("eva", frozenset({Role.PROCESS_ENGINEER}))


def found(store: Store) -> None:
    """Make the schema and the one site of a plant in an empty database."""
    schema.upgrade(store.bind)
    store.run(site.create_site, code="main", name="Main works", time_zone="UTC")


def new_token(store: Store, name: str, *roles: Role) -> str:
    """A token of a new user who has these roles."""
    secret, digest = new_secret()
    store.run(access.create_user, name=name, roles=roles, password_hash=None, actor=SYSTEM)
    store.run(access.create_token, roles=roles, secret_digest=digest, user=name, actor=SYSTEM)
    return secret


def release(store: Store, main: bytes, files: Mapping[str, bytes] | None = None) -> str:
    """Deploy a routing with the files beside it, release it and answer its key."""
    bundle = read_bundle("main.bpmn", {"main.bpmn": main, **(files or {})}, ROLES)
    known = store.read(version_queries.known, bundle=bundle, site=ENGINEER.site)
    findings = versions.check(bundle, known)
    _, draft = store.run(versions.deploy, bundle=bundle, findings=findings, actor=ENGINEER)
    draft = {"key": bundle.key, "version": draft["version"], "bundle": bundle}
    plans.run(store, versions.release, **draft, actor=ENGINEER)
    return bundle.key
