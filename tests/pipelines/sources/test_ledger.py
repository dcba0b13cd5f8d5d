"""Ledger: a position is given up only when all before it is published."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay.pipelines.sources import ledger
from docassay.pipelines.sources.ledger import Ledger


def opened(*offsets: int, first: int = 0) -> Ledger:
    found = Ledger()
    found.active = True
    found.start("mail/0", first)
    for offset in offsets:
        found.open(f"kafka://mail/0/{offset}", "mail/0", offset)
    return found


def settle(found: Ledger, *offsets: int) -> int:
    found.settle(f"kafka://mail/0/{offset}" for offset in offsets)
    return found.committable()["mail/0"]


def test_only_the_contiguous_prefix_is_committed() -> None:
    found = opened(0, 1, 2, 3)
    assert [settle(found, n) for n in (1, 3, 0, 2)] == [0, 0, 2, 4]
    assert found.under_way == 0


def test_messages_that_come_out_of_order_wait_for_those_before_them() -> None:
    found = opened(5, 6)
    assert settle(found, 5, 6) == 0, "0 to 4 were never seen"
    for offset in range(5):
        found.open(f"kafka://mail/0/{offset}", "mail/0", offset)
    assert settle(found, *range(5)) == 7


def test_a_gap_that_the_broker_left_is_passed_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    found = opened(0, 1, 5)
    assert settle(found, 0, 1, 5) == 2
    monkeypatch.setattr(ledger, "GAP_SECONDS", -1.0)
    assert found.committable()["mail/0"] == 6


def test_a_mail_counts_when_its_last_attachment_is_published() -> None:
    found = opened(0)
    found.expect("kafka://mail/0/0#attachment-1")
    found.expect("kafka://mail/0/0#attachment-1#attachment-1")
    assert settle(found, 0) == 0
    found.settle(["kafka://mail/0/0#attachment-1"])
    assert found.committable()["mail/0"] == 0
    found.settle(["kafka://mail/0/0#attachment-1#attachment-1"])
    assert found.committable()["mail/0"] == 1


def test_two_messages_that_name_the_same_file_are_both_committed() -> None:
    found = opened()
    for offset in (0, 1):
        found.open("gs://in/a.pdf", "mail/0", offset)
    found.settle(["gs://in/a.pdf"])
    assert found.committable()["mail/0"] == 0
    found.settle(["gs://in/a.pdf"])
    assert found.committable()["mail/0"] == 2


def test_acknowledgements_are_taken_once() -> None:
    found = opened()
    found.open("pubsub://mail/1", "mail", "ack-1")
    assert (found.acknowledged(), found.waiting()) == ([], ["ack-1"])
    found.settle(["pubsub://mail/1"])
    assert (found.acknowledged(), found.acknowledged()) == (["ack-1"], [])


def test_where_the_runner_keeps_the_position_nothing_is_kept() -> None:
    found = Ledger()
    found.open("kafka://mail/0/0", "mail/0", 0)
    found.settle(["kafka://mail/0/0"])
    assert (found.under_way, found.committable()) == (0, {})


@given(st.permutations(list(range(12))), st.integers(0, 12))
def test_nothing_unpublished_lies_before_what_is_committed(order: list[int], published: int) -> None:
    found = opened(*order)
    done = set(order[:published])
    assert settle(found, *done) == next(n for n in range(13) if n not in done)
