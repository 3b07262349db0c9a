"""What somebody wrote and still stands in a document."""

from __future__ import annotations

from typing import Any

import msgspec
from pycrdt import Doc, Map, Text

from collab.words import Asked, words


def test_texts_and_values_of_one_writer() -> None:
    ada: Doc[Any] = Doc(client_id=1)
    ben: Doc[Any] = Doc(client_id=2)
    text = ada.get("t", type=Text)
    for letter in "Hallo":
        text += letter
    ada.get("m", type=Map)["c"] = "ja"
    ben.apply_update(ada.get_update())
    ben.get("t", type=Text).insert(5, " von Ben")
    ben.get("m", type=Map)["d"] = [1.5, True, -70000, {"k": "tief"}]
    ben.get("m", type=Map)["!"] = "a0"
    ben.get("m", type=Map)["weg"] = "gelöscht"
    del ben.get("m", type=Map)["weg"]

    def of(client: int) -> Any:
        return msgspec.msgpack.decode(words(msgspec.msgpack.encode(Asked(ben.get_update(), [client]))))

    assert of(1) == ["Hallo", "ja"]
    assert of(2) == [" von Ben", 1.5, True, -70000, "tief"]
