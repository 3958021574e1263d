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
 * Enrolments of the night and of the shops, each in its own instance.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class enrolments extends doer {
    /**
     * Enrol, or bring an enrolment to what is asked: dates, role, active again.
     *
     * @param array $operation
     * @return bool
     */
    public function enrol(array $operation): bool {
        $user = $this->lookup->user($operation);
        $course = $this->course(self::text($operation, 'course'));
        $this->may_enrol($course);
        $roleid = $this->lookup->role((string) ($operation['role'] ?? ''));
        if (!isset($this->lookup->reach->roles()[$roleid])) {
            throw new operation_error('rolenotallowed', (string) $operation['role']);
        }
        $timestart = self::time($operation, 'timestart');
        $timeend = self::time($operation, 'timeend');
        if ($timeend && $timeend < $timestart) {
            throw new operation_error('invalid', 'timeend');
        }
        $instance = $this->lookup->standing->instance($course, self::source($operation), true);
        $now = $this->lookup->standing->enrolment($instance, (int) $user->id);
        $roles = $this->lookup->standing->roles($instance, (int) $user->id);
        $stands = $now
            && (int) $now->status === ENROL_USER_ACTIVE
            && (int) $now->timestart === $timestart
            && (int) $now->timeend === $timeend
            && in_array($roleid, $roles, true);
        if ($stands) {
            return false;
        }
        if (!$now && !$roles) {
            $this->lookup->newcomers()->enrol($instance, (int) $user->id, $roleid, $timestart, $timeend);
        } else {
            enrol_get_plugin('passerelle')
                ->enrol_user($instance, $user->id, $roleid, $timestart, $timeend, ENROL_USER_ACTIVE);
        }
        $this->lookup->standing->stale_enrolment($instance, (int) $user->id);
        return true;
    }

    /**
     * Suspend: access ends, grades and groups stay. Someone with another role here only loses this one.
     *
     * @param array $operation
     * @return bool
     */
    public function suspend(array $operation): bool {
        [$user, $course, $roleid, $instance, $now] = $this->standing($operation);
        if (!$now) {
            return false;
        }
        $roles = $this->lookup->standing->roles($instance, (int) $user->id);
        if (array_diff($roles, [$roleid])) {
            return $this->take_role($user, $course, $roleid, $instance, $roles);
        }
        if ((int) $now->status === ENROL_USER_SUSPENDED) {
            return false;
        }
        enrol_get_plugin('passerelle')->update_user_enrol($instance, $user->id, ENROL_USER_SUSPENDED);
        $this->lookup->standing->stale_enrolment($instance, (int) $user->id);
        return true;
    }

    /**
     * Unenrol. Someone with another role here only loses this one.
     *
     * @param array $operation
     * @return bool
     */
    public function unenrol(array $operation): bool {
        [$user, $course, $roleid, $instance, $now] = $this->standing($operation);
        if (!$now) {
            return false;
        }
        $roles = $this->lookup->standing->roles($instance, (int) $user->id);
        if (array_diff($roles, [$roleid])) {
            return $this->take_role($user, $course, $roleid, $instance, $roles);
        }
        enrol_get_plugin('passerelle')->unenrol_user($instance, $user->id);
        $this->lookup->standing->stale_enrolment($instance, (int) $user->id);
        $this->lookup->standing->stale_members();
        return true;
    }

    /**
     * What an operation that takes away is about.
     *
     * @param array $operation
     * @return array user, course, role id, instance or null, enrolment or null
     */
    private function standing(array $operation): array {
        $user = $this->lookup->user($operation);
        $course = $this->course(self::text($operation, 'course'));
        $this->may_enrol($course);
        $roleid = $this->lookup->role((string) ($operation['role'] ?? ''));
        $instance = $this->lookup->standing->instance($course, self::source($operation), false);
        $now = $instance ? $this->lookup->standing->enrolment($instance, (int) $user->id) : null;
        return [$user, $course, $roleid, $instance, $now];
    }

    /**
     * Take one role of several.
     *
     * @param \stdClass $user
     * @param \stdClass $course
     * @param int $roleid
     * @param \stdClass $instance
     * @param int[] $roles that the user has
     * @return bool
     */
    private function take_role(\stdClass $user, \stdClass $course, int $roleid, \stdClass $instance, array $roles): bool {
        if (!in_array($roleid, $roles, true)) {
            return false;
        }
        $context = \context_course::instance($course->id);
        role_unassign($roleid, $user->id, $context->id, 'enrol_passerelle', $instance->id);
        $this->lookup->standing->stale_enrolment($instance, (int) $user->id);
        return true;
    }

    /**
     * The flow an operation belongs to.
     *
     * @param array $operation
     * @return string
     */
    private static function source(array $operation): string {
        $source = $operation['source'] ?? 'night';
        if (!in_array($source, ['night', 'shop'], true)) {
            throw new operation_error('invalid', 'source');
        }
        return $source;
    }
}
