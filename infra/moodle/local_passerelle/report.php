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
 * What is to be repaired after last year's course came, or before it does (R12).
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_passerelle\local\course_desk;
use local_passerelle\local\refusal;
use local_passerelle\local\year_desk;
use local_passerelle\output\repair_report;

require_once(__DIR__ . '/../../config.php');

$course = get_course(required_param('id', PARAM_INT));
$rollover = required_param('rollover', PARAM_ALPHANUMEXT);
$download = optional_param('download', '', PARAM_ALPHA);
require_login($course);
$context = context_course::instance($course->id);
require_capability('local/passerelle:rollover', $context);

$url = new moodle_url('/local/passerelle/report.php', ['id' => $course->id, 'rollover' => $rollover]);
$PAGE->set_url($url);
$PAGE->set_title(get_string('report', 'local_passerelle'));
$PAGE->set_heading(format_string($course->fullname, true, ['context' => $context]));
$PAGE->set_pagelayout('incourse');
// Another server is asked: the person's other tabs need not wait for it.
\core\session\manager::write_close();

$desk = new year_desk(new course_desk($course));
try {
    if ($download === 'html' || $download === 'json') {
        $answer = $desk->report($rollover, $download);
        $text = $download === 'html'
            ? $answer['html']
            : json_encode($answer['report'], JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
        send_file($text, clean_filename($course->shortname . '.' . $download), 0, 0, true, true);
    }
    $report = new repair_report($desk->report($rollover, 'json')['report'], $url);
} catch (refusal $refusal) {
    $report = null;
}

echo $OUTPUT->header();
if ($report) {
    echo $OUTPUT->render_from_template('local_passerelle/report', $report->export_for_template($OUTPUT));
} else {
    echo $OUTPUT->heading(get_string('report', 'local_passerelle'));
    echo $OUTPUT->render_from_template('local_passerelle/refusal', $refusal->export());
}
echo \local_passerelle\local\guide::link((int) $course->id);
echo $OUTPUT->footer();
