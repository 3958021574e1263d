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
 * The identifier by which the network knows a course.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class course_number {
    /** Letters without those that are mistaken for each other. */
    private const LETTERS = 'abcdefghjkmnpqrstuvwxyz';

    /**
     * The course's idnumber, given to it if it has none. One that exists is kept.
     *
     * The only change ever made to a source course. It is written without touching the course's time, which
     * would make the backup that follows look older than the course.
     *
     * @param int $courseid
     * @return string
     */
    public static function ensure(int $courseid): string {
        global $DB;
        $idnumber = (string) $DB->get_field('course', 'idnumber', ['id' => $courseid], MUST_EXIST);
        if ($idnumber !== '') {
            return $idnumber;
        }
        do {
            $letters = '';
            for ($i = 0; $i < 12; $i++) {
                $letters .= self::LETTERS[random_int(0, strlen(self::LETTERS) - 1)];
            }
            $idnumber = 'psl-' . $letters;
        } while ($DB->record_exists('course', ['idnumber' => $idnumber]));
        // Only if it still has none: two people may press at once.
        $DB->execute(
            "UPDATE {course} SET idnumber = :new WHERE id = :id AND idnumber = ''",
            ['new' => $idnumber, 'id' => $courseid]
        );
        rebuild_course_cache($courseid, true);
        return (string) $DB->get_field('course', 'idnumber', ['id' => $courseid], MUST_EXIST);
    }
}
