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
require_once($CFG->libdir . '/enrollib.php');

/**
 * Taking over a living Moodle (N23): what was made by other means becomes the night's.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class adoption extends doer {
    /**
     * Adopt one thing.
     *
     * @param array $operation kind category, course, group, user, cohort, member or enrolment, and its keys
     * @return bool
     */
    public function adopt(array $operation): bool {
        return match ($operation['kind'] ?? '') {
            'category' => $this->lookup->own('category', (int) $this->category(self::text($operation, 'idnumber'))->id, true),
            'course' => $this->lookup->own('course', (int) $this->course(self::text($operation, 'idnumber'))->id, true),
            'group' => $this->lookup->own('group', (int) $this->group($operation)->id, true),
            'user' => $this->user($operation),
            'cohort' => $this->cohort($operation),
            'member' => $this->member($operation),
            'enrolment' => $this->enrolment($operation),
            default => throw new operation_error('invalid', 'kind'),
        };
    }

    /**
     * The group an operation names.
     *
     * @param array $operation
     * @return \stdClass
     */
    private function group(array $operation): \stdClass {
        $course = $this->course(self::text($operation, 'course'));
        return $this->lookup->group($course, (string) ($operation['group'] ?? $operation['idnumber'] ?? ''));
    }

    /**
     * Adopt an account; one that is left alone is never.
     *
     * @param array $operation
     * @return bool
     */
    private function user(array $operation): bool {
        $user = $this->lookup->user($operation);
        $this->leave_alone($user);
        return $this->lookup->own('user', (int) $user->id, true);
    }

    /**
     * Adopt a cohort made by hand; another component's stays that one's.
     *
     * @param array $operation
     * @return bool
     */
    private function cohort(array $operation): bool {
        global $DB;
        $cohort = $this->lookup->cohort(self::text($operation, 'idnumber'));
        if ($cohort->component === 'local_passerelle') {
            return false;
        }
        if ($cohort->component !== '') {
            throw new operation_error('notours', 'cohort');
        }
        $DB->set_field('cohort', 'component', 'local_passerelle', ['id' => $cohort->id]);
        $this->lookup->stale('cohort', $cohort->idnumber);
        return true;
    }

    /**
     * Adopt a group member.
     *
     * @param array $operation
     * @return bool
     */
    private function member(array $operation): bool {
        global $DB;
        $group = $this->group($operation);
        $user = $this->lookup->user($operation);
        $member = $DB->get_record('groups_members', ['groupid' => $group->id, 'userid' => $user->id]);
        if (!$member) {
            throw new operation_error('invalid', 'member');
        }
        if ($member->component === 'enrol_passerelle') {
            return false;
        }
        $course = $this->course(self::text($operation, 'course'));
        $instance = $this->lookup->standing->instance($course, 'night', true);
        $DB->update_record('groups_members', (object) [
            'id' => $member->id,
            'component' => 'enrol_passerelle',
            'itemid' => $instance->id,
        ]);
        $this->lookup->standing->stale_member($group, (int) $user->id);
        return true;
    }

    /**
     * Remove an enrolment of another method, once the night's own stands beside it.
     *
     * @param array $operation course, username, method
     * @return bool
     */
    private function enrolment(array $operation): bool {
        global $DB;
        $course = $this->course(self::text($operation, 'course'));
        $this->may_enrol($course);
        $user = $this->lookup->user($operation);
        $method = self::text($operation, 'method');
        $ours = $this->lookup->standing->instance($course, 'night', false);
        if (!$ours || !$this->lookup->standing->enrolment($ours, (int) $user->id)) {
            throw new operation_error('invalid', 'enrolment');
        }
        $plugin = $method === 'passerelle' ? null : enrol_get_plugin($method);
        if (!$plugin) {
            throw new operation_error('invalid', 'method');
        }
        $changed = false;
        foreach ($DB->get_records('enrol', ['courseid' => $course->id, 'enrol' => $method]) as $instance) {
            if ($DB->record_exists('user_enrolments', ['enrolid' => $instance->id, 'userid' => $user->id])) {
                $plugin->unenrol_user($instance, $user->id);
                $this->lookup->standing->stale_members();
                $changed = true;
            }
        }
        return $changed;
    }
}
