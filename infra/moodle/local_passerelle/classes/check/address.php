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

namespace local_passerelle\check;

use core\check\check;
use core\check\result;
use local_passerelle\local\api;
use local_passerelle\local\refusal;
use local_passerelle\local\settings as entered;

/**
 * Whether Passerelle can be reached and accepts the secret.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class address extends check {
    #[\Override]
    public function get_name(): string {
        return get_string('check_address', 'local_passerelle');
    }

    #[\Override]
    public function get_action_link(): ?\action_link {
        return new \action_link(
            new \moodle_url('/admin/settings.php', ['section' => 'local_passerelle']),
            get_string('settings', 'local_passerelle')
        );
    }

    #[\Override]
    public function get_result(): result {
        if (!entered::complete()) {
            return new result(result::NA, get_string('notconfigured', 'local_passerelle'));
        }
        $cache = \cache::make('local_passerelle', 'reachable');
        $key = sha1(json_encode([entered::address(), entered::site(), array_map('sha1', entered::keys())]));
        $found = $cache->get($key);
        if ($found === false) {
            $found = self::ask();
            $cache->set($key, $found);
        }
        [$status, $string] = $found;
        return new result($status, get_string($string, 'local_passerelle'));
    }

    /**
     * Ask for nothing: a report of no job, signed.
     *
     * @return array status and string
     */
    private static function ask(): array {
        try {
            api::call('jobs', 'jobs', ['jobs' => []], null, 5);
            return [result::OK, 'check_address_ok'];
        } catch (refusal $refusal) {
            if ($refusal->status === 401) {
                return [result::ERROR, 'secretrefused'];
            }
            return $refusal->status === 0 ? [result::ERROR, 'unreachable'] : [result::WARNING, 'check_address_odd'];
        }
    }
}
