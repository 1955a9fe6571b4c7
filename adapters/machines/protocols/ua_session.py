"""One session with an OPC UA server: opened with the security that is configured, then thrown away.

The library's own reconnection is never used: after a frozen peer it can stay connected and silent
for ever (ADR 0011). A session is one disposable `Client`.
"""

import asyncio
import logging
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asyncua import Client, ua
from asyncua.crypto import security_policies
from asyncua.crypto.uacrypto import CertProperties
from asyncua.ua.ua_binary import struct_from_binary

from adapters.machines.core import AddressInvalid, Lost, Refused, SecurityRefused, Unknown
from adapters.machines.protocols import certificates
from adapters.machines.protocols.certificates import Term

# It reports a lost connection as an error with a traceback, each second; we say it once.
logging.getLogger("asyncua").setLevel(logging.CRITICAL + 1)

PLAIN = "None"
POLICIES = ("Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss")
MODES = ("SignAndEncrypt", "Sign")
# After a kill the server keeps our session for so long; with an hour, a few kills use them all up.
SESSION_MS = 30_000
NEVER = 10**6  # seconds; liveness is watched by our own supervisor
POLITE = 0.5  # seconds for taking leave

_KEYS = ("policy", "mode", "user", "password", "password_env", "password_file", "certificates")
_REFUSALS = (
    "BadCertificate",
    "BadSecurity",
    "BadIdentityToken",
    "BadUserAccessDenied",
    "BadUserSignatureInvalid",
    "BadApplicationSignatureInvalid",
    "BadNoValidCertificates",
    "BadNonceInvalid",
)
_UNDECIDED = (
    "BadTimeout",
    "BadRequestTimeout",
    "BadRequestInterrupted",
    "BadCommunicationError",
    "BadConnectionClosed",
    "BadSecureChannelClosed",
    "BadSessionClosed",
    "BadShutdown",
    "BadUnknownResponse",
)
_OTHER = "it does not offer this security; `routecard gateway trust URL` shows what it offers"
_CURES = {
    "BadSecurityModeRejected": _OTHER,
    "BadSecurityPolicyRejected": _OTHER,
    "BadTooManySessions": "all its sessions are taken; close other clients, or wait until it "
    "forgets those of programs that were killed",
    "BadTooManySubscriptions": "it has no subscription left; close other clients",
    "BadIdentityTokenInvalid": "it does not let anonymous users in; configure user and password",
    "BadIdentityTokenRejected": "it does not take this kind of user; configure user and password",
    "BadUserAccessDenied": "user or password is wrong, or the user may not connect",
    "BadCertificateUntrusted": "it does not trust our certificate yet; accept it on the machine",
    "BadCertificateUriInvalid": "our certificate names another application; make a new one with "
    "`routecard gateway trust --renew URL`",
    "BadSecurityChecksFailed": "it does not trust our certificate yet; accept it on the machine",
}


@dataclass(frozen=True, slots=True)
class Security:
    """How a session is protected, and whose it is."""

    policy: str = PLAIN
    mode: str = MODES[0]
    user: str | None = None
    password: str | None = None
    certificates: Path | None = None

    @property
    def is_plain(self) -> bool:
        """Whether anybody on the network can read along."""
        return self.policy == PLAIN


def security(given: Mapping[str, object]) -> Security:
    """What `security:` of a machine says.

    Raises:
        AddressInvalid: with the cure.
    """
    for key in given:
        if key not in _KEYS:
            raise AddressInvalid(f"security has no {key}; expected {', '.join(_KEYS)}")
    text = {key: str(value) for key, value in given.items() if value is not None}
    folder = text.get("certificates")
    found = Security(
        text.get("policy", PLAIN),
        text.get("mode", MODES[0]),
        text.get("user"),
        text.get("password"),
        None if folder is None else Path(folder),
    )
    _check(found, any(key.startswith("password") for key in text))
    return found


def _check(found: Security, has_password: bool) -> None:
    if found.policy not in (PLAIN, *POLICIES):
        raise AddressInvalid(
            f"security: policy {found.policy} is none of {', '.join((PLAIN, *POLICIES))}"
        )
    if found.mode not in MODES:
        raise AddressInvalid(f"security: mode {found.mode} is none of {', '.join(MODES)}")
    if found.is_plain and has_password:
        raise AddressInvalid(
            "security: without a policy anybody on the network reads the password; choose a policy"
        )
    if has_password and found.user is None:
        raise AddressInvalid("security: there is a password, but no user")
    if not found.is_plain:
        _check_own(found.certificates)


def _check_own(folder: Path | None) -> None:
    if folder is None:
        raise AddressInvalid("security: a policy needs certificates, the folder they lie in")
    if (folder / certificates.OWN).exists():
        try:
            certificates.own_term(certificates.own(folder)).check()
        except SecurityRefused as error:
            raise AddressInvalid(f"security: {error}") from error


