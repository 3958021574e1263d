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
use local_passerelle\local\refusal;

/**
 * How the course stands, for the block.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class page_state extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'courseid' => new external_value(PARAM_INT, 'Course'),
        ]);
    }

    /**
     * Answer.
     *
     * @param int $courseid
     * @return array
     */
    public static function execute(int $courseid): array {
        $params = self::validate_parameters(self::execute_parameters(), ['courseid' => $courseid]);
        $desk = page_desk::open($params['courseid'], 'local/passerelle:publish');
        // A job that runs here is shown even where Passerelle cannot be asked.
        return page_desk::answer(fn() => $desk->state()) + page_desk::answer(fn() => ['job' => $desk->last_job()]);
    }

    /**
     * What is answered.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return new external_single_structure([
            'refusal' => page_desk::refusal(),
            'job' => new external_single_structure([
                'status' => new external_value(PARAM_ALPHA, 'Status'),
                'words' => new external_value(PARAM_TEXT, 'In words'),
                'percent' => new external_value(PARAM_INT, 'Progress'),
                'error' => new external_value(PARAM_TEXT, 'Why it failed'),
                'reference' => new external_value(PARAM_TEXT, 'For the help desk'),
                'assistance' => new external_value(PARAM_TEXT, 'Address of the help desk'),
            ], 'The last backup job here', VALUE_DEFAULT, null, NULL_ALLOWED),
            'backup' => new external_single_structure([
                'upload' => new external_value(PARAM_RAW, 'Id'),
                'state' => new external_value(PARAM_ALPHAEXT, 'State'),
                'word' => new external_value(PARAM_TEXT, 'State in words'),
                'made' => new external_value(PARAM_TEXT, 'When it was made'),
                'reasons' => new external_multiple_structure(new external_value(PARAM_TEXT, 'Why it was refused')),
                'leaveout' => page_desk::leave_out(),
            ], 'The newest backup at Passerelle', VALUE_DEFAULT, null, NULL_ALLOWED),
            'publication' => new external_single_structure([
                'id' => new external_value(PARAM_RAW, 'Id'),
                'state' => new external_value(PARAM_ALPHAEXT, 'State'),
                'word' => new external_value(PARAM_TEXT, 'State in words'),
                'version' => new external_value(PARAM_INT, 'Version'),
                'huburl' => new external_value(PARAM_URL, 'The published course'),
                'courseurl' => new external_value(PARAM_URL, 'The course it was made from'),
                'message' => new external_value(PARAM_TEXT, 'What happened'),
                'reference' => new external_value(PARAM_TEXT, 'For the help desk'),
                'assistance' => new external_value(PARAM_TEXT, 'Address of the help desk'),
            ], 'The newest publication', VALUE_DEFAULT, null, NULL_ALLOWED),
            'changed' => new external_value(PARAM_BOOL, 'Whether the course changed after its backup', VALUE_DEFAULT, false),
            'olderholders' => new external_value(PARAM_INT, 'How many hold an older version', VALUE_DEFAULT, 0),
        ]);
    }
}
