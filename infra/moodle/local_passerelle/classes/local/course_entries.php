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
 * What a person may do with Passerelle in a course: the block's entries and the course menu's.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class course_entries {
    /**
     * The entries, by key.
     *
     * @param \stdClass $course
     * @param \context_course $context
     * @return array<string, array{string, \moodle_url}> label and page
     */
    public static function of(\stdClass $course, \context_course $context): array {
        if ($course->id == SITEID || !settings::complete()) {
            return [];
        }
        $entries = [];
        if (settings::offers('publish') && has_capability('local/passerelle:publish', $context)) {
            $entries['publish'] = [
                get_string('publishcourse', 'local_passerelle'),
                new \moodle_url('/local/passerelle/course.php', ['id' => $course->id]),
            ];
        }
        if (has_capability('local/passerelle:managebackups', $context)) {
            $entries['backups'] = [
                get_string('managebackups', 'local_passerelle'),
                new \moodle_url('/local/passerelle/backups.php', ['id' => $course->id]),
            ];
        }
        if (settings::offers('retrieve') && has_capability('local/passerelle:retrieve', $context)) {
            $entries['catalogue'] = [
                get_string('retrievecourse', 'local_passerelle'),
                new \moodle_url('/local/passerelle/catalogue.php', ['id' => $course->id]),
            ];
        }
        if (settings::offers('rollover') && has_capability('local/passerelle:rollover', $context)) {
            $entries['rollover'] = [
                self::rollover_label(),
                new \moodle_url('/local/passerelle/course.php', ['id' => $course->id, 'year' => 1], 'passerelle-rollover'),
            ];
        } else if (settings::offers('check') && has_capability('local/passerelle:rollover', $context)) {
            $entries['check'] = [
                get_string('check_mycourse', 'local_passerelle'),
                new \moodle_url('/local/passerelle/course.php', ['id' => $course->id, 'year' => 1], 'passerelle-rollover'),
            ];
        }
        return $entries;
    }

    /**
     * The year-change button names the year, where the administrator entered it.
     *
     * @return string
     */
    public static function rollover_label(): string {
        $year = trim((string) get_config('local_passerelle', 'lastyear'));
        return $year === '' ? get_string('getlastyear', 'local_passerelle') : get_string('getyear', 'local_passerelle', $year);
    }

    /**
     * On this year's platform it is last year's course that is looked through.
     *
     * @return string
     */
    public static function check_label(): string {
        $year = trim((string) get_config('local_passerelle', 'lastyear'));
        return $year === '' ? get_string('check_lastyear', 'local_passerelle') : get_string('check_year', 'local_passerelle', $year);
    }
}
