"""Names of what the night makes: templates of network.yaml, with the defaults of infra/docs/extracts.md."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

_PLACE = re.compile(r"\{(\w*)\}")

# What each template may name. Every idnumber must hold the code, or two objects would share one.
_MAY_NAME = {
    "category_idnumber": {"code"},
    "category_name": {"code", "title"},
    "course_idnumber": {"code"},
    "course_shortname": {"code", "title"},
    "course_fullname": {"code", "title"},
    "foad_idnumber": {"code"},
    "foad_shortname": {"code", "title"},
    "foad_fullname": {"code", "title"},
    "foad_description": {"code", "title"},
    "group_idnumber": {"code"},
    "group_name": {"code", "label"},
    "group_name_doubled": {"code", "label"},
    "cohort_idnumber": {"code"},
    "cohort_name": {"code", "title"},
}
_MUST_NAME_CODE = {
    "category_idnumber",
    "course_idnumber",
    "course_shortname",
    "foad_idnumber",
    "foad_shortname",
    "group_idnumber",
    "group_name_doubled",
    "cohort_idnumber",
}


class BadTemplate(ValueError):
    """`name` of the template and the `place` it may not, or must, hold."""

    def __init__(self, name: str, place: str) -> None:
        super().__init__(f"{name}: {{{place}}}")
        self.name = name
        self.place = place


@dataclass(frozen=True, slots=True)
class Naming:
    category_idnumber: str = "{code}"
    category_name: str = "{title}"
    course_idnumber: str = "{code}"
    course_shortname: str = "{code}"
    course_fullname: str = "({code}) {title}"
    foad_idnumber: str = "FOAD-{code}"
    foad_shortname: str = "FOAD - {code}"
    foad_fullname: str = "FOAD - ({code}) {title}"
    foad_description: str = "FOAD"  # what the description begins with
    group_idnumber: str = "{code}"
    group_name: str = "{label}"
    group_name_doubled: str = "{label} ({code})"  # where one label comes more than once in a course
    cohort_idnumber: str = "{code}"
    cohort_name: str = "{title}"

    def __post_init__(self) -> None:
        for template in fields(self):
            places = set(_PLACE.findall(getattr(self, template.name)))
            for place in sorted(places - _MAY_NAME[template.name]):
                raise BadTemplate(template.name, place)
            if template.name in _MUST_NAME_CODE and "code" not in places:
                raise BadTemplate(template.name, "code")


def fill(template: str, **values: str) -> str:
    """One pass, so that a title that itself holds `{code}` stays as it was typed."""
    return _PLACE.sub(lambda place: values[place[1]], template)
