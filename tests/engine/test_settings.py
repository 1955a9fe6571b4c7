"""Site settings, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields

import pytest

from engine.access.settings import BOUNDS, SiteSettings, change_settings, site_settings
from engine.kernel.errors import Invalid, Stale
from engine.kernel.store import Store
from tests.engine.test_access import ABROAD, ROOT, trail


def settings(store: Store, site: int = 1) -> SiteSettings:
    found: SiteSettings = store.read(site_settings, site=site)
    return found


def test_what_was_never_decided_has_its_default(store: Store) -> None:
    assert settings(store) == SiteSettings()


def test_what_is_named_changes_and_the_rest_stays(store: Store) -> None:
    changes = {"undo_minutes": 0, "reviewer_is_not_author": True}
    after = store.run(change_settings, changes=changes, actor=ROOT)
    assert after == settings(store) == SiteSettings(undo_minutes=0, reviewer_is_not_author=True)
    assert settings(store, 2) == SiteSettings()
    store.run(change_settings, changes={"undo_minutes": 3}, actor=ABROAD)
    assert settings(store).undo_minutes == 0
    [entry] = trail(store, action="settings.changed")
    assert entry["detail"]["undo_minutes"] == {"from": 10, "to": 0}


def test_no_difference_is_no_change(store: Store) -> None:
    store.run(change_settings, changes={"undo_minutes": 10}, actor=ROOT)
    assert trail(store) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": 1},
        {"undo_minutes": True},
        {"undo_minutes": 1.5},
        {"undo_minutes": "3"},
        {"undo_minutes": None},
        {"reviewer_is_not_author": 1},
        *({name: least - 1} for name, (least, _most) in BOUNDS.items()),
        *({name: most + 1} for name, (_least, most) in BOUNDS.items()),
    ],
)
def test_a_value_that_cannot_be(store: Store, changes: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        store.run(change_settings, changes=changes, actor=ROOT)
    assert [e.pointer for e in refused.value.errors] == [f"/{next(iter(changes))}"]
    assert settings(store) == SiteSettings()


def test_every_number_has_bounds_that_its_default_keeps() -> None:
    numbers = {f.name for f in fields(SiteSettings) if f.type is int}
    assert numbers == set(BOUNDS)
    defaults = asdict(SiteSettings())
    assert all(least <= defaults[name] <= most for name, (least, most) in BOUNDS.items())


def test_who_saw_other_values_is_refused(store: Store) -> None:
    seen = settings(store).tag
    args = {"changes": {"undo_minutes": 3}, "actor": ROOT, "expected": seen}
    store.run(change_settings, **args)
    with pytest.raises(Stale):
        store.run(change_settings, **args)


def test_of_two_who_saw_the_same_one_is_refused(store: Store) -> None:
    seen, start = settings(store).tag, threading.Barrier(2)

    def decide(minutes: int) -> str:
        start.wait(5)
        try:
            changes = {"undo_minutes": minutes}
            store.run(change_settings, changes=changes, actor=ROOT, expected=seen)
        except Stale as refused:
            return refused.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(decide, (1, 2))) == ["done", "stale"]
