"""Signatures over HTTP: who may sign what, with which meaning, and what is kept of it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
import sqlalchemy as sa

from engine.access import commands
from engine.access.credentials import badge_digest
from engine.access.passwords import hash_password
from engine.access.people import UserChanges
from engine.kernel import db
from engine.kernel.actor import SYSTEM
from engine.kernel.store import Store
from engine.workflow.work.evidence.verifying import broken_signatures
from tests.support.diagrams import end, lanes, parallel, process, start, user
from tests.support.fixtures import both
from tests.support.http import Answer, Http
from tests.support.visitor import Visitor
from tests.support.works import Works

PASSWORD = "turning at dawn"
FORM = {
    "key": "measure",
    "fields": [
        {"key": "d", "type": "number", "unit": "mm", "required": True, "variable": "d"},
        {"key": "note", "type": "text"},
    ],
}
FILES = {"measure.form.json": json.dumps(FORM).encode()}
PERFORMED = process(
    start(), user("turn", form="measure", signature="performed"), end(), "start -> turn -> end"
)
CHECKED = process(
    lanes(operator=["turn", "check"]),
    start(), user("turn"), user("check", form="measure", signature="verified"), end(),
    "start -> turn -> check -> end",
)  # fmt: skip


@cache
def hashed() -> str:
    return hash_password(PASSWORD)


def hire(works: Works, name: str, *roles: str, full_name: str | None = None) -> Http:
    works.store.run(
        commands.create_user,
        name=name,
        roles=roles,
        password_hash=hashed(),
        about=UserChanges(full_name=full_name),
        actor=SYSTEM,
    )
    return works.token(*roles, user=name)


@pytest.fixture
def ana(works: Works) -> Http:
    return hire(works, "ana", "operator", full_name="Ana Horvat")


@pytest.fixture
def ben(works: Works) -> Http:
    return hire(works, "ben", "operator")


def complete(
    works: Works, person: Http, element: str, signature: object = None, **variables: Any
) -> Answer:
    task = works.task(element)["id"]
    body = {"variables": variables, "signature": signature}
    return person.post(f"/tasks/{task}/complete", body)


def signed(meaning: str = "performed", **more: str) -> Mapping[str, str]:
    return {"meaning": meaning, "password": PASSWORD, **more}


# ---- what is kept ----


@both
def test_what_was_signed_is_kept(works: Works, ana: Http) -> None:
    works.release(PERFORMED, FILES)
    instance = works.start(business_key="WO-1")
    task = works.task("turn")
    assert task["signature"] == "performed"
    complete(works, ana, "turn", signed(reason="first article"), d="2.510 cm", note="clean").ok()

    (found,) = works.auditor.pages("/signatures", instance=instance)
    assert found["full_name"] == "Ana Horvat"
    assert (found["user"], found["meaning"], found["reason"]) == (
        "ana",
        "performed",
        "first article",
    )
    assert (found["subject"], found["element"]) == (f"task:{task['id']}", "turn")
    assert found["method"] == "password"
    assert found["intact"] is True
    assert hashlib.sha256(found["content"].encode()).hexdigest() == found["sha256"]
    content = json.loads(found["content"], parse_float=str)
    assert content["answers"] == {"d": "25.10", "note": "clean"}
    assert (content["business_key"], content["form"]["key"]) == ("WO-1", "measure")
    assert content["at"] == found["at"] == works.history(instance)[1]["ended"]
    assert PASSWORD not in found["content"]

    for filters in ({"subject": found["subject"]}, {"user": "ana"}, {"meaning": "performed"}):
        assert works.auditor.pages("/signatures", **filters) == [found]
    assert works.auditor.pages("/signatures", user="ben") == []
    entry = works.auditor.pages("/audit", action="signature.made")[0]
    assert entry["detail"] == {"user": "ana", "meaning": "performed", "sha256": found["sha256"]}


def test_a_task_without_a_form_is_signed_with_its_variables(works: Works, ana: Http) -> None:
    works.run_of(process(start(), user("t", signature="performed"), end(), "start -> t -> end"))
    complete(works, ana, "t", signed(), x=[1, {"b": 2, "a": 1}]).ok()
    (found,) = works.auditor.pages("/signatures")
    assert '"answers":{"x":[1,{"a":1,"b":2}]}' in found["content"]
    assert '"form":null' in found["content"]
    assert works.store.read(lambda uow: list(broken_signatures(uow))) == []


# ---- what is refused ----


@both
def test_without_a_signature_nothing_is_done(works: Works, ana: Http) -> None:
    works.release(PERFORMED, FILES)
    works.start()
    problem = complete(works, ana, "turn", d=1).refused(403, "signature-required")
    assert problem["meaning"] == "performed"
    assert works.open() == ["turn"]
    complete(works, ana, "turn", signed("verified"), d=1).refused(403, "signature-meaning")
    complete(works, ana, "turn", signed(), note="no d").refused(422, "form-invalid")
    assert works.auditor.pages("/signatures") == []
    complete(works, ana, "turn", signed(), d=1).ok()


@both
def test_a_wrong_password_counts_towards_the_lock(works: Works, ana: Http) -> None:
    works.release(PERFORMED, FILES)
    works.start()
    wrong = {"meaning": "performed", "password": "guessed"}
    for _ in range(10):
        complete(works, ana, "turn", wrong, d=1).refused(403, "signature-refused")
    complete(works, ana, "turn", signed(), d=1).refused(403, "signature-refused")
    assert works.open() == ["turn"]
    actions = [entry["action"] for entry in works.auditor.pages("/audit", subject="user:ana")]
    assert actions.count("user.locked") == 1
    assert "user.signature_refused" in actions
    works.clock.advance(timedelta(hours=1))
    complete(works, ana, "turn", signed(), d=1).ok()


@pytest.mark.parametrize(
    ("signature", "pointer"),
    [
        ({"password": "x"}, "/signature/meaning"),
        ({"meaning": "blessed", "password": "x"}, "/signature/meaning"),
        ({"meaning": "performed"}, "/signature/password"),
        ({"meaning": "performed", "password": "x", "pin": "1"}, "/signature/password"),
        ({"meaning": "performed", "password": "x", "date": "today"}, "/signature/date"),
        ("ana", "/signature"),
    ],
)
def test_a_signature_that_is_none(works: Works, ana: Http, signature: object, pointer: str) -> None:
    works.release(PERFORMED, FILES)
    works.start()
    assert pointer in complete(works, ana, "turn", signature, d=1).pointers()[0]


def test_a_task_that_asks_for_none_checks_no_password(works: Works, ana: Http) -> None:
    works.run_of(process(start(), user("t"), end(), "start -> t -> end"))
    wrong = {"meaning": "performed", "password": "guessed"}
    complete(works, ana, "t", wrong).refused(422, "invalid")
    assert works.auditor.pages("/audit", action="user.signature_refused") == []


def test_a_program_cannot_sign(works: Works) -> None:
    works.run_of(process(start(), user("t", signature="performed"), end(), "start -> t -> end"))
    program = works.token("operator")
    problem = complete(works, program, "t", signed()).refused(403, "signature-refused")
    assert "is nobody who can sign" in problem["detail"]


def test_a_pin_signs_on_a_station_only(works: Works, ana: Http) -> None:
    works.run_of(process(start(), user("t", signature="performed"), end(), "start -> t -> end"))
    by_pin = {"meaning": "performed", "pin": "1234"}
    problem = complete(works, ana, "t", by_pin).refused(403, "signature-refused")
    assert "enrolled station" in problem["detail"]


def test_who_signed_in_at_a_station_signs_by_pin(works: Works) -> None:
    about = UserChanges(pin_hash=hash_password("7391"), badge=badge_digest("B-1", 1))
    person: dict[str, Any] = {"name": "ana", "roles": ["operator"], "about": about}
    works.store.run(commands.create_user, **person, password_hash=None, actor=SYSTEM)
    works.run_of(process(start(), user("t", signature="performed"), end(), "start -> t -> end"))
    path = f"/tasks/{works.task('t')['id']}/complete"
    made = works.team_lead.post("/stations", {"name": "Lathe 1"}).ok(201)
    device = Visitor(works.nobody)
    device.post("/stations/enrol", {"code": made["code"]}).ok()
    device.sign_in(badge="B-1", pin="7391").ok(201)
    by_pin = {"meaning": "performed", "pin": "1111"}
    device.post(path, {"signature": by_pin}).refused(403, "signature-refused")
    device.post(path, {"signature": by_pin | {"pin": "7391"}}).ok()
    (found,) = works.auditor.pages("/signatures")
    assert (found["user"], found["method"]) == ("ana", "pin")


# ---- the second person ----


def test_own_work_is_signed_by_nobody_else(works: Works, ana: Http, ben: Http) -> None:
    works.release(PERFORMED, FILES)
    works.start()
    problem = complete(works, ana, "turn", signed(user="ben"), d=1)
    assert "ben cannot sign it" in problem.refused(403, "signature-refused")["detail"]
    complete(works, ana, "turn", signed(user="ANA"), d=1).ok()


@both
def test_nobody_verifies_work_of_their_own(works: Works, ana: Http, ben: Http) -> None:
    works.release(CHECKED, FILES)
    works.start()
    complete(works, ana, "turn").ok()
    refused = complete(works, ana, "check", signed("verified"), d=1)
    assert "ana did the work before this" in refused.refused(403, "signature-refused")["detail"]
    complete(works, ben, "check", signed("verified"), d=1).ok()
    (found,) = works.auditor.pages("/signatures")
    assert (found["user"], found["full_name"]) == ("ben", "ben")


def test_a_second_person_signs_beside_the_first(works: Works, ana: Http, ben: Http) -> None:
    works.release(CHECKED, FILES)
    works.start()
    complete(works, ana, "turn").ok()
    complete(works, ana, "check", signed("verified", user="ben"), d=1).ok()
    (found,) = works.auditor.pages("/signatures")
    assert found["user"] == "ben"
    assert '"completed_by":"ana"' in found["content"]


@pytest.mark.parametrize(
    ("role", "may"),
    [("operator", True), ("quality", True), ("team_lead", True), ("planner", False),
     ("auditor", False)],
)  # fmt: skip
def test_the_second_person_belongs_to_the_work(
    works: Works, ana: Http, role: str, may: bool
) -> None:
    works.release(CHECKED, FILES)
    works.start()
    hire(works, "cid", role)
    complete(works, ana, "turn").ok()
    answer = complete(works, ana, "check", signed("verified", user="cid"), d=1)
    if may:
        answer.ok()
    else:
        assert "cid cannot sign" in answer.refused(403, "signature-refused")["detail"]


def test_what_counts_is_the_work_before_this(works: Works, ana: Http, ben: Http) -> None:
    """Beside a branch that goes on, and behind work that was skipped, the last done is meant."""
    works.run_of(
        process(
            start(), user("a", "b", "c"), user("check", signature="verified"),
            parallel("split", "join"), end(),
            "start -> split -> a -> c -> check -> join -> end", "split -> b -> join",
        )
    )  # fmt: skip
    complete(works, ben, "a").ok()
    skipped = works.task("c")["id"]
    works.team_lead.post(f"/tasks/{skipped}/skip", {"reason": "not on this part"}).ok()
    works.clock.advance(1)
    complete(works, ana, "b").ok()
    complete(works, ben, "check", signed("verified")).refused(403, "signature-refused")
    complete(works, ana, "check", signed("verified")).ok()


def test_the_first_task_has_no_work_before_it(works: Works, ana: Http) -> None:
    works.run_of(process(start(), user("t", signature="released"), end(), "start -> t -> end"))
    complete(works, ana, "t", signed("released")).ok()


# ---- several at once, and again ----


@both
def test_several_are_signed_each_for_itself(works: Works, ana: Http) -> None:
    works.release(PERFORMED, FILES)
    ids = []
    for _ in range(5):
        ids.append(works.task("turn", works.start())["id"])
    wrong = {"meaning": "performed", "password": "guessed"}
    given: list[object] = [signed(), wrong, None, signed("verified"), signed()]
    items = [
        {"id": task, "variables": {"d": 1}, "signature": signature}
        for task, signature in zip(ids, given, strict=True)
    ]
    answers = ana.post("/tasks/complete", {"items": items}).ok()["items"]
    assert [answer["status"] for answer in answers] == [200, 403, 403, 403, 200]
    assert [answer["problem"]["type"].rpartition("/")[2] for answer in answers[1:4]] == [
        "signature-refused",
        "signature-required",
        "signature-meaning",
    ]
    assert len(works.auditor.pages("/signatures")) == 2


def test_the_same_again_is_signed_once(works: Works, ana: Http) -> None:
    works.release(PERFORMED, FILES)
    works.start()
    task = works.task("turn")["id"]
    body = {"variables": {"d": 1}, "signature": signed()}
    first = ana.post(f"/tasks/{task}/complete", body, key="one").ok()
    again = ana.post(f"/tasks/{task}/complete", body, key="one")
    assert again.replayed
    assert again.ok() == first
    assert len(works.auditor.pages("/signatures")) == 1


# ---- held against the record ----


@both
def test_a_record_that_was_changed_is_found(works: Works, ana: Http) -> None:
    works.release(PERFORMED, FILES)
    works.start()
    complete(works, ana, "turn", signed(), d="25.0").ok()
    assert broken(works.store) == []
    replace(works.store, "history", "steps", b"25.0", b"25.1")
    assert "another answer for d" in broken(works.store)[0]
    replace(works.store, "history", "steps", b"25.1", b"25.0")
    assert broken(works.store) == []
    unlock(works.store)
    replace(works.store, "signature", "content", b'"ana"', b'"eve"')
    assert "the SHA-256 does not fit" in broken(works.store)[0]
    assert works.auditor.pages("/signatures")[0]["intact"] is False
    replace(works.store, "signature", "content", b'"eve"', b'"ana"')
    with works.store.bind.begin() as connection:
        connection.execute(sa.text("UPDATE signature SET user_name = 'eve'"))
    assert "its user is not what was signed" in broken(works.store)[0]


def test_a_signature_is_never_altered(works: Works, ana: Http) -> None:
    works.release(PERFORMED, FILES)
    works.start()
    complete(works, ana, "turn", signed(), d=1).ok()
    for change in ("UPDATE signature SET meaning = 'verified'", "DELETE FROM signature"):
        with (
            pytest.raises(sa.exc.IntegrityError, match="append-only"),
            works.store.bind.begin() as connection,
        ):
            connection.execute(sa.text(change))


def broken(store: Store) -> list[str]:
    return store.read(lambda uow: list(broken_signatures(uow)))


def unlock(store: Store) -> None:
    """What somebody with the database in hand can do."""
    drop = {
        "sqlite": ["DROP TRIGGER signature_no_update"],
        "postgresql": ["DROP TRIGGER signature_no_change ON signature"],
    }
    with store.bind.begin() as connection:
        for statement in drop[store.dialect]:
            connection.execute(sa.text(statement))


def replace(store: Store, table: str, column: str, old: bytes, new: bytes) -> None:
    found = db.metadata.tables[table]
    with store.bind.begin() as connection:
        for row in connection.execute(sa.select(found.c[column])).all():
            changed = found.update().where(found.c[column] == row[0])
            connection.execute(changed.values({column: bytes(row[0]).replace(old, new)}))
