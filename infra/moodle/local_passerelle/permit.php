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
 * The link of R3: who taught the course last year allows one colleague one transfer of it. A look allows nothing.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_passerelle\local\refusal;
use local_passerelle\local\year_desk;

require_once(__DIR__ . '/../../config.php');

$permit = required_param('permit', PARAM_ALPHANUMEXT);
$granting = optional_param('grant', false, PARAM_BOOL);
require_login(null, false);
if (isguestuser()) {
    throw new require_login_exception('guest');
}

$PAGE->set_context(context_system::instance());
$PAGE->set_url(new moodle_url('/local/passerelle/permit.php', ['permit' => $permit]));
$PAGE->set_title(get_string('permit', 'local_passerelle'));
$PAGE->set_heading(get_string('permit', 'local_passerelle'));
$PAGE->set_pagelayout('standard');
if ($granting) {
    require_sesskey();
}

try {
    if ($granting) {
        year_desk::permit('permit', $permit);
    }
    $asked = year_desk::permit('permit_look', $permit);
    $shown = ['permit', [
        'who' => (string) $asked['who'],
        'source' => (string) $asked['source'],
        'year' => (string) $asked['year'],
        'target' => (string) $asked['target'],
        'targetsite' => (string) $asked['target_site'],
        'asked' => userdate($asked['asked_at']),
        'granted' => empty($asked['granted_at']) ? '' : userdate($asked['granted_at']),
        'justgranted' => (bool) $granting,
        'used' => !empty($asked['used']),
        'action' => $PAGE->url->out_omit_querystring(),
        'permit' => $permit,
        'sesskey' => sesskey(),
    ]];
} catch (refusal $refusal) {
    $shown = ['refusal', $refusal->export()];
}

echo $OUTPUT->header();
echo $OUTPUT->render_from_template('local_passerelle/' . $shown[0], $shown[1]);
echo $OUTPUT->footer();
