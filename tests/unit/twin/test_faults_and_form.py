"""What PHP drops, what goes wrong on demand, and what the log of calls tells."""

from __future__ import annotations

import json
import time

import pytest
import requests

from passerelle_laptop.twin.phpform import decode

GONE = requests.ConnectionError


def enrolments(course, user, many):
    form = {}
    for row in range(many):
        form |= {
            f"enrolments[{row}][roleid]": 5,
            f"enrolments[{row}][userid]": user,
            f"enrolments[{row}][courseid]": course,
        }
    return form


def test_php_drops_what_exceeds_its_limit_in_silence(lycee, post):
    course, user = lycee.add_course("C"), lycee.user("etu1")
    answer = post(lycee, "enrol_manual_enrol_users", **enrolments(course.id, user.id, 400)).json()
    # 1000 variables: three of the call, 332 whole rows and the roleid of the 333rd.
    assert answer["errorcode"] == "invalidparameter"
    (call,) = lycee.log.calls("enrol_manual_enrol_users")
    assert (call.rows, call.variables, call.truncated) == (333, 1203, True)
    assert post(lycee, "enrol_manual_enrol_users", **enrolments(course.id, user.id, 332)).json() is None


def test_forms_become_arrays_as_in_php():
    form = decode(b"a[b][]=1&a[b][]=2&a[b][7]=3&a[b][]=4&c.d=5&e%5Bf%5D=g%20h+i&e[f]=last&=x&k", 100)
    assert form == {
        "a": {"b": {"0": "1", "1": "2", "7": "3", "8": "4"}},
        "c_d": "5",
        "e": {"f": "last"},
        "k": "",
    }


def test_a_body_over_the_sites_limit_arrives_empty(lycee, post, monkeypatch):
    monkeypatch.setattr(lycee.settings, "post_max_size", 100)
    answer = post(lycee, "core_webservice_get_site_info", padding="x" * 200)
    assert "<ERRORCODE>missingparam</ERRORCODE>" in answer.text  # the wish for JSON is lost too


def test_several_functions_go_in_one_call_as_json(lycee, post):
    course, user = lycee.add_course("C"), lycee.user("etu1")
    rows = [{"roleid": 5, "userid": user.id, "courseid": course.id}] * 2000
    form = {
        "requests[0][function]": "enrol_manual_enrol_users",
        "requests[0][arguments]": json.dumps({"enrolments": rows}),
    }
    answer = post(lycee, "tool_mobile_call_external_functions", **form).json()
    assert answer == {"responses": [{"error": False, "data": "null"}]}
    assert len(lycee.state.enrolments) == 1


def test_the_token_counts_only_in_the_body(lycee):
    query = f"wstoken={lycee.token}&wsfunction=core_webservice_get_site_info&moodlewsrestformat=json"
    address = f"{lycee.base_url}/webservice/rest/server.php?{query}"
    for answer in (requests.get(address, timeout=5), requests.post(address, timeout=5)):
        assert "missingparam" in answer.text
        assert "Lycée" not in answer.text


# -- faults ----------------------------------------------------------------------------------------------------


def create(post, site):
    form = {"categories[0][name]": "Neuve", "categories[0][parent]": 0, "categories[0][idnumber]": "neuve"}
    return post(site, "core_course_create_categories", **form)


@pytest.mark.parametrize("kind", ["cutbefore", "cutafter", "http500", "html", "maintenance", "slow", "down"])
def test_a_fault_strikes_as_often_as_asked_and_has_its_effect_or_none(lycee, post, kind):
    lycee.faults.add(kind, "core_course_create_categories", count=1, seconds=0.05)
    started = time.perf_counter()
    if kind in {"cutbefore", "cutafter", "down"}:
        with pytest.raises(GONE):
            create(post, lycee)
    else:
        answer = create(post, lycee)
        assert time.perf_counter() - started >= 0.05
        assert answer.status_code == {"http500": 500, "maintenance": 503}.get(kind, 200)
        assert answer.headers["content-type"].startswith(
            {"http500": "text/plain", "slow": "application/json"}.get(kind, "text/html")
        )
    assert ("neuve" in lycee.state.categoryidnumbers) == (kind in {"cutafter", "slow"})
    assert lycee.log.calls("core_course_create_categories")[0].outcome == ("ok" if kind == "slow" else kind)
    assert post(lycee, "core_webservice_get_site_info").json()["sitename"] == "Lycée A"
    assert lycee.faults.armed() == []


