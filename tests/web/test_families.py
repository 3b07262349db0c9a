"""No word, name, cursor, file or number of one family, class or school reaches another, whatever way in is tried.

A random town (`marked_town`) over real HTTP and sockets. All read their lists, are told what happens, and try the ways
in of `stranger` with ids of things that are not theirs, as if all ids had leaked. A part of the ways is tried in one
town; `KREIDE_FAMILIES=5` tries all of them with all ids, in five towns.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.web.house import House, open_house
from tests.web.marked_town import STAFF, Town
from tests.web.stranger import SAYINGS, WAYS, Reader, Stranger, kind_of, kind_of_way
from web.sessions import Sessions

TOWNS = int(os.environ.get("KREIDE_FAMILIES", "0"))
TRIES = 100_000 if TOWNS else 12  # of each person
PATIENCE = 60


async def enter(stack: AsyncExitStack, house: House, town: Town) -> dict[str, Stranger]:
    """Let everybody in."""
    people: dict[str, Stranger] = {}
    sessions = Sessions(house.services.school)
    tokens = {one.id: await sessions.open_account(one) for one in town.accounts.values()}
    for guest, token in town.guest_tokens.items():
        tokens[guest] = await house.services.auth.enter_as_guest(token, "Guest")
    for who, token in tokens.items():
        own = [document for document, readers in town.things["document"].items() if readers == {who}]
        people[who] = await stack.enter_async_context(Stranger(house, who, token, own[0] if own else None))
    return people


async def talk(town: Town, people: dict[str, Stranger]) -> None:
    """Everybody who may writes marked words and sends marked files."""
    for channel, members in town.things["channel"].items():
        for who in town.writers[channel]:
            near = {one for one in members if one == who or town.accounts[one].role == "teacher"}  # while it is held
            word, name, data = (town.mark(near) for _ in range(3))
            path = f"uploads?channel={channel}&name={name}.txt"
            status, sent = await people[who].call("POST", path, data.encode() * 3)
            files = [json.loads(sent)["id"]] if status == 201 else []
            answer = await people[who].ask("chat:send", channel=channel, text=word, client_id=word, attachments=files)
            held = answer.get("held", True)
            for mark in (word, name, data):
                town.marks[mark] = set(near if held else members)
            if "error" in answer:  # a conversation that is closed
                town.marks = {mark: may for mark, may in town.marks.items() if mark not in (word, name, data)}
            for file in files:
                town.things["upload"][file] = frozenset({who} if "error" in answer else near if held else members)
            await people[who].ask("chat:typing", channel=channel, typing=True)


async def write_together(town: Town, people: dict[str, Stranger]) -> None:
    """All open every document that they may, and say where they are; two write, everybody else reads it."""
    for document, readers in town.things["document"].items():
        opened = {who: Reader(people[who], document) for who in sorted(readers)}
        for who, reader in opened.items():
            writes = who in town.writers[document] and town.accounts[who].role != "guardian"
            await reader.open(town.mark(readers if writes else ()))
        for who in town.writers[document][:2]:
            word = town.mark(readers)
            await opened[who].write(word)
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(one.read_until(word) for name, one in opened.items() if name != who))
        for who in town.writers[document][:1]:
            await people[who].call("POST", f"documents/{document}/versions", {"name": town.mark(readers)})
        for reader in opened.values():
            await reader.ws.close()


async def meet(town: Town, people: dict[str, Stranger]) -> None:
    """Families wait or are let in, and do what people do there."""
    for meeting, come in town.doors.items():
        for who in come:
            answer = await people[who].ask("room:join", meeting=meeting, client="tab")
            assert answer.get("state") in ("joined", "lobby"), answer
        for who in come:
            await people[who].ask("room:hand", raised=True)
            await people[who].ask("room:media", microphone=True, camera=True, screen=False, unmute=False)
            await people[who].ask("room:sync")


def not_theirs(town: Town, who: str, kind: str) -> list[str]:
    """Ids of this kind that are nothing to somebody; of people, those of another school."""
    if kind == "account":
        me = town.accounts.get(who)
        return [one.id for one in town.accounts.values() if me is None or one.school != me.school]
    return [id for id, reach in town.things[kind].items() if who not in reach]


async def intrude(town: Town, stranger: Stranger) -> int:
    """Try the ways in; return how many."""
    me = town.accounts.get(stranger.me)
    tries: list[tuple[Any, str]] = [("/collab", id) for id in not_theirs(town, stranger.me, "document")]
    for way in WAYS:
        if "{mine}" in way[1] and (me is None or me.role in STAFF):
            continue  # staff share with all of their school
        tries += [(way, id) for id in not_theirs(town, stranger.me, str(kind_of_way(way)))]
    tries += [(saying, id) for saying in SAYINGS for id in not_theirs(town, stranger.me, str(kind_of(saying[1])))]
    chosen = town.chance.sample(tries, min(TRIES, len(tries)))
    for form, id in chosen:
        if form == "/collab":
            await stranger.try_document(id)
        elif form in SAYINGS:
            await stranger.try_saying(form[0], form[1], id)
        else:
            await stranger.try_way(form, id)
    return len(chosen)


@pytest.mark.timeout(180 + 600 * TOWNS)
@pytest.mark.parametrize("number", range(max(1, TOWNS)))
async def test_nothing_of_one_family_class_or_school_reaches_another(demo_data: Path, number: int) -> None:
    seed = random.randrange(1 << 32)
    print(f"town {number}, seed {seed}")
    async with open_house(demo_data) as house, AsyncExitStack() as stack:
        town = Town(seed, house.services)
        await town.found()
        people = await enter(stack, house, town)
        await talk(town, people)
        await write_together(town, people)
        await meet(town, people)
        await asyncio.gather(*(one.look_at(town.things) for one in people.values()))
        tried = await asyncio.gather(*(intrude(town, one) for one in people.values()))
        await asyncio.gather(*(one.look_around() for one in people.values()))
        heard = {who: one.all_heard() for who, one in people.items()}
    hearers = {mark: {who for who, said in heard.items() if mark.encode() in said} for mark in town.marks}
    unheard = [mark for mark, may in town.marks.items() if may and not hearers[mark]]
    refused = sum(one.refused for one in people.values())
    print(f"{len(people)} people, {len(town.marks)} marks, {sum(tried)} tries, {refused} beyond a budget, {unheard}")
    assert not [line for one in people.values() for line in one.differences]
    assert not {mark: hearers[mark] - may for mark, may in town.marks.items() if hearers[mark] - may}
    assert len(unheard) < len(town.marks) / 10, "the marks are not where somebody could hear them"
