<?php
// Sets scenes inside a real Moodle under test, and looks at what became of them. Read by tests/live/scene.py, which
// sends it to a PHP of that site on standard input, with what is to be done as JSON in PASSERELLE_SCENE.
//
// Moodle's own generators and functions make everything: the plugin under test has no part in it.

define('CLI_SCRIPT', true);
require('./config.php');
require_once($CFG->libdir . '/testing/generator/lib.php');
require_once($CFG->libdir . '/gradelib.php');
require_once($CFG->libdir . '/completionlib.php');
require_once($CFG->libdir . '/questionlib.php');
require_once($CFG->dirroot . '/course/lib.php');
require_once($CFG->dirroot . '/group/lib.php');
require_once($CFG->dirroot . '/comment/lib.php');
require_once($CFG->dirroot . '/calendar/lib.php');
require_once($CFG->dirroot . '/mod/forum/lib.php');
require_once($CFG->dirroot . '/mod/assign/lib.php');

\core\session\manager::set_user(get_admin());
$asked = json_decode(getenv('PASSERELLE_SCENE'), true);
$scene = 'scene_' . $asked['do'];
echo "\n" . json_encode($scene($asked, new testing_data_generator())), "\n";

/** A restriction to one group. */
function only_for(int $group): string {
    return json_encode(['op' => '&', 'showc' => [true], 'c' => [['type' => 'group', 'id' => $group]]]);
}

