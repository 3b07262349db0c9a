"""Changes that come together are told together: how many messages, in which order, and what they say."""

from __future__ import annotations

from tests.web.room_table import Client, Table
from web import messages as wire


def told(client: Client) -> list[wire.RoomChanged]:
    return [message for _, message in client.heard if isinstance(message, wire.RoomChanged)]


def test_thirty_who_join_at_once_are_one_message_for_each() -> None:
    alone, together = Table(), Table()
    together.gathers = True
    for table in (alone, together):
        clients = [table.join("amira" if n % 7 else "ben", f"tab {n}") for n in range(7)]
        clients += [table.join("clara", f"tab {n}") for n in range(6)]
        clients += [table.join("helper", f"tab {n}") for n in range(6)]
        clients += [table.join("teacher", f"tab {n}") for n in range(5)]
        table.check()
        assert {len(client.state.peers) for client in clients if client.state is not None} == {len(clients)}
        count = sum(len(told(client)) for client in clients)
        if table is alone:
            assert count >= len(clients) * (len(clients) - 1) / 2, "everybody hears of each who comes later"
        else:
            assert count == len(clients), count
    together.join("ben", "late")
    together.check()
    assert len(told(clients[0])) == 2, "a late one is one more for each"


def test_one_message_says_how_it_is_in_the_end() -> None:
    table = Table()
    teacher, amira = table.join("teacher"), table.join("amira")
    table.gathers = True
    seen = len(told(teacher))
    for raised in (True, False, True):
        table.play(table.room.hand(table.now, amira.peer, raised))
    table.play(table.room.lock(teacher.peer, True))
    ben = table.join("ben")
    table.play(table.room.admit(teacher.peer, ben.peer))
    table.play(table.room.leave(ben.peer))
    table.play(table.room.mute(teacher.peer, amira.peer))
    table.deliver(table.room.flush())
    (news,) = told(teacher)[seen:]
    kinds = [type(change).__name__ for change in news.changes]
    assert kinds == ["HandsChanged", "LockChanged", "LobbyChanged", "PeerLeft", "PeerChanged"]
    assert table.room.flush() == []
    table.check()


def test_who_may_not_know_of_it_is_told_nothing() -> None:
    table = Table("consultation")
    teacher, haddad, kaya = table.join("teacher"), table.join("haddad"), table.join("kaya")
    for client in (haddad, kaya):
        table.play(table.room.admit(teacher.peer, client.peer))
    table.gathers = True
    before = len(haddad.heard)
    table.play(table.room.hand(table.now, kaya.peer, True))
    table.check()
    assert len(haddad.heard) == before
