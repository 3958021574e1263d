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

/**
 * The catalogue, from a course.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

require_once(__DIR__ . '/../../config.php');

$course = get_course(required_param('id', PARAM_INT));
require_login($course);
$context = context_course::instance($course->id);
require_capability('local/passerelle:retrieve', $context);

$PAGE->set_url(new moodle_url('/local/passerelle/catalogue.php', ['id' => $course->id]));
$PAGE->set_title(get_string('retrievecourse', 'local_passerelle'));
$PAGE->set_heading(format_string($course->fullname, true, ['context' => $context]));
$PAGE->set_pagelayout('incourse');

echo $OUTPUT->header();
echo $OUTPUT->heading(get_string('retrievecourse', 'local_passerelle'));
$holds = \local_passerelle\local\course_facts::holdings([(int) $course->id]);
// Whoever presses before the page's script has come gets the page again, with what was asked.
$chosen = optional_param('language', '', PARAM_ALPHA);
$languages = [];
foreach (get_string_manager()->get_list_of_translations() as $code => $name) {
    $language = substr($code, 0, 2);
    $languages[] = ['code' => $language, 'name' => $name, 'chosen' => $language === $chosen];
}
echo $OUTPUT->render_from_template('local_passerelle/catalogue', [
    'courseid' => (int) $course->id,
    'url' => (new moodle_url('/local/passerelle/catalogue.php'))->out(false),
    'query' => optional_param('query', '', PARAM_TEXT),
    'level' => optional_param('level', '', PARAM_TEXT),
    'uniqid' => html_writer::random_id('passerelle'),
    // What a merge would stand beside is told before it is asked for (R6).
    'activities' => (int) (array_column($holds[$course->id], 'count', 'kind')['activities'] ?? 0),
    'merges' => has_capability('moodle/restore:restorecourse', $context),
    'languages' => $languages,
]);
echo \local_passerelle\local\guide::link((int) $course->id);
echo $OUTPUT->footer();
