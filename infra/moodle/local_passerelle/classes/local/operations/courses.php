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

namespace local_passerelle\local\operations;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->dirroot . '/course/lib.php');

/**
 * Courses of the offer. They are born hidden and empty; visibility is never touched afterwards.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class courses extends doer {
    /**
     * Make a course.
     *
     * @param array $operation
     * @return bool
     */
    public function course_create(array $operation): bool {
        $idnumber = self::text($operation, 'idnumber');
        try {
            $course = $this->course($idnumber);
            if ($this->lookup->owned('course', (int) $course->id)) {
                return false;
            }
            throw new operation_error('idnumbertaken', 'course');
        } catch (operation_error $error) {
            if ($error->errorcode !== 'unknowncourse') {
                throw $error;
            }
        }
        $this->refuse_taken('idnumber', $idnumber, 0);
        $shortname = self::text($operation, 'shortname');
        $this->refuse_taken('shortname', $shortname, 0);
        $course = create_course((object) [
            'idnumber' => $idnumber,
            'shortname' => $shortname,
            'fullname' => self::text($operation, 'fullname'),
            'category' => $this->category(self::text($operation, 'category'))->id,
            'summary' => (string) ($operation['summary'] ?? ''),
            'summaryformat' => FORMAT_HTML,
            'startdate' => self::time($operation, 'startdate') ?: time(),
            'visible' => 0,
        ]);
        $this->lookup->own('course', (int) $course->id);
        $this->lookup->stale('course', $idnumber);
        return true;
    }

    /**
     * Rename, renumber or move a course.
     *
     * @param array $operation
     * @return bool
     */
    public function course_update(array $operation): bool {
        $idnumber = self::text($operation, 'idnumber');
        $course = $this->course($idnumber);
        $changes = self::differing($operation, $course, [
            'shortname' => 'shortname',
            'fullname' => 'fullname',
            'summary' => 'summary',
            'startdate' => 'startdate',
        ]);
        foreach (['shortname', 'fullname'] as $name) {
            if (isset($changes[$name])) {
                $changes[$name] = self::text($operation, $name);
            }
        }
        if (isset($changes['startdate'])) {
            $changes['startdate'] = self::time($operation, 'startdate');
        }
        if (isset($changes['shortname'])) {
            $this->refuse_taken('shortname', $changes['shortname'], (int) $course->id);
        }
        if (isset($operation['newidnumber']) && $operation['newidnumber'] !== $idnumber) {
            $changes['idnumber'] = self::text($operation, 'newidnumber');
            $this->refuse_taken('idnumber', $changes['idnumber'], (int) $course->id);
        }
        if (isset($operation['category']) && $operation['category'] !== '') {
            $category = (int) $this->category((string) $operation['category'])->id;
            if ($category !== (int) $course->category) {
                $changes['category'] = $category;
            }
        }
        if (!$changes) {
            return false;
        }
        $this->must_be_ours('course', (int) $course->id);
        // A move hides the course with its category and writes its visibility: it is put back as it was.
        $visible = ['visible' => $course->visible, 'visibleold' => $course->visibleold];
        update_course((object) (['id' => $course->id] + $changes + ['visible' => $course->visible]));
        global $DB;
        $DB->update_record('course', (object) (['id' => $course->id] + $visible));
        $this->lookup->stale('course', $idnumber);
        $this->lookup->stale('course', $changes['idnumber'] ?? $idnumber);
        return true;
    }

    /**
     * Refuse a name or number that another course holds.
     *
     * @param string $column shortname or idnumber
     * @param string $value
     * @param int $except course id
     */
    private function refuse_taken(string $column, string $value, int $except): void {
        global $DB;
        if ($DB->record_exists_select('course', "{$column} = ? AND id <> ?", [$value, $except])) {
            throw new operation_error($column . 'taken', 'course');
        }
    }
}
