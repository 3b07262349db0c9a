"""Names that tell where a worker is."""

from __future__ import annotations

import pytest

from web.config import Config, ConfigError, check
from web.machines import Address, address_of, name_in, name_worker, parse_address


@pytest.mark.parametrize("text", ["10.0.0.5:9100", "[fd00::5]:65535", "fd00::5:1"])
def test_a_name_tells_the_address(text: str) -> None:
    address = parse_address(text)
    name = name_worker(3, "0a1b2c3d", address)
    assert address_of(name) == address
    assert name.replace("-", "").isalnum(), "it goes into file names, session ids and ways back"


@pytest.mark.parametrize("text", ["", "10.0.0.5", "10.0.0.5:", "10.0.0.5:0", "10.0.0.5:65536", "host:80", ":80"])
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_address(text)


@pytest.mark.parametrize("name", ["", "w0", "w0-a", "w0-a-zz-1", "w0-a-0a-1", "w0-a-0a000005-xyz", "w0-a-0a000005-1-2"])
def test_other_names_tell_nothing(name: str) -> None:
    assert address_of(name) is None


def test_no_certificate_names_nobody() -> None:
    assert name_in(None) == "" and name_in({}) == "" and name_in({"subject": ((("country", "DE"),),)}) == ""


def test_machines_share_what_they_know() -> None:
    address = Address("10.0.0.5", 9100)
    check(Config(relay_address=address, redis="redis://r", database="postgresql://d"))
    for config in (Config(relay_address=address), Config(relay_address=address, redis="redis://r")):
        with pytest.raises(ConfigError):
            check(config)
