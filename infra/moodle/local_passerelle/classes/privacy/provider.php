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
use local_passerelle\local\job_people;

/**
 * What is kept of whom: who asked for a job or is named in it, whose account is the night's, who was sent which message; and
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
            'warnings' => 'privacy:metadata:job:warnings',
            'errormessage' => 'privacy:metadata:job:errormessage',
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
                    AND (EXISTS (SELECT 1 FROM {local_passerelle_sent} s WHERE s.userid = :two)
                         OR EXISTS (SELECT 1 FROM {local_passerelle_owned} o WHERE o.kind = 'user' AND o.itemid = :three))",
            ['level' => CONTEXT_SYSTEM, 'two' => $userid, 'three' => $userid]
        );
        foreach (self::jobs_by_context($userid) as $contextid => $jobs) {
            $list->add_from_sql('SELECT id FROM {context} WHERE id = :id', ['id' => $contextid]);
        }
        return $list;
    }

    #[\Override]
    public static function get_users_in_context(userlist $userlist) {
        $userlist->add_users(job_people::in_context($userlist->get_context()));
        if ($userlist->get_context()->contextlevel == CONTEXT_SYSTEM) {
            $userlist->add_from_sql('userid', 'SELECT userid FROM {local_passerelle_sent}', []);
            $userlist->add_from_sql('itemid', "SELECT itemid FROM {local_passerelle_owned} WHERE kind = 'user'", []);
        }
    }

    #[\Override]
    public static function export_user_data(approved_contextlist $contextlist) {
        $userid = (int) $contextlist->get_user()->id;
        $jobs = self::jobs_by_context($userid);
        foreach ($contextlist->get_contexts() as $context) {
            $data = ['jobs' => array_map(fn($job) => (object) [
                'kind' => $job['row']->kind,
                'status' => $job['row']->status,
                'courseid' => $job['row']->courseid,
                'parts' => implode(', ', array_map(
                    fn($part) => get_string('privacy:part:' . $part, 'local_passerelle'),
                    $job['parts']
                )),
                'timecreated' => transform::datetime($job['row']->timecreated),
            ], $jobs[$context->id] ?? [])];
            if ($context->contextlevel == CONTEXT_SYSTEM) {
                $data += self::told_and_owned($userid);
            }
            if (array_filter($data)) {
                writer::with_context($context)->export_data([get_string('pluginname', 'local_passerelle')], (object) $data);
            }
        }
    }

    #[\Override]
    public static function delete_data_for_all_users_in_context(\context $context) {
        global $DB;
        job_people::forget_all($context);
        if ($context->contextlevel == CONTEXT_SYSTEM) {
            $DB->delete_records('local_passerelle_sent');
            $DB->delete_records('local_passerelle_owned', ['kind' => 'user']);
        }
    }

    #[\Override]
    public static function delete_data_for_user(approved_contextlist $contextlist) {
        foreach ($contextlist->get_contexts() as $context) {
            self::forget($context, [(int) $contextlist->get_user()->id]);
        }
    }

    #[\Override]
    public static function delete_data_for_users(approved_userlist $userlist) {
        self::forget($userlist->get_context(), array_map('intval', $userlist->get_userids()));
    }

    /**
     * The jobs that know somebody, by the context they lie in.
     *
     * @param int $userid
     * @return array<int, array[]> of row, parts, by context id
     */
    private static function jobs_by_context(int $userid): array {
        global $DB;
        $user = $DB->get_record('user', ['id' => $userid], 'id, username');
        $jobs = [];
        foreach ($user ? job_people::jobs_of($user) : [] as $job) {
            $jobs[job_people::context($job['row'])->id][] = $job;
        }
        return $jobs;
    }

    /**
     * The messages somebody was sent, and since when the account is the night's.
     *
     * @param int $userid
     * @return array
     */
    private static function told_and_owned(int $userid): array {
        global $DB;
        $owned = $DB->get_field('local_passerelle_owned', 'timecreated', ['kind' => 'user', 'itemid' => $userid]);
        return [
            'messages' => array_map(fn($row) => (object) [
                'key' => $row->notifykey,
                'timecreated' => transform::datetime($row->timecreated),
            ], array_values($DB->get_records('local_passerelle_sent', ['userid' => $userid], 'id'))),
            'accountkeptbypasserelle' => $owned ? transform::datetime($owned) : null,
        ];
    }

    /**
     * Forget some people in a context. What their jobs did to courses stays known, without their name.
     *
     * @param \context $context
     * @param int[] $userids
     */
    private static function forget(\context $context, array $userids): void {
        global $DB;
        foreach ($userids ? $DB->get_records_list('user', 'id', $userids, '', 'id, username') : [] as $user) {
            job_people::forget_one($context, $user);
        }
        if ($userids && $context->contextlevel == CONTEXT_SYSTEM) {
            [$in, $params] = $DB->get_in_or_equal($userids, SQL_PARAMS_NAMED);
            $DB->delete_records_select('local_passerelle_sent', "userid {$in}", $params);
            $DB->delete_records_select('local_passerelle_owned', "kind = 'user' AND itemid {$in}", $params);
        }
    }
}
