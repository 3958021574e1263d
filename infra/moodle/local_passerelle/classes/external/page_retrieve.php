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
 * Bring a published course home, or ask how that stands.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class page_retrieve extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'courseid' => new external_value(PARAM_INT, 'Course'),
            'publication' => new external_value(PARAM_RAW, 'Which, to begin', VALUE_DEFAULT, ''),
            'mode' => new external_value(PARAM_ALPHA, 'new or merge', VALUE_DEFAULT, 'new'),
            'confirmed' => new external_value(PARAM_BOOL, 'Whether doubling was confirmed', VALUE_DEFAULT, false),
            'request' => new external_value(PARAM_ALPHANUM, 'Makes a repeated press the same', VALUE_DEFAULT, ''),
            'retrieval' => new external_value(PARAM_RAW, 'Which, to ask', VALUE_DEFAULT, ''),
        ]);
    }

    /**
     * Begin, or ask.
     *
     * @param int $courseid
     * @param string $publication
     * @param string $mode
     * @param bool $confirmed
     * @param string $request
     * @param string $retrieval
     * @return array
     */
    public static function execute(
        int $courseid,
        string $publication = '',
        string $mode = 'new',
        bool $confirmed = false,
        string $request = '',
        string $retrieval = ''
    ): array {
        $params = self::validate_parameters(self::execute_parameters(), [
            'courseid' => $courseid,
            'publication' => $publication,
            'mode' => $mode,
            'confirmed' => $confirmed,
            'request' => $request,
            'retrieval' => $retrieval,
        ]);
        $desk = page_desk::open($params['courseid'], 'local/passerelle:retrieve');
        if (!in_array($params['mode'], ['new', 'merge'], true)) {
            throw new \invalid_parameter_exception('mode');
        }
        if ($params['mode'] === 'merge') {
            require_capability('moodle/restore:restorecourse', $desk->context);
        }
        return page_desk::answer(function () use ($desk, $params) {
            $answer = $params['retrieval'] !== ''
                ? $desk->retrieval($params['retrieval'])
                : $desk->retrieve($params['publication'], $params['mode'], $params['confirmed'], $params['request']);
            return [
                'retrieval' => (string) ($answer['retrieval'] ?? ''),
                'state' => (string) ($answer['state'] ?? ''),
                'word' => (string) ($answer['state_word'] ?? ''),
                'courseurl' => (string) ($answer['course_url'] ?? ''),
                'message' => (string) ($answer['message'] ?? ''),
                'warnings' => array_column($answer['warnings'] ?? [], 'message'),
                'reference' => (string) ($answer['reference'] ?? ''),
                'assistance' => (string) ($answer['assistance'] ?? ''),
            ];
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
            'retrieval' => new external_value(PARAM_RAW, 'Id', VALUE_DEFAULT, ''),
            'state' => new external_value(PARAM_ALPHAEXT, 'State', VALUE_DEFAULT, ''),
            'word' => new external_value(PARAM_TEXT, 'State in words', VALUE_DEFAULT, ''),
            'courseurl' => new external_value(PARAM_URL, 'The new course', VALUE_DEFAULT, ''),
            'message' => new external_value(PARAM_TEXT, 'What happened', VALUE_DEFAULT, ''),
            'warnings' => new external_multiple_structure(new external_value(PARAM_TEXT, 'Sentence'), '', VALUE_DEFAULT, []),
            'reference' => new external_value(PARAM_TEXT, 'For the help desk', VALUE_DEFAULT, ''),
            'assistance' => new external_value(PARAM_TEXT, 'Address of the help desk', VALUE_DEFAULT, ''),
        ]);
    }
}
