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
 * What a course holds, who teaches it and when it last changed, by the definitions of the network's rules.
 *
 * Empty: no module but an announcements forum without discussion, no question, badge or content-bank item and
 * no section summary. Blocks do not count.
 *
 * Since Moodle 5 the questions of a course lie in question banks: modules that the course page does not list and that
 * Moodle makes by itself. Such a bank counts as the questions it holds, as a course's questions did before.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class course_facts {
    /** How many courses one query is asked about. */
    private const CHUNK = 500;

    /**
     * What keeps each course from being empty.
     *
     * @param int[] $courseids
     * @return array[] course id => list of ['kind' => string, 'count' => int]
     */
    public static function holdings(array $courseids): array {
        global $DB;
        $holds = array_fill_keys($courseids, []);
        foreach (array_chunk($courseids, self::CHUNK) as $chunk) {
            [$in, $params] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED);
            [$inbanks, $bankparams] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED, 'bank');
            $params += $bankparams + ['level' => CONTEXT_COURSE, 'banklevel' => CONTEXT_MODULE];
            $counts = [
                // An announcements forum is what every course is born with; only its discussions count.
                'activities' => "SELECT cm.course, COUNT(*) AS n
                                   FROM {course_modules} cm
                                   JOIN {modules} m ON m.id = cm.module
                              LEFT JOIN {forum} f ON f.id = cm.instance AND m.name = 'forum' AND f.type = 'news'
                                  WHERE cm.course {$in} AND cm.deletioninprogress = 0 AND f.id IS NULL AND m.name <> 'qbank'
                               GROUP BY cm.course",
                'discussions' => "SELECT f.course, COUNT(*) AS n
                                    FROM {forum} f
                                    JOIN {forum_discussions} d ON d.forum = f.id
                                   WHERE f.course {$in} AND f.type = 'news' GROUP BY f.course",
                'questions' => "SELECT place.course, COUNT(*) AS n
                                 FROM {question_bank_entries} e
                                 JOIN {question_categories} c ON c.id = e.questioncategoryid
                                 JOIN (SELECT ctx.id, ctx.instanceid AS course
                                         FROM {context} ctx
                                        WHERE ctx.contextlevel = :level AND ctx.instanceid {$in}
                                    UNION ALL
                                       SELECT ctx.id, cm.course
                                         FROM {course_modules} cm
                                         JOIN {modules} m ON m.id = cm.module AND m.name = 'qbank'
                                         JOIN {context} ctx ON ctx.instanceid = cm.id AND ctx.contextlevel = :banklevel
                                        WHERE cm.course {$inbanks} AND cm.deletioninprogress = 0) place ON place.id = c.contextid
                             GROUP BY place.course",
                'badges' => "SELECT courseid AS course, COUNT(*) AS n FROM {badge}
                             WHERE courseid {$in} AND status <> 4 GROUP BY courseid",
                'contentbank' => "SELECT ctx.instanceid AS course, COUNT(*) AS n
                                    FROM {contentbank_content} b
                                    JOIN {context} ctx ON ctx.id = b.contextid AND ctx.contextlevel = :level
                                   WHERE ctx.instanceid {$in} GROUP BY ctx.instanceid",
                'summaries' => "SELECT course, COUNT(*) AS n FROM {course_sections}
                                      WHERE course {$in} AND " . $DB->sql_isnotempty('course_sections', 'summary', true, true) . "
                                   GROUP BY course",
            ];
            foreach ($counts as $kind => $sql) {
                foreach ($DB->get_records_sql($sql, $params) as $row) {
                    $holds[$row->course][] = ['kind' => $kind, 'count' => (int) $row->n];
                }
            }
        }
        return $holds;
    }

    /**
     * When each course last changed.
     *
     * The latest of the course's own time, logged writing events of teaching level or of the content bank
     * (backups and this plugin's own jobs aside), and block changes. Without a readable log every course
     * counts as changed now.
     *
     * @param int[] $courseids
     * @param bool $people whether what participants wrote counts too (before something is undone)
     * @return int[] course id => Unix time
     */
    public static function last_changes(array $courseids, bool $people = false): array {
        global $DB;
        $changes = array_fill_keys($courseids, 0);
        if (!self::log_is_readable()) {
            return array_fill_keys($courseids, time());
        }
        foreach (array_chunk($courseids, self::CHUNK) as $chunk) {
            [$in, $params] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED);
            [$ours, $oursparams] = self::own_jobs('l');
            $levels = $people ? '1, 2' : '1';
            $sources = [
                ["SELECT id AS course, timemodified AS t FROM {course} WHERE id {$in}", []],
                ["SELECT ctx.instanceid AS course, MAX(b.timemodified) AS t
                    FROM {block_instances} b
                    JOIN {context} ctx ON ctx.id = b.parentcontextid AND ctx.contextlevel = :level
                   WHERE ctx.instanceid {$in} AND b.blockname <> 'passerelle'
                GROUP BY ctx.instanceid", ['level' => CONTEXT_COURSE]],
                // The log's index is on courseid, anonymous, timecreated.
                ["SELECT l.courseid AS course, MAX(l.timecreated) AS t
                    FROM {logstore_standard_log} l
                   WHERE l.courseid {$in} AND l.anonymous IN (0, 1) AND l.crud IN ('c', 'u', 'd')
                         AND (l.edulevel IN ({$levels}) OR l.target = 'contentbank_content')
                         AND l.eventname <> :backupmade AND NOT EXISTS ({$ours})
                GROUP BY l.courseid", $oursparams + ['backupmade' => '\core\event\course_backup_created']],
            ];
            foreach ($sources as [$sql, $more]) {
                foreach ($DB->get_records_sql($sql, $params + $more) as $row) {
                    $changes[$row->course] = max($changes[$row->course], (int) $row->t);
                }
            }
        }
        return $changes;
    }

    /**
     * A condition that holds for log rows which this plugin's own jobs wrote.
     *
     * A job writes from cron, in its course, between its start and its end.
     *
     * @param string $log alias of the log table
     * @return array{string, array}
     */
    public static function own_jobs(string $log): array {
        return ["SELECT 1 FROM {local_passerelle_job} pj
                  WHERE pj.courseid = {$log}.courseid AND {$log}.origin = 'cli'
                        AND {$log}.timecreated >= pj.timestarted
                        AND ({$log}.timecreated <= pj.timeended OR pj.timeended IS NULL)", []];
    }

    /**
     * Whether Moodle's own log can be asked.
     *
     * @return bool
     */
    public static function log_is_readable(): bool {
        $stores = explode(',', (string) get_config('tool_log', 'enabled_stores'));
        return in_array('logstore_standard', $stores, true);
    }

    /**
     * Usernames of those who teach, by the archetype of their role in the course itself.
     *
     * @param int[] $courseids
     * @param string $archetype editingteacher or teacher
     * @return string[][] course id => usernames
     */
    public static function people_with(array $courseids, string $archetype): array {
        global $DB;
        $people = array_fill_keys($courseids, []);
        foreach (array_chunk($courseids, self::CHUNK) as $chunk) {
            [$in, $params] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED);
            $rows = $DB->get_recordset_sql(
                "SELECT DISTINCT ctx.instanceid AS course, u.username
                   FROM {role_assignments} ra
                   JOIN {role} r ON r.id = ra.roleid AND r.archetype = :archetype
                   JOIN {context} ctx ON ctx.id = ra.contextid AND ctx.contextlevel = :level
                   JOIN {user} u ON u.id = ra.userid AND u.deleted = 0
                  WHERE ctx.instanceid {$in}
               ORDER BY ctx.instanceid, u.username",
                $params + ['archetype' => $archetype, 'level' => CONTEXT_COURSE]
            );
            foreach ($rows as $row) {
                $people[$row->course][] = $row->username;
            }
            $rows->close();
        }
        return $people;
    }

    /**
     * How many rows of something each course has.
     *
     * @param string $sql with one {in} for the courses; selects course and n
     * @param int[] $courseids
     * @return int[] course id => count
     */
    private static function counts(string $sql, array $courseids): array {
        global $DB;
        $counts = array_fill_keys($courseids, 0);
        foreach (array_chunk($courseids, self::CHUNK) as $chunk) {
            [$in, $params] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED);
            foreach ($DB->get_records_sql(str_replace('{in}', $in, $sql), $params) as $row) {
                $counts[$row->course] = (int) $row->n;
            }
        }
        return $counts;
    }

    /**
     * Where the last restore by this plugin into each course came from.
     *
     * @param int[] $courseids
     * @return string[] course id => address of the origin, empty where nothing was restored
     */
    public static function restored_from(array $courseids): array {
        global $DB;
        $origins = array_fill_keys($courseids, '');
        foreach (array_chunk($courseids, self::CHUNK) as $chunk) {
            [$in, $params] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED);
            $rows = $DB->get_records_select(
                'local_passerelle_job',
                "courseid {$in} AND kind = 'restore' AND status = 'done'",
                $params,
                'id',
                'id, courseid, state'
            );
            foreach ($rows as $row) {
                $state = json_decode((string) $row->state, true) ?: [];
                $origins[$row->courseid] = empty($state['undone']) ? ($state['origin'] ?? '') : '';
            }
        }
        return $origins;
    }

    /**
     * Everything about some courses.
     *
     * @param \stdClass[] $courses records by id
     * @return array[] course id => state as the services answer it, without "exists"
     */
    public static function states(array $courses): array {
        $ids = array_map('intval', array_keys($courses));
        if (!$ids) {
            return [];
        }
        $holds = self::holdings($ids);
        $changes = self::last_changes($ids);
        $sections = self::counts('SELECT course, COUNT(*) AS n FROM {course_sections} WHERE course {in} GROUP BY course', $ids);
        $modules = self::counts(
            "SELECT course, COUNT(*) AS n FROM {course_modules} WHERE course {in} AND deletioninprogress = 0
                    AND module NOT IN (SELECT id FROM {modules} WHERE name = 'qbank') GROUP BY course",
            $ids
        );
        $users = self::counts(
            'SELECT e.courseid AS course, COUNT(DISTINCT ue.userid) AS n FROM {user_enrolments} ue
               JOIN {enrol} e ON e.id = ue.enrolid WHERE e.courseid {in} GROUP BY e.courseid',
            $ids
        );
        $editing = self::people_with($ids, 'editingteacher');
        $teachers = self::people_with($ids, 'teacher');
        $origins = self::restored_from($ids);
        $states = [];
        foreach ($courses as $id => $course) {
            $states[$id] = [
                'courseid' => (int) $id,
                'idnumber' => (string) $course->idnumber,
                'shortname' => $course->shortname,
                'fullname' => $course->fullname,
                'visible' => (bool) $course->visible,
                'empty' => !$holds[$id],
                'holds' => $holds[$id],
                'sections' => $sections[$id],
                'activities' => $modules[$id],
                'users' => $users[$id],
                'lastchange' => $changes[$id],
                'editingteachers' => $editing[$id],
                'teachers' => $teachers[$id],
                'restoredfrom' => $origins[$id],
            ];
        }
        return $states;
    }
}
