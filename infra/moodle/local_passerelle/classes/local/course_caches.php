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
 * What Moodle remembers of how a course looks.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class course_caches {
    /**
     * Have everybody see a course as it now is. The course index is drawn in the browser from a state of its own.
     *
     * @param int $courseid
     */
    public static function forget(int $courseid): void {
        global $DB;
        if (!$course = $DB->get_record('course', ['id' => $courseid])) {
            return;
        }
        // What was remembered of a state that was taken back may bear a higher number than the course's own.
        $remembered = \cache::make('core', 'coursemodinfo');
        if ($remembered->acquire_lock($courseid)) {
            $remembered->delete($courseid);
            $remembered->release_lock($courseid);
        }
        rebuild_course_cache($courseid, true);
        \core_courseformat\base::reset_course_cache($courseid);
        \core_courseformat\base::invalidate_all_session_caches_for_course($course);
        \context_helper::reset_caches();
    }
}
