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
 * The people of the jobs: who asked for one, and whom it names in what was asked and in what it told.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class job_people {
    /** What a job has to do with somebody. */
    public const PARTS = ['asked', 'person', 'owner', 'recipient'];

    /**
     * Usernames that a job names, in lower case, each with its part in it.
     *
     * @param array $params of the job
     * @return array<string, string>
     */
    private static function named(array $params): array {
        $named = [];
        foreach ((array) ($params['owners'] ?? []) as $owner) {
            $named[self::folded($owner['username'] ?? '')] = 'owner';
        }
        $named[self::folded($params['username'] ?? '')] = 'recipient';
        $named[self::folded($params['person'] ?? '')] = 'person';
        unset($named['']);
        return $named;
    }

    /**
     * A username as it is compared.
     *
     * @param mixed $username
     * @return string
     */
    private static function folded(mixed $username): string {
        return is_string($username) ? \core_text::strtolower(trim($username)) : '';
    }

    /**
     * The jobs that somebody asked for or that name them.
     *
     * @param \stdClass $user
     * @return array[] of row, parts
     */
    public static function jobs_of(\stdClass $user): array {
        global $DB;
        $spelt = substr(json_encode($user->username), 1, -1);
        $rows = $DB->get_records_select(
            'local_passerelle_job',
            'userid = :user OR ' . $DB->sql_like('params', ':name', false),
            ['user' => $user->id, 'name' => '%"' . $DB->sql_like_escape($spelt) . '"%'],
            'id'
        );
        $jobs = [];
        foreach ($rows as $row) {
            $part = self::named(self::params($row))[$user->username] ?? '';
            $parts = array_values(array_filter([(int) $row->userid === (int) $user->id ? 'asked' : '', $part]));
            if ($parts) {
                $jobs[] = ['row' => $row, 'parts' => $parts];
            }
        }
        return $jobs;
    }

    /**
     * The ids of everybody whom the jobs of a context know.
     *
     * @param \context $context
     * @return int[]
     */
    public static function in_context(\context $context): array {
        global $DB;
        $ids = [];
        $names = [];
        foreach (self::jobs_in($context) as $row) {
            $ids[(int) $row->userid] = (int) $row->userid;
            $names += self::named(self::params($row));
        }
        foreach (array_chunk(array_map('strval', array_keys($names)), 1000) as $chunk) {
            [$in, $params] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED);
            foreach ($DB->get_fieldset_select('user', 'id', "username {$in} AND deleted = 0", $params) as $id) {
                $ids[(int) $id] = (int) $id;
            }
        }
        unset($ids[0]);
        return array_values($ids);
    }

    /**
     * The context that a job lies in: its course's while that is there, else the whole site's.
     *
     * @param \stdClass $row
     * @return \context
     */
    public static function context(\stdClass $row): \context {
        $course = $row->courseid ? \context_course::instance((int) $row->courseid, IGNORE_MISSING) : false;
        return $course ?: \context_system::instance();
    }

    /**
     * Forget everybody in the jobs of a context.
     *
     * @param \context $context
     */
    public static function forget_all(\context $context): void {
        foreach (self::jobs_in($context) as $row) {
            self::forget($row, [(int) $row->userid], array_map('strval', array_keys(self::named(self::params($row)))));
        }
    }

    /**
     * Forget somebody in the jobs of a context.
     *
     * @param \context $context
     * @param \stdClass $user
     */
    public static function forget_one(\context $context, \stdClass $user): void {
        foreach (self::jobs_of($user) as ['row' => $row]) {
            if (self::context($row)->id === $context->id) {
                self::forget($row, [(int) $user->id], [$user->username]);
            }
        }
    }

    /**
     * Jobs that ended before a time lose all names; what nobody asks about any more is deleted.
     *
     * @param int $before Unix time
     */
    public static function clean_up(int $before): void {
        global $DB;
        // Of a restore it stays known where the course came from: "restored already" is asked of it.
        $stays = "kind = 'restore' AND status = 'done'
            AND EXISTS (SELECT 1 FROM {course} c WHERE c.id = {local_passerelle_job}.courseid)";
        $old = 'COALESCE(timeended, timemodified) < :before';
        $DB->delete_records_select('local_passerelle_job', "{$old} AND NOT ({$stays})", ['before' => $before]);
        $rows = $DB->get_recordset_select(
            'local_passerelle_job',
            "{$old} AND {$stays} AND (userid <> 0 OR " . $DB->sql_compare_text('params', 2) . " <> '{}')",
            ['before' => $before],
            'id',
            'id, state'
        );
        foreach ($rows as $row) {
            $state = json_decode((string) $row->state, true) ?: [];
            $DB->update_record('local_passerelle_job', (object) [
                'id' => $row->id,
                'userid' => 0,
                'params' => '{}',
                'state' => json_encode((object) array_intersect_key($state, ['origin' => 1, 'undone' => 1])),
                'map' => '[]',
                'warnings' => '[]',
            ]);
        }
        $rows->close();
    }

    /**
     * The jobs of a context.
     *
     * @param \context $context of a course or the site
     * @return iterable<\stdClass>
     */
    private static function jobs_in(\context $context): iterable {
        global $DB;
        if ($context->contextlevel == CONTEXT_COURSE) {
            return $DB->get_records('local_passerelle_job', ['courseid' => $context->instanceid], 'id');
        }
        if ($context->contextlevel != CONTEXT_SYSTEM) {
            return [];
        }
        return $DB->get_records_sql(
            'SELECT j.* FROM {local_passerelle_job} j
              WHERE j.courseid IS NULL OR NOT EXISTS (
                    SELECT 1 FROM {context} ctx WHERE ctx.contextlevel = :course AND ctx.instanceid = j.courseid)
           ORDER BY j.id',
            ['course' => CONTEXT_COURSE]
        );
    }

    /**
     * What was asked of a job.
     *
     * @param \stdClass $row
     * @return array
     */
    private static function params(\stdClass $row): array {
        return json_decode((string) $row->params, true) ?: [];
    }

    /**
     * Take people out of a job. One under way needs them still: it is done within hours, and cleaned up in its time.
     *
     * @param \stdClass $row
     * @param int[] $userids
     * @param string[] $usernames
     */
    private static function forget(\stdClass $row, array $userids, array $usernames): void {
        global $DB;
        if (!in_array($row->status, job::ENDED, true)) {
            return;
        }
        $params = self::params($row);
        foreach (['username', 'person'] as $name) {
            if (in_array(self::folded($params[$name] ?? ''), $usernames, true)) {
                $params[$name] = '';
            }
        }
        if (isset($params['owners'])) {
            $stays = fn($owner) => !in_array(self::folded($owner['username'] ?? ''), $usernames, true);
            $params['owners'] = array_values(array_filter($params['owners'], $stays));
        }
        $DB->update_record('local_passerelle_job', (object) [
            'id' => $row->id,
            'userid' => in_array((int) $row->userid, $userids, true) ? 0 : $row->userid,
            'params' => json_encode((object) $params),
            'warnings' => self::without((string) $row->warnings, $usernames),
            'errormessage' => $row->errormessage === null ? null : self::without($row->errormessage, $usernames),
        ]);
    }

    /**
     * A text without some usernames.
     *
     * @param string $text
     * @param string[] $usernames
     * @return string
     */
    private static function without(string $text, array $usernames): string {
        foreach (array_filter($usernames, 'strlen') as $username) {
            $text = preg_replace('/(?<![\w.@-])' . preg_quote($username, '/') . '(?![\w@-])/iu', '…', $text) ?? $text;
        }
        return $text;
    }
}
