"""`routecard gateway browse`, `probe`, `trust`: what is done before a machine is connected."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from adapters.machines.core import AddressInvalid, Lost

T = TypeVar("T")
FOLDER = click.Path(path_type=Path, file_okay=False)
CERTIFICATES = Path("certificates")


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run it; what machines refuse is told in their words, without a traceback."""
    try:
        return asyncio.run(work)
    except (AddressInvalid, Lost) as error:
        raise click.ClickException(str(error)) from error


def _secured(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--device", type=click.IntRange(0, 255), help="Modbus: number on the bus."),
        click.option("--policy", help="OPC UA: Basic256Sha256, Aes256Sha256RsaPss …"),
        click.option("--user", help="OPC UA: who signs in."),
        click.option("--password-env", metavar="NAME", help="Variable that has the password."),
        click.option("--certificates", type=FOLDER, help="Folder with certificates."),
    ):
        command = option(command)
    return command


def _options(
    device: int | None,
    policy: str | None,
    user: str | None,
    password_env: str | None,
    certificates: Path | None,
) -> dict[str, object]:
    options: dict[str, object] = {} if device is None else {"device_id": device}
    security: dict[str, object] = {}
    if policy:
        security["policy"] = policy
        security["certificates"] = str(certificates or CERTIFICATES)
    if user:
        security["user"] = user
    if password_env:
        if password_env not in os.environ:
            raise click.ClickException(f"The variable {password_env} is not set.")
        security["password"] = os.environ[password_env]
        security["password_env"] = password_env
    if security:
        options["security"] = security
    return options


@click.command()
@click.argument("url")
@click.option("--unit", default="MACHINE-1", show_default=True, help="Code of the equipment.")
@click.option("--below", default="", help="OPC UA: only what lies under this path.")
@_secured
def browse(url: str, unit: str, below: str, **security: Any) -> None:
    """Write a draft of a machine's YAML file, from what an OPC UA server has."""
    from adapters.machines.tools.browse import browse as look  # the library takes a second

    click.echo(_run(look(url, _options(**security), unit=unit, below=below)), nl=False)


@click.command()
@click.argument("url")
@click.argument("addresses", nargs=-1, required=True)
@_secured
def probe(url: str, addresses: tuple[str, ...], **security: Any) -> None:
    """Read values: Modbus registers in all byte orders (holding:10x4), OPC UA nodes as they are."""
    from adapters.machines.tools.probe import probe as read  # the libraries take a second

    for line in _run(read(url, addresses, _options(**security))):
        click.echo(line)


@click.command()
@click.argument("url")
@click.option("--certificates", type=FOLDER, default=CERTIFICATES, show_default=True)
@click.option("--renew", is_flag=True, help="Make a new certificate of ours.")
@click.option("--yes", is_flag=True, help="Trust without asking: only where nobody else can be.")
def trust(url: str, certificates: Path, renew: bool, yes: bool) -> None:
    """Show an OPC UA server's certificate, trust it, and have one of our own."""
    from adapters.machines.protocols.certificates import OWN, fingerprint, pin
    from adapters.machines.tools import trust as tool  # the library takes a second

    try:
        us, made = tool.ours(certificates, renew=renew)
    except Lost as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{'Made' if made else 'Ours is'} {certificates / OWN}")
    click.echo(f"  SHA-256 {fingerprint(us.certificate)}")
    click.echo("  The machine has to trust it: copy it there, or accept it where it was rejected.")
    offer = _run(tool.offered(url))
    for line in tool.facts(url, offer):
        click.echo(line)
    if offer.certificate is None:
        return
    if told := tool.warning(url, offer):
        click.echo(f"Warning: {told}")
    if not yes and not click.confirm("Is this the fingerprint that the machine shows?"):
        raise click.ClickException("Nothing was trusted.")
    click.echo(f"Trusted: {pin(certificates, offer.certificate)}")


TOOLS = (browse, probe, trust)
