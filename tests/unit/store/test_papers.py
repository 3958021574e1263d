from __future__ import annotations

import pytest

from tests.unit.store.conftest import PAPERS, both

pytestmark = both


def test_a_document_comes_back_as_json(papers):
    papers.put("manifests/u1.json", {"title": "Été", "sections": ("a", "b"), "size": 1.5, "none": None})
    wanted = {"title": "Été", "sections": ["a", "b"], "size": 1.5, "none": None}
    assert papers.get("manifests/u1.json") == wanted


def test_a_document_written_as_json_already_comes_back_as_any_other(papers):
    papers.put_json("a.json", '{"title":"Été","sections":["a"]}')
    assert papers.get("a.json") == {"title": "Été", "sections": ["a"]}


def test_a_document_that_was_never_put_is_none(papers):
    assert papers.get("manifests/u1.json") is None


def test_the_last_document_put_under_a_key_is_the_one_read(papers):
    papers.put("a.json", {"n": 1})
    papers.put("a.json", {"n": 2})
    assert papers.get("a.json") == {"n": 2}


def test_deleting_a_document_twice_is_well(papers):
    papers.put("a.json", {"n": 1})
    papers.delete("a.json")
    papers.delete("a.json")
    assert papers.get("a.json") is None


def test_what_json_cannot_hold_is_not_put(papers):
    with pytest.raises(TypeError):
        papers.put("a.json", {"n": object()})
    assert papers.get("a.json") is None


def test_a_page_is_kept_as_it_is_with_its_media_type(papers, real, request):
    papers.put_text("nights/caen/fr.html", "<p>Été</p>", "text/html; charset=utf-8")
    if not real:
        assert papers.texts["nights/caen/fr.html"] == "<p>Été</p>"
        return
    found = request.getfixturevalue("aws").s3.get_object(Bucket=PAPERS, Key="nights/caen/fr.html")
    assert found["Body"].read().decode() == "<p>Été</p>"
    assert found["ContentType"] == "text/html; charset=utf-8"
