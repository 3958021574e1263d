<?php
// Makes a course that holds a folder of videos which do not compress. Read on standard input, as tests/live/stage.php is.

define('CLI_SCRIPT', true);
require(getcwd() . '/config.php');
require_once($CFG->libdir . '/testing/generator/lib.php');
require_once($CFG->dirroot . '/course/lib.php');

\core\session\manager::set_user(get_admin());
$asked = json_decode(getenv('PASSERELLE_SCENE'), true);
$course = create_course((object) array_diff_key($asked, ['do' => 1, 'bytes' => 1]));
$make = new testing_data_generator();
$folder = $make->create_module('folder', ['course' => $course->id, 'section' => 1, 'name' => 'Films']);
$make->create_module('page', ['course' => $course->id, 'section' => 1, 'name' => 'Plan du cours', 'content' => 'Atomes, molécules.']);
$place = ['contextid' => context_module::instance($folder->cmid)->id, 'component' => 'mod_folder', 'filearea' => 'content',
    'itemid' => 0, 'filepath' => '/'];
$path = make_request_directory() . '/film';
for ($left = $asked['bytes'], $number = 1; $left > 0; $number++) {
    $film = fopen($path, 'wb');
    for ($ends = max(0, $left - 50000000); $left > $ends; $left -= $length) {
        $length = min(1000000, $left - $ends);
        fwrite($film, random_bytes($length));
    }
    fclose($film);
    get_file_storage()->create_file_from_pathname($place + ['filename' => "film-$number.mp4"], $path);
}
rebuild_course_cache($course->id, true);
echo "\n" . json_encode((int) $course->id), "\n";
