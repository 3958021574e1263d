"""What changed between two versions of a publication, as it is read (P22)."""

from __future__ import annotations

from passerelle.domain.publishing.changes import Change, Changes
from passerelle.words.formatter import fill

_KINDS = {
    "added": ("Ajouté : {titles}.", "Added: {titles}."),
    "removed": ("Retiré : {titles}.", "Removed: {titles}."),
    "changed": ("Modifié : {titles}.", "Changed: {titles}."),
}
_UNCHANGED = ("Aucune activité n’a changé.", "No activity has changed.")
_LISTED = 10


def changes_text(changes: Changes | None, lang: str) -> str:
    """One line for each kind; nothing where it is not known."""
    if changes is None:
        return ""
    found = {"added": changes.added, "removed": changes.removed, "changed": changes.changed}
    lines = [
        fill(_KINDS[kind], lang, {"titles": _titles(rows, lang)}) for kind, rows in found.items() if rows
    ]
    return "\n".join(lines) or fill(_UNCHANGED, lang, {})


def _titles(rows: tuple[Change, ...], lang: str) -> str:
    french = lang.startswith("fr")
    quoted = [f"«\u00a0{row.title}\u00a0»" if french else f"“{row.title}”" for row in rows[:_LISTED]]
    more = len(rows) - _LISTED
    if more > 0:
        quoted.append(f"et {more} de plus" if french else f"and {more} more")
    return ", ".join(quoted)
