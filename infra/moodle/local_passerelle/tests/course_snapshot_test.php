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

namespace local_passerelle;

use local_passerelle\local\course_rows;
use local_passerelle\local\course_snapshot;

/**
 * What undoing a restore takes back.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \local_passerelle\local\course_snapshot
 */
final class course_snapshot_test extends \advanced_testcase {
    /**
     * The two ways in which a course is put back.
     *
     * @return array[]
     */
    public static function ways(): array {
        return [
            'a merge' => [fn(int $id, array $snapshot) => course_snapshot::remove_added($id, $snapshot, null, [])],
            'a replacement' => [fn(int $id, array $snapshot) => course_snapshot::put_settings_back($id, $snapshot)],
        ];
    }

    /**
     * Moodle keeps what roles may do in a cache of its own, which no change of rows empties.
     *
     * @dataProvider ways
     * @param callable $putback
     */
    public function test_a_permission_that_came_along_is_in_force_no_longer_once_it_is_undone(callable $putback): void {
        global $DB;
        $this->resetAfterTest();
        $this->setAdminUser();
        $make = $this->getDataGenerator();
        $course = $make->create_course();
        $context = \context_course::instance($course->id);
        $student = $make->create_and_enrol($course, 'student');
        $snapshot = course_snapshot::take(get_course($course->id));
        $role = $DB->get_field('role', 'id', ['shortname' => 'student'], MUST_EXIST);
        assign_capability('moodle/course:update', CAP_ALLOW, $role, $context->id);
        $this->assertTrue(has_capability('moodle/course:update', $context, $student));
        $putback((int) $course->id, $snapshot);
        $this->assertFalse(has_capability('moodle/course:update', $context, $student));
    }

    /**
     * What a plugin writes while a course is restored is known by no list.
     */
    public function test_what_a_restore_made_in_any_table_goes_and_what_was_there_or_came_later_stays(): void {
        global $DB;
        $this->resetAfterTest();
        $this->setAdminUser();
        $course = $this->getDataGenerator()->create_course();
        $other = $this->getDataGenerator()->create_course();
        $page = $this->getDataGenerator()->create_module('page', ['course' => $course->id]);
        $context = \context_course::instance($course->id);
        $binned = fn($id) => $DB->insert_record('tool_recyclebin_course', (object) [
            'courseid' => $id, 'section' => 1, 'module' => 1, 'name' => 'n', 'timecreated' => time(),
        ]);
        $placed = fn($contextid, $subpage) => $DB->insert_record('block_positions', (object) [
            'blockinstanceid' => 1, 'contextid' => $contextid, 'pagetype' => 'course-view-topics', 'subpage' => $subpage,
            'visible' => 1, 'region' => 'side-pre', 'weight' => 0,
        ]);
        $module = \context_module::instance($page->cmid)->id;
        $stays = [$binned($course->id), $placed($module, 'a')];
        $snapshot = course_snapshot::take(get_course($course->id));
        $goes = [$binned($course->id), $placed($module, 'b')];
        $elsewhere = $binned($other->id);
        $ends = course_rows::ends();
        $later = $binned($course->id);
        course_snapshot::remove_added((int) $course->id, $snapshot, null, $ends);
        foreach (['tool_recyclebin_course', 'block_positions'] as $n => $table) {
            $this->assertTrue($DB->record_exists($table, ['id' => $stays[$n]]), $table);
            $this->assertFalse($DB->record_exists($table, ['id' => $goes[$n]]), $table);
        }
        $this->assertTrue($DB->record_exists('tool_recyclebin_course', ['id' => $elsewhere]));
        $this->assertTrue($DB->record_exists('tool_recyclebin_course', ['id' => $later]));
        $this->assertTrue($DB->record_exists('course_modules', ['id' => $page->cmid]));
    }
}
