"""The twin: a stateful Moodle 4.5 stand-in over HTTP, several sites in one process."""

from passerelle_laptop.twin.site import Site
from passerelle_laptop.twin.twin import Twin

__all__ = ["Site", "Twin"]
