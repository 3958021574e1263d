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
use local_passerelle\local\course_desk;
use local_passerelle\local\refusal;

/**
 * *Sauvegarder* and *Rafraîchir*.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class page_backup extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'courseid' => new external_value(PARAM_INT, 'Course'),
            'without' => new external_multiple_structure(
                new external_value(PARAM_INT, 'Course module'),
                'Activities to leave out',
                VALUE_DEFAULT,
                []
            ),
        ]);
    }

    /**
     * Queue the backup. Where the hub could not take it, nothing is made, and what it could go without is named.
     *
     * @param int $courseid
     * @param int[] $without
     * @return array
     */
    public static function execute(int $courseid, array $without = []): array {
        $params = self::validate_parameters(self::execute_parameters(), ['courseid' => $courseid, 'without' => $without]);
        $desk = page_desk::open($params['courseid'], 'local/passerelle:publish');
        $leaveout = [];
        $answer = page_desk::answer(function () use ($desk, $params, &$leaveout) {
            try {
                return ['job' => course_desk::describe_job($desk->back_up($params['without']))];
            } catch (refusal $refusal) {
                $leaveout = $desk->activities_of(explode(', ', (string) ($refusal->answer['plugins'] ?? '')));
                throw $refusal;
            }
        });
        return $answer + page_desk::answer(fn() => ['leaveout' => $leaveout]);
    }

    /**
     * What is answered.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return new external_single_structure([
            'refusal' => page_desk::refusal(),
            'leaveout' => page_desk::leave_out(),
            'job' => new external_single_structure([
                'status' => new external_value(PARAM_ALPHA, 'Status'),
                'words' => new external_value(PARAM_TEXT, 'In words'),
                'percent' => new external_value(PARAM_INT, 'Progress'),
                'error' => new external_value(PARAM_TEXT, 'Why it failed'),
            ], 'The job', VALUE_DEFAULT, null, NULL_ALLOWED),
        ]);
    }
}
