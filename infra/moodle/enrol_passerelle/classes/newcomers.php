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

namespace enrol_passerelle;

use core\di;
use core\hook\access\after_role_assigned;
use core\hook\manager as hooks;
use core_enrol\hook\after_user_enrolled;
use core_group\hook\after_group_membership_added;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->libdir . '/enrollib.php');
require_once($CFG->dirroot . '/group/lib.php');

/**
 * Enrols people, and puts them into groups, of whom the caller knows that they are not there yet.
 *
 * The same rows, events and hooks in the same order as Moodle's own enrol_user(), role_assign() and groups_add_member(),
 * without looking up again for each person what the caller has read for many, and with one purge of what they purge for
 * each: finish() ends what is done once for many. The plugin's tests compare the two. Whatever is not known to be alike is
 * left to Moodle's own functions.
 *
 * @package    enrol_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class newcomers {
    /** The newest release ($CFG->branch) whose functions were compared. */
    private const COMPARED_UP_TO = 501;

    /** @var array|null a role and the context of a course in which it was given, while caches are not purged of it */
    private ?array $unpurged = null;

    /** @var array<int, array> groups of one course and the ids of their new members, while these were not announced */
    private array $unannounced = [];

    /** @var array<int, \stdClass|bool> the conversation of a group, false where it has none, by group id */
    private array $conversations = [];

    /**
     * Whether this release is one of those that were compared.
     *
     * @return bool
     */
    private static function compared(): bool {
        global $CFG;
        return $CFG->branch <= self::COMPARED_UP_TO;
    }

    /**
     * Enrol somebody who is not in this instance and has no role through it.
     *
     * @param \stdClass $instance
     * @param int $userid of an account that is not deleted
     * @param int $roleid
     * @param int $timestart
     * @param int $timeend
     */
    public function enrol(\stdClass $instance, int $userid, int $roleid, int $timestart, int $timeend): void {
        global $CFG, $USER;
        $alike = self::compared() && empty($CFG->recovergradesdefault) && $userid !== (int) $USER->id;
        $enrolment = $alike ? self::write_enrolment($instance, $userid, $timestart, $timeend) : null;
        if (!$enrolment) {
            enrol_get_plugin('passerelle')
                ->enrol_user($instance, $userid, $roleid, $timestart, $timeend, ENROL_USER_ACTIVE);
            return;
        }
        $context = \context_course::instance($instance->courseid);
        \core\event\user_enrolment_created::create([
            'objectid' => $enrolment->id,
            'courseid' => $instance->courseid,
            'context' => $context,
            'relateduserid' => $userid,
            'other' => ['enrol' => 'passerelle'],
        ])->trigger();
        \core_course_category::user_enrolment_changed($instance->courseid, $userid, ENROL_USER_ACTIVE, $timestart, $timeend);
        di::get(hooks::class)->dispatch(new after_user_enrolled(
            enrolinstance: $instance,
            userenrolmentinstance: $enrolment,
            roleid: $roleid,
        ));
        $this->give_role($instance, $context, $userid, $roleid);
    }

    /**
     * Write an enrolment.
     *
     * @param \stdClass $instance
     * @param int $userid
     * @param int $timestart
     * @param int $timeend
     * @return \stdClass|null null where another run has written it meanwhile
     */
    private static function write_enrolment(\stdClass $instance, int $userid, int $timestart, int $timeend): ?\stdClass {
        global $DB, $USER;
        $now = time();
        $enrolment = (object) [
            'enrolid' => $instance->id,
            'status' => ENROL_USER_ACTIVE,
            'userid' => $userid,
            'timestart' => $timestart,
            'timeend' => $timeend,
            'modifierid' => $USER->id,
            'timecreated' => $now,
            'timemodified' => $now,
        ];
        try {
            $enrolment->id = $DB->insert_record('user_enrolments', $enrolment);
        } catch (\dml_write_exception $e) {
            self::only_if_taken('user_enrolments', ['enrolid' => $instance->id, 'userid' => $userid], $e);
            return null;
        }
        return $enrolment;
    }

    /**
     * Let a failure pass where another run has written the row meanwhile.
     *
     * @param string $table
     * @param array $row
     * @param \dml_write_exception $e thrown otherwise: a deadlock ends the transaction
     */
    private static function only_if_taken(string $table, array $row, \dml_write_exception $e): void {
        global $DB;
        if (!$DB->record_exists($table, $row)) {
            throw $e;
        }
    }

    /**
     * Give a role to somebody who has none through this instance.
     *
     * @param \stdClass $instance
     * @param \context_course $context
     * @param int $userid
     * @param int $roleid
     */
    private function give_role(\stdClass $instance, \context_course $context, int $userid, int $roleid): void {
        global $CFG, $DB, $USER;
        $assignment = (object) [
            'roleid' => $roleid,
            'contextid' => $context->id,
            'userid' => $userid,
            'component' => 'enrol_passerelle',
            'itemid' => $instance->id,
            'timemodified' => time(),
            'modifierid' => $USER->id,
            'sortorder' => 0,
        ];
        $assignment->id = $DB->insert_record('role_assignments', $assignment);
        mark_user_dirty($userid);
        $this->unpurged = [$roleid, $context];
        if (in_array((string) $roleid, explode(',', $CFG->coursecontact ?? ''), true)) {
            $this->purge(); // The course shows such people: it does not wait for the others.
        }
        $event = \core\event\role_assigned::create([
            'context' => $context,
            'objectid' => $roleid,
            'relateduserid' => $userid,
            'other' => ['id' => $assignment->id, 'component' => $assignment->component, 'itemid' => $instance->id],
        ]);
        $event->add_record_snapshot('role_assignments', $assignment);
        $event->trigger();
        di::get(hooks::class)->dispatch(new after_role_assigned(context: $context, userid: $userid));
    }

    /**
     * Purge caches and announce new members, once for all who came since the last time.
     *
     * To be called before anything else is done to them, and at the end.
     */
    public function finish(): void {
        $this->purge();
        $announcing = $this->unannounced;
        $this->unannounced = [];
        foreach ($announcing as [$group, $userids]) {
            try {
                di::get(hooks::class)->dispatch(new after_group_membership_added(groupinstance: $group, userids: $userids));
            } catch (\Throwable $e) {
                // They are members, whatever somebody else's code makes of it.
                debugging('New members of group ' . $group->id . ': ' . get_class($e), DEBUG_DEVELOPER);
            }
        }
    }

    /**
     * Purge the caches that know who has a role where.
     */
    private function purge(): void {
        if ($this->unpurged) {
            \core_course_category::role_assignment_changed(...$this->unpurged);
            $this->unpurged = null;
        }
    }

    /**
     * Put somebody enrolled into a group without them.
     *
     * @param \stdClass $group
     * @param int $userid of an account that is not deleted
     * @param \stdClass $instance through which it is done
     */
    public function join(\stdClass $group, int $userid, \stdClass $instance): void {
        global $DB;
        if ($this->unannounced && (int) reset($this->unannounced)[0]->courseid !== (int) $group->courseid) {
            $this->finish();
        }
        $now = time();
        $member = (object) [
            'groupid' => $group->id,
            'userid' => $userid,
            'timeadded' => $now,
            'component' => 'enrol_passerelle',
            'itemid' => $instance->id,
        ];
        try {
            $alike = self::compared() && $DB->insert_record('groups_members', $member);
        } catch (\dml_write_exception $e) {
            self::only_if_taken('groups_members', ['groupid' => $group->id, 'userid' => $userid], $e);
            $alike = false;
        }
        if (!$alike) {
            groups_add_member($group, $userid, 'enrol_passerelle', $instance->id);
            return;
        }
        if ((int) $group->timemodified !== $now) {
            $DB->set_field('groups', 'timemodified', $now, ['id' => $group->id]);
            $group->timemodified = $now;
        }
        \cache_helper::invalidate_by_definition('core', 'user_group_groupings', [], [$userid]);
        $context = \context_course::instance($group->courseid);
        $conversation = $this->conversations[$group->id]
            ??= \core_message\api::get_conversation_by_area('core_group', 'groups', $group->id, $context->id);
        if ($conversation) {
            \core_message\api::add_members_to_conversation([$userid], $conversation->id);
        }
        $event = \core\event\group_member_added::create([
            'context' => $context,
            'objectid' => $group->id,
            'relateduserid' => $userid,
            'other' => ['component' => $member->component, 'itemid' => $member->itemid],
        ]);
        $event->add_record_snapshot('groups', $group);
        $event->trigger();
        $this->unannounced[$group->id] = [$group, [...$this->unannounced[$group->id][1] ?? [], $userid]];
    }
}
