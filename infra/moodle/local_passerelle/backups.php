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
 * The backups kept for a course.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

require_once(__DIR__ . '/../../config.php');

$course = get_course(required_param('id', PARAM_INT));
require_login($course);
$context = context_course::instance($course->id);
require_capability('local/passerelle:managebackups', $context);

$PAGE->set_url(new moodle_url('/local/passerelle/backups.php', ['id' => $course->id]));
$PAGE->set_title(get_string('managebackups', 'local_passerelle'));
$PAGE->set_heading(format_string($course->fullname, true, ['context' => $context]));
$PAGE->set_pagelayout('incourse');

echo $OUTPUT->header();
echo $OUTPUT->heading(get_string('managebackups', 'local_passerelle'));
echo $OUTPUT->render_from_template('local_passerelle/backups', [
    'courseid' => (int) $course->id,
    'uniqid' => html_writer::random_id('passerelle'),
]);
echo \local_passerelle\local\guide::link((int) $course->id);
echo $OUTPUT->footer();