async def open_session(url: str, protection: Security, timeout: float) -> tuple[Client, list[Term]]:
    """A connected client, and how long the certificates last that it stands on.

    Raises:
        SecurityRefused: by either side.
        Lost: for every other reason.
    """
    client = Client(url, timeout=timeout, watchdog_intervall=NEVER, auto_reconnect=False)
    client.session_timeout = SESSION_MS
    client.name = client.description = f"Routecard gateway on {socket.gethostname()}"
    if protection.user is not None:
        client.set_user(protection.user)
        client.set_password(protection.password or "")
    try:
        terms = [] if protection.is_plain else await _protect(client, url, protection)
        await client.connect()
    except asyncio.CancelledError:
        await close_session(client)
        raise
    # `AssertionError` is how the library says that a channel was refused, `KeyError` that a
    # message could not be read: whatever it is, this client is of no use.
    except Exception as error:
        await close_session(client)
        raise explain(error, url, protection) from error
    return client, terms


async def _protect(client: Client, url: str, protection: Security) -> list[Term]:
    folder = protection.certificates or Path()
    us = certificates.own(folder)
    ours = certificates.own_term(us)
    ours.check()
    client.application_uri = us.uri
    policy = getattr(security_policies, f"SecurityPolicy{protection.policy}")
    mode = ua.MessageSecurityMode[protection.mode]
    endpoints = await client.connect_and_get_server_endpoints()
    for endpoint in endpoints:
        if endpoint.SecurityPolicyUri == policy.URI and endpoint.SecurityMode == mode:
            theirs = certificates.check_offered(folder, endpoint.ServerCertificate or b"", url)
            break
    else:
        has = sorted({describe(endpoint) for endpoint in endpoints})
        raise SecurityRefused(
            f"{url} does not offer {protection.policy} with {protection.mode}, only "
            f"{', '.join(has)}; less than configured is never used"
        )
    # The pinned certificate is handed over: the channel opens with its key or not at all.
    await client.set_security(
        policy, us.file, us.key, server_certificate=_properties(theirs.certificate), mode=mode
    )
    return [ours, theirs]


def _properties(certificate: Any) -> CertProperties:
    return CertProperties(certificates.der(certificate), "der")


def describe(endpoint: ua.EndpointDescription) -> str:
    """An endpoint's protection in the words of a configuration."""
    policy = str(endpoint.SecurityPolicyUri).rpartition("#")[2].replace("_", "")
    return policy if policy == PLAIN else f"{policy} with {endpoint.SecurityMode.name}"


def explain(error: Exception, url: str, protection: Security) -> Lost:
    """What people read instead of the library's exception."""
    if isinstance(error, Lost):
        return error
    if isinstance(error, ua.UaStatusCodeError):
        name = code_of(error)
        said = f"{url} refuses: {_CURES.get(name, 'see the code')} ({name})"
        return SecurityRefused(said) if name.startswith(_REFUSALS) else Lost(said)
    if isinstance(error, AssertionError) and not protection.is_plain:
        return SecurityRefused(
            f"{url} closed the secured channel: it does not trust our certificate yet; accept it "
            "on the machine (it often lies in a folder named rejected)"
        )
    if isinstance(error, ua.UaError) and "No matching endpoints" in str(error):
        return SecurityRefused(
            f"{url} does not offer {protection.policy}; `routecard gateway trust {url}` shows what "
            "it offers"
        )
    if isinstance(error, TimeoutError):
        return Lost(f"{url} did not answer in time")
    if isinstance(error, OSError):
        return Lost(f"{url} cannot be reached: {error}")
    return Lost(f"{url} answered what cannot be understood: {error!r}")


def code_of(error: ua.UaStatusCodeError) -> str:
    """The name of a status, `BadTooManySessions`."""
    return str(ua.StatusCode(error.code).name)


def is_open(client: Client) -> bool:
    """Whether the connection stands, as far as our side knows."""
    protocol = client.uaclient.protocol
    return protocol is not None and protocol.transport is not None and not protocol.is_closed


async def ask(client: Client, request: Any, answer: type[Any], timeout: float) -> Any:
    """Send one request that may have effects, once.

    Raises:
        Refused, Unknown: and nothing else.
    """
    try:
        async with asyncio.timeout(timeout):
            data = await client.uaclient._send_request(request, timeout)
        found = struct_from_binary(answer, data)
        found.ResponseHeader.ServiceResult.check()
    except ua.UaStatusCodeError as error:
        raise decide(code_of(error), "the server") from error
    except Exception as error:
        raise Unknown(f"no answer came: {error or type(error).__name__}") from error
    return found


def decide(code: str, who: str) -> Refused | Unknown:
    """Whether a bad status means that nothing was done."""
    if code.startswith(_UNDECIDED):
        return Unknown(f"{who} answered {code}: it may be done, or will be")
    return Refused(f"{who} answered {code}", code)


async def close_session(client: Client) -> None:
    """Take leave if the server listens, and drop the connection in any case."""
    uaclient = client.uaclient
    uaclient.request_disconnect()
    session = uaclient.session
    tasks = [
        task
        for task in (
            client._supervisor_task,
            client._stale_watchdog_task,
            client._renew_channel_task,
            session._publish_task,
        )
        if task is not None
    ]
    for task in tasks:
        task.cancel()
    protocol = uaclient.protocol
    if is_open(client):
        with suppress(Exception):
            async with asyncio.timeout(POLITE):
                await session.close_session(True)
    transport = None if protocol is None else protocol.transport
    if transport is not None:
        transport.abort()
    await asyncio.gather(*tasks, return_exceptions=True)
