<?php
// Makes an empty course, which no service of the plugin's does. Read on standard input, as tests/live/stage.php is.

define('CLI_SCRIPT', true);
require(getcwd() . '/config.php');
require_once($CFG->dirroot . '/course/lib.php');

\core\session\manager::set_user(get_admin());
$course = create_course((object) json_decode(getenv('PASSERELLE_SCENE'), true));
echo "\n" . json_encode((int) $course->id), "\n";
