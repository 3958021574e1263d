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
 * Courses that changed since a moment, in pages by id.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class changed_courses {
    /** How many courses are looked at together. */
    private const STEP = 2000;

    /**
     * One page.
     *
     * @param int $since Unix time
     * @param int $after course id the last page ended with
     * @param int $limit
     * @return array of courses, next
     */
    public static function page(int $since, int $after, int $limit): array {
        global $DB;
        $courses = [];
        while (true) {
            $rows = $DB->get_records_select(
                'course',
                'id > :after AND id <> :site',
                ['after' => $after, 'site' => SITEID],
                'id',
                'id, idnumber, shortname, fullname, visible',
                0,
                self::STEP
            );
            $changes = course_facts::last_changes(array_map('intval', array_keys($rows)));
            foreach ($rows as $id => $row) {
                $after = (int) $id;
                if ($changes[$id] < $since) {
                    continue;
                }
                if (count($courses) === $limit) {
                    return ['courses' => $courses, 'next' => end($courses)['id']];
                }
                $courses[] = [
                    'id' => (int) $id,
                    'idnumber' => (string) $row->idnumber,
                    'shortname' => $row->shortname,
                    'fullname' => $row->fullname,
                    'visible' => (bool) $row->visible,
                    'lastchange' => $changes[$id],
                ];
            }
            if (count($rows) < self::STEP) {
                return ['courses' => $courses, 'next' => null];
            }
        }
    }
}
