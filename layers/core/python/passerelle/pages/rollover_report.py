"""R12's report as one HTML file, readable without anything else: no script, nothing of elsewhere is loaded."""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.domain.rollover.report import Report
from passerelle.pages.templating import render
from passerelle.words.formatter import Pair
from passerelle.words.rollover_report import as_rows

HEADS: Mapping[str, Pair] = {
    "where": ("Où", "Where"),
    "what": ("Quoi", "What"),
    "todo": ("Que faire", "What to do"),
}


def as_page(report: Report, lang: str) -> str:
    return render("rollover_report.html", lang, HEADS, report=as_rows(report, lang))
