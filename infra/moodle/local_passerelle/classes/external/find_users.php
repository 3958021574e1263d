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
use local_passerelle\local\people;

/**
 * Users by e-mail, username or idnumber, compared exactly, without case.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class find_users extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'field' => new external_value(PARAM_ALPHA, 'email, username or idnumber'),
            'values' => new external_multiple_structure(new external_value(PARAM_RAW, 'Value'), 'At most 500'),
        ]);
    }

    /**
     * Answer.
     *
     * @param string $field
     * @param string[] $values
     * @return array
     */
    public static function execute(string $field, array $values): array {
        ['field' => $field, 'values' => $values] = self::validate_parameters(
            self::execute_parameters(),
            ['field' => $field, 'values' => $values]
        );
        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/passerelle:findusers', $context);
        if (!in_array($field, people::FIELDS, true) || count($values) > 500) {
            throw new \invalid_parameter_exception(count($values) > 500 ? 'values' : 'field');
        }
        return people::find($field, $values);
    }

    /**
     * What is answered.
     *
     * @return external_multiple_structure
     */
    public static function execute_returns(): external_multiple_structure {
        return new external_multiple_structure(new external_single_structure([
            'value' => new external_value(PARAM_RAW, 'As asked'),
            'users' => new external_multiple_structure(new external_single_structure([
                'id' => new external_value(PARAM_INT, 'Id'),
                'username' => new external_value(PARAM_RAW, 'Username'),
                'idnumber' => new external_value(PARAM_RAW, 'Code'),
                'firstname' => new external_value(PARAM_RAW, 'First name'),
                'lastname' => new external_value(PARAM_RAW, 'Last name'),
                'email' => new external_value(PARAM_RAW, 'E-mail'),
                'auth' => new external_value(PARAM_RAW, 'Authentication'),
                'suspended' => new external_value(PARAM_BOOL, 'Suspended'),
                'deleted' => new external_value(PARAM_BOOL, 'Deleted; found by e-mail only'),
                'confirmed' => new external_value(PARAM_BOOL, 'Confirmed'),
                'lang' => new external_value(PARAM_RAW, 'Language'),
                'firstaccess' => new external_value(PARAM_INT, 'Unix time, 0 for never'),
                'lastaccess' => new external_value(PARAM_INT, 'Unix time, 0 for never'),
                'privileged' => new external_value(PARAM_BOOL, 'Administrator, or a role at site or category level'),
                'categories' => new external_multiple_structure(
                    new external_value(PARAM_RAW, 'Idnumber'),
                    'Where a role of theirs, held in the category itself, creates courses; in Moodle\'s order'
                ),
            ])),
        ]));
    }
}
