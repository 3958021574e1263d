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
 * Pages of the site's people, places and enrolments, by key and never by offset: page 400 is as fast as page 1.
 *
 * Each row has "id", the key of the page, and the columns by which an operation would name the thing.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class export_pages {
    /** What can be exported. */
    public const TABLES = [
        'users', 'cohorts', 'cohortmembers', 'categories', 'courses', 'groups', 'members', 'enrolments', 'owned',
    ];
    /** Those of which somebody may ask for a few rows only. */
    public const NARROWED = ['users', 'cohortmembers', 'courses', 'groups', 'members', 'enrolments', 'owned'];

    /** Columns that are numbers or truth values, where the database answers strings. */
    private const NUMBERS = [
        'id', 'courseid', 'userid', 'startdate', 'timecreated', 'timestart', 'timeend', 'lastchange', 'lastaccess', 'itemid',
    ];
    /** Columns that are yes or no. */
    private const FLAGS = ['visible', 'suspended', 'adopted', 'confirmed'];

    /**
     * The query of each table: {page} is where the condition on the key goes.
     *
     * @param string $table
     * @return array{string, array} SQL without its condition, parameters
     */
    private static function query(string $table): array {
        global $CFG, $DB;
        // The name of the column is a word of SQL.
        $group = $DB->get_manager()->generator->getEncQuoted('group');
        $component = $DB->sql_concat("'enrol_'", 'e.enrol');
        return match ($table) {
            'users' => ["SELECT t.id, t.username, t.idnumber, t.firstname, t.lastname, t.email, t.auth, t.suspended,
                                t.confirmed, t.lang, t.lastaccess
                           FROM {user} t WHERE t.deleted = 0 AND t.mnethostid = :host AND t.username <> 'guest'",
                ['host' => $CFG->mnet_localhost_id]],
            'cohorts' => ["SELECT t.id, t.idnumber, t.name, t.component, t.visible FROM {cohort} t WHERE 1 = 1", []],
            'cohortmembers' => ["SELECT t.id, c.idnumber AS cohort, u.username, c.component
                                   FROM {cohort_members} t
                                   JOIN {cohort} c ON c.id = t.cohortid
                                   JOIN {user} u ON u.id = t.userid
                                  WHERE u.deleted = 0", []],
            'categories' => ["SELECT t.id, t.idnumber, t.name, COALESCE(p.idnumber, '') AS parent, t.visible
                                FROM {course_categories} t
                           LEFT JOIN {course_categories} p ON p.id = t.parent
                               WHERE 1 = 1", []],
            'courses' => ["SELECT t.id, t.idnumber, t.shortname, t.fullname, COALESCE(k.idnumber, '') AS category, t.summary,
                                  t.startdate, t.visible, t.timecreated
                             FROM {course} t
                        LEFT JOIN {course_categories} k ON k.id = t.category
                            WHERE t.category <> 0", []],
            'groups' => ["SELECT t.id, c.idnumber AS course, t.courseid, t.idnumber, t.name
                            FROM {groups} t JOIN {course} c ON c.id = t.courseid WHERE 1 = 1", []],
            'members' => ["SELECT t.id, c.idnumber AS course, g.courseid, g.idnumber AS {$group}, u.username, t.component
                             FROM {groups_members} t
                             JOIN {groups} g ON g.id = t.groupid
                             JOIN {course} c ON c.id = g.courseid
                             JOIN {user} u ON u.id = t.userid
                            WHERE u.deleted = 0", []],
            // The roles are asked for row by row: joined, the planner may read every role of the site for each page.
            'enrolments' => ["SELECT t.id, c.idnumber AS course, e.courseid, u.username, t.userid, e.enrol AS method,
                                     e.customchar1 AS source, t.status, e.status AS instancestatus, t.timestart, t.timeend,
                                     (SELECT " . $DB->sql_group_concat('ra.roleid', ',', 'ra.id') . "
                                        FROM {role_assignments} ra
                                       WHERE ra.userid = t.userid AND ra.contextid = ctx.id
                                             AND ((ra.itemid = e.id AND ra.component = {$component})
                                                  OR (e.enrol = 'manual' AND ra.component = ''))) AS roles
                                FROM {user_enrolments} t
                                JOIN {enrol} e ON e.id = t.enrolid
                                JOIN {course} c ON c.id = e.courseid
                           LEFT JOIN {context} ctx ON ctx.contextlevel = :level AND ctx.instanceid = e.courseid
                                JOIN {user} u ON u.id = t.userid
                               WHERE u.deleted = 0", ['level' => CONTEXT_COURSE]],
            'owned' => ["SELECT t.id, t.kind, t.itemid, t.adopted,
                                COALESCE(k.idnumber, c.idnumber, g.idnumber, u.username, '') AS idnumber,
                                COALESCE(gc.idnumber, '') AS course
                           FROM {local_passerelle_owned} t
                      LEFT JOIN {course_categories} k ON t.kind = 'category' AND k.id = t.itemid
                      LEFT JOIN {course} c ON t.kind = 'course' AND c.id = t.itemid
                      LEFT JOIN {groups} g ON t.kind = 'group' AND g.id = t.itemid
                      LEFT JOIN {course} gc ON gc.id = g.courseid
                      LEFT JOIN {user} u ON t.kind = 'user' AND u.id = t.itemid AND u.deleted = 0
                          WHERE COALESCE(k.id, c.id, g.id, u.id) IS NOT NULL", []],
        };
    }

    /**
     * One page.
     *
     * @param string $table one of TABLES
     * @param int $after
     * @param int $limit
     * @param string[] $only see narrowed()
     * @return array of rows (JSON), next
     */
    public static function page(string $table, int $after, int $limit, array $only = []): array {
        global $DB;
        [$sql, $params] = self::query($table);
        if ($only) {
            [$condition, $values] = self::narrowed($table, $only);
            $sql .= " AND {$condition}";
            $params += $values;
        }
        // A page is small enough to be held: a recordset is a cursor, which PostgreSQL plans as if only a tenth of
        // the rows were wanted, and that is many times slower here.
        $found = $DB->get_records_sql("{$sql} AND t.id > :after ORDER BY t.id", $params + ['after' => $after], 0, $limit);
        $rows = [];
        $types = null;
        foreach ($found as $row) {
            $row = (array) $row;
            $types ??= self::types($row);
            foreach ($types as $name => $type) {
                // Half a million rows pass here: nothing is looked up for each of them.
                $row[$name] = $type === 1 ? (int) $row[$name] : ($type === 2 ? (bool) $row[$name] : (string) $row[$name]);
            }
            $rows[] = $row;
        }
        unset($found);
        $last = $rows ? end($rows)['id'] : $after;
        if ($table === 'enrolments') {
            $rows = self::in_words($rows);
        } else if ($table === 'courses') {
            $changes = course_facts::last_changes(array_column($rows, 'id'));
            foreach ($rows as $i => $row) {
                $rows[$i]['lastchange'] = $changes[$row['id']];
            }
        }
        return [
            'rows' => json_encode($rows, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE),
            'next' => count($rows) === $limit ? $last : null,
        ];
    }

    /**
     * The condition for a few rows: those of these logins, or of courses of these idnumbers and their archives.
     * What is owned: such courses, their groups, and accounts of these logins.
     *
     * @param string $table one of NARROWED
     * @param string[] $only
     * @return array{string, array} SQL, parameters
     */
    private static function narrowed(string $table, array $only): array {
        global $DB;
        $column = [
            'users' => 't.username', 'enrolments' => 'u.username', 'members' => 'u.username', 'cohortmembers' => 'u.username',
            'courses' => 't.idnumber', 'groups' => 'c.idnumber', 'owned' => 'c.idnumber',
        ];
        [$in, $params] = $DB->get_in_or_equal(array_values($only), SQL_PARAMS_NAMED, 'only');
        $condition = "{$column[$table]} {$in}";
        if ($table === 'owned') {
            foreach (['gc.idnumber' => 'group', 'u.username' => 'user'] as $other => $name) {
                [$in, $more] = $DB->get_in_or_equal(array_values($only), SQL_PARAMS_NAMED, $name);
                $condition .= " OR {$other} {$in}";
                $params += $more;
            }
        }
        if ($table === 'courses' || $table === 'owned') {
            foreach (array_values($only) as $i => $idnumber) {
                // A course that left the offer bears its idnumber after ex_, and a number if that was taken (N5).
                $condition .= ' OR ' . $DB->sql_like($column[$table], ":archive{$i}");
                $params["archive{$i}"] = $DB->sql_like_escape("ex_{$idnumber}") . '%';
            }
        }
        return ["({$condition})", $params];
    }

    /**
     * What each column is: 1 a number, 2 a flag, 0 text (nothing is the empty string).
     *
     * @param array $row any row of the table
     * @return int[]
     */
    private static function types(array $row): array {
        $types = [];
        foreach (array_keys($row) as $name) {
            $types[$name] = in_array($name, self::NUMBERS, true) ? 1 : (in_array($name, self::FLAGS, true) ? 2 : 0);
        }
        return $types;
    }

    /**
     * Enrolments with short names for roles and words for their state.
     *
     * @param array[] $rows whose roles are ids parted by commas
     * @return array[]
     */
    private static function in_words(array $rows): array {
        global $DB;
        $names = $DB->get_records_menu('role', null, '', 'id, shortname');
        $lists = ['' => []];
        $active = [(string) ENROL_USER_ACTIVE, (string) ENROL_INSTANCE_ENABLED];
        foreach ($rows as &$row) {
            // Few lists stand for half a million rows.
            $row['roles'] = $lists[$row['roles']] ??= array_map(fn($id) => $names[$id], explode(',', $row['roles']));
            $row['status'] = [$row['status'], $row['instancestatus']] === $active ? 'active' : 'suspended';
            unset($row['instancestatus']);
            if ($row['method'] !== 'passerelle') {
                $row['source'] = '';
            }
        }
        unset($row);
        return $rows;
    }
}
