"""French typography: signs keep to their words."""

from passerelle.words.typesetting import typeset


def test_signs_keep_to_their_words_in_french() -> None:
    text = "Voici : « un cours » ; prêt ? Oui !"
    assert typeset(text, "fr") == ("Voici\u00a0: «\u00a0un cours\u00a0»\u202f; prêt\u202f? Oui\u202f!")
    assert typeset(text, "en") == text
