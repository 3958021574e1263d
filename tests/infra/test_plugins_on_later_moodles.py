"""The Moodle plugins call nothing that Moodle 4.5 to 5.2 removed or deprecated.

The names are those of Moodle's own upgrade notes (UPGRADING.md, sections 4.5 to 5.2dev). The test reads the plugins; a
Moodle 5 is not run here.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "infra" / "moodle"
LOCAL = PLUGINS / "local_passerelle"

FUNCTIONS = {
    "4.5": """reset_password_and_mail plagiarism_get_file_results plagiarism_update_status rc4encrypt rc4decrypt
        endecrypt print_grade_menu get_core_subsystems get_plugin_types get_plugin_list get_plugin_list_with_class
        get_plugin_directory normalize_component get_component_directory get_context_instance get_system_context
        can_use_rotated_text print_arrow print_error search_generate_text_SQL print_course_request_buttons
        feedback_check_is_switchrole""",
    "5.0": """question_make_default_categories question_delete_course question_delete_course_category imagecopybicubic
        moodle_process_email calendar_sub_month calendar_add_month calendar_day_representation
        calendar_time_representation calendar_format_event_time calendar_get_courselink calendar_events_by_day
        calendar_top_controls calendar_get_link_previous calendar_get_link_next prepare_for_view
        calendar_add_event_metadata course_format_ajax_support course_get_cm_edit_actions edit_default_completion
        print_graded_users_selector user_preference_allow_ajax_update data_print_template data_preset_name
        data_get_available_presets data_get_available_site_presets data_delete_site_preset is_directory_a_preset
        data_presets_save data_presets_generate_xml data_presets_export data_user_can_delete_preset data_view
        imscp_libxml_disable_entity_loader lti_libxml_disable_entity_loader quiz_delete_override
        quiz_delete_all_overrides book_get_nav_classes""",
    "5.1": """file_encode_url ajax_capture_output ajax_check_captured_output xmlize forum_tp_get_untracked_forums
        quiz_has_question_use quiz_update_sumgrades quiz_update_all_attempt_sumgrades quiz_update_all_final_grades
        quiz_set_grade quiz_save_best_grade quiz_calculate_best_grade quiz_calculate_best_attempt
        quiz_add_random_questions""",
    "5.2": """upgrade_ensure_not_running badges_get_default_issuer course_delete_module
        course_module_flag_for_async_deletion set_coursemodule_groupmode course_set_marker set_section_visible
        feedback_init_feedback_session""",
}
METHODS = {
    "4.5": """ensure_adhoc_task_qos should_display_main_logo render_context_header load_section_activities
        kill_all_sessions kill_session kill_sessions_for_auth_plugin kill_user_sessions set_copy get_copy
        text_filtering_hash question_is_only_child_of_top_category_in_context question_is_top_category
        question_can_delete_cat get_total_participants_count save_selected_report""",
    "5.0": """want_read_slave perf_get_reads_slave sr_text is_blocking set_blocking set_alignment set_constraint
        do_not_enhance activity_information update_communication get_non_ajax_cm_action_url get_section_number
        set_section_number share_activity get_welcome_email_contact""",
    "5.1": """get_device_type_theme get_device_type_cfg_var_name get_device_type_list
        is_deprecated_plugin_callback course_section_add_cm_control course_activitychooser get_max_sections
        render_question_pagination""",
    "5.2": "reset_single enrolment_status enrolment_values get_context_joins",
}
# Modules of JavaScript, functions of the web services, events, files and constants: by name, wherever they stand.
NAMES = {
    "4.5": r"core_backup\\copy\\copy MESSAGE_DEFAULT_LOGGEDOFF MESSAGE_DEFAULT_LOGGEDIN OPEN_BADGES_V1 lib/listlib.php "
    r"lib/soaplib.php lib/tokeniserlib.php question_category_object moodle_list",
    "5.0": "core_course_edit_module core_course_edit_section core_course_get_module core_courseformat_create_module "
    "core_output_load_fontawesome_icon_map core_grades_get_enrolled_users_for_search_widget "
    "core_grades_get_groups_for_search_widget course_module_instances_list_viewed MODE_HUB "
    "set_user_preference.js setuserpref.php moodle_read_slave_trait",
    "5.1": "core_course_get_course_content_items NAVIGATION_CACHE_NAME NAVIGATION_SITE_ADMIN_CACHE_NAME "
    "MAX_MODINFO_CACHE_SIZE lib/ajax/ajaxlib.php comment/locallib.php comment/lib.php core/checkbox-toggleall "
    "course_module_instance_list_viewed mod/quiz/attemptlib.php mod/quiz/accessmanager.php",
    "5.2": "core/modal_factory core/modal_registry core/grades/basewidget core_badges_assertion badges/endorsement.php",
}
# What Bootstrap 5 renamed may stand beside its successor only: Moodle 4.5 still has Bootstrap 4.
RENAMED = {
    r"sr-only": r"visually-hidden",
    r"font-weight-(\w+)": r"fw-\1",
    r"font-italic": r"fst-italic",
    r"custom-select": r"form-select",
    r"custom-control|form-group|form-row|form-inline|btn-block|media|jumbotron|no-gutters|close": r"-",
    r"badge-(\w+)": r"bg-\1",
    r"text-left": r"text-start",
    r"text-right": r"text-end",
    r"float-left": r"float-start",
    r"float-right": r"float-end",
    r"border-left": r"border-start",
    r"border-right": r"border-end",
    r"pl-(\d)": r"ps-\1",
    r"pr-(\d)": r"pe-\1",
    r"ml-(\w+)": r"ms-\1",
    r"mr-(\w+)": r"me-\1",
    r"mx-n(\d)": r"gx-\d",
}
COMMENT = re.compile(r"/\*.*?\*/|(?<![:'\"])//[^\n]*|\{\{!.*?\}\}", re.DOTALL)
# The one place that may call it: behind the question whether its successor is there.
DELETION = LOCAL / "classes" / "local" / "emptying.php"


def code(*endings: str) -> Iterator[tuple[Path, str]]:
    """The plugins' files without their comments; the built JavaScript is a copy of its source."""
    for path in sorted(PLUGINS.rglob("*")):
        if path.suffix in endings and "build" not in path.parts:
            yield path, COMMENT.sub("", path.read_text(encoding="utf-8"))


