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

from adapters.machines.core import Notice, SecurityRefused

OWN, KEY, TRUSTED = "own.der", "own.pem", "trusted"
URI = "urn:routecard:gateway"
YEARS = 5
SOON = timedelta(days=7)
OWN_ENDS, SERVER_ENDS = "own_certificate", "server_certificate"  # kinds of notices
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


@dataclass(frozen=True, slots=True)
class Term:
    """How long a certificate may be used, and what to do when that is over.

    Args:
        url: the server's whose it is, None for our own.
        cure: what a person does about its end.
    """

    certificate: x509.Certificate
    url: str | None
    cure: str

    def check(self, now: datetime | None = None) -> None:
        """Refuse it where it cannot be used.

        Raises:
            SecurityRefused: if it is over, or not valid yet.
        """
        now = now or datetime.now(UTC)
        first, last = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        if now < first:
            raise SecurityRefused(
                f"{self._whose} is valid from {first:%Y-%m-%d %H:%M} UTC on, and here it is "
                f"{now:%Y-%m-%d %H:%M}; set the clock"
            )
        if now >= last:
            raise SecurityRefused(f"{self._whose} ended on {last:%Y-%m-%d}; {self.cure}")

    def notice(self, now: datetime | None = None) -> Notice | None:
        """A warning from a week before its end on."""
        now, last = now or datetime.now(UTC), self.certificate.not_valid_after_utc
        if last - now > SOON:
            return None
        days = (last.date() - now.date()).days
        when = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
        ends = f"ends {when}, on {last:%Y-%m-%d}" if now < last else f"ended on {last:%Y-%m-%d}"
        kind = OWN_ENDS if self.url is None else SERVER_ENDS
        facts: dict[str, str | int] = {"ends": f"{last:%Y-%m-%d}", "days": days}
        if self.url is not None:
            facts["url"] = self.url
        return Notice(kind, f"{self._whose} {ends}; {self.cure}", facts)

    @property
    def _whose(self) -> str:
        return "Our certificate" if self.url is None else f"The certificate of {self.url}"


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


def own_term(identity: Identity) -> Term:
    """How long our own certificate may be used."""
    cure = f"make a new one with `{TRUST} --renew URL` and let each server trust it"
    return Term(identity.certificate, None, cure)


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


def check_offered(folder: Path, offered: bytes, url: str) -> Term:
    """The server's certificate if it is trusted, with its term.

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
    term = Term(certificate, url, cure)
    term.check()
    return term
