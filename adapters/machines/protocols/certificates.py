"""Certificates of OPC UA: our own, those of servers that somebody trusts, and when they end.

A folder holds `own.der`, `own.pem` (our key) and `trusted/` with one file for each server.
"""

import hashlib
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asyncua.crypto.cert_gen import (
    dump_private_key_as_pem,
    generate_private_key,
    generate_self_signed_app_certificate,
)
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from adapters.machines.core import SecurityRefused

OWN, KEY, TRUSTED = "own.der", "own.pem", "trusted"
URI = "urn:routecard:gateway"
YEARS = 5
SOON = timedelta(days=7)
TRUST = "routecard gateway trust"
PEM_BEGIN = b"-----BEGIN"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are for a server; `uri` has to be the one in the certificate."""

    certificate: x509.Certificate
    file: Path
    key: Path
    uri: str


def load(content: bytes) -> x509.Certificate:
    """A certificate in either form, the first one of a chain.

    Raises:
        ValueError: if it is none.
    """
    if content.startswith(PEM_BEGIN):
        return x509.load_pem_x509_certificate(content)
    length = int.from_bytes(content[2:4], "big") + 4
    return x509.load_der_x509_certificate(content[:length])


def der(certificate: x509.Certificate) -> bytes:
    """A certificate as it goes over the wire."""
    return certificate.public_bytes(Encoding.DER)


def fingerprint(certificate: x509.Certificate) -> str:
    """What two people compare by telephone: SHA-256, in pairs."""
    digest = hashlib.sha256(der(certificate)).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def uri_of(certificate: x509.Certificate) -> str:
    """The application that a certificate is for, empty where it does not say."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    return next(iter(names.get_values_for_type(x509.UniformResourceIdentifier)), "")


def name_of(certificate: x509.Certificate) -> str:
    """What a certificate calls its owner."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else "without a name"


def check_dates(certificate: x509.Certificate, whose: str, cure: str, now: datetime) -> str | None:
    """A warning if a certificate ends within a week.

    Raises:
        SecurityRefused: if it is over, or not valid yet.
    """
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < first:
        raise SecurityRefused(
            f"{whose} is valid from {first:%Y-%m-%d %H:%M} UTC on, and here it is "
            f"{now:%Y-%m-%d %H:%M}; set the clock"
        )
    if now >= last:
        raise SecurityRefused(f"{whose} ended on {last:%Y-%m-%d}; {cure}")
    if last - now <= SOON:
        return f"{whose} ends on {last:%Y-%m-%d}; {cure}"
    return None


def make_own(folder: Path, *, uri: str = URI, days: int = 365 * YEARS) -> Identity:
    """Make our key and certificate; the ones before are kept beside them.

    Servers that trusted the old certificate have to trust the new one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (OWN, KEY):
        if (folder / name).exists():
            (folder / name).replace(folder / f"{name}.before")
    key = generate_private_key()
    names = [x509.UniformResourceIdentifier(uri), x509.DNSName(socket.gethostname())]
    certificate = generate_self_signed_app_certificate(
        key, "Routecard gateway", {}, names, [ExtendedKeyUsageOID.CLIENT_AUTH], days
    )
    with os.fdopen(os.open(folder / KEY, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(dump_private_key_as_pem(key))
    (folder / OWN).write_bytes(der(certificate))
    return own(folder)


def own(folder: Path) -> Identity:
    """Our certificate and where its key is.

    Raises:
        SecurityRefused: if there is none.
    """
    file, key = folder / OWN, folder / KEY
    try:
        certificate = load(file.read_bytes())
        key.read_bytes()
    except (OSError, ValueError) as error:
        raise SecurityRefused(
            f"{folder} has no certificate of ours; `{TRUST} URL` makes one"
        ) from error
    return Identity(certificate, file, key, uri_of(certificate))


def own_warning(identity: Identity, now: datetime | None = None) -> str | None:
    """A warning if our certificate ends soon.

    Raises:
        SecurityRefused: if it is over.
    """
    cure = f"make a new one with `{TRUST} --renew URL` and let each server trust it"
    return check_dates(identity.certificate, "Our certificate", cure, now or datetime.now(UTC))


def trusted(folder: Path) -> list[x509.Certificate]:
    """The servers' certificates that somebody has pinned.

    Raises:
        SecurityRefused: if a file there is no certificate.
    """
    pinned = []
    place = folder / TRUSTED
    for file in sorted(place.iterdir()) if place.is_dir() else []:
        try:
            pinned.append(load(file.read_bytes()))
        except (OSError, ValueError) as error:
            raise SecurityRefused(f"{file} is no certificate; remove it") from error
    return pinned


def pin(folder: Path, certificate: x509.Certificate) -> Path:
    """Trust a server's certificate from now on; the file's name tells whose it is."""
    place = folder / TRUSTED
    place.mkdir(parents=True, exist_ok=True)
    short = fingerprint(certificate).replace(":", "")[:16].lower()
    name = "".join(c if c.isalnum() else "-" for c in name_of(certificate))[:60]
    file = place / f"{name}-{short}.der"
    file.write_bytes(der(certificate))
    return file


def check_offered(folder: Path, offered: bytes, url: str) -> tuple[x509.Certificate, str | None]:
    """The server's certificate if it is trusted, and a warning if it ends soon.

    Raises:
        SecurityRefused: if nobody pinned it, or it is over.
    """
    try:
        certificate = load(offered)
    except ValueError as error:
        raise SecurityRefused(f"{url} offers a certificate that cannot be read") from error
    if der(certificate) not in {der(known) for known in trusted(folder)}:
        raise SecurityRefused(
            f"Nobody has trusted the certificate of {url} (SHA-256 {fingerprint(certificate)}); "
            f"compare it with the machine's and pin it with `{TRUST} {url}`"
        )
    cure = f"renew it on the machine, then pin it with `{TRUST} {url}`"
    warning = check_dates(certificate, f"The certificate of {url}", cure, datetime.now(UTC))
    return certificate, warning