def calls(pattern: str) -> list[str]:
    found = re.compile(pattern)
    return [
        f"{path.relative_to(PLUGINS)}: {match.group(1)}"
        for path, text in code(".php")
        for match in found.finditer(text)
    ]


def function_calls(names: str) -> list[str]:
    return calls(rf"(?<![\w>:$])(?<!function )\\?\b({'|'.join(names.split())})\s*\(")


def old_classes(text: str) -> set[str]:
    """Classes of Bootstrap 4 alone, among those that stand in one attribute."""
    alone = set()
    for attribute in re.findall(r"class=\"([^\"]*)\"|'class' => '([^']*)'", text):
        names = re.sub(r"\{\{.*?\}\}", " ", " ".join(attribute)).split()
        for old, new in RENAMED.items():
            for name in names:
                renamed = re.fullmatch(old, name)
                if renamed and not any(
                    re.fullmatch(renamed.expand(new.replace(r"\d", "[0-9]")), other) for other in names
                ):
                    alone.add(name)
    return alone


@pytest.mark.parametrize("release", sorted(FUNCTIONS))
def test_no_function_is_called_that_the_release_removed_or_deprecated(release: str) -> None:
    found = set(function_calls(FUNCTIONS[release]))
    assert found - {f"{DELETION.relative_to(PLUGINS)}: course_delete_module"} == set()


@pytest.mark.parametrize("release", sorted(METHODS))
def test_no_method_is_called_that_the_release_removed_or_deprecated(release: str) -> None:
    assert calls(rf"(?:->|::)({'|'.join(METHODS[release].split())})\s*\(") == []


@pytest.mark.parametrize("release", sorted(NAMES))
def test_no_module_service_event_or_constant_is_named_that_the_release_gave_up(release: str) -> None:
    names = re.compile("|".join(rf"(?<![\w/]){re.escape(name)}(?!\w)" for name in NAMES[release].split()))
    found = {
        (path.name, match.group())
        for path, text in code(".php", ".js", ".mustache")
        for match in names.finditer(text)
    }
    assert found == set()


def test_the_old_deletion_of_an_activity_is_called_once_and_only_where_the_new_one_is_missing() -> None:
    assert len(function_calls("course_delete_module")) == 1
    text = DELETION.read_text(encoding="utf-8")
    guard = text.index("if (!method_exists(\\core_courseformat\\local\\cmactions::class, 'delete'))")
    old, new = text.index("course_delete_module("), text.index("formatactions::cm((int) $courseid)->delete(")
    assert guard < old < new
    assert text[guard:new].count("} else if") == 1


def test_classes_of_bootstrap_4_stand_beside_their_successors() -> None:
    found = {path.name: old_classes(text) for path, text in code(".mustache", ".php", ".js")}
    assert {name: classes for name, classes in found.items() if classes} == {}
    assert old_classes('<p class="sr-only pl-3 ps-2 badge badge-info">') == {"sr-only", "pl-3", "badge-info"}


def test_no_attribute_speaks_to_bootstrap_4_alone() -> None:
    old = re.compile(r"data-(?:toggle|target|dismiss|parent|ride|slide)\b")
    assert [path.name for path, text in code(".mustache", ".php", ".js") if old.search(text)] == []


@pytest.mark.parametrize("plugin", ["local_passerelle", "enrol_passerelle", "block_passerelle"])
def test_every_plugin_asks_for_moodle_4_5_and_shuts_out_no_later_one(plugin: str) -> None:
    text = (PLUGINS / plugin / "version.php").read_text(encoding="utf-8")
    assert re.search(r"\$plugin->requires = 2024100700;", text)
    assert "$plugin->incompatible" not in text


def test_every_page_finds_the_configuration_beside_or_below_public() -> None:
    """From 5.1 on the code lies under public/, whose config.php leads to the one above."""
    asked = [
        line
        for _, text in code(".php")
        for line in re.findall(r"require(?:_once)?\(([^;]*config\.php[^;]*)\)", text)
    ]
    assert len(asked) >= 5
    # A command stands one folder deeper than a page.
    assert set(asked) == {"__DIR__ . '/../../config.php'", "__DIR__ . '/../../../config.php'"}


def test_no_parameter_becomes_nullable_by_its_default_alone() -> None:
    """PHP 8.4 deprecates it."""
    declared = re.compile(r"function\s+\w*\s*\(([^{;]*?)\)\s*(?::|\{|use)", re.DOTALL)
    silent = re.compile(
        r"(?:^|,)\s*(?:(?:public|private|protected|readonly)\s+)*(?!mixed\b)([\w\\]+)\s+&?\$\w+\s*=\s*null"
    )
    found = [
        f"{path.name}: {kind}"
        for path, text in code(".php")
        for parameters in declared.findall(text)
        for kind in silent.findall(parameters)
    ]
    assert found == []
    assert silent.findall("string $a, stdClass $b = null, ?int $c = null") == ["stdClass"]
