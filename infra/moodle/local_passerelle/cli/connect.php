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
 * Connects this Moodle to a network by a code, renews its token, or disconnects it.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

define('CLI_SCRIPT', true);

require(__DIR__ . '/../../../config.php');
require_once($CFG->libdir . '/clilib.php');

use local_passerelle\local\connection;
use local_passerelle\local\refusal;

[$options, $words] = cli_get_params(
    ['help' => false, 'yes' => false, 'check' => false, 'renew' => false, 'disconnect' => false],
    ['h' => 'help', 'y' => 'yes']
);
$acts = array_keys(array_filter(array_intersect_key($options, ['check' => 1, 'renew' => 1, 'disconnect' => 1])));
if ($options['help'] || count($acts) + count($words) !== 1) {
    cli_write(get_string('connect_cli', 'local_passerelle') . "\n");
    exit($options['help'] ? 0 : 2);
}

/**
 * Go on only with a yes.
 *
 * @param bool $yes given beforehand
 */
function local_passerelle_ask(bool $yes): void {
    if (!$yes && \core_text::strtolower(cli_input(get_string('connect_cli_sure', 'local_passerelle'), 'n')) !== 'y') {
        exit(1);
    }
}

\core\session\manager::set_user(get_admin());
try {
    if ($acts === ['disconnect']) {
        cli_writeln(get_string('disconnect_ask', 'local_passerelle'));
        local_passerelle_ask($options['yes']);
        $left = connection::disconnect();
        cli_writeln($left ?? get_string('disconnected', 'local_passerelle'));
        exit($left === null ? 0 : 1);
    }
    if ($acts === ['renew']) {
        $found = connection::renew();
    } else if ($acts === ['check']) {
        $found = connection::check();
    } else {
        $code = connection::read($words[0]);
        if ($code === null) {
            cli_error(get_string('connect_unreadable', 'local_passerelle'), 2);
        }
        foreach (connection::announce($code) as $line) {
            cli_writeln('- ' . $line);
        }
        local_passerelle_ask($options['yes']);
        $found = connection::connect($code);
    }
} catch (refusal $refusal) {
    $unknown = $refusal->status === 401 && $words;
    $said = $unknown ? get_string('connect_unknown', 'local_passerelle') : $refusal->sentence;
    cli_error($said . ($refusal->reference !== '' ? " [{$refusal->reference}]" : ''));
}
foreach ($found['findings'] as $one) {
    cli_writeln((['good' => '✓', 'warning' => '!', 'bad' => '✗'][$one['level']] ?? '-') . ' ' . $one['text']);
}
cli_writeln(get_string($found['fits'] ? 'connect_fits' : 'connect_misfits', 'local_passerelle'));
exit($found['fits'] ? 0 : 1);
