"""See what an OPC UA server offers, trust its certificate, and have one of our own."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from asyncua import Client
from cryptography import x509

from adapters.machines.core import AddressInvalid, SecurityRefused
from adapters.machines.protocols import certificates
from adapters.machines.protocols.ua_session import Security, describe, explain

TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server offers: protections in words, and its certificate if it has one."""

    protections: tuple[str, ...]
    certificate: x509.Certificate | None


async def offered(url: str) -> Offer:
    """Ask a server, without a session.

    Raises:
        AddressInvalid: if the URL is none of OPC UA.
        Lost: if it cannot be reached.
    """
    parts = urlsplit(url)
    if parts.scheme != "opc.tcp" or not parts.hostname or not parts.port:
        raise AddressInvalid(f"{url!r} leads to no OPC UA server; expected opc.tcp://host:4840")
    try:
        endpoints = await Client(url, timeout=TIMEOUT).connect_and_get_server_endpoints()
    except Exception as error:
        raise explain(error, url, Security()) from error
    offers = tuple(sorted({describe(endpoint) for endpoint in endpoints}))
    for endpoint in endpoints:
        if endpoint.ServerCertificate:
            return Offer(offers, certificates.load(endpoint.ServerCertificate))
    return Offer(offers, None)


def facts(url: str, offer: Offer) -> list[str]:
    """What a person compares before trusting."""
    lines = [f"{url} offers {', '.join(offer.protections) or 'nothing'}"]
    shown = offer.certificate
    if shown is None:
        return [*lines, "It has no certificate, so there is nothing to trust."]
    return [
        *lines,
        f"Certificate of {certificates.name_of(shown)}, {certificates.uri_of(shown) or 'no URI'}",
        f"  valid {shown.not_valid_before_utc:%Y-%m-%d} to {shown.not_valid_after_utc:%Y-%m-%d}",
        f"  SHA-256 {certificates.fingerprint(shown)}",
    ]


def warning(url: str, offer: Offer) -> str | None:
    """What is wrong with the dates of the server's certificate, None if nothing."""
    if offer.certificate is None:
        return None
    cure = "have it renewed on the machine"
    term = certificates.Term(offer.certificate, url, cure)
    try:
        term.check()
    except SecurityRefused as error:
        return str(error)
    notice = term.notice()
    return None if notice is None else notice.text


def ours(folder: Path, *, renew: bool = False) -> tuple[certificates.Identity, bool]:
    """Our own certificate, and whether it was made just now."""
    if not renew and (folder / certificates.OWN).exists():
        return certificates.own(folder), False
    return certificates.make_own(folder), True
