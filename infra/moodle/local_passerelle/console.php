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
 * The way into Passerelle's console: this site vouches for whoever is signed in here.
 *
 * Without a browser's word the console is asked first, so that the address it is given afterwards opens in
 * that very browser and in no other.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

require_once(__DIR__ . '/../../config.php');

$browser = optional_param('browser', '', PARAM_ALPHANUM);

require_login(null, false);
$context = \context_system::instance();
require_capability('local/passerelle:console', $context);
$PAGE->set_context($context);
$PAGE->set_url('/local/passerelle/console.php');
$PAGE->set_title(get_string('console', 'local_passerelle'));

try {
    redirect(\local_passerelle\local\network_desk::console($browser));
} catch (\local_passerelle\local\refusal $refusal) {
    echo $OUTPUT->header();
    echo $OUTPUT->heading(get_string('console', 'local_passerelle'));
    echo $OUTPUT->render_from_template('local_passerelle/refusal', $refusal->export());
    echo $OUTPUT->footer();
}
