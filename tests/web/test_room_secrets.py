"""Keys of an encrypted room go to those inside who see each other."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.web.room_table import Client, Table, meeting, person
from web import messages as wire
from web.errors import Overloaded, StateError
from web.room_members import MAX_ENCRYPTED
from web.room_outputs import Arrival
from web.school.grants import GRANTS

PUBLIC = wire.SecretHello("A" * 87, answer=False)


def carried(client: Client) -> list[str]:
    return [message.peer for _, message in client.heard if isinstance(message, wire.RoomSecretFrom)]


def test_keys_go_to_those_inside_who_see_each_other() -> None:
    table = Table("consultation", encrypted=True)
    teacher, haddad, kaya = table.join("teacher"), table.join("haddad"), table.join("kaya")
    everybody = [wire.Parcel(client.peer, PUBLIC) for client in (teacher, haddad, kaya)]
    with pytest.raises(StateError):
        table.room.carry(haddad.peer, everybody)  # from the lobby
    for client in (haddad, kaya):
        table.play(table.room.admit(teacher.peer, client.peer))
    missed, outputs = table.room.carry(haddad.peer, [*everybody, wire.Parcel("nobody", PUBLIC)])
    table.play(outputs)
    assert missed == [haddad.peer, kaya.peer, "nobody"], "a family neither reaches nor finds out about another"
    assert (carried(teacher), carried(kaya)) == ([haddad.peer], [])
    table.drop(kaya)
    missed, outputs = table.room.carry(teacher.peer, everybody)
    table.play(outputs)
    assert missed == [teacher.peer, kaya.peer], "who is away hears nothing"
    assert carried(haddad) == [teacher.peer]


def test_encryption_is_settled_before_anybody_is_inside() -> None:
    table = Table("consultation")
    waiting = table.join("haddad")
    table.play(table.room.set_meeting(meeting("consultation", encrypted=True)))
    with pytest.raises(StateError, match="encrypted") as refused:
        table.join("teacher")
    assert refused.value.code == "encrypted"
    table.encrypts = True
    teacher = table.join("teacher")
    assert teacher.state is not None and teacher.state.encrypted
    table.play(table.room.admit(teacher.peer, waiting.peer))
    table.play(table.room.set_meeting(meeting("consultation")))
    assert table.room.state(teacher.peer).encrypted, "not while people are inside"
    plain = Table()
    first, second = plain.join("teacher"), plain.join("amira")
    with pytest.raises(StateError):
        plain.room.carry(first.peer, [wire.Parcel(second.peer, PUBLIC)])


def test_an_encrypted_room_is_small() -> None:
    table = Table(encrypted=True)
    for number in range(MAX_ENCRYPTED):
        arrival = Arrival(f"x{number}", f"v/{number}", "", structs.replace(person("amira"), id=f"a{number}"), True)
        table.room.join(0, arrival, GRANTS["lesson", "pupil"])
    with pytest.raises(Overloaded):
        table.join("ben")
