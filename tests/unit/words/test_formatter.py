"""Plurals, elision, lists and the values that a sentence shows, in both languages."""

from __future__ import annotations

from datetime import date

import pytest

from passerelle.domain.states import BackupState
from passerelle.words.formatter import fill
from passerelle.words.sentences import say

SEATS = (
    "{count:# place est|# places sont} encore {count:libre|libres} dans « {course} ».",
    "{count:# seat is|# seats are} still free in “{course}”.",
)


@pytest.mark.parametrize(
    ("count", "french", "english"),
    [
        (0, "0 place est encore libre", "0 seats are"),
        (1, "1 place est encore libre", "1 seat is"),
        ("2", "2 places sont encore libres", "2 seats are"),  # as a note keeps it
        (12_345, "12\u202f345 places sont encore libres", "12,345 seats are"),
        (None, "… places sont encore libres", "… seats are"),
    ],
)
def test_number_and_words_agree(count: object, french: str, english: str) -> None:
    details = {"count": count, "course": "Chimie"}
    assert fill(SEATS, "fr", details) == f"{french} dans «\u00a0Chimie\u00a0»."
    assert fill(SEATS, "en_GB", details) == f"{english} still free in “Chimie”."


def test_nothing_at_all_may_have_a_word_of_its_own() -> None:
    pair = ("{todo:Rien|# point|# points} à corriger.", "{todo:Nothing|# point|# points} to correct.")
    assert [fill(pair, "fr", {"todo": n}) for n in (0, 1, 2)] == [
        "Rien à corriger.",
        "1 point à corriger.",
        "2 points à corriger.",
    ]
    assert fill(pair, "en", {"todo": 0}) == "Nothing to correct."


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("Ada", "d’Ada"),
        ("Émilie", "d’Émilie"),
        ("Hélène", "d’Hélène"),
        ("Yves", "d’Yves"),
        ("Yann", "de Yann"),
        ("Hakim", "de Hakim"),
        ("Bob", "de Bob"),
        ("8", "de 8"),
        ("Onze", "de Onze"),
    ],
)
def test_de_is_elided_before_a_vowel(who: str, said: str) -> None:
    assert fill(("La fiche de {who}", "The record of {who}"), "fr", {"who": who}) == f"La fiche {said}"
    assert fill(("La fiche de {who}", "The record of {who}"), "en", {"who": who}) == f"The record of {who}"


def test_que_is_elided_too_and_other_words_are_not() -> None:
    assert fill(("tant que {who} attend", ""), "fr", {"who": "Ada"}) == "tant qu’Ada attend"
    assert fill(("code {who}, mode {who}", ""), "fr", {"who": "Ada"}) == "code Ada, mode Ada"


def test_lists_states_and_days_are_in_the_readers_language() -> None:
    pair = (
        "{who} {who:enseigne|enseignent} ici depuis le {day} : {state}",
        "{who} {who:teaches|teach} here since {day}: {state}",
    )
    details = {
        "who": ["Ada", "Bob", "Cléo"],
        "day": date(2026, 10, 1),
        "state": BackupState.ACCEPTED,
    }
    assert fill(pair, "fr", details) == (
        "Ada, Bob et Cléo enseignent ici depuis le 1er octobre 2026\u00a0: prête à mutualiser"
    )
    assert fill(pair, "en", details) == "Ada, Bob and Cléo teach here since 1 October 2026: ready to share"
    assert fill(pair, "fr", {**details, "who": ["Ada"]}).startswith("Ada enseigne ici")


def test_what_people_typed_keeps_its_spaces_and_its_braces() -> None:
    assert fill(("Titre : {title}", ""), "fr", {"title": "A : {b} l'an"}) == "Titre\u00a0: A : {b} l'an"


def test_a_pair_of_a_table_is_said_like_a_code_whatever_its_details_are_called() -> None:
    assert say(("{lang} de {what}", "{lang} of {what}"), "fr", lang="Langue", what="Ada") == "Langue d’Ada"
