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
 * The teacher's guide, in a course.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

require_once(__DIR__ . '/../../config.php');

$course = get_course(required_param('id', PARAM_INT));
require_login($course);

$PAGE->set_url(\local_passerelle\local\guide::url((int) $course->id));
$PAGE->set_title(get_string('guide', 'local_passerelle'));
$PAGE->set_heading(format_string($course->fullname, true, ['context' => context_course::instance($course->id)]));
$PAGE->set_pagelayout('incourse');

[$title, $text] = \local_passerelle\local\guide::read();
echo $OUTPUT->header();
echo $OUTPUT->heading($title);
// As wide as is easily read.
echo html_writer::div($text, 'col-lg-8 px-0');
echo $OUTPUT->footer();
