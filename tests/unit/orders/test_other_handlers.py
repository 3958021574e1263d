"""The other handlers of the shop's table, each on a whole Moodle."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.states import OrderState
from passerelle.usecases.orders import seats, work
from tests.factories.orders import a_line, a_participant, a_product, a_shop, some_facts
from tests.factories.records import NOW
from tests.scenes.orders import OrderScene


def codes(scene: OrderScene) -> list[str]:
    return [note.code for note in scene.order().why]


def sell_one(
    handler: str, parameters: str, scene: OrderScene | None = None, number: str = "1042", **line: Any
) -> OrderScene:
    product = a_product(handler, parameters=parameters, price="")
    shop = a_shop(products={"P": product, "SPOCM1": a_product()})
    if scene is None:
        scene = OrderScene(shop)
    sold = replace(a_line(), product="P", participants=(), **({"quantity": 1} | line))
    scene.sell(some_facts(number, lines=(sold,)))
    return scene


def test_std_enrolonecourse_enrols_the_buyer_in_a_group() -> None:
    scene = sell_one("std_enrolonecourse", "courseidnumber=SPOC-1&groupname=Libres&duration=10")
    assert scene.order().state == OrderState.FULFILLED
    assert scene.enrolled() == {"rh@client.example": ("student",)}
    assert scene.members() == {"boutique:Libres": ["rh@client.example"]}


def test_std_enrolonecoursemultiple_bought_again_moves_the_end() -> None:
    scene = sell_one("std_enrolonecoursemultiple", "coursename=SPOCM1&duration=30")
    sell_one("std_enrolonecoursemultiple", "coursename=SPOCM1&duration=30", scene, "1043")
    (row,) = scene.moodle.state.enrolments.values()
    assert row.timeend == int((NOW + timedelta(days=60)).timestamp())
    work.replay(scene.world, "boutique:1042")
    scene.deliver()
    assert row.timeend == int((NOW + timedelta(days=60)).timestamp())


def test_std_extendenrolperiod_moves_the_end_by_extension_times_quantity() -> None:
    scene = OrderScene(
        a_shop(
            products={
                "SPOCM1": a_product(
                    "std_enrolonecourse", parameters="coursename=SPOCM1&duration=30", price=""
                ),
                "MORE": a_product(
                    "std_extendenrolperiod", parameters="coursename=SPOCM1&extension=15", price=""
                ),
            }
        )
    )
    scene.sell(some_facts("1", lines=(replace(a_line(), participants=(), quantity=1),)))
    scene.sell(some_facts("2", lines=(replace(a_line(), product="MORE", participants=(), quantity=2),)))
    assert scene.order("boutique:2").state == OrderState.FULFILLED
    (row,) = scene.moodle.state.enrolments.values()
    assert row.timeend == int((NOW + timedelta(days=60)).timestamp())
    # Nothing to extend is said, not done.
    scene = sell_one("std_extendenrolperiod", "coursename=SPOCM1&extension=15")
    assert (scene.order().state, codes(scene)) == (OrderState.PARKED, ["nothing_to_extend"])


def test_std_generateseats_sells_seats_for_a_choice_of_courses() -> None:
    scene = sell_one("std_generateseats", "courselist=SPOCM1,SUPPORT&packsize=5", quantity=2)
    assert (scene.order().state, codes(scene)) == (OrderState.WAITING, ["seats_free"])
    assert scene.order().why[0].details == {"count": "10"}
    people = (a_participant("ana", course="SUPPORT"), a_participant("bob", course="SPOCM1"))
    assert seats.name_people(scene.world, "boutique:1042", "1", people) == ()
    scene.deliver()
    assert set(scene.enrolled("SUPPORT")) == {"ana@client.example"}
    assert set(scene.enrolled()) == {"bob@client.example"}
    (problem,) = seats.name_people(scene.world, "boutique:1042", "1", (a_participant("eve", course="AUTRE"),))
    assert problem.code == "course_unknown"


def test_std_assignroleoncontext_gives_one_role_in_one_context() -> None:
    scene = sell_one("std_assignroleoncontext", "contextlevel=course&instance=SPOCM1&role=teacher")
    assert scene.order().state == OrderState.FULFILLED
    course = scene.moodle.course("SPOCM1").id
    assert scene.moodle.state.roles_of(course, scene.moodle.user("rh@client.example").id) == [4]
    lost = sell_one("std_assignroleoncontext", "contextlevel=course&instance=NOWHERE&role=teacher")
    assert codes(lost) == ["context_unknown"]


def test_std_createcategory_makes_the_buyers_own_category_once() -> None:
    product = a_product("std_createcategory", parameters="parentcategory=CLIENTS", price="")
    scene = OrderScene(a_shop(products={"P": product}))
    scene.moodle.add_category("Clients", "CLIENTS")
    line = replace(a_line(), product="P", participants=(), quantity=1)
    scene.sell(some_facts(lines=(line,)))
    work.replay(scene.world, "boutique:1042")
    scene.deliver()
    assert scene.order().state == OrderState.FULFILLED
    made = [c for c in scene.moodle.state.categories.values() if c.idnumber == "boutique:1042:1"]
    assert [c.name for c in made] == ["Client SA"]
    held = [a for a in scene.moodle.state.assignments.values() if a.level == "coursecat"]
    assert [(a.instance, a.roleid) for a in held] == [(made[0].id, 1)]


@pytest.mark.parametrize("backs_people_up", [False, True])
def test_std_createcourse_copies_a_template_for_the_buyer_once(backs_people_up: bool) -> None:
    product = a_product("std_createcourse", parameters="coursecategory=CLIENTS&template=SPOCM1", price="")
    scene = OrderScene(a_shop(products={"P": product}))
    scene.moodle.settings.backs_people_up = backs_people_up
    scene.moodle.add_category("Clients", "CLIENTS")
    scene.moodle.change_course("SPOCM1", add="page", name="Bienvenue")
    scene.sell(some_facts(lines=(replace(a_line(), product="P", participants=(), quantity=1),)))
    work.replay(scene.world, "boutique:1042")
    scene.deliver()
    assert scene.order().state == OrderState.FULFILLED
    (made,) = [c for c in scene.moodle.state.courses.values() if c.shortname == "boutique:1042:1"]
    assert made.fullname.endswith("Client SA")
    assert "Bienvenue" in {module.name for module in made.content.modules.values()}
    assert scene.moodle.state.roles_of(made.id, scene.moodle.user("rh@client.example").id) == [3]
    # Whoever may not back people up is refused to say that they stay out, and asks once more without.
    assert scene.caen.calls.count("core_course_duplicate_course") == (1 if backs_people_up else 2)
    assert made.id in scene.moodle.state.coursesof[scene.moodle.user("rh@client.example").id]


def test_std_registeredproduct_and_std_prorogate_keep_and_move_an_end() -> None:
    scene = OrderScene(
        a_shop(
            products={
                "R": a_product("std_registeredproduct", parameters="customersupport=SUPPORT", price=""),
                "M": a_product("std_prorogate", parameters="timeshift=30", price=""),
            }
        )
    )
    scene.sell(some_facts("1", lines=(replace(a_line(), product="R", participants=(), quantity=1),)))
    assert scene.order("boutique:1").state == OrderState.FULFILLED
    assert set(scene.enrolled("SUPPORT")) == {"rh@client.example"}
    (owned,) = scene.page("rh@client.example").products
    assert (owned.product, owned.end) == ("R", None)
    scene.sell(some_facts("2", lines=(replace(a_line(), product="M", participants=(), quantity=1),)))
    # A product without an end has none to move: said, and nothing changed.
    assert [n.code for n in scene.order("boutique:2").why] == ["nothing_to_prorogate"]


@pytest.mark.parametrize("handler", ["std_createvinstance", "std_addquizattempts", "std_openltiaccess"])
def test_a_handler_that_needs_a_plugin_parks_the_order(handler: str) -> None:
    scene = sell_one(handler, "")
    assert (scene.order().state, codes(scene)) == (OrderState.PARKED, ["handler_needs_plugin"])
