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
 * *Pourquoi ?*: why somebody is, or is not, in a course, or what a reference was about.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

require_once(__DIR__ . '/../../config.php');
require_once($CFG->libdir . '/adminlib.php');

admin_externalpage_setup('local_passerelle_why');

$form = new \local_passerelle\form\why();
$who = optional_param('repairwho', '', PARAM_TEXT);
$course = optional_param('repaircourse', '', PARAM_TEXT);
$apply = $who !== '' && $course !== '' && confirm_sesskey();
echo $OUTPUT->header();
echo $OUTPUT->heading(get_string('why', 'local_passerelle'));
$data = $form->get_data();
if ($data || $apply) {
    try {
        if ($apply) {
            $done = \local_passerelle\local\network_desk::repair($who, $course, true);
            echo $OUTPUT->render_from_template('local_passerelle/why', ['text' => $done['text']]);
        } else if (!empty($data->plan)) {
            $plan = \local_passerelle\local\network_desk::repair($data->who, $data->course, false);
            echo $OUTPUT->render_from_template('local_passerelle/why', ['text' => $plan['text']]);
            if ($plan['operations']) {
                $address = new moodle_url($PAGE->url, ['repairwho' => $data->who, 'repaircourse' => $data->course]);
                echo $OUTPUT->single_button($address, get_string('why_repair_apply', 'local_passerelle'));
            }
        } else {
            $answer = \local_passerelle\local\network_desk::why($data->who, $data->course, $data->reference);
            echo $OUTPUT->render_from_template('local_passerelle/why', ['text' => $answer]);
        }
    } catch (\local_passerelle\local\refusal $refusal) {
        echo $OUTPUT->render_from_template('local_passerelle/refusal', $refusal->export());
    }
}
$form->display();
echo $OUTPUT->footer();
