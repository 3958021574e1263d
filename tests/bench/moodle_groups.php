<?php
// Makes groups and their members with Moodle's own functions: what a site adds to its database enrolment, which
// knows no groups. Reads lines course<TAB>group<TAB>username; what stands already is left.
//
// Run in a Moodle's code directory: php moodle_groups.php < lines

define('CLI_SCRIPT', true);
require('./config.php');
require_once($CFG->dirroot . '/group/lib.php');

\core\session\manager::set_user(get_admin());
$courses = [];
$groups = [];
while (($line = fgets(STDIN)) !== false) {
    [$course, $idnumber, $username] = explode("\t", rtrim($line, "\n"));
    $courses[$course] ??= $DB->get_field('course', 'id', ['idnumber' => $course], MUST_EXIST);
    $groups[$idnumber] ??= groups_get_group_by_idnumber($courses[$course], $idnumber)
        ?: groups_get_group(groups_create_group((object) [
            'courseid' => $courses[$course],
            'idnumber' => $idnumber,
            'name' => $idnumber,
        ]));
    $who = $DB->get_field('user', 'id', ['username' => $username, 'mnethostid' => $CFG->mnet_localhost_id], MUST_EXIST);
    if (!groups_add_member($groups[$idnumber], $who)) {
        exit("not enrolled\n");
    }
}
