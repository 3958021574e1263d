<?php
// Deletes a course for good, contents of its files included. Read on standard input, as tests/live/stage.php is.

define('CLI_SCRIPT', true);
require(getcwd() . '/config.php');
require_once($CFG->dirroot . '/course/lib.php');

\core\session\manager::set_user(get_admin());
$CFG->forced_plugin_settings['tool_recyclebin'] = ['categorybinenable' => 0, 'coursebinenable' => 0];
echo "\n" . json_encode(delete_course(json_decode(getenv('PASSERELLE_SCENE'), true)['courseid'], false)), "\n";
