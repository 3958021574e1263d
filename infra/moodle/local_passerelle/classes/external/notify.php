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

namespace local_passerelle\external;

use core_external\external_api;
use core_external\external_function_parameters;
use core_external\external_multiple_structure;
use core_external\external_single_structure;
use core_external\external_value;
use local_passerelle\local\messages;

/**
 * Messages to people. The same key is sent once.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class notify extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'notifications' => new external_multiple_structure(new external_single_structure([
                'key' => new external_value(PARAM_RAW, 'Makes it one message however often it is asked for'),
                'username' => new external_value(PARAM_RAW, 'To whom'),
                'kind' => new external_value(PARAM_ALPHANUMEXT, 'Which message'),
                'lang' => new external_value(PARAM_ALPHANUMEXT, 'Language; empty for the person\'s own', VALUE_DEFAULT, ''),
                'values' => new external_multiple_structure(new external_single_structure([
                    'name' => new external_value(PARAM_ALPHANUMEXT, 'Name in the sentence'),
                    'value' => new external_value(PARAM_RAW, 'Value'),
                ]), 'What the sentence says', VALUE_DEFAULT, []),
            ]), 'At most 500'),
        ]);
    }

    /**
     * Send.
     *
     * @param array $notifications
     * @return array
     */
    public static function execute(array $notifications): array {
        $params = self::validate_parameters(self::execute_parameters(), ['notifications' => $notifications]);
        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/passerelle:notify', $context);
        if (count($params['notifications']) > 500) {
            throw new \invalid_parameter_exception('notifications');
        }
        return array_map(fn($one) => messages::send($one), $params['notifications']);
    }

    /**
     * What is answered.
     *
     * @return external_multiple_structure
     */
    public static function execute_returns(): external_multiple_structure {
        return new external_multiple_structure(new external_single_structure([
            'key' => new external_value(PARAM_RAW, 'As given'),
            'ok' => new external_value(PARAM_BOOL, 'Whether the person has it'),
            'changed' => new external_value(PARAM_BOOL, 'Whether it was sent now'),
            'errorcode' => new external_value(PARAM_ALPHANUMEXT, 'Why not', VALUE_OPTIONAL),
        ]));
    }
}
