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
require_once($CFG->dirroot . '/group/lib.php');

/**
 * The night's groups and their members.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class groups extends doer {
    /**
     * Make a group.
     *
     * @param array $operation
     * @return bool
     */
    public function group_create(array $operation): bool {
        $course = $this->course(self::text($operation, 'course'));
        $idnumber = self::text($operation, 'idnumber');
        try {
            $group = $this->lookup->group($course, $idnumber);
            if ($this->lookup->owned('group', (int) $group->id)) {
                return false;
            }
            throw new operation_error('idnumbertaken', 'group');
        } catch (operation_error $error) {
            if ($error->errorcode !== 'unknowngroup') {
                throw $error;
            }
        }
        $id = groups_create_group((object) [
            'courseid' => $course->id,
            'idnumber' => $idnumber,
            'name' => self::text($operation, 'name'),
        ]);
        $this->lookup->own('group', (int) $id);
        $this->lookup->stale('groups', $course->id . ' ' . $idnumber);
        return true;
    }

    /**
     * Rename or renumber a group.
     *
     * @param array $operation
     * @return bool
     */
    public function group_update(array $operation): bool {
        $course = $this->course(self::text($operation, 'course'));
        $idnumber = self::text($operation, 'idnumber');
        $group = $this->lookup->group($course, $idnumber);
        $changes = self::differing($operation, $group, ['name' => 'name']);
        if (isset($operation['newidnumber']) && $operation['newidnumber'] !== $idnumber) {
            $changes['idnumber'] = self::text($operation, 'newidnumber');
            if (groups_get_group_by_idnumber($course->id, $changes['idnumber'])) {
                throw new operation_error('idnumbertaken', 'group');
            }
        }
        if (!$changes) {
            return false;
        }
        $this->must_be_ours('group', (int) $group->id);
        groups_update_group((object) ($changes + (array) $group));
        $this->lookup->stale('groups', $course->id . ' ' . $idnumber);
        $this->lookup->stale('groups', $course->id . ' ' . ($changes['idnumber'] ?? $idnumber));
        return true;
    }

    /**
     * Delete a group that nothing else hangs on.
     *
     * @param array $operation
     * @return bool
     */
    public function group_delete(array $operation): bool {
        $course = $this->course(self::text($operation, 'course'));
        $idnumber = self::text($operation, 'idnumber');
        try {
            $group = $this->lookup->group($course, $idnumber);
        } catch (operation_error $gone) {
            return false;
        }
        $this->must_be_ours('group', (int) $group->id);
        if (self::is_used($course, $group)) {
            throw new operation_error('notempty', 'group');
        }
        groups_delete_group($group->id);
        $this->lookup->standing->stale_members();
        $this->lookup->disown('group', (int) $group->id);
        $this->lookup->stale('groups', $course->id . ' ' . $idnumber);
        return true;
    }

    /**
     * Whether anything but the night's members hangs on a group (N11).
     *
     * @param \stdClass $course
     * @param \stdClass $group
     * @return bool
     */
    private static function is_used(\stdClass $course, \stdClass $group): bool {
        global $DB;
        $byhand = "groupid = ? AND component <> 'enrol_passerelle'";
        if ($DB->record_exists_select('groups_members', $byhand, [$group->id])) {
            return true;
        }
        if ($DB->record_exists('groupings_groups', ['groupid' => $group->id])) {
            return true;
        }
        foreach (['assign_submission' => 'groupid', 'forum_discussions' => 'groupid'] as $table => $column) {
            if ($DB->get_manager()->table_exists($table) && $DB->record_exists($table, [$column => $group->id])) {
                return true;
            }
        }
        // Restrictions are JSON: {"type":"group","id":7}.
        foreach (['course_modules', 'course_sections'] as $table) {
            $texts = $DB->get_fieldset_select(
                $table,
                'availability',
                'course = ? AND ' . $DB->sql_like('availability', '?'),
                [$course->id, '%"group"%']
            );
            foreach ($texts as $text) {
                if (self::names_group(json_decode((string) $text, true) ?: [], (int) $group->id)) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * Whether a restriction names a group, however deep.
     *
     * @param array $tree
     * @param int $groupid
     * @return bool
     */
    private static function names_group(array $tree, int $groupid): bool {
        if (($tree['type'] ?? '') === 'group' && (int) ($tree['id'] ?? 0) === $groupid) {
            return true;
        }
        foreach ($tree as $branch) {
            if (is_array($branch) && self::names_group($branch, $groupid)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Add a member for the night. One added by hand is left as is.
     *
     * @param array $operation
     * @return bool
     */
    public function member_add(array $operation): bool {
        $course = $this->course(self::text($operation, 'course'));
        $group = $this->lookup->group($course, (string) ($operation['group'] ?? ''));
        $user = $this->lookup->user($operation);
        if ($this->lookup->standing->member($group, (int) $user->id)) {
            return false;
        }
        $instance = $this->lookup->standing->instance($course, 'night', true);
        if ($this->lookup->standing->enrolled($course, (int) $user->id)) {
            $this->lookup->newcomers()->join($group, (int) $user->id, $instance);
        } else if (!groups_add_member($group, $user, 'enrol_passerelle', $instance->id)) {
            throw new operation_error('invalid', 'notenrolled');
        }
        $this->lookup->standing->stale_member($group, (int) $user->id);
        return true;
    }

    /**
     * Remove a member of the night.
     *
     * @param array $operation
     * @return bool
     */
    public function member_remove(array $operation): bool {
        $course = $this->course(self::text($operation, 'course'));
        $group = $this->lookup->group($course, (string) ($operation['group'] ?? ''));
        $user = $this->lookup->user($operation);
        $member = $this->lookup->standing->member($group, (int) $user->id);
        if (!$member) {
            return false;
        }
        if ($member->component !== 'enrol_passerelle') {
            throw new operation_error('notours', 'member');
        }
        groups_remove_member($group, $user);
        $this->lookup->standing->stale_member($group, (int) $user->id);
        return true;
    }
}
