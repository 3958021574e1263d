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
 * What a course was before a restore into it: the columns that stay the target's, and which rows existed.
 *
 * Plain data, kept as JSON in the job, so that a later process can put back or undo.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class course_snapshot {
    /** The columns that stay as in the target (R8), and its birth. */
    private const KEPT = [
        'fullname', 'shortname', 'idnumber', 'category', 'visible', 'visibleold', 'startdate', 'enddate', 'lang',
        'groupmode', 'groupmodeforce', 'defaultgroupingid', 'timecreated',
    ];

    /** The columns that a merge overwrites with the archive's and that its undoing needs. */
    private const OVERWRITTEN = [
        'summary', 'summaryformat', 'format', 'showgrades', 'newsitems', 'maxbytes', 'legacyfiles', 'showreports',
        'theme', 'enablecompletion', 'completionnotify', 'showactivitydates', 'showcompletionconditions', 'sortorder',
    ];

    /**
     * Tables whose rows are taken away by rules of their own, and how the course's rows are found: table => condition
     * on :course or :context. In whatever other table a restore adds rows, they are found by comparing (course_rows).
     */
    private const ADDED = [
        'course_modules' => 'course = :course',
        'course_sections' => 'course = :course',
        'groups' => 'courseid = :course',
        'groupings' => 'courseid = :course',
        'badge' => 'courseid = :course',
        'contentbank_content' => 'contextid = :context',
        'question_categories' => 'contextid = :context',
        'block_instances' => 'parentcontextid = :context',
        'scale' => 'courseid = :course',
        'grade_outcomes_courses' => 'courseid = :course',
        'grade_categories' => 'courseid = :course',
        'grade_items' => 'courseid = :course',
        'competency_coursecomp' => 'courseid = :course',
        'filter_active' => 'contextid = :context',
        'filter_config' => 'contextid = :context',
        'role_capabilities' => 'contextid = :context',
        'role_names' => 'contextid = :context',
        'course_completion_defaults' => 'course = :course',
        'course_completion_criteria' => 'course = :course',
        'event' => 'courseid = :course AND modulename IS NULL',
    ];

    /**
     * Look at a course.
     *
     * @param \stdClass $course
     * @return array plain data
     */
    public static function take(\stdClass $course): array {
        global $DB;
        $context = \context_course::instance($course->id);
        $snapshot = ['columns' => [], 'overwritten' => [], 'ids' => []];
        foreach (self::KEPT as $column) {
            $snapshot['columns'][$column] = $course->$column;
        }
        foreach (self::OVERWRITTEN as $column) {
            $snapshot['overwritten'][$column] = $course->$column ?? null;
        }
        $find = ['course' => $course->id, 'context' => $context->id];
        foreach (self::ADDED as $table => $condition) {
            $params = array_filter($find, fn($name) => str_contains($condition, ':' . $name), ARRAY_FILTER_USE_KEY);
            $snapshot['ids'][$table] = array_map('intval', $DB->get_fieldset_select($table, 'id', $condition, $params));
        }
        $snapshot['sections'] = array_values($DB->get_records(
            'course_sections',
            ['course' => $course->id],
            'section',
            'id, name, summary, summaryformat, visible, availability'
        ));
        $snapshot['formatoptions'] = array_values($DB->get_records(
            'course_format_options',
            ['courseid' => $course->id],
            'id',
            'id, format, sectionid, name, value'
        ));
        $snapshot['tags'] = array_values(\core_tag_tag::get_item_tags_array('core', 'course', $course->id));
        $snapshot['customfields'] = array_values(self::field_values((int) $course->id));
        // A merge may add categories and questions to what is there already: in Moodle 5 to a question bank.
        foreach (['question_categories', 'question_bank_entries'] as $table) {
            $snapshot['lastquestion'][$table] = (int) $DB->get_field_sql("SELECT MAX(id) FROM {{$table}}");
        }
        $snapshot['files'] = array_map('intval', $DB->get_fieldset_select(
            'files',
            'id',
            "contextid = :context AND component = 'course'",
            ['context' => $context->id]
        ));
        $snapshot['block'] = self::has_block($context);
        $snapshot['ends'] = course_rows::ends();
        $snapshot['owners'] = ownership::staying($context);
        // Enrolments and roles that exist now: a restore that brings people's work back adds none.
        $snapshot['lastenrolment'] = (int) $DB->get_field_sql('SELECT MAX(id) FROM {user_enrolments}');
        $snapshot['enrols'] = array_map('intval', $DB->get_fieldset_select('enrol', 'id', 'courseid = ?', [$course->id]));
        // Rows become arrays, as they will be when a later process reads them.
        return json_decode(json_encode($snapshot), true);
    }

    /**
     * Whether Passerelle's block stands in the course.
     *
     * @param \context_course $context
     * @return bool
     */
    private static function has_block(\context_course $context): bool {
        global $DB;
        return $DB->record_exists('block_instances', ['parentcontextid' => $context->id, 'blockname' => 'passerelle']);
    }

    /**
     * Write the target's own columns back, and its block.
     *
     * @param int $courseid
     * @param array $snapshot
     */
    public static function settle(int $courseid, array $snapshot): void {
        self::put_columns_back($courseid, $snapshot);
        self::one_block(\context_course::instance($courseid), !empty($snapshot['block']));
        rebuild_course_cache($courseid, true);
    }

    /**
     * Write the columns back that stay the target's.
     *
     * @param int $courseid
     * @param array $snapshot
     */
    public static function put_columns_back(int $courseid, array $snapshot): void {
        global $DB;
        $columns = $snapshot['columns'];
        if ($columns['defaultgroupingid'] && !$DB->record_exists('groupings', ['id' => $columns['defaultgroupingid']])) {
            $columns['defaultgroupingid'] = 0;
        }
        $DB->update_record('course', (object) (['id' => $courseid] + $columns));
    }

    /**
     * Exactly one of Passerelle's blocks where there was one; none where there was none.
     *
     * @param \context_course $context
     * @param bool $wanted
     */
    public static function one_block(\context_course $context, bool $wanted): void {
        global $CFG, $DB;
        require_once($CFG->libdir . '/blocklib.php');
        $blocks = $DB->get_records('block_instances', ['parentcontextid' => $context->id, 'blockname' => 'passerelle'], 'id');
        if ($wanted && !$blocks) {
            if (\core_component::get_component_directory('block_passerelle') === null) {
                return;
            }
            $page = new \moodle_page();
            $page->set_context($context);
            $page->blocks->add_regions([BLOCK_POS_RIGHT], false);
            $page->blocks->add_blocks([BLOCK_POS_RIGHT => ['passerelle']], 'course-view-*', null, false, 0);
            return;
        }
        if ($wanted) {
            array_shift($blocks);
        }
        foreach ($blocks as $block) {
            blocks_delete_instance($block);
        }
    }

    /**
     * Remove exactly what a merge added, and put back what it overwrote.
     *
     * @param int $courseid
     * @param array $snapshot
     * @param array|null $brought as new_groups() answered after the merge; null if it was cut
     * @param int[] $ends of the tables, after the merge
     */
    public static function remove_added(int $courseid, array $snapshot, ?array $brought, array $ends): void {
        global $CFG, $DB;
        require_once($CFG->dirroot . '/course/lib.php');
        require_once($CFG->libdir . '/gradelib.php');
        require_once($CFG->libdir . '/questionlib.php');
        require_once($CFG->libdir . '/badgeslib.php');
        require_once($CFG->libdir . '/blocklib.php');
        $context = \context_course::instance($courseid);
        $new = self::added($courseid, $context, $snapshot);
        foreach (emptying::banks_last($new['course_modules']) as $cmid) {
            self::delete_module((int) $cmid);
        }
        self::remove_questions($context, $snapshot, $new['question_categories']);
        foreach ($new['badge'] as $id) {
            (new \core_badges\badge($id))->delete(false);
        }
        $bank = new \core_contentbank\contentbank();
        foreach ($new['contentbank_content'] as $id) {
            $content = $bank->get_content_from_id($id);
            $content->get_content_type_instance()->delete_content($content);
        }
        foreach ($new['block_instances'] as $id) {
            if ($block = $DB->get_record('block_instances', ['id' => $id])) {
                blocks_delete_instance($block);
            }
        }
        self::remove_groups($courseid, $snapshot, $brought);
        $plain = [
            'course_sections', 'scale', 'grade_outcomes_courses', 'grade_items', 'grade_categories', 'competency_coursecomp',
            'filter_active', 'filter_config', 'role_names', 'course_completion_defaults', 'course_completion_criteria', 'event',
        ];
        foreach ($plain as $table) {
            if ($new[$table]) {
                $DB->delete_records_list($table, 'id', $new[$table]);
            }
        }
        self::remove_unknown($courseid, $snapshot, $ends);
        self::remove_permissions($context, $new['role_capabilities']);
        self::put_rows_back($courseid, $context, $snapshot);
        self::settle($courseid, $snapshot);
        grade_regrade_final_grades($courseid);
    }

    /**
     * The groups and groupings that a restore has made, never one of the night's.
     *
     * Groups come and go while a course stands still: what is not in the snapshot may be somebody else's.
     *
     * @param int $courseid
     * @param array $snapshot
     * @param array|null $ofrestore what the restore's map says; null if it was cut before it could be read
     * @return array<string, int[]> groups, groupings => ids
     */
    public static function new_groups(int $courseid, array $snapshot, ?array $ofrestore): array {
        global $DB;
        $groups = $DB->get_fieldset_sql(
            "SELECT g.id FROM {groups} g
              WHERE g.courseid = :course
                    AND NOT EXISTS (SELECT 1 FROM {local_passerelle_owned} o WHERE o.kind = 'group' AND o.itemid = g.id)
                    AND NOT EXISTS (SELECT 1 FROM {groups_members} m WHERE m.groupid = g.id)",
            ['course' => $courseid]
        );
        $now = ['groups' => $groups, 'groupings' => $DB->get_fieldset_select('groupings', 'id', 'courseid = ?', [$courseid])];
        $new = [];
        foreach ($now as $table => $ids) {
            $ids = array_diff(array_map('intval', $ids), $snapshot['ids'][$table]);
            $new[$table] = array_values($ofrestore === null ? $ids : array_intersect($ids, $ofrestore[$table]));
        }
        return $new;
    }

    /**
     * Remove the groups and groupings that a restore has made.
     *
     * @param int $courseid
     * @param array $snapshot
     * @param array|null $brought as new_groups() answered after the restore; null if it was cut
     */
    public static function remove_groups(int $courseid, array $snapshot, ?array $brought): void {
        global $CFG;
        require_once($CFG->dirroot . '/group/lib.php');
        $new = self::new_groups($courseid, $snapshot, $brought);
        array_map('groups_delete_grouping', $new['groupings']);
        array_map('groups_delete_group', $new['groups']);
    }

    /**
     * Which rows of the course were not there at the snapshot.
     *
     * @param int $courseid
     * @param \context_course $context
     * @param array $snapshot
     * @return int[][] table => ids
     */
    private static function added(int $courseid, \context_course $context, array $snapshot): array {
        global $DB;
        $new = [];
        foreach (self::ADDED as $table => $condition) {
            $params = [];
            if (str_contains($condition, ':course')) {
                $params['course'] = $courseid;
            }
            if (str_contains($condition, ':context')) {
                $params['context'] = $context->id;
            }
            $now = array_map('intval', $DB->get_fieldset_select($table, 'id', $condition, $params));
            $new[$table] = array_values(array_diff($now, $snapshot['ids'][$table] ?? $now));
        }
        return $new;
    }

    /**
     * Remove what the restore made in tables that are named nowhere here.
     *
     * @param int $courseid
     * @param array $snapshot
     * @param int[] $ends of the tables, after the restore
     */
    public static function remove_unknown(int $courseid, array $snapshot, array $ends): void {
        // Jobs that began before the plugin kept this have none.
        course_rows::remove(\context_course::instance($courseid), $snapshot['ends'] ?? [], $ends, array_keys(self::ADDED));
    }

    /**
     * Remove the questions and their categories that a merge has added, in the course or in its activities.
     *
     * @param \context_course $context
     * @param array $snapshot
     * @param int[] $categories of the course itself
     */
    private static function remove_questions(\context_course $context, array $snapshot, array $categories): void {
        global $DB;
        // Jobs that began before the plugin kept this have none.
        if ($last = $snapshot['lastquestion'] ?? null) {
            $here = '(c.contextid = :course OR c.contextid IN (SELECT x.id FROM {context} x WHERE '
                . $DB->sql_like('x.path', ':inside') . '))';
            $params = ['course' => $context->id, 'inside' => $context->path . '/%'];
            $categories = $DB->get_fieldset_sql(
                "SELECT c.id FROM {question_categories} c WHERE c.id > :last AND {$here}",
                $params + ['last' => $last['question_categories']]
            );
            $questions = $DB->get_fieldset_sql(
                "SELECT v.questionid
                   FROM {question_versions} v
                   JOIN {question_bank_entries} e ON e.id = v.questionbankentryid AND e.id > :last
                   JOIN {question_categories} c ON c.id = e.questioncategoryid AND {$here}",
                $params + ['last' => $last['question_bank_entries']]
            );
            array_map('question_delete_question', $questions);
        }
        foreach ($categories as $id) {
            if ($category = $DB->get_record('question_categories', ['id' => $id])) {
                question_category_delete_safe($category);
                $DB->delete_records('question_categories', ['id' => $id]);
            }
        }
    }

    /**
     * Delete a module at once, past the recycle bin, which would keep what must be gone.
     *
     * @param int $cmid
     */
    private static function delete_module(int $cmid): void {
        global $DB;
        try {
            emptying::delete_activity($cmid);
        } catch (\Throwable $e) {
            // A module cut in the middle of its restore may lack its instance: its row goes all the same.
            if ($cm = $DB->get_record('course_modules', ['id' => $cmid])) {
                \context_helper::delete_instance(CONTEXT_MODULE, $cmid);
                $DB->delete_records('course_modules', ['id' => $cmid]);
                delete_mod_from_section($cmid, $cm->section);
            }
        }
    }

    /**
     * Sections, format options, tags, custom fields, files and columns as they were.
     *
     * @param int $courseid
     * @param \context_course $context
     * @param array $snapshot
     */
    private static function put_rows_back(int $courseid, \context_course $context, array $snapshot): void {
        global $DB;
        foreach ($snapshot['sections'] as $section) {
            $DB->update_record('course_sections', (object) $section);
        }
        $DB->delete_records('course_format_options', ['courseid' => $courseid]);
        foreach ($snapshot['formatoptions'] as $option) {
            unset($option['id']);
            $DB->insert_record('course_format_options', (object) ($option + ['courseid' => $courseid]));
        }
        \core_tag_tag::set_item_tags('core', 'course', $courseid, $context, $snapshot['tags']);
        self::put_fields_back($courseid, $snapshot);
        $fs = get_file_storage();
        $files = $DB->get_records_select('files', "contextid = ? AND component = 'course'", [$context->id]);
        foreach ($files as $file) {
            if (!in_array((int) $file->id, $snapshot['files'], true)) {
                $fs->get_file_instance($file)->delete();
            }
        }
        $columns = array_filter($snapshot['overwritten'], fn($value) => $value !== null);
        $DB->update_record('course', (object) (['id' => $courseid] + $columns));
    }

    /**
     * The values of the course's custom fields.
     *
     * @param int $courseid
     * @return \stdClass[] rows by id
     */
    private static function field_values(int $courseid): array {
        global $DB;
        // Since 5.1 areas may share fields, so that it is the value that says whose it is.
        if (isset($DB->get_columns('customfield_data')['component'])) {
            $own = ['component' => 'core_course', 'area' => 'course', 'instanceid' => $courseid];
            return $DB->get_records('customfield_data', $own);
        }
        return $DB->get_records_sql(
            "SELECT d.* FROM {customfield_data} d
               JOIN {customfield_field} f ON f.id = d.fieldid
               JOIN {customfield_category} c ON c.id = f.categoryid AND c.component = 'core_course' AND c.area = 'course'
              WHERE d.instanceid = :course",
            ['course' => $courseid]
        );
    }

    /**
     * Values of the course's custom fields as they were.
     *
     * @param int $courseid
     * @param array $snapshot
     */
    private static function put_fields_back(int $courseid, array $snapshot): void {
        global $DB;
        $fields = array_column($snapshot['customfields'], null, 'id');
        $now = self::field_values($courseid);
        $DB->delete_records_list('customfield_data', 'id', array_diff(array_keys($now), array_keys($fields)));
        foreach ($fields as $field) {
            if (isset($now[$field['id']])) {
                $DB->update_record('customfield_data', (object) $field);
            }
        }
    }

    /**
     * Take permissions back that came with the archive, from what Moodle remembers of their roles too.
     *
     * @param \context_course $context
     * @param int[] $ids
     */
    private static function remove_permissions(\context_course $context, array $ids): void {
        global $DB;
        $roles = $DB->get_records_list('role_capabilities', 'id', $ids, '', 'id, roleid');
        $DB->delete_records_list('role_capabilities', 'id', $ids);
        accesslib_clear_role_cache(array_unique(array_column($roles, 'roleid')));
        $context->mark_dirty();
    }

    /**
     * What a replacement brings beside the content, and emptying the course again does not take away: permissions,
     * names of roles, options of the format, values of custom fields.
     *
     * @param int $courseid
     * @param array $snapshot
     */
    public static function put_settings_back(int $courseid, array $snapshot): void {
        global $DB;
        $context = \context_course::instance($courseid);
        $new = self::added($courseid, $context, $snapshot);
        self::remove_permissions($context, $new['role_capabilities']);
        $DB->delete_records_list('role_names', 'id', $new['role_names']);
        $DB->delete_records('course_format_options', ['courseid' => $courseid, 'sectionid' => 0]);
        foreach ($snapshot['formatoptions'] as $option) {
            if (!$option['sectionid']) {
                unset($option['id']);
                $DB->insert_record('course_format_options', (object) ($option + ['courseid' => $courseid]));
            }
        }
        self::put_fields_back($courseid, $snapshot);
    }
}
