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
namespace local_passerelle\local;

/**
 * Which rows of this database name a course or a context in it, whatever table they stand in.
 *
 * What a restore makes beside its plan, in tables of plugins that nobody here knows, is found by comparing before and
 * after: rows come with growing ids, so that the last id of each table is all that is kept.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class course_rows {
    /** What others write while a course is restored into, and what is deleted by its own rules. */
    private const OTHERS = '~^(analytics_|backup_|cache_|enrol$|groupings$|groups$|local_passerelle|log$|logstore_|question_'
        . '|search_|sessions$|stats_|task_|tool_log|upgrade_)~';

    /**
     * The last id of every table whose rows name a course.
     *
     * @return int[] by table
     */
    public static function ends(): array {
        global $DB;
        $ends = [];
        foreach (array_keys(self::tables()) as $table) {
            $ends[$table] = (int) $DB->get_field_sql("SELECT MAX(id) FROM {{$table}}");
        }
        return $ends;
    }

    /**
     * Delete what came between two looks, and stands there still.
     *
     * @param \context_course $context
     * @param int[] $from as ends() answered before
     * @param int[] $to and after
     * @param string[] $known tables whose rows somebody else looks after
     */
    public static function remove(\context_course $context, array $from, array $to, array $known): void {
        global $DB;
        $inside = 'SELECT x.id FROM {context} x WHERE x.id = :here OR ' . $DB->sql_like('x.path', ':inside');
        $tables = array_intersect_key(array_diff_key(self::tables(), array_flip($known)), $from, $to);
        foreach ($tables as $table => $column) {
            if ($to[$table] <= $from[$table]) {
                continue;
            }
            $params = ['from' => $from[$table], 'to' => $to[$table]];
            $params += $column === 'contextid'
                ? ['here' => $context->id, 'inside' => $context->path . '/%']
                : ['course' => $context->instanceid];
            $where = $column === 'contextid' ? "contextid IN ({$inside})" : "{$column} = :course";
            $DB->delete_records_select($table, "id > :from AND id <= :to AND {$where}", $params);
        }
    }

    /**
     * Tables whose rows name a course, and by which column. Those that name people as well are what people do.
     *
     * @return string[] column by table
     */
    private static function tables(): array {
        global $DB;
        $tables = [];
        foreach ($DB->get_tables() as $table) {
            $columns = preg_match(self::OTHERS, $table) ? [] : $DB->get_columns($table);
            $numbers = array_filter($columns, fn($column) => $column->meta_type === 'I' || $column->meta_type === 'R');
            $naming = array_intersect(['courseid', 'course', 'contextid'], array_keys($numbers));
            if ($naming && isset($columns['id']) && !isset($columns['userid'])) {
                $tables[$table] = reset($naming);
            }
        }
        return $tables;
    }
}
