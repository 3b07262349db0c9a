"""Budgets belong to people: they run out, refill evenly, and are forgotten when nobody uses them."""

from __future__ import annotations

from functools import partial

import pytest

from collab.errors import Overloaded
from collab.limits import Bucket, Budgets, Limits, Person

LIMITS = Limits(
    frames_per_second=10,
    frame_burst=20,
    bytes_per_second=100,
    byte_burst=1000,
    reply_bytes_per_second=100,
    reply_burst=500,
    documents_per_person=2,
    connections_per_person=3,
)


def test_a_bucket_runs_out_and_refills() -> None:
    bucket = Bucket(rate=10, burst=20, now=0.0)
    assert bucket.take(0.0, 20) and not bucket.take(0.0, 1)
    assert bucket.take(1.0, 10) and not bucket.take(1.0, 0.1)
    assert not bucket.full(2.9) and bucket.full(3.0)
    assert bucket.take(100.0, 20) and not bucket.take(100.0, 1)


def test_frames_and_bytes_are_counted_over_all_connections() -> None:
    person = Budgets(partial(Person, LIMITS)).person("ada", 0.0)
    for _ in range(20):
        person.receive(0.0, 1)
    with pytest.raises(Overloaded):
        person.receive(0.0, 1)
    person.receive(1.0, 900)
    with pytest.raises(Overloaded):
        person.receive(1.0, 500)


def test_answers_are_counted_and_a_large_document_can_still_be_opened() -> None:
    person = Budgets(partial(Person, LIMITS)).person("ada", 0.0)
    person.reply(0.0, 10_000)
    with pytest.raises(Overloaded):
        person.reply(0.0, 10)
    person.reply(10.0, 500)


def test_open_documents_and_connections_are_bounded() -> None:
    person = Budgets(partial(Person, LIMITS)).person("ada", 0.0)
    person.open("a")
    person.open("b")
    with pytest.raises(Overloaded, match="documents"):
        person.open("c")
    person.open("a")
    with pytest.raises(Overloaded, match="connections"):
        person.open("a")
    person.close("a")
    person.close("a")
    person.open("c")
    assert person.documents == {"b": 1, "c": 1}


def test_who_left_is_forgotten_once_the_budget_is_full_again() -> None:
    budgets = Budgets(partial(Person, LIMITS))
    ada, ben = budgets.person("ada", 0.0), budgets.person("ben", 0.0)
    assert budgets.person("ada", 0.0) is ada
    ada.receive(0.0, 100)
    ben.open("a")
    budgets.sweep(0.5)
    assert len(budgets) == 2
    budgets.sweep(10.0)
    assert len(budgets) == 1
    ben.close("a")
    budgets.sweep(10.0)
    assert len(budgets) == 0
