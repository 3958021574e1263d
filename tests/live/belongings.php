<?php
// Whose things in a course are, and what Moodle lets an H5P package do. Read on standard input, as stage.php is.

define('CLI_SCRIPT', true);
require(getcwd() . '/config.php');
require_once($CFG->libdir . '/testing/generator/lib.php');
require_once($CFG->libdir . '/questionlib.php');
require_once($CFG->libdir . '/badgeslib.php');
require_once($CFG->dirroot . '/course/lib.php');
require_once($CFG->dirroot . '/mod/forum/lib.php');

\core\session\manager::set_user(get_admin());
$asked = json_decode(getenv('PASSERELLE_SCENE'), true);
$scene = 'scene_' . $asked['do'];
echo "\n" . json_encode($scene($asked, new testing_data_generator())), "\n";

function user_named(string $username): stdClass {
    global $DB;
    return $DB->get_record('user', ['username' => $username], '*', MUST_EXIST);
}

/** A teacher's course: an H5P package as a file and in the content bank, a question, a badge, overrides. */
function scene_make(array $asked, testing_data_generator $make): array {
    global $CFG, $DB;
    $teacher = user_named($asked['teacher']);
    $course = $make->create_course(['shortname' => $asked['code'], 'fullname' => 'Cours', 'idnumber' => $asked['code'], 'visible' => 1]);
    $context = context_course::instance($course->id);
    $make->enrol_user($teacher->id, $course->id, 'editingteacher');
    \core\session\manager::set_user($teacher);
    $page = $make->create_module('page', ['course' => $course->id, 'name' => 'Paquet']);
    $package = base64_decode($asked['package']);
    $place = ['contextid' => context_module::instance($page->cmid)->id, 'component' => 'mod_page', 'filearea' => 'content',
        'itemid' => 0, 'filepath' => '/'];
    $fs = get_file_storage();
    $fs->create_file_from_string($place + ['filename' => 'mine.h5p', 'userid' => $teacher->id], $package);
    $fs->create_file_from_string($place + ['filename' => 'nobody.txt', 'userid' => null], 'x');
    // The content bank's own way in refuses such a package at once; one that came in otherwise lies there all the same.
    $record = (object) ['name' => 'Bank', 'contextid' => $context->id, 'contenttype' => 'contenttype_h5p', 'usercreated' => $teacher->id];
    $content = (new \contenttype_h5p\contenttype($context))->create_content($record);
    $fs->create_file_from_string(['contextid' => $context->id, 'component' => 'contentbank', 'filearea' => 'public',
        'itemid' => $content->get_id(), 'filepath' => '/', 'filename' => 'bank.h5p', 'userid' => $teacher->id], $package);
    $make->create_module('forum', ['course' => $course->id, 'type' => 'single', 'name' => 'Discussion']);
    $quiz = $make->create_module('quiz', ['course' => $course->id, 'name' => 'QCM']);
    // Moodle's generator of questions needs PHPUnit.
    $inside = context_module::instance($quiz->cmid)->id;
    $category = $DB->insert_record('question_categories', ['name' => 'Banque', 'contextid' => $inside, 'info' => '',
        'stamp' => make_unique_id_code(), 'parent' => question_get_top_category($inside, true)->id]);
    $entry = $DB->insert_record('question_bank_entries', ['ownerid' => $teacher->id, 'questioncategoryid' => $category]);
    $question = $DB->insert_record('question', ['timecreated' => time(), 'timemodified' => time(), 'createdby' => $teacher->id,
        'modifiedby' => $teacher->id, 'name' => 'Q', 'qtype' => 'description', 'length' => 0, 'questiontext' => 'Q',
        'generalfeedback' => '', 'stamp' => make_unique_id_code()]);
    $DB->insert_record('question_versions', ['questionbankentryid' => $entry, 'questionid' => $question, 'version' => 1,
        'status' => 'ready']);
    // What only its name keeps apart from what the site has: a feed of a block, a tag. And a rubric.
    $feed = $DB->insert_record('block_rss_client', ['userid' => $teacher->id, 'title' => 'Flux', 'preferredtitle' => '',
        'description' => '', 'shared' => 0, 'url' => "https://flux.example/{$asked['code']}"]);
    $DB->insert_record('block_instances', ['blockname' => 'rss_client', 'parentcontextid' => $context->id, 'showinsubcontexts' => 0,
        'pagetypepattern' => 'course-view-*', 'defaultregion' => 'side-pre', 'defaultweight' => 0, 'timecreated' => time(),
        'timemodified' => time(), 'configdata' => base64_encode(serialize((object) ['rssid' => [$feed], 'title' => 'Flux']))]);
    core_tag_tag::set_item_tags('core', 'course', $course->id, $context, ["etiquette {$asked['code']}"]);
    $assign = $make->create_module('assign', ['course' => $course->id, 'name' => 'Devoir']);
    $area = $DB->insert_record('grading_areas', ['contextid' => context_module::instance($assign->cmid)->id,
        'component' => 'mod_assign', 'areaname' => 'submissions', 'activemethod' => 'rubric']);
    $DB->insert_record('grading_definitions', ['areaid' => $area, 'method' => 'rubric', 'name' => 'Grille', 'status' => 20,
        'usercreated' => $teacher->id, 'usermodified' => $teacher->id, 'timecreated' => time(), 'timemodified' => time()]);
    $make->get_plugin_generator('core_badges')->create_badge(['type' => 2, 'courseid' => $course->id, 'name' => 'Insigne',
        'usercreated' => $teacher->id, 'usermodified' => $teacher->id]);
    \core\session\manager::set_user(get_admin());
    $student = $DB->get_field('role', 'id', ['shortname' => 'student']);
    foreach ($asked['overrides'] as $capability) {
        assign_capability($capability, CAP_ALLOW, $student, $context->id, true);
        assign_capability($capability, CAP_ALLOW, $student, context_module::instance($page->cmid)->id, true);
    }
    rebuild_course_cache($course->id, true);
    return ['courseid' => (int) $course->id];
}

