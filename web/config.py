"""One frozen Config: what the server was told by flags and environment, checked once at the start.

Flags win over environment (`KREIDE_PORT` for `--port` and so on), environment over defaults. Whatever cannot
work raises ConfigError with one line for the person who typed the command.
"""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path

import msgspec

from sfu.codecs import VideoCodec
from web.machines import Address, parse_address
from web.turn import is_turn_url


class ConfigError(Exception):
    """The server cannot start as it was told to; the text says what to change."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """How this server runs. Addresses are IP literals, ports are numbers, the cap is kbit/s per person."""

    host: str = "127.0.0.1"
    port: int = 8080
    udp_port: int = 0  # 0: the same number as the HTTP port
    public_port: int = 0  # of a proxy in front that passes media on to the HTTP port; 0: there is none
    public_ips: tuple[str, ...] = ()
    media_threads: int = 1
    downlink_cap: int = 1000
    video_codec: VideoCodec = "vp8"  # what cameras are asked for, where the browser can
    turn: tuple[str, ...] = ()  # URLs of relays for networks that let no UDP through
    turn_secret: str = ""  # what these share with us
    workers: int = 1
    redis: str | None = None
    database: str | None = None
    data: Path = Path("data")
    runtime: Path = Path("data/run")  # the workers' Unix sockets; the parent makes a short-named folder
    tls_cert: Path | None = None
    tls_key: Path | None = None
    relay_address: Address | None = None  # where workers of other machines reach worker 0 of this one
    trusted_proxies: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    history_days: int = 30  # so long each single edit of a document can be looked at
    uploads: Path | None = None  # where files lie that people send, if not under `data` or in PostgreSQL
    upload_limit: int = 20  # MB, each
    uploads_per_person: int = 1_000  # MB
    uploads_per_school: int = 50_000  # MB
    clamd: str = ""  # its socket or address: what people send is looked through for viruses
    recordings: Path | None = None  # where recordings lie, if not under `data`; machines share it
    recording_days: int = 30  # so long each is kept; 0: nothing is recorded
    recording_reserve: int = 1_000  # MB of the disk that recordings leave free
    demo: bool = False

    @property
    def media_port(self) -> int:
        """First UDP port of worker 0; worker w, thread t use media_port + w * threads + t."""
        return self.udp_port or self.port

    @property
    def school_url(self) -> str:
        """SQLAlchemy URL of the school's database."""
        return self._database_url("school.db")

    @property
    def collab_url(self) -> str:
        """SQLAlchemy URL of the documents' and channels' database."""
        return self._database_url("collab.db")

    @property
    def uploads_folder(self) -> Path | None:
        """The folder of what people send; None: it lies in the database."""
        if self.uploads is not None:
            return self.uploads
        return self.data / "uploads" if self.database is None else None

    @property
    def recordings_folder(self) -> Path | None:
        """The folder of recordings; None: nothing is recorded, as on several machines that name no shared one."""
        if not self.recording_days or (self.recordings is None and self.relay_address is not None):
            return None
        return self.recordings or self.data / "recordings"

    def _database_url(self, name: str) -> str:
        if self.database is None:
            return f"sqlite+aiosqlite:///{(self.data / name).absolute()}"
        scheme, _, rest = self.database.partition("://")
        return f"postgresql+asyncpg://{rest}" if scheme in {"postgres", "postgresql"} else self.database


def check(config: Config) -> Config:
    """Return the config unchanged; raise ConfigError for a combination that cannot work."""
    _check_addresses(config)
    if config.history_days < 1:
        raise ConfigError("--history-days takes a number from 1 up.")
    if config.recording_days < 0 or config.recording_reserve < 0:
        raise ConfigError("--recording-days and --recording-reserve take numbers from 0 up.")
    if not 1 <= config.upload_limit <= config.uploads_per_person <= config.uploads_per_school:
        raise ConfigError(
            "--upload-limit, --uploads-per-person, --uploads-per-school: MB, each at least the one before."
        )
    if config.uploads_folder is None and config.upload_limit > 20:
        raise ConfigError("Files of more than 20 MB do not go into the database: name a folder with --uploads.")
    if config.workers < 1 or config.media_threads < 1:
        raise ConfigError("--workers and --media-threads take a number from 1 up.")
    if config.workers > 1 and not config.redis:
        raise ConfigError("More than one worker needs --redis redis://…: the workers tell each other news through it.")
    if config.workers > 2 and not config.database:
        raise ConfigError("More than two workers need --database postgresql://…: SQLite has one writer at a time.")
    if config.database and not config.database.startswith(("postgresql://", "postgres://", "postgresql+asyncpg://")):
        raise ConfigError("--database takes a URL that begins with postgresql://.")
    if not all(map(is_turn_url, config.turn)):
        raise ConfigError("--turn takes URLs such as turns:turn.example.org:443?transport=tcp.")
    if bool(config.turn) != bool(config.turn_secret):
        raise ConfigError("--turn and --turn-secret belong together.")
    if config.relay_address and not (config.redis and config.database):
        raise ConfigError("--relay-address joins machines: they need one --redis and one --database for all.")
    if config.clamd and not config.clamd.startswith("/") and not _is_address(config.clamd):
        raise ConfigError("--clamd takes a socket such as /run/clamav/clamd.ctl, or an address such as 10.0.0.5:3310.")
    if (config.tls_cert is None) != (config.tls_key is None):
        raise ConfigError("--tls-cert and --tls-key belong together.")
    for path in (config.tls_cert, config.tls_key):
        if path is not None and not os.access(path, os.R_OK):
            raise ConfigError(f"{path} cannot be read.")
    return config


def _check_addresses(config: Config) -> None:
    if not 0 < config.port < 65536 or not all(0 <= port < 65536 for port in (config.udp_port, config.public_port)):
        raise ConfigError("A port is a number from 1 to 65535.")
    try:
        for address in (*config.public_ips, *config.trusted_proxies):
            ipaddress.ip_network(address, strict=False)
        ipaddress.ip_address(config.host)
    except ValueError as error:
        raise ConfigError(f"--host, --public-ip and --trusted-proxy take IP addresses: {error}.") from error


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except ValueError:
        return False
    return True


def prepare_data(config: Config) -> None:
    """Create the folders, readable by their owner alone; raise ConfigError when one cannot be written."""
    for folder in filter(None, (config.data, config.uploads, config.recordings)):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            probe = folder / ".write-test"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise ConfigError(f"The folder {folder} cannot be written: {error.strerror}.") from error
