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
 * Finds users exactly, without case, and says what stands in the way of using an account.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class people {
    /** What a person can be found by. */
    public const FIELDS = ['email', 'username', 'idnumber'];

    /**
     * Per value who has it.
     *
     * @param string $field one of FIELDS
     * @param string[] $values
     * @return array[] of value, users
     */
    public static function find(string $field, array $values): array {
        global $CFG, $DB;
        $found = [];
        $folded = array_values(array_unique(array_map([\core_text::class, 'strtolower'], array_filter($values, 'strlen'))));
        foreach (array_chunk($folded, 250) as $chunk) {
            [$in, $params] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED);
            // Usernames are lower case by Moodle's own rule, and have the index.
            $column = $field === 'username' ? 'username' : "LOWER({$field})";
            $rows = $DB->get_records_select(
                'user',
                "{$column} {$in} AND deleted = 0 AND mnethostid = :host",
                $params + ['host' => $CFG->mnet_localhost_id],
                'id',
                self::columns()
            );
            foreach ($rows as $row) {
                $found[\core_text::strtolower($row->$field)][$row->id] = $row;
            }
            if ($field === 'email') {
                self::add_deleted($chunk, $found);
            }
        }
        $ids = array_merge([], ...array_map('array_keys', array_values($found)));
        $privileged = self::privileged($ids);
        $categories = self::own_categories($ids);
        return array_map(fn($value) => [
            'value' => $value,
            'users' => array_map(
                fn($row) => self::describe($row, isset($privileged[$row->id]), $categories[$row->id] ?? []),
                array_values($found[\core_text::strtolower($value)] ?? [])
            ),
        ], $values);
    }

    /**
     * The columns that are answered.
     *
     * @return string
     */
    private static function columns(): string {
        return 'id, username, idnumber, firstname, lastname, email, auth, suspended, deleted, confirmed, lang, '
            . 'firstaccess, lastaccess';
    }

    /**
     * Deleted accounts that had one of these addresses: Moodle keeps the address in their username.
     *
     * @param string[] $emails in lower case
     * @param array $found by address, added to
     */
    private static function add_deleted(array $emails, array &$found): void {
        global $DB;
        $rows = $DB->get_recordset_select('user', 'deleted = 1', [], 'id', self::columns());
        $wanted = array_flip($emails);
        foreach ($rows as $row) {
            // The form is address.timestamp; addresses hold dots themselves.
            $email = \core_text::strtolower(preg_replace('/\.\d+$/', '', $row->username));
            if (isset($wanted[$email])) {
                $row->email = $email;
                $found[$email][$row->id] = $row;
            }
        }
        $rows->close();
    }

    /**
     * Who of these is an administrator or holds a role above courses.
     *
     * @param int[] $userids
     * @return array user id => true
     */
    private static function privileged(array $userids): array {
        global $DB;
        $privileged = array_fill_keys(array_intersect($userids, array_keys(get_admins())), true);
        foreach (array_chunk($userids, 1000) as $chunk) {
            [$in, $params] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED);
            $rows = $DB->get_fieldset_sql(
                "SELECT DISTINCT ra.userid FROM {role_assignments} ra
                   JOIN {context} ctx ON ctx.id = ra.contextid AND ctx.contextlevel IN (:system, :category)
                  WHERE ra.userid {$in}",
                $params + ['system' => CONTEXT_SYSTEM, 'category' => CONTEXT_COURSECAT]
            );
            $privileged += array_fill_keys($rows, true);
        }
        return $privileged;
    }

    /**
     * The categories that these people own: where they hold a role in the category itself, not above it,
     * and may create courses. One without an idnumber cannot be named to anybody.
     *
     * @param int[] $userids
     * @return array user id => idnumbers
     */
    private static function own_categories(array $userids): array {
        global $DB;
        $own = [];
        foreach (array_chunk($userids, 1000) as $chunk) {
            [$in, $params] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED);
            $rows = $DB->get_recordset_sql(
                "SELECT DISTINCT ra.userid, cc.id, cc.idnumber, cc.sortorder FROM {role_assignments} ra
                   JOIN {context} ctx ON ctx.id = ra.contextid AND ctx.contextlevel = :category
                   JOIN {course_categories} cc ON cc.id = ctx.instanceid
                  WHERE cc.idnumber <> '' AND ra.userid {$in}
               ORDER BY cc.sortorder",
                $params + ['category' => CONTEXT_COURSECAT]
            );
            foreach ($rows as $row) {
                if (has_capability('moodle/course:create', \context_coursecat::instance($row->id), $row->userid)) {
                    $own[$row->userid][] = $row->idnumber;
                }
            }
            $rows->close();
        }
        return $own;
    }

    /**
     * The service's answer about a user.
     *
     * @param \stdClass $row
     * @param bool $privileged
     * @param string[] $categories
     * @return array
     */
    private static function describe(\stdClass $row, bool $privileged, array $categories): array {
        return [
            'id' => (int) $row->id,
            'username' => $row->username,
            'idnumber' => (string) $row->idnumber,
            'firstname' => $row->firstname,
            'lastname' => $row->lastname,
            'email' => $row->email,
            'auth' => $row->auth,
            'suspended' => (bool) $row->suspended,
            'deleted' => (bool) $row->deleted,
            'confirmed' => (bool) $row->confirmed,
            'lang' => (string) $row->lang,
            'firstaccess' => (int) $row->firstaccess,
            'lastaccess' => (int) $row->lastaccess,
            'privileged' => $privileged,
            'categories' => $categories,
        ];
    }
}
