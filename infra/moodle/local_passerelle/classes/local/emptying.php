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

namespace local_passerelle\local;

/**
 * Takes the activities out of a course before Moodle deletes the rest of its content.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class emptying {
    /**
     * Delete the activities one by one.
     *
     * Moodle's own emptying of a course breaks off half way where a module's deletion fails. BigBlueButton's does
     * wherever that module is switched off, as it is by default: it looks for itself among the course's usable
     * activities. Such an activity is taken out by force, as Moodle does with modules that it no longer has.
     *
     * @param int $courseid
     */
    public static function activities(int $courseid): void {
        global $CFG, $DB;
        require_once($CFG->dirroot . '/course/lib.php');
        require_once($CFG->libdir . '/gradelib.php');
        foreach (self::banks_last($DB->get_fieldset_select('course_modules', 'id', 'course = ?', [$courseid])) as $id) {
            try {
                self::delete_activity((int) $id);
            } catch (\Throwable $e) {
                debugging('Passerelle: activity ' . $id . ': ' . get_class($e), DEBUG_DEVELOPER);
                self::force((int) $id);
            }
        }
        rebuild_course_cache($courseid, true);
    }

    /**
     * Delete an activity at once, as the Moodle at hand wants it: 5.2 gave the old function up.
     *
     * @param int $cmid
     */
    public static function delete_activity(int $cmid): void {
        global $CFG, $DB;
        if (!method_exists(\core_courseformat\local\cmactions::class, 'delete')) {
            require_once($CFG->dirroot . '/course/lib.php');
            course_delete_module($cmid);
        } else if ($courseid = $DB->get_field('course_modules', 'course', ['id' => $cmid])) {
            \core_courseformat\formatactions::cm((int) $courseid)->delete($cmid);
        }
    }

    /**
     * Activities in an order in which they can be deleted: Moodle 5's question banks after the quizzes.
     *
     * Deleted before a quiz that asks its questions, a bank leaves a new bank behind that rescues them.
     *
     * @param array $cmids
     * @return array the same
     */
    public static function banks_last(array $cmids): array {
        global $DB;
        $bank = $DB->get_field('modules', 'id', ['name' => 'qbank']);
        if (!$bank || !$cmids) {
            return $cmids;
        }
        [$in, $params] = $DB->get_in_or_equal($cmids);
        $banks = $DB->get_fieldset_select('course_modules', 'id', "id {$in} AND module = ?", [...$params, $bank]);
        return [...array_diff($cmids, $banks), ...$banks];
    }

    /**
     * Take an activity out whose module cannot delete it.
     *
     * @param int $id of the course module
     */
    private static function force(int $id): void {
        global $DB;
        $cm = $DB->get_record(
            'course_modules',
            ['id' => $id],
            'id, course, section, instance, module'
        );
        if (!$cm) {
            return;
        }
        $module = $DB->get_field('modules', 'name', ['id' => $cm->module], MUST_EXIST);
        $DB->delete_records($module, ['id' => $cm->instance]);
        grade_update('mod/' . $module, $cm->course, 'mod', $module, $cm->instance, 0, null, ['deleted' => 1]);
        \context_helper::delete_instance(CONTEXT_MODULE, $id);
        $DB->delete_records('course_modules_completion', ['coursemoduleid' => $id]);
        $DB->delete_records('course_modules_viewed', ['coursemoduleid' => $id]);
        $DB->delete_records('course_modules', ['id' => $id]);
        delete_mod_from_section($id, $cm->section);
    }
}
