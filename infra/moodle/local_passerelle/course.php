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
 * The panel of the block on a page of its own, for courses without the block.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

require_once(__DIR__ . '/../../config.php');

$course = get_course(required_param('id', PARAM_INT));
require_login($course);
$context = context_course::instance($course->id);
$panel = new \local_passerelle\output\course_panel($course, $context);
if (!$panel->offers_anything()) {
    require_capability('local/passerelle:publish', $context);
}

$year = optional_param('year', false, PARAM_BOOL);
$PAGE->set_url(new moodle_url('/local/passerelle/course.php', ['id' => $course->id] + ($year ? ['year' => 1] : [])));
$PAGE->set_title($panel->title($year));
$PAGE->set_heading(format_string($course->fullname, true, ['context' => $context]));
$PAGE->set_pagelayout('incourse');

echo $OUTPUT->header();
echo $OUTPUT->heading($panel->title($year));
// As wide as is easily read: in the block the panel is as wide as the block.
echo html_writer::div(
    $OUTPUT->render_from_template('local_passerelle/course_panel', $panel->export_for_template($OUTPUT)),
    'col-md-8 col-lg-6 px-0'
);
echo $OUTPUT->footer();
