"""What cannot work is said in one line before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from web.config import Config, ConfigError, check, prepare_data


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (Config(port=0), "port"),
        (Config(port=70000), "port"),
        (Config(host="example"), "IP addresses"),
        (Config(public_ips=("300.1.1.1",)), "IP addresses"),
        (Config(workers=2), "--redis"),
        (Config(workers=3, redis="redis://localhost"), "--database"),
        (Config(workers=0), "number from 1"),
        (Config(database="mysql://x"), "postgresql://"),
        (Config(clamd="clamd"), "--clamd takes"),
        (Config(tls_cert=Path("cert.pem")), "belong together"),
        (Config(tls_cert=Path("/nowhere/cert.pem"), tls_key=Path("/nowhere/key.pem")), "cannot be read"),
    ],
)
def test_what_cannot_work_is_refused(config: Config, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        check(config)
    assert "\n" not in str(caught.value)


def test_two_workers_share_sqlite_with_redis() -> None:
    config = Config(workers=2, redis="redis://localhost")
    assert check(config) is config


def test_database_urls(tmp_path: Path) -> None:
    assert Config(data=tmp_path).school_url == f"sqlite+aiosqlite:///{tmp_path}/school.db"
    assert Config(data=tmp_path).collab_url == f"sqlite+aiosqlite:///{tmp_path}/collab.db"
    assert Config(database="postgres://u@h/d").school_url == "postgresql+asyncpg://u@h/d"
    assert Config(database="postgresql://u@h/d").collab_url == "postgresql+asyncpg://u@h/d"


def test_the_data_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    prepare_data(Config(data=tmp_path / "data"))
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert not list((tmp_path / "data").iterdir())


def test_a_file_in_the_way_of_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        prepare_data(Config(data=tmp_path / "data"))


def test_an_unwritable_data_folder() -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        prepare_data(Config(data=Path("/proc/kreide")))  # not even root may create a folder there
