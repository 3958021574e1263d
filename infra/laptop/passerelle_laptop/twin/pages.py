from __future__ import annotations

from flask import Flask

from passerelle_laptop.twin.site import Site


def add_pages(app: Flask, site: Site) -> None:
    pass
