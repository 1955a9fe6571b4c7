"""Acts told in JSON: what people, machines and time do to an instance, and where it then rests.

    {"complete": "turn_shaft", "variables": {"diameter": 25.3}, "rests": ["inspect_shaft"]}

An act is its verb with what it is done to; `rests` names an element for each token that then rests,
an incident with a question mark. `of` names the process whose newest instance is meant, instead of
the one that the walk is about. A JSON number is a Decimal, as everywhere.
"""

from collections.abc import Callable
from typing import Any

from engine.kernel.ids import from_text, to_text
from engine.workflow.work import tasks
from tests.support.clock import elapsed
from tests.support.plant import Item, Plant

Act = dict[str, Any]


def play(plant: Plant, instance: str, act: Act) -> None:
    """Do one act and check where the instance rests afterwards."""
    (verb,) = [key for key in act if key in VERBS]
    named = "of" in act and verb not in FROM_OUTSIDE
    VERBS[verb](plant, newest(plant, act["of"]) if named else instance, act)
    if "rests" in act:
        meant = newest(plant, act["of"]) if "of" in act else instance
        assert rests(plant, meant) == sorted(act["rests"]), (act, rests(plant, meant))


def rests(plant: Plant, instance: str) -> list[str]:
    """Where an instance rests, sorted; a token with an incident has a question mark."""
    return sorted(
        token["element"] + ("?" if token["state"] == "incident" else "")
        for token in plant.instance(instance)["tokens"]
    )


def newest(plant: Plant, process: str) -> str:
    """The instance of a process that was started last."""
    rows = plant.sql(
        "SELECT i.id FROM instance i JOIN process_version v ON v.id = i.version_id"
        " WHERE v.key = :process ORDER BY i.id DESC LIMIT 1",
        process=process,
    )
    assert rows, f"no instance of {process}"
    return to_text(bytes(rows[0][0]))


def _start(plant: Plant, instance: str, act: Act) -> None:
    """Start another process."""
    plant.start(act["start"], act.get("business_key"), **act.get("variables", {}))


# ---- people ----


def _complete(plant: Plant, instance: str, act: Act) -> None:
    """Complete the open task there; the first of several, or the one that `nth` counts."""
    open_there = [t for t in plant.tasks(instance) if t["element"] == act["complete"]]
    assert open_there, f"no task at {act['complete']}, open: {plant.open(instance)}"
    oldest_first = sorted(open_there, key=lambda task: str(task["id"]))
    task = oldest_first[int(act.get("nth", 1)) - 1]
    plant.complete_task(task["id"], **act.get("variables", {}))


def _claim(plant: Plant, instance: str, act: Act) -> None:
    plant.run(tasks.claim, task=from_text(plant.task(act["claim"], instance)["id"]))


def _task(plant: Plant, instance: str, act: Act) -> None:
    """Nothing is done: the task is looked at."""
    task = plant.task(act["task"], instance)
    assert {name: task[name] for name in act["has"]} == act["has"]


def _change(plant: Plant, instance: str, act: Act) -> None:
    plant.change(instance, **act["change"])


def _move(plant: Plant, instance: str, act: Act) -> None:
    plant.move(instance, act["move"], act["to"], *act.get("ends", []))


def _skip(plant: Plant, instance: str, act: Act) -> None:
    plant.skip(act["skip"], instance)


def _insert(plant: Plant, instance: str, act: Act) -> None:
    plant.insert(instance, act["after"], act["insert"])


def _split(plant: Plant, instance: str, act: Act) -> None:
    """Let a part go on by itself; it is the newest of its process then."""
    plant.split(instance, act["split"])


def _merge(plant: Plant, instance: str, act: Act) -> None:
    """Merge the newest of a process into the instance that the walk is about."""
    plant.merge(newest(plant, act["merge"]), instance)


def _suspend(plant: Plant, instance: str, act: Act) -> None:
    plant.suspend(instance)


def _resume(plant: Plant, instance: str, act: Act) -> None:
    plant.resume(instance)


