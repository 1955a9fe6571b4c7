"""What is known of a person beside roles and password, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.access import commands
from engine.access.commands import BadgeTaken
from engine.access.people import UserChanges
from engine.kernel.errors import RoutecardError
from engine.kernel.store import Store
from tests.engine.test_access import ABROAD, HASH, ROOT, add, change, trail


def test_what_is_known_of_a_person_comes_and_goes(store: Store) -> None:
    add(store, "ana", "operator")
    told = {"full_name": "Ana Horvat", "language": "de", "theme": "dark"}
    after = change(store, "ana", **told, badge=b"b" * 32, pin_hash=HASH)
    assert {name: after[name] for name in told} == told
    assert (after["badge_set"], after["pin_set"]) == (True, True)
    gone = change(store, "ana", without=frozenset({"full_name", "badge", "pin_hash"}))
    assert (gone["full_name"], gone["language"]) == (None, "de")
    assert (gone["badge_set"], gone["pin_set"]) == (False, False)
    removed, changed = (e["detail"] for e in trail(store, action="user.changed"))
    assert (changed["badge"], changed["pin"]) == ("changed", "changed")
    assert (removed["badge"], removed["pin"]) == ("removed", "removed")


def test_a_badge_has_one_owner(store: Store) -> None:
    add(store, "ana", "operator")
    add(store, "bob", "operator")
    add(store, "eve", "operator", actor=ABROAD)
    change(store, "ana", badge=b"b" * 32)
    with pytest.raises(BadgeTaken, match="belongs to ana"):
        change(store, "bob", badge=b"b" * 32)
    with pytest.raises(BadgeTaken):
        store.run(
            commands.create_user,
            name="cyd",
            roles=["operator"],
            password_hash=None,
            about=UserChanges(badge=b"b" * 32),
            actor=ROOT,
        )
    about = UserChanges(badge=b"b" * 32)
    store.run(commands.change_user, name="eve", changes=about, actor=ABROAD)


def test_two_cannot_get_one_badge_at_once(store: Store) -> None:
    add(store, "ana", "operator")
    add(store, "bob", "operator")
    start = threading.Barrier(2)

    def hand_out(name: str) -> str:
        start.wait(5)
        try:
            change(store, name, badge=b"b" * 32)
        except RoutecardError as refused:
            return refused.code
        return "done"

    for _ in range(5):
        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(hand_out, ("ana", "bob"))) == ["badge-taken", "done"]
        for name in ("ana", "bob"):
            change(store, name, without=frozenset({"badge"}))
