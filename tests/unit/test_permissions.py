"""The table of permissions is the contract's, row by row."""

import pytest

from engine.access.permissions import WHO_MAY, Permission, permissions_of, require
from engine.kernel.actor import SYSTEM, Actor, Role
from engine.kernel.errors import NotPermitted

# Written out by hand from CONTRACT section 2, "Who may": a change of the table is seen here.
EXPECTED = {
    "operator": {"read", "count.enter", "task.complete", "file.add", "downtime.explain"},
    "team_lead": {
        "read",
        "count.enter",
        "count.confirm",
        "instance.start",
        "instance.control",
        "instance.intervene",
        "task.complete",
        "task.assign",
        "incident.resolve",
        "file.add",
        "station.manage",
        "downtime.explain",
    },
    "quality": {"read", "count.enter", "task.complete", "file.add", "downtime.explain"},
    "process_engineer": {
        "read",
        "count.enter",
        "process.deploy",
        "process.release",
        "instance.intervene",
        "task.complete",
        "incident.resolve",
        "file.add",
        "equipment.manage",
        "downtime.explain",
    },
    "planner": {
        "read",
        "count.enter",
        "instance.start",
        "instance.control",
        "task.complete",
        "file.add",
        "downtime.explain",
    },
    "maintenance": {
        "read",
        "count.enter",
        "task.complete",
        "file.add",
        "equipment.manage",
        "downtime.explain",
        "downtime.manage",
    },
    "integration": {
        "read",
        "instance.start",
        "instance.control",
        "job.work",
        "message.send",
        "file.add",
        "signal.send",
    },
    "auditor": {"read"},
    "admin": {
        "read",
        "count.enter",
        "task.complete",
        "user.manage",
        "token.manage",
        "station.manage",
        "settings.manage",
        "file.add",
        "equipment.manage",
        "downtime.manage",
    },
}


@pytest.mark.parametrize("role", list(Role))
def test_role_has_exactly_these_permissions(role: Role) -> None:
    assert permissions_of([role]) == EXPECTED[role]


def test_every_permission_has_a_row() -> None:
    assert set(WHO_MAY) == set(Permission)


def test_roles_add_up() -> None:
    assert permissions_of(["auditor", "admin"]) == EXPECTED["auditor"] | EXPECTED["admin"]


@pytest.mark.parametrize("roles", [[], ["owner"], ["ADMIN"], ["read"]])
def test_without_a_known_role_nothing_is_permitted(roles: list[str]) -> None:
    assert permissions_of(roles) == frozenset()


def test_require_lets_the_permitted_pass() -> None:
    require(Actor("eve", frozenset({"process_engineer"})), Permission.PROCESS_DEPLOY)


def test_require_names_the_permission() -> None:
    with pytest.raises(NotPermitted) as refused:
        require(Actor("ana", frozenset({"operator"})), Permission.PROCESS_DEPLOY)
    assert refused.value.detail == "You need the permission process.deploy for this."
    assert refused.value.members == {"permission": "process.deploy"}


def test_the_plant_itself_does_not_come_through_the_door() -> None:
    with pytest.raises(NotPermitted):
        require(SYSTEM, Permission.READ)
