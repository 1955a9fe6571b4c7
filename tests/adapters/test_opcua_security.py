"""Certificates and users: what is refused by whom, that less is never used, and when it ends."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.machines.core import AddressInvalid, Lost, SecurityRefused, Tag
from adapters.machines.protocols import certificates
from adapters.machines.protocols.opcua import Machine
from tests.support.machines.opcua import PASSWORD, USER, Floor, at, certificate
from tests.support.machines.wire import wire

POLICIES = ("Basic256Sha256", "Aes256Sha256RsaPss")


def secured(folder: Path, **changes: str) -> dict[str, object]:
    given = {"policy": POLICIES[0], "user": USER, "password": PASSWORD, "certificates": str(folder)}
    return {"security": {**given, **changes}}


async def visit(floor: Floor, options: dict[str, object]) -> object:
    machine = Machine.make(floor.press.url, options)
    try:
        await machine.connect()
        [sample] = await machine.read([Tag("temp", at("Temp"))])
        return sample.value
    finally:
        await machine.close()


@pytest.fixture
def trusting(floor: Floor, folder: Path) -> Floor:
    """Both sides trust each other."""
    us = certificates.make_own(folder)
    floor.run(floor.trust(us.file.read_bytes()))
    certificates.pin(folder, certificates.load((floor.folder / "server.der").read_bytes()))
    return floor


@pytest.mark.parametrize("policy", POLICIES)
def test_both_sides_trust_each_other(trusting: Floor, folder: Path, policy: str) -> None:
    assert trusting.run(visit(trusting, secured(folder, policy=policy))) == 20.0


def test_a_server_that_nobody_pinned_is_refused_with_its_fingerprint(
    floor: Floor, folder: Path
) -> None:
    us = certificates.make_own(folder)
    floor.run(floor.trust(us.file.read_bytes()))
    server = certificates.load((floor.folder / "server.der").read_bytes())
    (folder / "trusted").mkdir()  # empty, and no reason to trust everybody
    with pytest.raises(SecurityRefused, match=certificates.fingerprint(server)):
        floor.run(visit(floor, secured(folder)))
    certificate(folder, "other")
    certificates.pin(folder, certificates.load((folder / "other.der").read_bytes()))
    with pytest.raises(SecurityRefused, match="Nobody has trusted"):
        floor.run(visit(floor, secured(folder)))


def test_a_client_that_the_server_does_not_know_is_refused(trusting: Floor, folder: Path) -> None:
    certificates.make_own(folder)  # another one
    with pytest.raises(SecurityRefused, match="does not trust our certificate"):
        trusting.run(visit(trusting, secured(folder)))


def test_a_wrong_password_and_no_user_are_refused(trusting: Floor, folder: Path) -> None:
    with pytest.raises(SecurityRefused, match="user or password is wrong"):
        trusting.run(visit(trusting, secured(folder, password="wrong")))


def test_less_than_configured_is_never_used(trusting: Floor, folder: Path) -> None:
    for change in ({"policy": "Aes128Sha256RsaOaep"}, {"mode": "Sign"}):
        with pytest.raises(SecurityRefused, match="less than configured is never used"):
            trusting.run(visit(trusting, secured(folder, **change)))


def test_an_unreachable_server_is_no_refusal(trusting: Floor, folder: Path) -> None:
    async def walk() -> None:
        async with wire(trusting.press.port) as line:
            url = f"opc.tcp://127.0.0.1:{line.port}/press"
            machine = Machine.make(url, {**secured(folder), "timeout": 0.2})
            line.freeze()
            with pytest.raises(Lost) as lost:
                await machine.connect()
            assert not isinstance(lost.value, SecurityRefused)
            await machine.close()

    trusting.run(walk())


def test_without_a_certificate_of_ours_the_cure_is_named(floor: Floor, folder: Path) -> None:
    with pytest.raises(SecurityRefused, match=r"`routecard gateway trust URL` makes one"):
        floor.run(visit(floor, secured(folder)))


def test_our_certificate_warns_a_week_before_and_ends(folder: Path) -> None:
    us = certificates.make_own(folder, days=10)
    now = datetime.now(UTC)
    term = certificates.own_term(us)
    term.check(now)
    assert term.notice(now) is None
    soon = term.notice(now + timedelta(days=4))
    assert soon is not None
    assert re.search(r"Our certificate ends in 6 days, on .* --renew", soon.text)
    last = term.notice(now + timedelta(days=9))
    assert last is not None
    assert "ends tomorrow, on " in last.text
    with pytest.raises(SecurityRefused, match=r"ended on .* make a new one"):
        term.check(now + timedelta(days=11))
    with pytest.raises(SecurityRefused, match="set the clock"):
        term.check(now - timedelta(days=1))


def test_an_expired_certificate_is_refused_when_the_configuration_is_read(folder: Path) -> None:
    certificates.make_own(folder, days=0)
    with pytest.raises(AddressInvalid, match=r"security: Our certificate ended"):
        Machine.check(secured(folder), [])


def test_a_servers_certificate_that_ended_is_refused_though_pinned(folder: Path) -> None:
    file = certificate(folder, "server", days=0)
    certificates.pin(folder, certificates.load(file.read_bytes()))
    with pytest.raises(SecurityRefused, match="renew it on the machine"):
        certificates.check_offered(folder, file.read_bytes(), "opc.tcp://press:4840")
    file = certificate(folder, "server", days=5)
    certificates.pin(folder, certificates.load(file.read_bytes()))
    term = certificates.check_offered(folder, file.read_bytes(), "opc.tcp://press:4840")
    notice = term.notice()
    assert notice is not None
    assert "The certificate of opc.tcp://press:4840 ends in" in notice.text


def test_a_new_certificate_keeps_the_old_one_and_its_key_is_ours_alone(folder: Path) -> None:
    first = certificates.fingerprint(certificates.make_own(folder).certificate)
    second = certificates.make_own(folder)
    assert certificates.fingerprint(second.certificate) != first
    kept = certificates.load((folder / "own.der.before").read_bytes())
    assert certificates.fingerprint(kept) == first
    assert second.key.stat().st_mode & 0o077 == 0


def test_a_stranger_among_the_trusted_is_named(folder: Path) -> None:
    (folder / "trusted").mkdir(parents=True)
    (folder / "trusted" / "notes.txt").write_text("press 1")
    with pytest.raises(SecurityRefused, match=r"notes\.txt is no certificate"):
        certificates.trusted(folder)
