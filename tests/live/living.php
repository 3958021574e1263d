<?php
// A living Moodle as its own database enrolment leaves it, for the night to adopt. Read on standard input, as stage.php is.

define('CLI_SCRIPT', true);
require(getcwd() . '/config.php');
require_once($CFG->libdir . '/testing/generator/lib.php');
require_once($CFG->libdir . '/enrollib.php');
require_once($CFG->libdir . '/gradelib.php');
require_once($CFG->dirroot . '/group/lib.php');

\core\session\manager::set_user(get_admin());
$asked = json_decode(getenv('PASSERELLE_SCENE'), true);
$scene = 'scene_' . $asked['do'];
echo "\n" . json_encode($scene($asked)), "\n";

/** Categories, courses with work in them, groups, people enrolled by the plugin `database`. */
function scene_fill(array $asked): array {
    global $DB;
    $make = new testing_data_generator();
    $plugin = enrol_get_plugin('database');
    $roles = $DB->get_records_menu('role', null, '', 'shortname, id');
    $ids = [];
    foreach ($asked['categories'] as [$idnumber, $name, $parent]) {
        $above = $parent === '' ? 0 : $DB->get_field('course_categories', 'id', ['idnumber' => $parent], MUST_EXIST);
        core_course_category::create(['idnumber' => $idnumber, 'name' => $name, 'parent' => $above]);
    }
    foreach ($asked['people'] as [$code, $username, $lastname, $firstname, $email]) {
        $make->create_user(['username' => $username, 'idnumber' => $code, 'lastname' => $lastname,
            'firstname' => $firstname, 'email' => $email]);
    }
    foreach ($asked['courses'] as [$idnumber, $shortname, $fullname, $category, $summary]) {
        $place = $DB->get_field('course_categories', 'id', ['idnumber' => $category], MUST_EXIST);
        $course = $make->create_course(['idnumber' => $idnumber, 'shortname' => $shortname, 'fullname' => $fullname,
            'category' => $place, 'summary' => $summary, 'visible' => 1]);
        $make->create_module('page', ['course' => $course->id, 'name' => 'Page']);
        $make->create_module('assign', ['course' => $course->id, 'name' => 'Devoir']);
        $plugin->add_instance($course);
        $ids[] = (int) $course->id;
    }
    foreach ($asked['groups'] as [$idnumber, $group, $name]) {
        $course = $DB->get_field('course', 'id', ['idnumber' => $idnumber], MUST_EXIST);
        $make->create_group(['courseid' => $course, 'idnumber' => $group, 'name' => $name]);
    }
    foreach ($asked['enrolments'] as [$idnumber, $username, $role]) {
        $course = $DB->get_record('course', ['idnumber' => $idnumber], '*', MUST_EXIST);
        $instance = $DB->get_record('enrol', ['courseid' => $course->id, 'enrol' => 'database'], '*', MUST_EXIST);
        $user = $DB->get_field('user', 'id', ['username' => $username], MUST_EXIST);
        $plugin->enrol_user($instance, $user, $roles[$role], 0, 0, ENROL_USER_ACTIVE);
        if ($role === 'student') {
            $assign = $DB->get_record('assign', ['course' => $course->id], '*', MUST_EXIST);
            grade_update('mod/assign', $course->id, 'mod', 'assign', $assign->id, 0,
                ['userid' => $user, 'rawgrade' => 10 + $user % 10]);
        }
    }
    foreach ($asked['members'] as [$idnumber, $group, $username]) {
        $course = $DB->get_field('course', 'id', ['idnumber' => $idnumber], MUST_EXIST);
        $row = $DB->get_record('groups', ['courseid' => $course, 'idnumber' => $group], '*', MUST_EXIST);
        groups_add_member($row->id, $DB->get_field('user', 'id', ['username' => $username], MUST_EXIST));
    }
    return $ids;
}

/** All that adopting must leave as it was, to the last column. */
function scene_picture(array $asked): array {
    global $DB;
    [$in, $params] = $DB->get_in_or_equal($asked['courses'], SQL_PARAMS_NAMED);
    $rows = fn(string $sql) => array_values($DB->get_records_sql($sql, $params));
    return [
        // Where a course stands among all others moves with these.
        'courses' => array_map(function ($course) {
            unset($course->sortorder, $course->cacherev);
            return $course;
        }, $rows("SELECT * FROM {course} WHERE id $in ORDER BY id")),
        'modules' => $rows("SELECT id, course, module, instance, visible FROM {course_modules} WHERE course $in ORDER BY id"),
        'groups' => $rows("SELECT id, courseid, idnumber, name, timemodified FROM {groups} WHERE courseid $in ORDER BY id"),
        'members' => $rows("SELECT m.id, m.groupid, m.userid, m.timeadded FROM {groups_members} m
            JOIN {groups} g ON g.id = m.groupid WHERE g.courseid $in ORDER BY m.id"),
        'roles' => $rows("SELECT MIN(a.id) AS id, c.instanceid, a.userid, a.roleid FROM {role_assignments} a
            JOIN {context} c ON c.id = a.contextid AND c.contextlevel = 50
            WHERE c.instanceid $in GROUP BY c.instanceid, a.userid, a.roleid ORDER BY 2, 3, 4"),
        'grades' => $rows("SELECT g.id, i.courseid, g.itemid, g.userid, g.rawgrade, g.finalgrade, g.timemodified
            FROM {grade_grades} g JOIN {grade_items} i ON i.id = g.itemid WHERE i.courseid $in ORDER BY g.id"),
        'enrolments' => $rows("SELECT e.enrol, COUNT(*) AS people FROM {user_enrolments} u
            JOIN {enrol} e ON e.id = u.enrolid WHERE e.courseid $in GROUP BY e.enrol ORDER BY e.enrol"),
    ];
}
