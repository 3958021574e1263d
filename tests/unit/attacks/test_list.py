"""Which test attacks what: what an attack on an earlier release found, paragraph by paragraph of the issue that
asked for it, and what was tried since. Each is refused; one that is missing fails here.
"""

from __future__ import annotations

import ast
from functools import cache

import pytest

from tests.infra.templates import ROOT

DOORS, ODD = "tests/unit/attacks/test_doors.py", "tests/unit/attacks/test_odd_input.py"
ATTACKS: dict[str, dict[str, str]] = {
    "1. secrets by kind": {
        "a right to one kind more, given by hand in any of eight ways": "tests/infra/test_secrets_by_kind.py::test_one_kind_more_than_the_code_asks_for_is_seen",
        "a policy attached from another file": "tests/infra/test_secrets_by_kind.py::test_rights_stand_in_roles_and_in_the_policies_of_one_file",
        "a star in an action or a resource": "tests/infra/test_permissions.py::test_no_right_is_a_star",
        "a function that reads another kind, in the emulated AWS": "tests/infra/test_emulator.py::test_a_function_may_do_what_its_role_says_and_nothing_else",
    },
    "2. throttles and floods": {
        "a flood at one door": "tests/infra/test_permissions.py::test_a_flood_at_one_door_silences_no_other",
        "unsigned posts to sites, known and not": "tests/unit/runtime/test_wiring.py::test_an_unsigned_post_costs_as_much_for_a_known_site_as_for_none_and_writes_nothing",
        "unsigned deliveries": "tests/unit/runtime/test_wiring.py::test_an_unsigned_delivery_costs_a_look_up_that_is_kept_and_writes_nothing",
        "altered deliveries": "tests/unit/orders/test_door.py::test_a_bad_signature_leaves_nothing",
        "forged deliveries of PayPal": "tests/unit/shops/test_signatures.py::test_a_forged_paypal_delivery_is_refused_and_an_impossible_one_asks_nobody",
    },
    "3. limits": {
        "101 keys of jobs": f"{DOORS}::test_a_report_of_jobs_is_no_flood_of_questions",
        "NUL, controls and `@v2` in idnumbers": f"{DOORS}::test_an_idnumber_is_neither_a_command_nor_an_older_version",
        "a language with a line break": f"{DOORS}::test_a_language_is_one_of_ours_before_it_reaches_a_header_or_a_page",
        "a neighbouring host's cookie": f"{DOORS}::test_a_buyers_cookie_is_of_this_host_alone_and_never_sent_in_the_clear",
        "a site's name by what a refusal costs": "tests/unit/runtime/test_wiring.py::test_a_known_site_has_its_keys_and_an_unknown_one_keys_that_fit_nothing",
        "a count that cannot be kept": f"{DOORS}::test_a_limit_that_cannot_be_counted_is_not_taken_for_kept",
        "a title that clears the terminal": f"{DOORS}::test_what_a_title_holds_is_shown_and_not_sent_to_the_terminal",
        "a title printed past the filter": f"{DOORS}::test_only_what_is_the_commands_own_is_printed_past_that",
        "an address that reads as another": f"{DOORS}::test_an_address_reads_as_it_is_written",
    },
    "4. retention": {
        "a kind of record without a time": "tests/infra/test_retention.py::test_every_kind_of_record_has_a_time_or_names_nobody",
        "a kind of record that nobody listed": "tests/infra/test_retention.py::test_every_kind_of_record_is_known_to_what_shows_and_forgets",
        "a document without a time": "tests/infra/test_retention.py::test_every_kind_of_document_has_a_time_or_names_nobody",
        "a log or a message without a time": "tests/infra/test_retention.py::test_every_log_and_every_message_has_a_time",
        "an order without training, kept for ever": "tests/unit/people/test_retention.py::test_an_order_loses_its_names",
    },
    "5. forgetting and showing": {
        "a name in logs, messages, executions": "tests/integration/test_people_in_the_stories.py::test_nobody_is_named_in_a_log_a_message_or_an_execution",
        "somebody else's data in an answer": "tests/integration/test_people_in_the_stories.py::test_what_is_held_of_each_is_shown_and_names_nobody_else",
        "a name left in table, buckets or versions": "tests/integration/test_people_in_the_stories.py::test_everybody_is_gone_once_forgotten",
        "a login that is a word of every document": "tests/unit/people/test_people_in_papers.py::test_a_login_that_is_a_word_of_the_documents_own_breaks_none",
        "a login like another's family name": "tests/unit/people/test_people_in_papers.py::test_of_a_deposit_only_the_rows_that_are_theirs_go",
        "a namesake of another site": "tests/unit/people/test_forgetting.py::test_where_usernames_do_not_tell_people_apart_a_namesake_of_another_site_is_somebody_else",
        "an erasure that was cut": "tests/unit/people/test_forgetting.py::test_forgetting_that_was_cut_anywhere_is_finished_by_the_next_time",
        "acts without a name while in office": "tests/unit/people/test_forgetting.py::test_the_acts_of_whoever_is_still_in_office_stay_signed",
    },
    "6. supply chain": {
        "a pin with a known vulnerability": "tests/infra/test_supply.py::test_pip_audit_asks_for_every_pin_and_tells_what_is_known",
        "a broken audit that looks like a closed network": "tests/infra/test_supply.py::test_an_audit_that_fails_for_another_reason_is_not_taken_for_a_closed_network",
        "a package in the layer that nobody pinned": "tests/infra/test_supply.py::test_a_layer_that_holds_what_is_not_pinned_gets_no_bill",
        "a licence that nobody looked at": "tests/infra/test_supply.py::test_what_is_deployed_has_a_licence_that_was_looked_at",
    },
    "8. the plugins' rights": {
        "an account with `apply` and nothing else, on a real Moodle": "tests/live/test_rights.py",
    },
    "since then": {
        "odd input of every kind at each door": f"{ODD}::test_nothing_that_is_sent_breaks_a_door_or_reaches_a_header",
        "half a character in a buyer's name": f"{ODD}::test_half_a_character_in_a_name_stops_no_order",
        "an order called like another's link": f"{ODD}::test_a_link_opens_its_own_order_whatever_the_shop_calls_it",
        "a way into the console from another browser": "tests/unit/console/test_entry.py::test_a_way_in_that_another_browser_holds_opens_nothing",
        "a code of connection shown twice": "tests/unit/network/test_connect.py::test_who_took_the_code_may_ask_again_and_nobody_else",
        "a file that is no archive in a drop folder": "tests/unit/publishing/test_drop_folder.py::test_what_is_no_archive_in_a_sites_folder_is_passed_over",
        "a deposit in another site's folder": "tests/unit/night/test_deposit.py::test_another_file_or_site_begins_nothing",
    },
}  # fmt: skip


@cache
def functions_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    "test",
    [test for attacks in ATTACKS.values() for test in attacks.values()],
    ids=lambda test: test.split("::")[-1],
)
def test_every_attack_has_its_test(test: str) -> None:
    path, _, name = test.partition("::")
    assert (ROOT / path).is_file(), path
    assert not name or name in functions_in(path), test