/** A plain teacher and, if asked, a thing of an administrator's in an existing course. */
function scene_enrol(array $asked, testing_data_generator $make): array {
    $make->enrol_user(user_named($asked['username'])->id, $asked['courseid'], $asked['role']);
    return [];
}

/** As on a site that does not have them: the course's tags are no longer there. */
function scene_forget_tags(array $asked): array {
    core_tag_tag::delete_tags(array_keys(core_tag_tag::get_item_tags_array('core', 'course', $asked['courseid'])));
    return [];
}

/** Whose the course's tags are, on this site as a whole. */
function scene_tags(array $asked): array {
    global $DB;
    $tags = array_keys(core_tag_tag::get_item_tags_array('core', 'course', $asked['courseid']));
    return array_values($DB->get_fieldset_sql('SELECT u.username FROM {tag} t JOIN {user} u ON u.id = t.userid WHERE t.id '
        . $DB->get_in_or_equal($tags)[0], $tags));
}

/** Everything that has an owner: kind => usernames, without doubles; "" for nobody. */
function scene_owners(array $asked): array {
    global $DB;
    $context = context_course::instance($asked['courseid']);
    $in = "SELECT id FROM {context} WHERE id = {$context->id} OR path LIKE '{$context->path}/%'";
    $id = (int) $asked['courseid'];
    $entries = "{question_bank_entries} e JOIN {question_categories} c ON c.id = e.questioncategoryid AND c.contextid IN ($in)";
    $questions = "{question} q JOIN {question_versions} v ON v.questionid = q.id
        JOIN {question_bank_entries} e ON e.id = v.questionbankentryid
        JOIN {question_categories} c ON c.id = e.questioncategoryid AND c.contextid IN ($in)";
    $sql = [
        'files' => "SELECT userid FROM {files} WHERE contextid IN ($in) AND component <> 'backup'",
        'contentbank' => "SELECT usercreated FROM {contentbank_content} WHERE contextid IN ($in)
            UNION SELECT usermodified FROM {contentbank_content} WHERE contextid IN ($in)",
        'badges' => "SELECT usercreated FROM {badge} WHERE courseid = $id UNION SELECT usermodified FROM {badge} WHERE courseid = $id",
        'entries' => "SELECT e.ownerid FROM $entries",
        'questions' => "SELECT q.createdby FROM $questions UNION SELECT q.modifiedby FROM $questions",
        'rubrics' => "SELECT d.usercreated FROM {grading_definitions} d JOIN {grading_areas} a ON a.id = d.areaid
            AND a.contextid IN ($in)",
        'feeds' => 'SELECT userid FROM {block_rss_client} WHERE id IN (' . implode(',', feeds($context) ?: [0]) . ')',
        'posts' => "SELECT p.userid FROM {forum_posts} p JOIN {forum_discussions} d ON d.id = p.discussion WHERE d.course = $id",
    ];
    $names = $DB->get_records_menu('user', null, '', 'id, username');
    $found = [];
    foreach ($sql as $kind => $query) {
        $ids = array_unique(array_map('strval', $DB->get_fieldset_sql($query)));
        $found[$kind] = array_values(array_map(fn($one) => $names[$one] ?? '', $ids));
        sort($found[$kind]);
    }
    return $found;
}

/** Feeds that blocks of the course show. */
function feeds(context $context): array {
    global $DB;
    $blocks = $DB->get_records('block_instances', ['parentcontextid' => $context->id, 'blockname' => 'rss_client']);
    $shown = array_map(fn($one) => unserialize_object(base64_decode($one->configdata))->rssid, $blocks);
    return array_map('intval', array_merge(...array_values($shown)));
}

/** Somebody opens every H5P package of a course: Moodle installs what it may. Answers the libraries of that name. */
function scene_run(array $asked): array {
    global $DB;
    \core\session\manager::set_user(user_named($asked['username']));
    $context = context_course::instance($asked['courseid']);
    $files = $DB->get_records_sql("SELECT f.* FROM {files} f JOIN {context} x ON x.id = f.contextid
        WHERE (x.id = ? OR x.path LIKE ?) AND f.filename LIKE '%.h5p'", [$context->id, $context->path . '/%']);
    $said = [];
    foreach ($files as $row) {
        $factory = new \core_h5p\factory();
        $messages = new stdClass();
        $url = moodle_url::make_pluginfile_url($row->contextid, $row->component, $row->filearea, $row->itemid, $row->filepath,
            $row->filename)->out(false);
        $config = (object) ['frame' => 0, 'export' => 0, 'embed' => 0, 'copyright' => 0];
        [, $h5p] = \core_h5p\api::create_content_from_pluginfile_url($url, $config, $factory, $messages, true, true);
        $said[] = (bool) $h5p;
    }
    return ['shown' => $said, 'installed' => $DB->record_exists('h5p_libraries', ['machinename' => $asked['library']])];
}

/** Overrides in a course and below: "student moodle/x:y". */
function scene_overrides(array $asked): array {
    global $DB;
    $context = context_course::instance($asked['courseid']);
    $found = $DB->get_records_sql("SELECT rc.id, r.shortname, rc.capability FROM {role_capabilities} rc
        JOIN {role} r ON r.id = rc.roleid JOIN {context} x ON x.id = rc.contextid
        WHERE x.id = ? OR x.path LIKE ?", [$context->id, $context->path . '/%']);
    $names = array_map(fn($one) => $one->shortname . ' ' . $one->capability, array_values($found));
    sort($names);
    return $names;
}