/** A course of last year in which people have worked. */
function scene_last_year(array $asked, testing_data_generator $make): array {
    global $CFG, $DB;
    $CFG->enableavailability = $CFG->enablecompletion = 1;
    if (!$DB->record_exists('customfield_field', ['shortname' => 'passerelle_live'])) {
        $fields = $make->create_custom_field_category(['component' => 'core_course', 'area' => 'course', 'name' => 'Live']);
        $make->create_custom_field(['categoryid' => $fields->get('id'), 'shortname' => 'passerelle_live', 'name' => 'Live',
            'type' => 'text']);
    }
    $start = $asked['startdate'];
    $course = $make->create_course([
        'shortname' => $asked['code'], 'fullname' => 'Chimie de l’an passé', 'idnumber' => $asked['code'],
        'format' => 'weeks', 'numsections' => 4, 'startdate' => $start, 'enddate' => $start + 300 * DAYSECS,
        'enablecompletion' => 1, 'visible' => 1, 'groupmode' => 1, 'lang' => '', 'summary' => 'Résumé de l’an passé',
        'tags' => ['chimie', 'licence'], 'customfield_passerelle_live' => 'Atomes', 'newsitems' => 5,
    ], ['createsections' => true]);
    $context = context_course::instance($course->id);
    get_file_storage()->create_file_from_string(['contextid' => $context->id, 'component' => 'course',
        'filearea' => 'overviewfiles', 'itemid' => 0, 'filepath' => '/', 'filename' => 'image.png'], 'PNG');
    $night = $make->create_group(['courseid' => $course->id, 'name' => 'TD1 (2025)', 'idnumber' => $asked['group']]);
    $gone = $make->create_group(['courseid' => $course->id, 'name' => 'TD9', 'idnumber' => $asked['group'] . '-gone']);
    $hand = $make->create_group(['courseid' => $course->id, 'name' => 'Redoublants']);
    $grouping = $make->create_grouping(['courseid' => $course->id, 'name' => 'Tous']);
    foreach ([$night, $hand] as $group) {
        $make->create_grouping_group(['groupingid' => $grouping->id, 'groupid' => $group->id]);
    }
    $DB->set_field('course', 'defaultgroupingid', $grouping->id, ['id' => $course->id]);
    $DB->set_field('course_sections', 'name', 'Semaine des atomes', ['course' => $course->id, 'section' => 1]);
    $DB->set_field('course_sections', 'availability', only_for($night->id), ['course' => $course->id, 'section' => 2]);
    $page = fn(string $code, int $group) => $make->create_module('page', ['course' => $course->id, 'section' => 1,
        'name' => "Page $code", 'idnumber' => $code, 'availability' => only_for($group), 'completion' => 1]);
    $page('apogee', $night->id);
    $page('byhand', $hand->id);
    $page('gone', $gone->id);
    $assign = $make->create_module('assign', ['course' => $course->id, 'section' => 1, 'name' => 'Devoir',
        'idnumber' => 'devoir', 'duedate' => $start + 30 * DAYSECS, 'groupmode' => 1, 'groupingid' => $grouping->id,
        'assignsubmission_onlinetext_enabled' => 1, 'completion' => 1]);
    foreach ([$night, $gone] as $i => $group) {
        $DB->insert_record('assign_overrides', ['assignid' => $assign->id, 'groupid' => $group->id, 'sortorder' => $i + 1,
            'duedate' => $start + 40 * DAYSECS]);
    }
    $quiz = $make->create_module('quiz', ['course' => $course->id, 'section' => 3, 'name' => 'QCM', 'idnumber' => 'qcm',
        'timeclose' => $start + 50 * DAYSECS]);
    $forum = $make->create_module('forum', ['course' => $course->id, 'section' => 3, 'name' => 'Forum', 'idnumber' => 'forum',
        'type' => 'general']);
    $make->create_block('html', ['parentcontextid' => $context->id, 'pagetypepattern' => 'course-view-*']);
    assign_capability('mod/forum:addquestion', CAP_PREVENT, $DB->get_field('role', 'id', ['shortname' => 'student']),
        $context->id, true);
    enrol_get_plugin('self')->add_instance($course, ['status' => 0, 'password' => 'sesame', 'name' => 'An passé']);
    foreach ($asked['people'] as $username => $role) {
        $user = $DB->get_record('user', ['username' => $username], '*', MUST_EXIST);
        $make->enrol_user($user->id, $course->id, $role);
        groups_add_member($night->id, $user->id);
        groups_add_member($hand->id, $user->id);
    }
    people_work(get_course($course->id), $user, $make);
    $event = ['courseid' => $course->id, 'name' => 'Examen', 'eventtype' => 'course', 'timestart' => $start, 'modulename' => '',
        'description' => ['text' => '', 'format' => 1, 'itemid' => 0], 'userid' => get_admin()->id, 'groupid' => 0,
        'repeat' => 0, 'instance' => 0, 'timeduration' => 0, 'visible' => 1];
    calendar_event::create((object) $event, false);
    rebuild_course_cache($course->id, true);
    return ['courseid' => (int) $course->id, 'start' => $start, 'look' => scene_look(['courseid' => $course->id])];
}

