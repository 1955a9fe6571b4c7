"""Files over HTTP: uploads with lying types, whose files one sees, and how they are served."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from api.app import create_app
from engine.access import commands
from engine.access.passwords import new_secret
from engine.kernel import site
from engine.kernel.actor import SYSTEM, Actor
from engine.kernel.store import Store
from tests.support.diagrams import end, process, start, user
from tests.support.fixtures import both
from tests.support.http import Answer, Http, multipart
from tests.support.pictures import HTML, PDF, SVG, jpeg, png
from tests.support.works import Works

FORM = {
    "key": "look",
    "fields": [
        {"key": "photo", "type": "photo", "required": True, "variable": "photo"},
        {"key": "paper", "type": "file"},
        {"key": "paper_two", "type": "file"},
    ],
}
LOOK = process(start(), user("look", form="look"), end(), "start -> look -> end")
UNKNOWN = "01981d2c-6a40-7e1e-8d7c-3f1f6f1f6f1f"


def upload(
    person: Http, data: bytes = png(), name: str = "shaft.png", part: str = "file", **headers: str
) -> Answer:
    body, kind = multipart({part: (name, data)})
    return person.send("/files", body, kind, **headers)


# ---- up and down ----


@both
def test_a_file_goes_up_and_comes_down(works: Works) -> None:
    made = upload(works.operator).ok(201)
    assert made | {"id": "", "sha256": "", "created": ""} == {
        "id": "",
        "name": "shaft.png",
        "media_type": "image/png",
        "size": len(png()),
        "width": 4,
        "height": 3,
        "sha256": "",
        "created": "",
        "created_by": "operator",
    }
    assert works.auditor.get(f"/files/{made['id']}/info").ok() == made
    content = works.auditor.get(f"/files/{made['id']}")
    assert content.data == png()
    assert works.auditor.pages("/files") == [made]
    (entry,) = works.auditor.pages("/audit", subject=f"file:{made['id']}")
    assert entry["action"] == "file.added"


def test_it_is_served_so_that_it_can_do_nothing(works: Works) -> None:
    photo = upload(works.operator, jpeg(comment=HTML), "a.jpg").ok()
    served = works.operator.get(f"/files/{photo['id']}").headers
    assert served["content-type"] == "image/jpeg"
    assert served["content-disposition"] == "inline; filename=a.jpg"
    assert served["x-content-type-options"] == "nosniff"
    assert served["content-security-policy"] == "sandbox; default-src 'none'"
    assert served["cache-control"] == "private, no-cache"
    assert served["etag"] == f'"{photo["sha256"]}"'
    for data, name, kind in (
        (PDF, "Zeugnis für Müller.pdf", "application/pdf"),
        (b"d;25,31", "a.csv", "text/csv"),
    ):
        file = upload(works.operator, data, name).ok()
        served = works.operator.get(f"/files/{file['id']}").headers
        assert served["content-type"] == kind
        assert served["content-disposition"].startswith("attachment; filename")
        named = "filename*=UTF-8''Zeugnis%20f%C3%BCr%20M%C3%BCller.pdf"
        assert (named in served["content-disposition"]) is (kind == "application/pdf")


def test_what_a_browser_has_is_not_sent_again(works: Works, app: Flask) -> None:
    file = upload(works.operator).ok()
    browser = app.test_client()
    headers = {"Authorization": f"Bearer {works.operator.token}"}
    address = f"/api/v1/files/{file['id']}"
    known = headers | {"If-None-Match": f'"{file["sha256"]}"'}
    with browser.get(address, headers=known) as again:
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == f'"{file["sha256"]}"'
    with browser.get(address, headers=headers | {"Range": "bytes=1-3"}) as part:
        assert (part.status_code, part.data) == (206, b"PNG")
    assert browser.get(address).status_code == 401


def test_the_same_request_again_is_one_file(works: Works) -> None:
    first = upload(works.operator, key="one").ok(201)
    again = upload(works.operator, key="one")
    assert again.replayed
    assert again.ok() == first
    upload(works.operator, png(9, 9), key="one").refused(422, "idempotency-key-reused")
    assert len(works.auditor.pages("/files")) == 1


# ---- what is refused ----


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (HTML, "shaft.png"),
        (SVG, "shaft.svg"),
        (SVG, "shaft.png"),
        (png(), "shaft.html"),
        (PDF, "shaft.png"),
        (b"MZ\x90\0", "shaft.pdf"),
        (png(60_000, 60_000), "shaft.png"),
        (b"", "shaft.png"),
    ],
)
def test_a_lying_file_is_refused(works: Works, data: bytes, name: str) -> None:
    upload(works.operator, data, name).refused(422, "file-refused")
    assert works.auditor.pages("/files") == []


def test_a_file_that_is_too_large(works: Works) -> None:
    line = b"25.31 mm\n"
    near = line * (20 * 1024 * 1024 // len(line) + 1)
    upload(works.operator, near, "a.txt").refused(422, "file-too-large")
    far = line * (21 * 1024 * 1024 // len(line))
    assert upload(works.operator, far, "a.txt").status == 413


@pytest.mark.parametrize(
    "parts",
    [{"other": ("a.png", png())}, {"file": ("a.png", png()), "more": ("b.png", png())}, {}],
)
def test_an_upload_is_one_part_called_file(works: Works, parts: dict[str, Any]) -> None:
    sent = works.operator.send("/files", *multipart(parts))
    assert sent.pointers() == ["/file"]


def test_an_auditor_adds_nothing(works: Works) -> None:
    assert "file.add" in upload(works.auditor).refused(403, "not-permitted")["detail"]


def test_without_a_folder_nothing_is_kept(works: Works, store: Store) -> None:
    bare = create_app(store).test_client()
    data, kind = multipart({"file": ("a.png", png())})
    headers = {"Authorization": f"Bearer {works.operator.token}", "Content-Type": kind}
    assert bare.post("/api/v1/files", data=data, headers=headers).status_code == 503


# ---- whose files ----


@both
def test_files_of_another_site_are_not_there(works: Works) -> None:
    works.store.run(site.create_site, code="two", name="Two", time_zone="UTC", number=2)
    stranger = elsewhere(works)
    theirs = upload(stranger).ok(201)["id"]
    for path in (theirs, f"{theirs}/info", UNKNOWN, "shaft.png"):
        works.operator.get(f"/files/{path}").refused(
            404, "not-found" if path == "shaft.png" else "file-not-found"
        )
    assert works.operator.get("/files").ok()["items"] == []
    works.release(LOOK, {"look.form.json": json.dumps(FORM).encode()})
    works.start()
    task = works.task("look")["id"]
    answer = works.operator.post(f"/tasks/{task}/complete", {"variables": {"photo": theirs}})
    assert answer.pointers() == ["/variables/photo"]
    stranger.get(f"/files/{theirs}/info").ok()


def elsewhere(works: Works) -> Http:
    """Somebody of site 2."""
    there = Actor(SYSTEM.name, SYSTEM.roles, 2)
    secret, digest = new_secret()
    works.store.run(
        commands.create_user, name="eve", roles=["operator"], password_hash=None, actor=there
    )
    works.store.run(
        commands.create_token,
        roles=["operator"],
        secret_digest=digest,
        user="eve",
        expires_days=None,
        actor=there,
    )
    return Http(works.way, works.document, secret, "eve")


# ---- answers ----


@both
def test_an_answer_names_a_file_that_is_there(works: Works) -> None:
    works.release(LOOK, {"look.form.json": json.dumps(FORM).encode()})
    instance = works.start()
    task = works.task("look")["id"]
    photo, paper = (upload(works.operator, *each).ok() for each in ((), (PDF, "a.pdf")))

    def complete(**answers: str) -> Answer:
        return works.operator.post(f"/tasks/{task}/complete", {"variables": answers})

    refused = complete(photo=paper["id"], paper=UNKNOWN)
    assert refused.refused(422, "form-invalid")["errors"] == [
        {
            "pointer": "/variables/photo",
            "detail": "Expected a picture, but a.pdf is application/pdf. Take a photo instead.",
        },
        {
            "pointer": "/variables/paper",
            "detail": "There is no such file. Upload it first, then answer with the id it got.",
        },
    ]
    complete(photo=photo["id"].upper(), paper=paper["id"], paper_two=paper["id"]).ok()
    assert works.instance(instance)["variables"] == {"photo": photo["id"]}
    for subject in (f"instance:{instance}", f"task:{task}"):
        assert works.auditor.pages("/files", subject=subject) == [paper, photo]
    assert works.auditor.pages("/files", subject=f"task:{UNKNOWN}") == []


def test_content_that_is_lost_is_told(works: Works, app: Flask) -> None:
    file = upload(works.operator).ok()
    folder = app.extensions["routecard_files"]
    folder.place(bytes.fromhex(file["sha256"])).unlink()
    works.operator.get(f"/files/{file['id']}").refused(503, "content-lost")
    works.operator.get(f"/files/{file['id']}/info").ok()
    with works.store.bind.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM stored_file")).scalar() == 1
