"""Settings: `ROUTECARD_*` variables, parsed once into one frozen value that is passed in."""

import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from engine.kernel.errors import Invalid

LEVELS = ("debug", "info", "warning", "error")
BACKENDS = ("sqlite", "postgresql+psycopg")


class SettingRefused(Invalid):
    """A setting that nothing can run with."""

    code = "setting-refused"
    title = "Setting refused"


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs."""

    home: Path
    database_url: str
    secret_key_file: Path
    log: str = "info"

    @property
    def sqlite(self) -> bool:
        """Whether the plant is one SQLite file."""
        return self.database_url.startswith("sqlite")

    def secret_key(self) -> bytes:
        """The key that signs sessions and cursors; made on first use, readable by its owner only.

        Raises:
            SettingRefused: if the file cannot be read or written.
        """
        try:
            if not self.secret_key_file.exists():
                self.secret_key_file.parent.mkdir(parents=True, exist_ok=True)
                handle = os.open(self.secret_key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "wb") as file:
                    file.write(secrets.token_bytes(32))
            return self.secret_key_file.read_bytes()
        except OSError as error:
            raise SettingRefused(
                f"The secret key file {self.secret_key_file} cannot be used: {error.strerror}. "
                "Name another one in ROUTECARD_SECRET_KEY_FILE."
            ) from error


def read_settings(
    environment: Mapping[str, str] | None = None, home: str | None = None
) -> Settings:
    """Settings from the environment; `home` given on the command line wins.

    Raises:
        SettingRefused: naming the variable, its value and the cure.
    """
    env = os.environ if environment is None else environment
    known = {f"ROUTECARD_{n}" for n in ("HOME", "DATABASE_URL", "SECRET_KEY_FILE", "LOG")}
    for name in env:
        if (
            name.startswith("ROUTECARD_")
            and not name.startswith("ROUTECARD_TEST_")
            and (name not in known)
        ):
            raise SettingRefused(f"{name} is not a setting. Known are {', '.join(sorted(known))}.")
    folder = Path(home or env.get("ROUTECARD_HOME") or _data_folder(env)).expanduser().absolute()
    log = env.get("ROUTECARD_LOG", "info").lower()
    if log not in LEVELS:
        raise SettingRefused(f"ROUTECARD_LOG is {log!r}; write one of {', '.join(LEVELS)}.")
    return Settings(
        home=folder,
        database_url=_database_url(env.get("ROUTECARD_DATABASE_URL"), folder),
        secret_key_file=Path(env.get("ROUTECARD_SECRET_KEY_FILE") or folder / "secret.key"),
        log=log,
    )


def _database_url(given: str | None, home: Path) -> str:
    if not given:
        return f"sqlite:///{home / 'plant.db'}"
    try:
        backend = sa.make_url(given).drivername
    except sa.exc.ArgumentError:
        backend = "?"
    if backend not in BACKENDS:
        raise SettingRefused(
            "ROUTECARD_DATABASE_URL is not understood; write sqlite:///FILE or "
            "postgresql+psycopg://USER@HOST/NAME."
        )
    return given


def _data_folder(env: Mapping[str, str]) -> Path:
    """The user's data folder. Source: XDG Base Directory 0.8; the customs of macOS and Windows."""
    if sys.platform == "win32":
        return Path(env.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "Routecard"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Routecard"
    return Path(env.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "routecard"
