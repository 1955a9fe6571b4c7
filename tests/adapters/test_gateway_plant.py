"""The gateway and the plant itself: a machine does a step of a diagram, nothing is refused."""

from pathlib import Path

from adapters.client import Client
from tests.support.diagrams import end, job, process, start
from tests.support.machines.shop import GatewayProcess, MachineProcess
from tests.support.shell import Shell
from tests.support.waiting import until


def test_a_step_of_a_diagram_is_done_by_a_machine(tmp_path: Path) -> None:
    parts = job("press", action="run_cycle", equipment="M-1", parameters={"recipe": "= recipe"})
    diagram = process(start(), end(), "start -> press -> end", parts)
    folder = tmp_path / "machines"
    folder.mkdir()
    machine = MachineProcess(tmp_path / "M-1").start()
    shell = Shell(tmp_path / "home")
    (folder / "M-1.yaml").write_text(machine.plan("M-1"))
    with shell.serving() as server:
        token = shell.done("token", "create", "--role", "integration", "admin", "process_engineer",
                           "planner", "maintenance").strip()  # fmt: skip
        gateway = None
        try:
            with Client(server.url, token) as client:
                unit = {"code": "M-1", "name": "Press", "level": "work_unit"}
                client.post("/equipment", unit | {"commands_enabled": True})
                client.deploy("p.bpmn", {"p.bpmn": diagram})
                client.post("/processes/p/versions/1/release")
                gateway = GatewayProcess(folder, server.url, token)
                until(lambda: client.get("/equipment/M-1")["state"] == "idle", 30)
                begun = client.start_instance("p", variables={"recipe": 7.5 - 0.5})
                path = f"/instances/{begun['id']}"
                until(lambda: client.get(path)["state"] == "completed", 30)
                assert client.get(path)["variables"]["peak_force"] == 100.5
                until(lambda: list(client.pages("/audit", action="machine.written")) != [], 30)
                [entry] = client.pages("/audit", action="machine.written")
                assert entry["detail"]["tags"]["recipe"] == {"before": 0, "value": 7, "after": 7}

                def buffer() -> dict[str, object]:
                    found: dict[str, object] = client.get("/gateways/gateway")["health"]["buffer"]
                    return found

                until(lambda: (buffer()["rows"], buffer()["quarantined"]) == (0, 0), 30)
        finally:
            if gateway is not None:
                gateway.kill()
            machine.kill()
    assert machine.cycles() == ["1"]
