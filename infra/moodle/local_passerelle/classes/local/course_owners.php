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
 * Enrols the people a restored course belongs to, by hand's own method: they are neither the night's nor a shop's.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class course_owners {
    /**
     * Those whom the job names.
     *
     * @param job $job
     * @param int $courseid
     */
    public static function enrol(job $job, int $courseid): void {
        global $CFG, $DB;
        require_once($CFG->libdir . '/enrollib.php');
        $course = get_course($courseid);
        foreach ($job->params['owners'] as $owner) {
            $username = \core_text::strtolower(trim($owner['username']));
            $user = $DB->get_record('user', ['username' => $username, 'deleted' => 0, 'mnethostid' => $CFG->mnet_localhost_id]);
            if (!$user) {
                $job->tell('ownerunknown', s($owner['username']));
                continue;
            }
            $roleid = $DB->get_field('role', 'id', ['shortname' => $owner['role']]);
            if (!$roleid) {
                $job->tell('roleunknown', s($owner['role']));
                continue;
            }
            if (!isset((new reach())->roles()[$roleid])) {
                $job->tell('apply_rolenotallowed', s($owner['role']));
                continue;
            }
            $plugin = enrol_get_plugin('manual');
            $instance = $DB->get_record('enrol', ['courseid' => $courseid, 'enrol' => 'manual'], '*', IGNORE_MULTIPLE);
            if (!$instance) {
                $instance = $DB->get_record('enrol', ['id' => $plugin->add_default_instance($course)
                    ?: $plugin->add_instance($course)], '*', MUST_EXIST);
            }
            $plugin->enrol_user($instance, $user->id, $roleid, 0, 0, ENROL_USER_ACTIVE);
        }
    }
}