def _cancel(plant: Plant, instance: str, act: Act) -> None:
    plant.cancel(instance)


def _retry(plant: Plant, instance: str, act: Act) -> None:
    plant.retry(_incident(plant, instance, act["retry"]))


def _resolve(plant: Plant, instance: str, act: Act) -> None:
    more = {key: act[key] for key in ("variables", "code") if key in act}
    plant.resolve(_incident(plant, instance, act["resolve"]), act["action"], **more)


def _incident(plant: Plant, instance: str, element: str) -> Item:
    found = [each for each in plant.incidents(instance) if each["element"] == element]
    assert len(found) == 1, f"{len(found)} incidents at {element}"
    return found[0]


def _trouble(plant: Plant, instance: str, act: Act) -> None:
    """Nothing is done: the incident is looked at."""
    assert _incident(plant, instance, act["trouble"])["kind"] == act["kind"]


# ---- machines, messages, time ----


def _job(plant: Plant, instance: str, act: Act) -> None:
    plant.complete_job(_claimed(plant, instance, act["job"]), **act.get("variables", {}))


def _job_error(plant: Plant, instance: str, act: Act) -> None:
    plant.fail_job(_claimed(plant, instance, act["job_error"]), code=act["code"])


def _job_fails(plant: Plant, instance: str, act: Act) -> None:
    job = _claimed(plant, instance, act["job_fails"])
    how: dict[str, Any] = {"retry_in": int(act["retry_in"])} if "retry_in" in act else {}
    plant.fail_job(job, **how)


def _claim_job(plant: Plant, instance: str, act: Act) -> None:
    _claimed(plant, instance, act["claim_job"])


def _claimed(plant: Plant, instance: str, element: str) -> Item:
    """The job at an element, with its fence: as its worker holds it, else claimed now."""
    rows = plant.sql(
        "SELECT id, fence, topic, state FROM job WHERE instance_id = :instance"
        " AND element = :element AND state IN ('open', 'claimed') ORDER BY id",
        instance=from_text(instance),
        element=element,
    )
    assert rows, f"no job at {element}"
    key, fence, topic, state = rows[0]
    if state == "claimed":
        return {"id": to_text(bytes(key)), "fence": fence}
    jobs = plant.claim_jobs(topic, lease=7 * 24 * 3600)
    assert [job["id"] for job in jobs] == [to_text(bytes(key))], f"{topic} has other jobs first"
    return jobs[0]


def _message(plant: Plant, instance: str, act: Act) -> None:
    lasts = int(act["ttl_seconds"]) if "ttl_seconds" in act else None
    sent = plant.send(act["message"], act.get("key"), lasts, **act.get("variables", {}))
    assert sent["delivered"] == act.get("delivered", 1), sent


def _broadcast(plant: Plant, instance: str, act: Act) -> None:
    sent = plant.broadcast(act["broadcast"], **act.get("variables", {}))
    assert sent["delivered"] == act.get("delivered", 1), sent


def _wait(plant: Plant, instance: str, act: Act) -> None:
    fired = plant.wait(seconds=elapsed(act["wait"]))
    assert fired == act.get("fires", fired), fired


# What may start the very instance that is meant.
FROM_OUTSIDE = frozenset({"start", "message", "broadcast", "wait"})
VERBS: dict[str, Callable[[Plant, str, Act], None]] = {
    "start": _start,
    "complete": _complete,
    "task": _task,
    "claim": _claim,
    "change": _change,
    "move": _move,
    "skip": _skip,
    "insert": _insert,
    "split": _split,
    "merge": _merge,
    "suspend": _suspend,
    "resume": _resume,
    "cancel": _cancel,
    "retry": _retry,
    "resolve": _resolve,
    "trouble": _trouble,
    "job": _job,
    "job_error": _job_error,
    "job_fails": _job_fails,
    "claim_job": _claim_job,
    "message": _message,
    "broadcast": _broadcast,
    "wait": _wait,
}