def test_a_fault_can_let_calls_go_by_and_last_until_cleared(lycee, post):
    lycee.faults.add("http500", "*", count=-1, skip=1)
    statuses = [post(lycee, "core_webservice_get_site_info").status_code for _ in range(4)]
    lycee.faults.clear()
    assert (statuses, post(lycee, "core_webservice_get_site_info").status_code) == ([200, 500, 500, 500], 200)


def test_a_site_can_be_down_and_come_back_with_its_rows(twin, lycee, post):
    lycee.add_course("C", idnumber="c")
    address = lycee.base_url
    post(lycee, "core_webservice_get_site_info")
    twin.stop_site("lycee-a")
    with pytest.raises(GONE):
        post(lycee, "core_webservice_get_site_info")
    twin.start_site("lycee-a")
    assert lycee.base_url == address
    answer = post(lycee, "core_course_get_courses_by_field", field="idnumber", value="c").json()
    assert len(answer["courses"]) == 1


def test_a_restore_can_fail_its_precheck(hub, restore):
    hub.faults.add("precheck", "restore")
    job = restore(shortname="C")
    assert (job["status"], job["error"]["code"], hub.state.courses) == ("failed", "precheck", {})
    assert restore(jobkey="pub:2", shortname="C")["status"] == "done"


def test_a_job_can_go_silent_or_never_answer(hub, restore, ear):
    hub.faults.add("unreported", "restore")
    assert restore(shortname="C")["status"] == "done"
    assert ear.asked("jobs") == []
    hub.faults.add("stuck", "pub:2")
    for _ in range(2):
        assert restore(jobkey="pub:2", shortname="D")["status"] == "running"


# -- over HTTP ---------------------------------------------------------------------------------------------------


def test_faults_and_calls_are_reached_over_http_from_here_only(lycee, post):
    faults, calls = f"{lycee.base_url}/_twin/faults", f"{lycee.base_url}/_twin/calls"
    armed = requests.post(faults, json={"kind": "http500", "function": "*", "count": 1}, timeout=5)
    assert armed.json()[0]["kind"] == "http500"
    assert post(lycee, "core_webservice_get_site_info").status_code == 500
    assert requests.post(faults, json={"kind": "nosuch"}, timeout=5).status_code == 422
    assert requests.delete(faults, timeout=5).json() == []
    told = requests.get(calls, timeout=5)
    assert told.json()["counts"] == {"core_webservice_get_site_info": 1}
    assert lycee.token not in told.text
    for headers in ({"Origin": "https://elsewhere.example"}, {"Host": "elsewhere.example"}):
        assert requests.get(calls, headers=headers, timeout=5).status_code == 403


def test_the_log_counts_calls_and_keeps_no_parameter(lycee, post):
    post(lycee, "core_user_get_users_by_field", **{"field": "email", "values[0]": "someone@private.example"})
    post(lycee, "core_user_get_users_by_field", token="f" * 32, **{"field": "id", "values[0]": "1"})
    assert lycee.log.count("core_user_get_users_by_field") == lycee.log.count() == 2
    assert [call.outcome for call in lycee.log.calls()] == ["ok", "invalidtoken"]
    assert "private" not in str(lycee.log.rows())


def test_a_snapshot_is_put_back_in_less_than_20_milliseconds(twin, lycee):
    rows = twin.snapshot()
    lycee.add_course("C")
    started = time.perf_counter()
    twin.put_back(rows)
    assert time.perf_counter() - started < 0.02
    assert lycee.state.courses == {}


def test_calls_of_many_threads_lose_nothing(lycee, post):
    from concurrent.futures import ThreadPoolExecutor

    def one(number):
        form = {"cohorts[0][name]": str(number), "cohorts[0][idnumber]": str(number)}
        form |= {"cohorts[0][categorytype][type]": "system", "cohorts[0][categorytype][value]": ""}
        return post(lycee, "core_cohort_create_cohorts", **form).json()[0]["id"]

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(one, range(80)))
    assert sorted(ids) == list(range(1, 81))
