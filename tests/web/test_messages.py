"""Every message is bounded, decodes strictly, and is the same in TypeScript."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from web import messages as wire
from web.messages.__main__ import TARGET, main
from web.typescript import build_typescript

PROTOCOL = Path(wire.__file__).parents[1] / "PROTOCOL.md"


def test_the_clients_types_are_up_to_date() -> None:
    assert main(["--check"]) == 0
    text = TARGET.read_text()
    for event in (*wire.CLIENT_EVENTS, *wire.SERVER_EVENTS):
        assert f'"{event}":' in text


def test_the_protocol_tells_every_event_field_and_error() -> None:
    text = PROTOCOL.read_text("utf-8")
    words = set(re.findall(r"\w+", text))
    told = set(re.findall(r"`([a-z]+:[a-z_]+)[\s`]", text))
    pairs = [(event, struct) for event, structs in wire.CLIENT_EVENTS.items() for struct in structs]
    for event, struct in [*pairs, *wire.SERVER_EVENTS.items()]:
        assert event in told
        missing = {field.encode_name for field in msgspec.structs.fields(struct)} - words
        assert not missing, (event, missing)
    assert set(get_args(wire.ErrorCode)) <= words
    prefixes = {event.partition(":")[0] for event, _ in pairs}
    gone = {event for event in told if event.partition(":")[0] in prefixes}
    assert gone <= {*wire.CLIENT_EVENTS, *wire.SERVER_EVENTS}


def test_drift_is_found_and_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "protocol" / "messages.ts"
    assert main(["--check"], target) == 1
    assert main([], target) == 0
    assert target.read_text() == TARGET.read_text()
    target.write_text("old")
    assert main(["--check"], target) == 1
    assert "python -m web.messages" in capsys.readouterr().err


def test_a_type_without_typescript_is_an_error() -> None:
    class Odd(msgspec.Struct, frozen=True):
        when: bytes

    with pytest.raises(TypeError):
        build_typescript({}, {"odd": Odd}, wire.Failure)


BAD = {
    "room:join": [b"{}", b'{"meeting":""}', b'{"meeting":7}', b'{"meeting":"m","client":"%s"}' % (b"k" * 65)],
    "room:hand": [b"{}", b'{"raised":1}', b'{"raised":"yes"}'],
    "room:lower": [b"{}", b'{"peer":3}'],
    "room:media": [b'{"microphone":true}', b'{"microphone":null,"camera":false,"screen":false}'],
    "media:offer": [
        b'{"sdp":"%s","sources":[],"slots":[]}' % (b"v" * 65537),
        b'{"sdp":"v","sources":[{"mid":"0","purpose":"spy"}],"slots":[]}',
        b'{"sdp":"v","sources":[],"slots":[%s]}' % b",".join([b'{"mid":"0","purpose":"tile-1"}'] * 17),
    ],
    "media:page": [b'{"tiles":["1","2","3","4","5","6","7","8","9"]}'],
    "chat:send": [
        b'{"channel":"c","text":"x","client_id":"1","attachments":["1","2","3","4","5","6","7","8","9","10","11"]}',
        b'{"channel":"c","text":"%s","client_id":"1"}' % (b"x" * 4001),
        b'{"channel":"c","text":"x","client_id":"%s"}' % (b"i" * 65),
        b'{"channel":"c","text":"x"}',
        b"[]",
        b"null",
        b'"x"',
    ],
    "chat:history": [b'{"channel":"c","after":-1}', b'{"channel":"c","limit":0}', b'{"channel":"c","limit":201}'],
}


@pytest.mark.parametrize(("event", "body"), [(event, body) for event, bodies in BAD.items() for body in bodies])
def test_what_does_not_fit_is_refused(event: str, body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=wire.CLIENT_EVENTS[event][0])


def test_the_longest_text_fits() -> None:
    text = "ä" * 4000
    body = msgspec.json.encode({"channel": "c", "text": text, "client_id": "1", "later": "fields are ignored"})
    message = msgspec.json.decode(body, type=wire.ChatSend)
    assert message.text == text
