"""Every element that waits for a message: events, receive tasks, gateways, event subprocesses."""

from tests.support import diagrams as d
from tests.support.plant import Plant

BESIDE = d.process(
    d.start(),
    d.user("turn"),
    d.boundary("ready", "turn", interrupting=False, message="oven_ready"),
    d.user("load"),
    d.end("e1", "e2"),
    "start -> turn -> e1",
    "ready -> load -> e2",
)


def test_a_receive_task_waits(plant: Plant) -> None:
    hear = d.receive("oven", message="oven_ready")
    instance = plant.run_of(d.process(d.start(), hear, d.end(), "start -> oven -> end"))
    assert plant.waits(instance) == [("oven", "message", "oven_ready")]
    assert plant.send("oven_ready", celsius=850) == {"delivered": 1}
    assert plant.state(instance) == "completed"
    assert plant.variables(instance) == {"celsius": 850}


def test_a_boundary_event_interrupts_its_activity(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("turn"),
            d.boundary("ready", "turn", message="oven_ready"),
            d.user("load"),
            d.end("e1", "e2"),
            "start -> turn -> e1",
            "ready -> load -> e2",
        )
    )
    assert plant.send("oven_ready", celsius=850) == {"delivered": 1}
    assert plant.open(instance) == ["load"]
    assert plant.waits(instance) == []
    assert plant.variables(instance) == {"celsius": 850}


def test_one_that_does_not_interrupt_stays_subscribed(plant: Plant) -> None:
    instance = plant.run_of(BESIDE)
    for n in (1, 2):
        assert plant.send("oven_ready") == {"delivered": 1}
        assert plant.open(instance) == ["load"] * n + ["turn"]
    plant.complete("turn")
    assert plant.send("oven_ready") == {"delivered": 0}


def test_one_that_does_not_interrupt_takes_every_kept_message(plant: Plant) -> None:
    for n in (1, 2):
        plant.send("oven_ready", ttl_seconds=3600, n=n)
    instance = plant.run_of(BESIDE)
    assert plant.open(instance) == ["load", "load", "turn"]


def test_one_that_does_not_interrupt_takes_all_that_come_while_suspended(plant: Plant) -> None:
    instance = plant.run_of(BESIDE)
    plant.suspend(instance)
    for _ in range(2):
        assert plant.send("oven_ready") == {"delivered": 1}
    plant.resume(instance)
    assert plant.open(instance) == ["load", "load", "turn"]


GATEWAY = d.process(
    d.start(),
    d.event_gateway("first"),
    d.catch("ready", message="oven_ready"),
    d.receive("broken", message="oven_broken"),
    d.user("load", "mend"),
    d.end("e1", "e2"),
    "start -> first -> ready -> load -> e1",
    "first -> broken -> mend -> e2",
)


def test_an_event_based_gateway_takes_the_first_event(plant: Plant) -> None:
    instance = plant.run_of(GATEWAY)
    assert plant.waits(instance) == [
        ("broken", "message", "oven_broken"),
        ("ready", "message", "oven_ready"),
    ]
    assert plant.send("oven_broken") == {"delivered": 1}
    assert plant.send("oven_ready") == {"delivered": 0}
    assert plant.open(instance) == ["mend"]
    assert plant.path(instance) == ["start", "first", "broken"]


def test_a_suspended_event_based_gateway_takes_one_event(plant: Plant) -> None:
    instance = plant.run_of(GATEWAY)
    plant.suspend(instance)
    assert plant.send("oven_broken") == {"delivered": 1}
    assert plant.send("oven_ready") == {"delivered": 0}
    plant.resume(instance)
    assert plant.open(instance) == ["mend"]


def test_an_event_subprocess_waits_as_long_as_its_scope(plant: Plant) -> None:
    handler = d.event_subprocess(
        "stop",
        d.start("ready", interrupting=False, message="oven_ready"),
        d.user("load"),
        d.end("e1"),
        "ready -> load -> e1",
    )
    instance = plant.run_of(
        d.process(
            d.start(),
            d.subprocess(
                "make", d.start("s"), d.user("turn"), d.end("e"), "s -> turn -> e", handler
            ),
            d.user("pack"),
            d.end(),
            "start -> make -> pack -> end",
        )
    )
    plant.send("oven_ready", celsius=850)
    assert plant.open(instance) == ["load", "turn"]
    assert plant.variables(instance) == {"celsius": 850}
    plant.complete("turn")
    assert plant.waits(instance) == [("ready", "message", "oven_ready")]
    plant.complete("load")
    assert plant.open(instance) == ["pack"]
    assert plant.waits(instance) == []


def test_an_event_subprocess_of_a_called_process_waits(plant: Plant) -> None:
    plant.release(
        d.process(
            d.start(),
            d.user("turn"),
            d.end(),
            "start -> turn -> end",
            d.event_subprocess(
                "stop",
                d.start("ready", message="oven_ready"),
                d.user("load"),
                d.end("e1"),
                "ready -> load -> e1",
            ),
            key="child",
        )
    )
    instance = plant.run_of(
        d.process(d.start(), d.call("call", "child"), d.end(), "start -> call -> end")
    )
    plant.send("oven_ready")
    assert plant.open(instance) == ["load"]
    plant.complete("load")
    assert plant.state(instance) == "completed"
    assert plant.sql("SELECT count(*) FROM subscription")[0][0] == 0


def test_a_declared_correlation_is_the_key(plant: Plant) -> None:
    oven = d.catch("oven", message="oven_ready", correlation="= lot")
    plant.release(d.process(d.start(), oven, d.end(), "start -> oven -> end"))
    lots = {lot: plant.start(business_key="WO-1", lot=lot) for lot in ("L-1", "L-2")}
    assert plant.send("oven_ready", "WO-1") == {"delivered": 0}
    assert plant.send("oven_ready", "L-2") == {"delivered": 1}
    assert [plant.state(i) for i in lots.values()] == ["active", "completed"]
    kept = plant.send("oven_ready", "L-3", ttl_seconds=3600)
    assert kept["delivered"] == 0
    assert plant.state(plant.start(lot="L-3")) == "completed"


def test_nobody_waits_in_an_instance_that_is_over(plant: Plant) -> None:
    for end in (plant.cancel, lambda instance: plant.complete("turn", instance)):
        instance = plant.run_of(BESIDE)
        end(instance)
        assert plant.waits(instance) == []
