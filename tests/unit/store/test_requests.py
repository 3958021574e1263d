from __future__ import annotations

from datetime import timedelta

import pytest

from passerelle.errors import Conflict
from tests.unit.store.conftest import both

pytestmark = both

ANSWER = {"upload": "u1", "parts": 3, "share": 0.5, "next": None, "title": "Été", "list": [1, {"a": True}]}


def test_a_request_seen_first_has_no_answer(requests):
    assert requests.remembered("caen", "msg_1", "aa") is None


def test_the_same_request_gets_the_stored_answer(requests):
    requests.remembered("caen", "msg_1", "aa")
    requests.remember("caen", "msg_1", ANSWER)
    assert requests.remembered("caen", "msg_1", "aa") == ANSWER


def test_an_id_is_bound_to_its_body_before_anything_is_answered(requests):
    requests.remembered("caen", "msg_1", "aa")
    with pytest.raises(Conflict):
        requests.remembered("caen", "msg_1", "bb")


def test_an_answered_id_with_another_body_is_a_conflict(requests):
    requests.remembered("caen", "msg_1", "aa")
    requests.remember("caen", "msg_1", ANSWER)
    with pytest.raises(Conflict):
        requests.remembered("caen", "msg_1", "bb")


def test_a_request_that_was_cut_before_its_answer_is_done_again(requests):
    requests.remembered("caen", "msg_1", "aa")
    assert requests.remembered("caen", "msg_1", "aa") is None


def test_the_first_answer_stays(requests):
    requests.remembered("caen", "msg_1", "aa")
    requests.remember("caen", "msg_1", {"n": 1})
    requests.remember("caen", "msg_1", {"n": 2})
    assert requests.remembered("caen", "msg_1", "aa") == {"n": 1}


def test_two_sites_may_use_the_same_id(requests):
    requests.remembered("caen", "msg_1", "aa")
    requests.remember("caen", "msg_1", ANSWER)
    assert requests.remembered("lille", "msg_1", "bb") is None


def test_a_request_is_remembered_for_nearly_three_days_and_then_no_more(requests, clock):
    requests.remembered("caen", "msg_1", "aa")
    requests.remember("caen", "msg_1", ANSWER)
    clock.tick(timedelta(days=3, seconds=-1))
    assert requests.remembered("caen", "msg_1", "aa") == ANSWER
    clock.tick(timedelta(seconds=1))
    assert requests.remembered("caen", "msg_1", "bb") is None
