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

/**
 * Whether hosts of archives are named, and max_input_vars is what Moodle asks for.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class settings extends check {
    #[\Override]
    public function get_name(): string {
        return get_string('check_settings', 'local_passerelle');
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
        if (trim((string) get_config('local_passerelle', 'sources')) === '') {
            return new result(result::WARNING, get_string('check_settings_sources', 'local_passerelle'));
        }
        if ((int) ini_get('max_input_vars') < 5000) {
            return new result(result::WARNING, get_string('check_settings_vars', 'local_passerelle'));
        }
        if (!enrol_is_enabled('passerelle')) {
            return new result(result::WARNING, get_string('check_settings_enrol', 'local_passerelle'));
        }
        return new result(result::OK, get_string('check_settings_ok', 'local_passerelle'));
    }
}
