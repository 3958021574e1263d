<?php
// This file is part of Passerelle, plugins for Moodle - http://moodle.org/
//
// This program is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// This program is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with this program.  If not, see <http://www.gnu.org/licenses/>.

namespace enrol_passerelle;

use backup;
use backup_controller;
use core_course_category;
use restore_controller;
use restore_dbops;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->dirroot . '/backup/util/includes/backup_includes.php');
require_once($CFG->dirroot . '/backup/util/includes/restore_includes.php');
require_once($CFG->dirroot . '/group/lib.php');

/**
 * A restored course holds nobody whom Passerelle enrolled in the course that was backed up.
 *
 * @package    enrol_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \enrol_passerelle_plugin
 * @covers \restore_enrol_passerelle_plugin
 */
final class restore_test extends \advanced_testcase {
    /**
     * What may be chosen about enrolments when a course is restored.
     *
     * @return array[]
     */
    public static function choices(): array {
        return [
            'as manual enrolments, a new course' => [backup::ENROL_NEVER, backup::TARGET_NEW_COURSE],
            'with users, a new course' => [backup::ENROL_WITHUSERS, backup::TARGET_NEW_COURSE],
            'always, a new course' => [backup::ENROL_ALWAYS, backup::TARGET_NEW_COURSE],
            'as manual enrolments, merged' => [backup::ENROL_NEVER, backup::TARGET_EXISTING_ADDING],
            'with users, merged' => [backup::ENROL_WITHUSERS, backup::TARGET_EXISTING_ADDING],
        ];
    }

    /**
     * Whatever is chosen, only who was enrolled by hand comes along.
     *
     * @dataProvider choices
     * @param int $enrolments
     * @param int $target
     */
    public function test_restore_brings_nobody_whom_passerelle_enrolled(int $enrolments, int $target): void {
        global $DB, $USER;
        $this->resetAfterTest();
        $this->setAdminUser();
        [$course, $teacher] = $this->course_with_people();

        $controller = new backup_controller(
            backup::TYPE_1COURSE,
            $course->id,
            backup::FORMAT_MOODLE,
            backup::INTERACTIVE_NO,
            backup::MODE_GENERAL,
            $USER->id
        );
        $controller->get_plan()->get_setting('users')->set_value(true);
        $controller->execute_plan();
        $archive = $controller->get_results()['backup_destination'];
        $controller->destroy();
        $folder = 'restore_test';
        $archive->extract_to_pathname(get_file_packer('application/vnd.moodle.backup'), make_backup_temp_directory($folder));

        $courseid = $target === backup::TARGET_NEW_COURSE
            ? restore_dbops::create_new_course('Back', 'BACK', core_course_category::get_default()->id)
            : $this->getDataGenerator()->create_course()->id;
        $controller = new restore_controller(
            $folder,
            $courseid,
            backup::INTERACTIVE_NO,
            backup::MODE_GENERAL,
            $USER->id,
            $target
        );
        $controller->get_plan()->get_setting('enrolments')->set_value($enrolments);
        $this->assertTrue($controller->execute_precheck());
        $controller->execute_plan();
        $controller->destroy();

        $context = \context_course::instance($courseid);
        $this->assertSame([(int) $teacher->id], array_map('intval', array_keys(get_enrolled_users($context))));
        $this->assertSame([(string) $teacher->id], $DB->get_fieldset('role_assignments', 'userid', ['contextid' => $context->id]));
        $this->assertFalse($DB->record_exists('enrol', ['courseid' => $courseid, 'enrol' => 'passerelle']));
        $groups = groups_get_all_groups($courseid);
        $this->assertCount(1, $groups);
        $this->assertSame([], groups_get_members(reset($groups)->id));
    }

    /**
     * A course with a teacher by hand, and a student from each flow, one of them in a group.
     *
     * @return array the course, the teacher
     */
    private function course_with_people(): array {
        $generator = $this->getDataGenerator();
        $course = $generator->create_course();
        $teacher = $generator->create_and_enrol($course, 'editingteacher');
        $plugin = enrol_get_plugin('passerelle');
        $role = $this->student_role();
        foreach (\enrol_passerelle_plugin::SOURCES as $source) {
            $instance = $plugin->ensure_instance($course, $source);
            $student = $generator->create_user();
            $plugin->enrol_user($instance, $student->id, $role);
        }
        $group = $generator->create_group(['courseid' => $course->id]);
        $this->assertTrue(groups_add_member($group->id, $student->id, 'enrol_passerelle', $instance->id));
        return [$course, $teacher];
    }

    /**
     * The id of the student's role.
     *
     * @return int
     */
    private function student_role(): int {
        global $DB;
        return (int) $DB->get_field('role', 'id', ['shortname' => 'student'], MUST_EXIST);
    }
}
