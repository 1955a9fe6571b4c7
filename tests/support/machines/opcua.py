"""An OPC UA server in this process, made once."""

import asyncio
import socket
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from asyncua import Server, ua, uamethod
from asyncua.crypto.cert_gen import (
    dump_private_key_as_pem,
    generate_private_key,
    generate_self_signed_app_certificate,
)
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.crypto.truststore import TrustStore
from asyncua.crypto.validator import CertificateValidator, CertificateValidatorOptions
from asyncua.server.user_managers import UserManager
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

URI = "urn:routecard:tests:press"
SERVER_URI = "urn:routecard:tests:server"
T = TypeVar("T")
USER, PASSWORD = "mes", "s3cret"


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def at(identifier: str) -> str:
    return f"nsu={URI};s={identifier}"


START: dict[str, object] = {
    "Temp": 20.0,
    "Count": 7,
    "Name": "PRESS-01",
    "SetPoint": 0.0,
    "Recipe": 0,
    "Strobe": False,
}


class Users(UserManager):
    def get_user(
        self, iserver: Any, username: Any = None, password: Any = None, certificate: Any = None
    ) -> User | None:
        if username is None:
            return User(role=UserRole.User, name="anonymous")
        known = username == USER and password == PASSWORD
        return User(role=UserRole.User, name=username) if known else None


class Press:
    """A server with one machine; `set` changes what it shows, `alarm` raises one."""

    def __init__(self, server: Server, url: str, index: int, machine: Any) -> None:
        self.server = server
        self.url = url
        self.index = index
        self.machine = machine
        self.jobs: list[tuple[str, int]] = []
        self.nodes: dict[str, Any] = {}
        self._alarms: Any = None

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2].partition("/")[0])

    async def reset(self) -> None:
        """As it was in the beginning."""
        self.jobs.clear()
        for name, value in START.items():
            await self.set(name, value)

    async def add(
        self, name: str, value: object, kind: ua.VariantType, write: bool = False
    ) -> None:
        node = await self.machine.add_variable(
            ua.NodeId(name, self.index), ua.QualifiedName(name, self.index), value, varianttype=kind
        )
        if write:
            await node.set_writable()
        self.nodes[name] = node

    async def set(
        self, name: str, value: object, status: int = ua.StatusCodes.Good, ms: int | None = None
    ) -> None:
        kind = await self.nodes[name].read_data_type_as_variant_type()
        source = datetime.fromtimestamp(ms / 1000, UTC) if ms is not None else datetime.now(UTC)
        data = ua.DataValue(ua.Variant(value, kind), ua.StatusCode(status), source)
        await self.server.write_attribute_value(self.nodes[name].nodeid, data)

    async def get(self, name: str) -> object:
        return await self.nodes[name].read_value()

    async def alarm(self, name: str, text: str, severity: int, active: bool) -> None:
        if self._alarms is None:
            self._alarms = await self.server.get_event_generator(
                ua.ObjectIds.OffNormalAlarmType, self.machine
            )
        event = self._alarms.event
        event.ConditionName = name
        event.Severity = severity
        event.Retain = active
        event.ActiveState = ua.LocalizedText("Active" if active else "Inactive")
        setattr(event, "ActiveState/Id", active)
        await self._alarms.trigger(message=text)


class Floor:
    """A loop that outlives the tests on it, with one press; a server takes seconds to be made.

    It has endpoints with and without security, and trusts the clients in `clients`; its certificate
    ends in `days`.
    """

    def __init__(self, folder: Path, days: int = 30) -> None:
        self.folder = folder
        self._days = days
        self.clients = folder / "clients"
        self.press: Press
        self._runner = asyncio.Runner()
        self._runner.run(self._start())

    def run(self, coroutine: Coroutine[Any, Any, T], seconds: float = 30.0) -> T:
        return self._runner.run(asyncio.wait_for(coroutine, seconds))

    async def _start(self) -> None:
        url = f"opc.tcp://127.0.0.1:{free_port()}/press"
        server = Server(user_manager=Users())
        await server.init()
        server.set_endpoint(url)
        self._store = await _secure(server, self.folder, self._days)
        index = await server.register_namespace(URI)
        machine = await server.nodes.objects.add_object(
            ua.NodeId("Press", index), ua.QualifiedName("Press", index)
        )
        self.press = Press(server, url, index, machine)
        await _populate(self.press)
        await server.start()

    async def trust(self, certificate: bytes) -> None:
        """What a person does on the machine with a certificate that was rejected."""
        (self.clients / "gateway.der").write_bytes(certificate)
        await self._store.load()

    def close(self) -> None:
        self._runner.run(self.press.server.stop())
        self._runner.close()


async def _populate(made: Press) -> None:
    kinds = ua.VariantType
    await made.add("Temp", 20.0, kinds.Double)
    await made.add("Count", 7, kinds.UInt32)
    await made.add("Name", "PRESS-01", kinds.String)
    await made.add("SetPoint", 0.0, kinds.Float, write=True)
    await made.add("Recipe", 0, kinds.UInt16, write=True)
    await made.add("Strobe", False, kinds.Boolean, write=True)
    await made.machine.set_event_notifier([ua.EventNotifier.SubscribeToEvents])

    @uamethod
    async def start(parent: Any, job: str, recipe: int) -> bool:
        made.jobs.append((job, recipe))
        return True

    await made.machine.add_method(
        ua.NodeId("Press.StartJob", made.index),
        ua.QualifiedName("StartJob", made.index),
        start,
        [argument("job", kinds.String), argument("recipe", kinds.UInt16)],
        [argument("accepted", kinds.Boolean)],
    )


def argument(name: str, kind: ua.VariantType) -> ua.Argument:
    made = ua.Argument()
    made.Name = name
    made.DataType = ua.NodeId(kind.value)
    made.ValueRank = -1
    return made


def certificate(folder: Path, name: str, *, days: int = 30) -> Path:
    """A server's certificate and key, `<name>.der` and `<name>.pem`."""
    folder.mkdir(parents=True, exist_ok=True)
    key = generate_private_key()
    names = [x509.UniformResourceIdentifier(SERVER_URI), x509.DNSName("localhost")]
    usage = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    made = generate_self_signed_app_certificate(key, name, {}, names, usage, days)
    (folder / f"{name}.pem").write_bytes(dump_private_key_as_pem(key))
    file = folder / f"{name}.der"
    file.write_bytes(made.public_bytes(Encoding.DER))
    return file


async def _secure(server: Server, folder: Path, days: int) -> TrustStore:
    certificate(folder, "server", days=days)
    await server.set_application_uri(SERVER_URI)
    server.set_security_policy(
        [
            ua.SecurityPolicyType.NoSecurity,
            ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
            ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt,
        ]
    )
    await server.load_certificate(str(folder / "server.der"))
    await server.load_private_key(str(folder / "server.pem"))
    clients = folder / "clients"
    clients.mkdir()
    # The store refuses an empty folder.
    (clients / "server.der").write_bytes((folder / "server.der").read_bytes())
    store = TrustStore([clients], [])
    await store.load()
    options = CertificateValidatorOptions.TRUSTED_VALIDATION
    options |= CertificateValidatorOptions.PEER_CLIENT
    server.set_certificate_validator(CertificateValidator(options, store))
    server.set_identity_tokens([ua.AnonymousIdentityToken, ua.UserNameIdentityToken])
    return store
