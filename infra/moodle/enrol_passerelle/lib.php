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

/**
 * Enrolments that Passerelle writes: the university's records and the shops' orders.
 *
 * @package    enrol_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

/**
 * The enrolment method: one instance per course and source, written by local_passerelle only.
 *
 * The source stands in customchar1: 'night' (Scolarité) or 'shop' (Boutique).
 *
 * @package    enrol_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class enrol_passerelle_plugin extends enrol_plugin {
    /** @var string[] the flows that have an instance of their own */
    public const SOURCES = ['night', 'shop'];

    /**
     * The name people see, so that they know who decides on this enrolment.
     *
     * @param stdClass|null $instance
     * @return string
     */
    public function get_instance_name($instance) {
        if (!empty($instance->name)) {
            return format_string($instance->name, true, ['context' => context_course::instance($instance->courseid)]);
        }
        if (in_array($instance->customchar1 ?? '', self::SOURCES, true)) {
            return get_string('source_' . $instance->customchar1, 'enrol_passerelle');
        }
        return get_string('pluginname', 'enrol_passerelle');
    }

    /**
     * The instance of a source in a course, made if it is not there yet.
     *
     * @param stdClass $course a course record
     * @param string $source one of SOURCES
     * @param \core\lock\lock[]|null $locks of a caller in a transaction, who releases them after it: until then nobody
     *     else can see the new instance
     * @return stdClass the enrol record
     */
    public function ensure_instance(stdClass $course, string $source, ?array &$locks = null): stdClass {
        global $DB;
        if (!in_array($source, self::SOURCES, true)) {
            throw new coding_exception('Unknown source of enrolments');
        }
        $wanted = ['courseid' => $course->id, 'enrol' => 'passerelle', 'customchar1' => $source];
        $instances = $DB->get_records('enrol', $wanted, 'id', '*', 0, 1);
        if ($instances) {
            return reset($instances);
        }
        // Two runs may meet here; the lock keeps it at one instance per source.
        $lock = \core\lock\lock_config::get_lock_factory('enrol_passerelle')
            ->get_lock("instance:{$course->id}:{$source}", 10);
        if (!$lock) {
            throw new moodle_exception('locktimeout', 'error');
        }
        try {
            $instances = $DB->get_records('enrol', $wanted, 'id', '*', 0, 1);
            if ($instances) {
                return reset($instances);
            }
            $id = $this->add_instance($course, ['customchar1' => $source, 'status' => ENROL_INSTANCE_ENABLED]);
        } finally {
            if ($locks === null) {
                $lock->release();
            } else {
                $locks[] = $lock;
            }
        }
        return $DB->get_record('enrol', ['id' => $id], '*', MUST_EXIST);
    }

    /**
     * Roles given here are taken away here only.
     *
     * @return bool
     */
    public function roles_protected() {
        return true;
    }

    /**
     * Nobody enrols by hand through this method.
     *
     * @param stdClass $instance
     * @return bool
     */
    public function allow_enrol(stdClass $instance) {
        return false;
    }

    /**
     * Nobody is removed by hand.
     *
     * @param stdClass $instance
     * @return bool
     */
    public function allow_unenrol(stdClass $instance) {
        return false;
    }

    /**
     * Nobody is removed by hand, whatever the state of the enrolment.
     *
     * @param stdClass $instance
     * @param stdClass $ue
     * @return bool
     */
    public function allow_unenrol_user(stdClass $instance, stdClass $ue) {
        return false;
    }

    /**
     * Dates and status are the source's, not the teacher's.
     *
     * @param stdClass $instance
     * @return bool
     */
    public function allow_manage(stdClass $instance) {
        return false;
    }

    /**
     * Instances are made by the services, not in the course's list of methods.
     *
     * @param int $courseid
     * @return bool
     */
    public function can_add_instance($courseid) {
        return false;
    }

    /**
     * Whoever may configure the method can delete an instance, for instance when Passerelle leaves the site.
     *
     * @param stdClass $instance
     * @return bool
     */
    public function can_delete_instance($instance) {
        return has_capability('enrol/passerelle:config', context_course::instance($instance->courseid));
    }

    /**
     * Whoever may configure the method can hide an instance.
     *
     * @param stdClass $instance
     * @return bool
     */
    public function can_hide_show_instance($instance) {
        return has_capability('enrol/passerelle:config', context_course::instance($instance->courseid));
    }

    /**
     * A backup that holds this method brings neither the instance nor its people anywhere.
     *
     * Who belongs in a course is what the sources say about that course, not what an archive remembers.
     *
     * @param restore_enrolments_structure_step $step
     * @param stdClass $data
     * @param stdClass $course
     * @param int $oldid
     */
    public function restore_instance(restore_enrolments_structure_step $step, stdClass $data, $course, $oldid) {
        $step->set_mapping('enrol', $oldid, 0);
    }
}

/**
 * Group members that the night made are not removed by hand.
 *
 * @param int $itemid enrol instance
 * @param int $groupid
 * @param int $userid
 * @return bool
 */
function enrol_passerelle_allow_group_member_remove($itemid, $groupid, $userid) {
    return false;
}
