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
 * *Connecter*: this Moodle's place in the network, taken by a code, looked at, given up.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

require_once(__DIR__ . '/../../config.php');
require_once($CFG->libdir . '/adminlib.php');

use local_passerelle\local\connection;
use local_passerelle\local\refusal;

admin_externalpage_setup('local_passerelle_connect');

$url = new moodle_url('/local/passerelle/connect.php');
$do = optional_param('do', '', PARAM_ALPHA);
$notes = [];
if ($do !== '' && $do !== 'leaveask') {
    require_sesskey();
    try {
        if ($do === 'connect') {
            $code = connection::read(required_param('code', PARAM_RAW_TRIMMED));
            $code === null ? redirect($url) : connection::connect($code);
        } else if ($do === 'leave') {
            $left = connection::disconnect();
            redirect($url, $left ?? get_string('disconnected', 'local_passerelle'), null, $left === null
                ? \core\output\notification::NOTIFY_SUCCESS : \core\output\notification::NOTIFY_WARNING);
        } else if ($do === 'renew') {
            connection::renew();
        } else {
            connection::check();
        }
        redirect($url);
    } catch (refusal $refusal) {
        $notes[] = $refusal->status === 401 && $do === 'connect'
            ? ['message' => get_string('connect_unknown', 'local_passerelle')] : $refusal->export();
    }
}

echo $OUTPUT->header();
echo $OUTPUT->heading(get_string('connect', 'local_passerelle'));
foreach ($notes as $note) {
    echo $OUTPUT->render_from_template('local_passerelle/refusal', $note);
}
$state = connection::state();
$form = new \local_passerelle\form\connect();
if ($do === 'leaveask' && $state) {
    echo $OUTPUT->confirm(
        get_string('disconnect_ask', 'local_passerelle'),
        new single_button(new moodle_url($url, ['do' => 'leave']), get_string('disconnect', 'local_passerelle')),
        $url
    );
} else if ($data = $form->get_data()) {
    $code = connection::read($data->code);
    echo $OUTPUT->render_from_template('local_passerelle/connect_ask', [
        'lines' => connection::announce($code),
        'url' => $url->out(false),
        'code' => $data->code,
        'sesskey' => sesskey(),
    ]);
} else {
    if ($state) {
        $state['findings'] = array_map(fn($one) => $one + [
            'good' => $one['level'] === 'good', 'warning' => $one['level'] === 'warning', 'bad' => $one['level'] === 'bad',
        ], $state['findings']);
        echo $OUTPUT->render_from_template('local_passerelle/connected', $state + [
            'url' => $url->out(false), 'sesskey' => sesskey(),
        ]);
        echo $OUTPUT->heading(get_string('connect_again', 'local_passerelle'), 3);
    } else {
        echo html_writer::tag('p', get_string('connect_intro', 'local_passerelle'));
    }
    $form->display();
}
echo $OUTPUT->footer();
