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

namespace local_passerelle\privacy;

use core_privacy\local\metadata\collection;
use core_privacy\local\request\approved_contextlist;
use core_privacy\local\request\approved_userlist;
use core_privacy\local\request\contextlist;
use core_privacy\local\request\transform;
use core_privacy\local\request\userlist;
use core_privacy\local\request\writer;

/**
 * What is kept of whom: who asked for a job, whose account is the night's, who was sent which message; and
 * what goes to Passerelle about the person who presses a button.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class provider implements
    \core_privacy\local\metadata\provider,
    \core_privacy\local\request\core_userlist_provider,
    \core_privacy\local\request\plugin\provider {
    #[\Override]
    public static function get_metadata(collection $collection): collection {
        $collection->add_database_table('local_passerelle_job', [
            'userid' => 'privacy:metadata:job:userid',
            'courseid' => 'privacy:metadata:job:courseid',
            'params' => 'privacy:metadata:job:params',
            'timecreated' => 'privacy:metadata:timecreated',
        ], 'privacy:metadata:job');
        $collection->add_database_table('local_passerelle_sent', [
            'userid' => 'privacy:metadata:sent:userid',
            'notifykey' => 'privacy:metadata:sent:notifykey',
            'timecreated' => 'privacy:metadata:timecreated',
        ], 'privacy:metadata:sent');
        $collection->add_database_table('local_passerelle_owned', [
            'itemid' => 'privacy:metadata:owned:itemid',
            'timecreated' => 'privacy:metadata:timecreated',
        ], 'privacy:metadata:owned');
        $collection->add_external_location_link('passerelle', [
            'username' => 'privacy:metadata:passerelle:username',
            'idnumber' => 'privacy:metadata:passerelle:idnumber',
            'email' => 'privacy:metadata:passerelle:email',
            'firstname' => 'privacy:metadata:passerelle:firstname',
            'lastname' => 'privacy:metadata:passerelle:lastname',
            'lang' => 'privacy:metadata:passerelle:lang',
        ], 'privacy:metadata:passerelle');
        $collection->add_external_location_link('hashes', [
            'email' => 'privacy:metadata:passerelle:email',
            'username' => 'privacy:metadata:passerelle:username',
            'firstname' => 'privacy:metadata:passerelle:firstname',
            'lastname' => 'privacy:metadata:passerelle:lastname',
        ], 'privacy:metadata:hashes');
        $collection->add_subsystem_link('core_files', [], 'privacy:metadata:core_files');
        return $collection;
    }

    #[\Override]
    public static function get_contexts_for_userid(int $userid): contextlist {
        $list = new contextlist();
        $list->add_from_sql(
            "SELECT ctx.id FROM {context} ctx
              WHERE ctx.contextlevel = :level
                    AND (EXISTS (SELECT 1 FROM {local_passerelle_job} j WHERE j.userid = :one)
                         OR EXISTS (SELECT 1 FROM {local_passerelle_sent} s WHERE s.userid = :two)
                         OR EXISTS (SELECT 1 FROM {local_passerelle_owned} o WHERE o.kind = 'user' AND o.itemid = :three))",
            ['level' => CONTEXT_SYSTEM, 'one' => $userid, 'two' => $userid, 'three' => $userid]
        );
        return $list;
    }

    #[\Override]
    public static function get_users_in_context(userlist $userlist) {
        if ($userlist->get_context()->contextlevel != CONTEXT_SYSTEM) {
            return;
        }
        $userlist->add_from_sql('userid', 'SELECT userid FROM {local_passerelle_job}', []);
        $userlist->add_from_sql('userid', 'SELECT userid FROM {local_passerelle_sent}', []);
        $userlist->add_from_sql('itemid', "SELECT itemid FROM {local_passerelle_owned} WHERE kind = 'user'", []);
    }

    #[\Override]
    public static function export_user_data(approved_contextlist $contextlist) {
        global $DB;
        $userid = $contextlist->get_user()->id;
        foreach ($contextlist->get_contexts() as $context) {
            if ($context->contextlevel != CONTEXT_SYSTEM) {
                continue;
            }
            $jobs = [];
            foreach ($DB->get_records('local_passerelle_job', ['userid' => $userid], 'id') as $row) {
                $jobs[] = (object) [
                    'kind' => $row->kind,
                    'status' => $row->status,
                    'courseid' => $row->courseid,
                    'timecreated' => transform::datetime($row->timecreated),
                ];
            }
            $sent = [];
            foreach ($DB->get_records('local_passerelle_sent', ['userid' => $userid], 'id') as $row) {
                $sent[] = (object) ['key' => $row->notifykey, 'timecreated' => transform::datetime($row->timecreated)];
            }
            $owned = $DB->get_field('local_passerelle_owned', 'timecreated', ['kind' => 'user', 'itemid' => $userid]);
            writer::with_context($context)->export_data([get_string('pluginname', 'local_passerelle')], (object) [
                'jobs' => $jobs,
                'messages' => $sent,
                'accountkeptbypasserelle' => $owned ? transform::datetime($owned) : null,
            ]);
        }
    }

    #[\Override]
    public static function delete_data_for_all_users_in_context(\context $context) {
        global $DB;
        if ($context->contextlevel == CONTEXT_SYSTEM) {
            $DB->set_field('local_passerelle_job', 'userid', 0);
            $DB->delete_records('local_passerelle_sent');
        }
    }

    #[\Override]
    public static function delete_data_for_user(approved_contextlist $contextlist) {
        foreach ($contextlist->get_contexts() as $context) {
            if ($context->contextlevel == CONTEXT_SYSTEM) {
                self::forget([$contextlist->get_user()->id]);
            }
        }
    }

    #[\Override]
    public static function delete_data_for_users(approved_userlist $userlist) {
        if ($userlist->get_context()->contextlevel == CONTEXT_SYSTEM) {
            self::forget($userlist->get_userids());
        }
    }

    /**
     * Forget some people. What their jobs did to courses stays known, without their name.
     *
     * @param int[] $userids
     */
    private static function forget(array $userids): void {
        global $DB;
        if (!$userids) {
            return;
        }
        [$in, $params] = $DB->get_in_or_equal($userids, SQL_PARAMS_NAMED);
        $DB->set_field_select('local_passerelle_job', 'userid', 0, "userid {$in}", $params);
        $DB->delete_records_select('local_passerelle_sent', "userid {$in}", $params);
        $DB->delete_records_select('local_passerelle_owned', "kind = 'user' AND itemid {$in}", $params);
    }
}
