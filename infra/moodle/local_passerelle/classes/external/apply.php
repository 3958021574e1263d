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
use local_passerelle\local\operations;

/**
 * Operations, each with a verdict of its own.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class apply extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'operations' => new external_value(PARAM_RAW, 'JSON list of {id, op, ...}, at most 5000'),
        ]);
    }

    /**
     * Apply.
     *
     * @param string $operations
     * @return array
     */
    public static function execute(string $operations): array {
        $params = self::validate_parameters(self::execute_parameters(), ['operations' => $operations]);
        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/passerelle:apply', $context);
        $list = json_decode($params['operations'], true);
        if (!is_array($list) || !array_is_list($list) || count($list) > 5000) {
            throw new \invalid_parameter_exception('operations');
        }
        \core_php_time_limit::raise(0);
        return (new operations($list))->apply();
    }

    /**
     * What is answered.
     *
     * @return external_multiple_structure
     */
    public static function execute_returns(): external_multiple_structure {
        return new external_multiple_structure(new external_single_structure([
            'id' => new external_value(PARAM_RAW, 'As given'),
            'ok' => new external_value(PARAM_BOOL, 'Whether it stands as asked'),
            'changed' => new external_value(PARAM_BOOL, 'Whether anything had to be done'),
            'errorcode' => new external_value(PARAM_ALPHANUMEXT, 'Why not', VALUE_OPTIONAL),
            'message' => new external_value(PARAM_RAW, 'In words', VALUE_OPTIONAL),
        ]));
    }
}
