"""How a page looks and reads to everybody: what axe finds, in light and in dark."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe


def faults(page: Any) -> list[str]:
    """What axe finds on the page as it stands, in both colour schemes: rule, place, and why."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for violation in Axe().run(page).response["violations"]:
            found += [
                f"{scheme} {violation['id']} {node['target']}: {node['failureSummary']}"
                for node in violation["nodes"]
            ]
    page.emulate_media(color_scheme="light")
    return found
