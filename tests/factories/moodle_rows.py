"""What a Moodle exports, row by row; valid by default, and nothing runs behind it."""

from __future__ import annotations

from typing import Any, Self

from passerelle.domain.night.plan.actual import Actual, read_actual


class Moodle:
    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def put(self, table: str, **row: Any) -> Self:
        rows = self.rows.setdefault(table, [])
        rows.append({"id": len(rows) + 1, **row})
        return self

    def user(self, username: str = "p1", idnumber: str = "P1", **more: Any) -> Self:
        return self.put("users", username=username, idnumber=idnumber, **more)

    def category(self, idnumber: str = "C1", *, parent: str = "", ours: bool = True) -> Self:
        self.put("categories", idnumber=idnumber, name=idnumber, parent=parent, visible=True)
        return self._own("category", "categories") if ours else self

    def course(
        self,
        idnumber: str = "E1",
        *,
        ours: bool = True,
        fullname: str = "",
        visible: bool = True,
        **more: Any,
    ) -> Self:
        names = {"shortname": idnumber, "fullname": fullname or idnumber}
        self.put("courses", idnumber=idnumber, visible=visible, **(names | more))
        return self._own("course", "courses") if ours else self

    def _own(self, kind: str, table: str) -> Self:
        return self.put("owned", kind=kind, itemid=len(self.rows[table]), adopted=False)

    def enrolled(
        self,
        course: str = "E1",
        username: str = "p1",
        *,
        method: str = "passerelle",
        active: bool = True,
        role: str = "student",
    ) -> Self:
        number = [row["idnumber"] for row in self.rows["courses"]].index(course) + 1
        return self.put(
            "enrolments",
            course=course,
            courseid=number,
            username=username,
            method=method,
            source="night" if method == "passerelle" else "",
            roles=[role],
            status="active" if active else "suspended",
        )

    def actual(self) -> Actual:
        return read_actual(lambda table: self.rows.get(table, []))
