"""Downtimes over HTTP: who may, what is refused, and two supervisors at once."""

from tests.support.stopped import stopped
from tests.support.works import Works


def test_downtimes_are_listed_the_latest_first(works: Works) -> None:
    first, second = stopped(works)
    assert (first["started"], first["ended"]) == (
        *("2026-03-02T05:43:20.000Z", "2026-03-02T05:50:00.000Z"),
    )
    assert (first["seconds"], first["open"], first["unexplained"]) == (400, False, True)

    def found(**filters: object) -> list[str]:
        return [d["id"] for d in works.auditor.pages("/downtimes", limit=1, **filters)]

    assert found() == [second["id"], first["id"]]
    assert found(open="true") == [second["id"]]
    assert found(open="false") == [first["id"]]
    assert found(unexplained="true", unit="LATHE-1") == found()
    assert found(reason="break") == []
    assert found(to="2026-03-02T05:50:00Z") == [first["id"]]
    assert found(**{"from": "2026-03-02T05:50:00Z"}) == [second["id"]]
    works.auditor.get("/downtimes", unit="NONE").refused(404, "equipment-not-found")
    assert works.auditor.get("/downtimes", colour="red").pointers() == ["/colour"]
    for cursor in ("x", "1.", "1.x", "½"):
        works.auditor.get("/downtimes", cursor=cursor).refused(422, "invalid")


def test_two_supervisors_do_not_overwrite_each_other(works: Works) -> None:
    first, _ = stopped(works)
    path = f"/downtimes/{first['id']}"
    seen = works.auditor.get(path).etag
    body = {"reason": "tool_broken", "note": "Insert chipped"}
    said = works.team_lead.post(f"{path}/reason", body, if_match=seen)
    assert said.ok()["reason_name"] == "Technical · Tool broken"
    works.operator.post(f"{path}/reason", {"reason": "break"}, if_match=seen).refused(412, "stale")
    works.quality.post(f"{path}/reason", {"reason": "trial"}, if_match=said.etag).ok()
    shown = works.auditor.get(path).ok()
    assert [c["before"]["reason"] for c in shown["changes"]] == ["tool_broken", None]
    assert [c["actor"] for c in shown["changes"]] == ["quality", "team_lead"]


def test_it_is_split_and_merged_again(works: Works) -> None:
    first, _ = stopped(works)
    path = f"/downtimes/{first['id']}"
    answer = works.planner.post(f"{path}/split", {"at": "2026-03-02T05:45:00.000Z"})
    one, two = answer.ok()["items"]
    assert answer.etag == f'"{one["revision"]}"'
    assert (one["ended"], two["started"]) == ("2026-03-02T05:45:00.000Z",) * 2
    outside = works.planner.post(f"{path}/split", {"at": "2026-03-02T05:46:00.000Z"})
    assert outside.pointers() == ["/at"]
    merged = works.planner.post(f"{path}/merge", {"with": two["id"]}).ok()
    assert (merged["started"], merged["ended"]) == (first["started"], first["ended"])
    gone = f"/downtimes/{two['id']}"
    assert works.auditor.get(gone).ok()["merged_into"] == first["id"]
    works.planner.post(f"{gone}/reason", {"reason": "break"}).refused(409, "downtime-withdrawn")
    itself = works.planner.post(f"{path}/merge", {"with": first["id"]})
    itself.refused(409, "downtimes-not-neighbours")


def test_what_is_no_reason_is_named(works: Works) -> None:
    first, _ = stopped(works)
    path = f"/downtimes/{first['id']}/reason"
    for reason in ("technical", "bad_luck"):
        answer = works.operator.post(path, {"reason": reason})
        assert answer.pointers() == ["/reason"]
    assert works.operator.post(path, {}).pointers() == ["/reason"]
    works.operator.post("/downtimes/nonsense/reason", {"reason": "break"}).refused(404, "not-found")


def test_the_reasons_are_a_tree_that_maintenance_changes(works: Works) -> None:
    groups = works.operator.get("/downtime-reasons").ok()["items"]
    assert [len(group["children"]) > 0 for group in groups] == [True] * len(groups)
    body = {"code": "washing", "name": "Washing", "parent": "technical", "position": 5}
    made = works.maintenance.post("/downtime-reasons", body)
    assert made.ok(201)["enabled"] is True
    off = works.admin.patch("/downtime-reasons/washing", {"enabled": False}, if_match=made.etag)
    assert (off.ok()["enabled"], off.etag) == (False, '"2"')
    works.admin.patch("/downtime-reasons/washing", {"name": "x"}, if_match=made.etag).refused(
        412, "stale"
    )
    works.maintenance.post("/downtime-reasons", body).refused(409, "downtime-reason-exists")
    works.maintenance.patch("/downtime-reasons/none", {"name": "x"}).refused(
        404, "downtime-reason-not-found"
    )
    for wrong, pointer in (
        ({"code": "Wash!"}, "/code"),
        ({"code": "wash", "parent": "tool_broken"}, "/parent"),
    ):
        assert works.maintenance.post("/downtime-reasons", body | wrong).pointers() == [pointer]
    first = works.operator.get("/downtime-reasons").ok()["items"][0]["children"][0]
    assert (first["code"], first["enabled"]) == ("washing", False)


def test_another_site_s_are_not_there(works: Works) -> None:
    first, _ = stopped(works)
    with works.store.bind.begin() as connection:
        connection.exec_driver_sql("UPDATE downtime SET site_id = 2")
    works.auditor.get(f"/downtimes/{first['id']}").refused(404, "downtime-not-found")
    assert works.auditor.pages("/downtimes") == []
