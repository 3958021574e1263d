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
use core_external\external_single_structure;
use core_external\external_value;

/**
 * Have those told who hold an older version of a publication.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class page_tell_holders extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'courseid' => new external_value(PARAM_INT, 'Course'),
            'publication' => new external_value(PARAM_RAW, 'Which'),
        ]);
    }

    /**
     * Tell them.
     *
     * @param int $courseid
     * @param string $publication
     * @return array
     */
    public static function execute(int $courseid, string $publication): array {
        $params = self::validate_parameters(self::execute_parameters(), [
            'courseid' => $courseid,
            'publication' => $publication,
        ]);
        $desk = page_desk::open($params['courseid'], 'local/passerelle:publish');
        return page_desk::answer(function () use ($desk, $params) {
            $answer = $desk->tell_holders($params['publication']);
            return ['told' => (int) ($answer['told'] ?? 0), 'nottold' => (int) ($answer['not_told'] ?? 0)];
        });
    }

    /**
     * What is answered.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return new external_single_structure([
            'refusal' => page_desk::refusal(),
            'told' => new external_value(PARAM_INT, 'How many were told', VALUE_DEFAULT, 0),
            'nottold' => new external_value(PARAM_INT, 'How many could not be', VALUE_DEFAULT, 0),
        ]);
    }
}
