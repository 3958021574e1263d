"""No line of a French page begins with a colon or ends with an opening quotation mark."""

from __future__ import annotations

from passerelle.words.typesetting import typeset_html

PAGE = "<p title=\"a : b\">Le cours « Chimie » : vide ; prêt ? Oui !</p><a href='x ?y'>là</a>"


def test_what_is_read_is_bound_and_addresses_stay():
    assert typeset_html(PAGE, "fr") == (
        '<p title="a : b">Le cours «\u00a0Chimie\u00a0»\u00a0: vide\u202f; prêt\u202f? Oui\u202f!</p>'
        "<a href='x ?y'>là</a>"
    )
    assert typeset_html(PAGE, "en") == PAGE