/** A student's post and a reply, work handed in and graded, a comment, a finished activity. */
function people_work(stdClass $course, stdClass $student, testing_data_generator $make): void {
    global $DB;
    $module = fn(string $name) => $DB->get_record_sql(
        "SELECT cm.*, i.name FROM {course_modules} cm JOIN {modules} m ON m.id = cm.module AND m.name = ?
           JOIN {{$name}} i ON i.id = cm.instance WHERE cm.course = ? AND cm.idnumber <> ''", [$name, $course->id], IGNORE_MULTIPLE);
    $forum = $module('forum');
    $maker = $make->get_plugin_generator('mod_forum');
    $discussion = $maker->create_discussion(['course' => $course->id, 'forum' => $forum->instance, 'userid' => $student->id,
        'name' => 'Une question']);
    $maker->create_post(['discussion' => $discussion->id, 'userid' => $student->id, 'parent' => $discussion->firstpost,
        'message' => 'Une réponse']);
    $assign = $module('assign');
    $make->get_plugin_generator('mod_assign')->create_submission(['userid' => $student->id, 'assignid' => $assign->id,
        'status' => 'submitted', 'onlinetext' => 'Mon travail']);
    grade_update('mod/assign', $course->id, 'mod', 'assign', $assign->instance, 0,
        ['userid' => $student->id, 'rawgrade' => 71]);
    $DB->insert_record('assign_grades', ['assignment' => $assign->instance, 'userid' => $student->id, 'timecreated' => time(),
        'timemodified' => time(), 'grader' => get_admin()->id, 'grade' => 71, 'attemptnumber' => 0]);
    (new completion_info($course))->update_state(get_coursemodule_from_id('assign', $assign->id), COMPLETION_COMPLETE,
        $student->id);
    $DB->insert_record('comments', ['contextid' => context_course::instance($course->id)->id, 'component' => 'block_comments',
        'commentarea' => 'page_comments', 'itemid' => 0, 'content' => 'Un commentaire', 'format' => 0,
        'userid' => $student->id, 'timecreated' => time()]);
}

/** What a teacher has set in this year's empty course. */
function scene_this_year(array $asked, testing_data_generator $make): array {
    global $DB;
    $course = get_course($asked['courseid']);
    $hand = $make->create_group(['courseid' => $course->id, 'name' => 'Groupe de cette année']);
    $grouping = $make->create_grouping(['courseid' => $course->id, 'name' => 'De cette année']);
    $DB->update_record('course', (object) ($asked['columns'] + ['id' => $course->id, 'defaultgroupingid' => $grouping->id]));
    foreach ($asked['people'] as $username => $role) {
        $user = $DB->get_record('user', ['username' => $username], '*', MUST_EXIST);
        $make->enrol_user($user->id, $course->id, $role);
        groups_add_member($hand->id, $user->id);
    }
    $make->create_block('passerelle', ['parentcontextid' => context_course::instance($course->id)->id,
        'pagetypepattern' => 'course-view-*', 'defaultregion' => 'side-pre']);
    rebuild_course_cache($course->id, true);
    return scene_look(['courseid' => $course->id]);
}

/** A forum and an assignment, in which a student has worked. */
function scene_work(array $asked, testing_data_generator $make): array {
    global $DB;
    $course = get_course($asked['courseid']);
    $student = $DB->get_record('user', ['username' => $asked['student']], '*', MUST_EXIST);
    $make->enrol_user($student->id, $course->id, 'student');
    $group = $make->create_group(['courseid' => $course->id, 'name' => 'Binôme']);
    groups_add_member($group->id, $student->id);
    $make->create_module('forum', ['course' => $course->id, 'name' => 'Mon forum', 'idnumber' => 'forum', 'type' => 'general']);
    $make->create_module('assign', ['course' => $course->id, 'name' => 'Mon devoir', 'idnumber' => 'devoir',
        'assignsubmission_onlinetext_enabled' => 1, 'completion' => 1]);
    $DB->set_field('course', 'enablecompletion', 1, ['id' => $course->id]);
    people_work(get_course($course->id), $student, $make);
    rebuild_course_cache($course->id, true);
    return scene_look(['courseid' => $course->id]);
}

/** A teacher opens the course's page. */
function scene_open(array $asked): array {
    global $DB;
    $course = get_course($asked['courseid']);
    \core\session\manager::set_user($DB->get_record('user', ['username' => $asked['username']], '*', MUST_EXIST));
    course_view(context_course::instance($course->id));
    // The page makes the announcements forum where the course is set to have one.
    $forum = forum_get_course_forum($course->id, 'news');
    return ['forum' => (int) ($forum->id ?? 0)];
}

/** One thing that a course may hold. */
function scene_put(array $asked, testing_data_generator $make): array {
    global $DB;
    $course = get_course($asked['courseid']);
    $context = context_course::instance($course->id);
    switch ($asked['what']) {
        case 'discussions':
            $forum = forum_get_course_forum($course->id, 'news');
            $made = $make->get_plugin_generator('mod_forum')->create_discussion(['course' => $course->id, 'forum' => $forum->id,
                'userid' => get_admin()->id]);
            // As the forum's own page does.
            $place = context_module::instance(get_coursemodule_from_instance('forum', $forum->id)->id);
            \mod_forum\event\discussion_created::create(['context' => $place, 'objectid' => $made->id,
                'other' => ['forumid' => $forum->id]])->trigger();
            break;
        case 'activities':
            $make->create_module('forum', ['course' => $course->id, 'type' => 'general']);
            break;
        case 'summaries':
            $DB->set_field('course_sections', 'summary', '<p>Bienvenue</p>', ['course' => $course->id, 'section' => 0]);
            break;
        case 'questions':
            // Moodle's generator of questions needs PHPUnit.
            $now = ['timecreated' => time(), 'timemodified' => time(), 'createdby' => 2, 'modifiedby' => 2];
            if (core_component::get_component_directory('mod_qbank')) {
                // Since Moodle 5 the questions of a course lie in an activity.
                $context = context_module::instance($make->create_module('qbank', ['course' => $course->id])->cmid);
            }
            $category = $DB->insert_record('question_categories', ['name' => 'Banque', 'contextid' => $context->id, 'info' => '',
                'stamp' => make_unique_id_code(), 'parent' => question_get_top_category($context->id, true)->id]);
            $entry = $DB->insert_record('question_bank_entries', ['ownerid' => 2, 'questioncategoryid' => $category]);
            $question = $DB->insert_record('question', $now + ['name' => 'Q', 'qtype' => 'description', 'length' => 0,
                'questiontext' => 'Q', 'generalfeedback' => '', 'stamp' => make_unique_id_code()]);
            $DB->insert_record('question_versions', ['questionbankentryid' => $entry, 'questionid' => $question,
                'version' => 1, 'status' => 'ready']);
            break;
        case 'badges':
            $make->get_plugin_generator('core_badges')->create_badge(['type' => 2, 'courseid' => $course->id,
                'name' => 'Insigne']);
            break;
        case 'contentbank':
            $make->get_plugin_generator('core_contentbank')->generate_contentbank_data('contenttype_h5p', 1, 0, $context, false);
            break;
        case 'block':
            $make->create_block('html', ['parentcontextid' => $context->id, 'pagetypepattern' => 'course-view-*']);
            break;
    }
    return [];
}

/**
 * Somebody changes a course after a restore. A new second begins before it and after it, as Moodle's log counts in
 * seconds, and what is changed from here in a second of one of the plugin's jobs is taken for the job's.
 */
function scene_touch(array $asked, testing_data_generator $make): array {
    global $DB;
    sleep(2);
    if ($asked['what'] !== 'members') {
        scene_put($asked, $make);
        sleep(1);
        return [];
    }
    $group = $DB->get_record('groups', ['courseid' => $asked['courseid'], 'name' => 'Redoublants'], '*', MUST_EXIST);
    $user = $DB->get_field_sql('SELECT MIN(ue.userid) FROM {user_enrolments} ue JOIN {enrol} e ON e.id = ue.enrolid
        WHERE e.courseid = ?', [$asked['courseid']]);
    groups_add_member($group->id, $user);
    return [];
}

/** Runs cron, and kills it and all its children as soon as a job stands in a phase, or some milliseconds later. */
function scene_kill(array $asked): array {
    global $DB;
    // A job that was cut before stands in its old phase until cron takes it up and counts the cut.
    $columns = 'phase, status, attempts';
    $before = $DB->get_record('local_passerelle_job', ['jobkey' => $asked['jobkey']], $columns);
    $cuts = $before->attempts + ($before->status === 'running' ? 1 : 0);
    $cron = proc_open(['setsid', 'sh', '-c', $asked['cron']], [1 => ['file', '/dev/null', 'w'], 2 => ['file', '/dev/null', 'w']],
        $pipes);
    $pid = proc_get_status($cron)['pid'];
    $until = microtime(true) + 120;
    do {
        usleep(500);
        $now = $DB->get_record('local_passerelle_job', ['jobkey' => $asked['jobkey']], $columns);
        $reached = $now->phase === $asked['phase'] && (int) $now->attempts === $cuts;
    } while (!$reached && proc_get_status($cron)['running'] && microtime(true) < $until);
    usleep(1000 * ($asked['later'] ?? 0));
    // Where cron has gone through the phase already, nothing is left to be killed.
    $alive = proc_get_status($cron)['running'];
    posix_kill(-$pid, SIGKILL);
    proc_close($cron);
    $row = $DB->get_record('local_passerelle_job', ['jobkey' => $asked['jobkey']], 'phase, status');
    return ['killed' => $reached && $alive, 'phase' => $row->phase, 'status' => $row->status];
}

/** Runs cron, and asks a job to stop as soon as it stands in a phase. */
function scene_stop(array $asked): array {
    global $DB;
    $cron = proc_open(['sh', '-c', $asked['cron']], [1 => ['file', '/dev/null', 'w'], 2 => ['file', '/dev/null', 'w']], $pipes);
    do {
        usleep(500);
        $phase = $DB->get_field('local_passerelle_job', 'phase', ['jobkey' => $asked['jobkey']]);
    } while ($phase !== $asked['phase'] && proc_get_status($cron)['running']);
    \local_passerelle\external\cancel_job::execute($asked['jobkey']);
    proc_close($cron);
    return [];
}

/** Everything about a course that the rules of the year change speak of. */
function scene_look(array $asked): array {
    global $DB;
    $id = (int) $asked['courseid'];
    $context = context_course::instance($id);
    $inside = $DB->get_fieldset_select('context', 'id', 'path LIKE ?', [$context->path . '/%']);
    [$in, $contexts] = $DB->get_in_or_equal(array_merge([$context->id], $inside));
    $count = fn(string $sql, array $params = []) => (int) $DB->count_records_sql('SELECT COUNT(*) FROM ' . $sql, $params ?: [$id]);
    $rows = fn(string $sql, array $params = []) => array_values($DB->get_records_sql($sql, $params ?: [$id]));
    $modules = [];
    foreach (get_fast_modinfo($id, get_admin()->id)->cms as $cm) {
        $row = $DB->get_record('course_modules', ['id' => $cm->id]);
        $instance = $DB->get_record($cm->modname, ['id' => $row->instance]);
        $modules[$row->idnumber ?: $cm->modname . ' ' . $cm->name] = [
            'id' => (int) $cm->id, 'modname' => $cm->modname, 'name' => $cm->name,
            'availability' => json_decode((string) $row->availability, true), 'groupingid' => (int) $row->groupingid,
            'completion' => (int) $row->completion, 'date' => (int) ($instance->duedate ?? $instance->timeclose ?? 0),
            'overrides' => $cm->modname === 'assign' ? array_values(array_map(
                fn($one) => ['groupid' => (int) $one->groupid, 'duedate' => (int) $one->duedate],
                $DB->get_records('assign_overrides', ['assignid' => $row->instance], 'sortorder'))) : [],
        ];
    }
    $groups = [];
    foreach ($DB->get_records('groups', ['courseid' => $id], 'id') as $group) {
        $groups[$group->name] = ['id' => (int) $group->id, 'idnumber' => $group->idnumber, 'members' => $DB->get_fieldset_sql(
            'SELECT u.username FROM {groups_members} m JOIN {user} u ON u.id = m.userid WHERE m.groupid = ? ORDER BY 1',
            [$group->id])];
    }
    $groupings = [];
    foreach ($DB->get_records('groupings', ['courseid' => $id], 'id') as $grouping) {
        $groupings[$grouping->name] = ['id' => (int) $grouping->id, 'groups' => $DB->get_fieldset_sql(
            'SELECT g.name FROM {groupings_groups} x JOIN {groups} g ON g.id = x.groupid WHERE x.groupingid = ? ORDER BY 1',
            [$grouping->id])];
    }
    $forumposts = 'forum_posts} p JOIN {forum_discussions} d ON d.id = p.discussion WHERE d.course = ?';
    return [
        'course' => (array) $DB->get_record('course', ['id' => $id]),
        'options' => $DB->get_records_select_menu('course_format_options', 'courseid = ? AND sectionid = 0', [$id], '', 'name, value'),
        'sections' => $rows('SELECT section, name, summary, availability FROM {course_sections} WHERE course = ? ORDER BY section'),
        'modules' => $modules, 'groups' => $groups, 'groupings' => $groupings,
        'tags' => array_values(core_tag_tag::get_item_tags_array('core', 'course', $id)),
        'fields' => $DB->get_records_sql_menu('SELECT f.shortname, d.value FROM {customfield_data} d
            JOIN {customfield_field} f ON f.id = d.fieldid WHERE d.instanceid = ?', [$id]),
        'images' => $DB->get_fieldset_select('files', 'filename', "contextid = ? AND filearea = 'overviewfiles' AND filename <> '.'",
            [$context->id]),
        'blocks' => $DB->get_fieldset_select('block_instances', 'blockname', 'parentcontextid = ? ORDER BY 1', [$context->id]),
        'enrol' => $rows('SELECT e.id, e.enrol, e.name, COUNT(ue.id) AS people FROM {enrol} e
            LEFT JOIN {user_enrolments} ue ON ue.enrolid = e.id WHERE e.courseid = ? GROUP BY e.id, e.enrol, e.name ORDER BY e.id'),
        'roles' => $rows('SELECT ra.id, u.username, r.shortname, ra.component FROM {role_assignments} ra
            JOIN {user} u ON u.id = ra.userid JOIN {role} r ON r.id = ra.roleid WHERE ra.contextid = ? ORDER BY ra.id', [$context->id]),
        'permissions' => $DB->get_fieldset_select('role_capabilities', 'capability', 'contextid = ?', [$context->id]),
        'posts' => $DB->get_fieldset_sql('SELECT p.message FROM {' . $forumposts . ' ORDER BY p.id', [$id]),
        'submissions' => $DB->get_fieldset_sql('SELECT o.onlinetext FROM {assign} a JOIN {assignsubmission_onlinetext} o
            ON o.assignment = a.id WHERE a.course = ?', [$id]),
        'grades' => array_map('floatval', $DB->get_fieldset_sql('SELECT g.finalgrade FROM {grade_grades} g JOIN {grade_items} i
            ON i.id = g.itemid WHERE i.courseid = ? AND i.itemtype = \'mod\' AND g.finalgrade IS NOT NULL', [$id])),
        'history' => $count('{grade_grades_history} h JOIN {grade_items} i ON i.id = h.itemid WHERE i.courseid = ?'),
        'completion' => $count('{course_modules_completion} c JOIN {course_modules} cm ON cm.id = c.coursemoduleid WHERE cm.course = ?'),
        'comments' => $count('{comments} WHERE contextid ' . $in, $contexts),
        'events' => $count("{event} WHERE courseid = ? AND (modulename IS NULL OR modulename IN ('', '0'))"),
        'copied_logs' => $count('{logstore_standard_log} l JOIN {course} c ON c.id = l.courseid AND l.timecreated < c.timecreated
            WHERE c.id = ?'),
    ];
}

/** Whether jobs start with the request that asks for them; what stood there before, to be put back so. */
function scene_at_once(array $asked): array {
    $before = ['startatonce' => get_config('local_passerelle', 'startatonce'), 'pathtophp' => get_config('core', 'pathtophp')];
    set_config('startatonce', $asked['startatonce'], 'local_passerelle');
    set_config('pathtophp', $asked['pathtophp'] ?? PHP_BINARY);
    return $before;
}

/** How often cron, or what does its work, has run a job of the plugin's. */
function scene_runs(): int {
    global $DB;
    return $DB->count_records('task_log', ['classname' => \local_passerelle\task\run_job::class]);
}

/** Cron switched on or off, for the whole site. */
function scene_cron(array $asked): bool {
    set_config('cron_enabled', $asked['on']);
    return true;
}
