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
use local_passerelle\local\year_desk;
use local_passerelle\output\year_request;

/**
 * Ask for last year's course, or look through it, and show what Passerelle answers.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class page_rollover extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'courseid' => new external_value(PARAM_INT, 'Course'),
            'action' => new external_value(PARAM_ALPHA, 'status, start, check, undo or freshstart'),
            'wish' => new external_single_structure([
                'destination' => new external_value(PARAM_ALPHA, 'replace, merge or stash', VALUE_DEFAULT, 'replace'),
                'groups' => new external_value(PARAM_BOOL, 'Hand-made groups too', VALUE_DEFAULT, false),
                'keepdates' => new external_value(PARAM_BOOL, 'Dates inside activities stay', VALUE_DEFAULT, false),
                'source' => new external_value(PARAM_TEXT, 'Idnumber of another course of last year', VALUE_DEFAULT, ''),
                'exclude' => new external_multiple_structure(new external_single_structure([
                    'kind' => new external_value(PARAM_ALPHA, 'section, activity or group'),
                    'id' => new external_value(PARAM_INT, 'On the platform of last year'),
                ]), 'What is left out', VALUE_DEFAULT, []),
                'override' => new external_value(PARAM_RAW_TRIMMED, 'Why a refusal is gone past', VALUE_DEFAULT, ''),
                'confirmed' => new external_multiple_structure(
                    new external_value(PARAM_ALPHANUMEXT, 'Question'),
                    'Questions answered yes',
                    VALUE_DEFAULT,
                    []
                ),
            ], 'What is wished, to start or to check', VALUE_DEFAULT, []),
            'request' => new external_value(PARAM_ALPHANUMEXT, 'Which press', VALUE_DEFAULT, ''),
            'rollover' => new external_value(PARAM_ALPHANUMEXT, 'Which one to undo', VALUE_DEFAULT, ''),
            'wanted' => new external_value(PARAM_BOOL, 'Whether to start afresh', VALUE_DEFAULT, true),
        ]);
    }

    /**
     * Ask.
     *
     * @param int $courseid
     * @param string $action
     * @param array $wish
     * @param string $request
     * @param string $rollover
     * @param bool $wanted
     * @return array
     */
    public static function execute(
        int $courseid,
        string $action,
        array $wish = [],
        string $request = '',
        string $rollover = '',
        bool $wanted = true
    ): array {
        $params = self::validate_parameters(self::execute_parameters(), [
            'courseid' => $courseid,
            'action' => $action,
            'wish' => $wish,
            'request' => $request,
            'rollover' => $rollover,
            'wanted' => $wanted,
        ]);
        $desk = new year_desk(page_desk::open($params['courseid'], 'local/passerelle:rollover'));
        $course = $params['courseid'];
        return page_desk::answer(fn() => match ($params['action']) {
            'status' => self::shown($course, $desk->status()),
            'undo' => self::shown($course, ['rollover' => $desk->undo($params['rollover'])]),
            'check' => self::shown($course, ['check' => $desk->check(trim($params['wish']['source']), $params['request'])]),
            'freshstart' => self::shown($course, $desk->fresh_start($params['wanted'])),
            'start' => self::started($course, $desk->start(self::wished($params['wish']), $params['request'])),
            default => throw new \invalid_parameter_exception('action'),
        });
    }

    /**
     * A wish as Passerelle reads it.
     *
     * @param array $wish
     * @return array
     */
    private static function wished(array $wish): array {
        return [
            'destination' => $wish['destination'],
            'groups' => $wish['groups'],
            'keep_dates' => $wish['keepdates'],
            'source_idnumber' => trim($wish['source']),
            'exclude' => $wish['exclude'],
            'confirmed' => $wish['confirmed'],
            'override' => page_desk::plain($wish['override']),
        ];
    }

    /**
     * The answer to a request: questions, or how it stands.
     *
     * @param int $courseid
     * @param array $answer
     * @return array
     */
    private static function started(int $courseid, array $answer): array {
        if (empty($answer['questions'])) {
            return self::shown($courseid, ['rollover' => $answer]);
        }
        return ['questions' => array_map(fn($question) => [
            'code' => (string) $question['code'],
            'message' => (string) $question['message'],
        ], $answer['questions'])];
    }

    /**
     * What the panel shows.
     *
     * @param int $courseid
     * @param array $answer
     * @return array
     */
    private static function shown(int $courseid, array $answer): array {
        $source = $answer['source'] ?? null;
        return [
            'source' => $source ? trim($source['fullname'] . ' (' . $source['idnumber'] . ')') : '',
            'traps' => array_column($answer['traps'] ?? [], 'message'),
            'questions' => [],
            'freshstart' => !empty($answer['fresh_start']),
            'mayoverride' => !empty($answer['may_override']),
            'latest' => empty($answer['rollover']) ? null : year_request::shown($courseid, $answer['rollover']),
            'check' => empty($answer['check']) ? null : year_request::shown($courseid, $answer['check']),
        ];
    }

    /**
     * What is answered.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return new external_single_structure([
            'refusal' => page_desk::refusal(),
            'source' => new external_value(PARAM_TEXT, 'The course found by its number', VALUE_DEFAULT, ''),
            'traps' => new external_multiple_structure(
                new external_value(PARAM_TEXT, 'Sentence'),
                'Before one begins',
                VALUE_DEFAULT,
                []
            ),
            'questions' => new external_multiple_structure(new external_single_structure([
                'code' => new external_value(PARAM_ALPHANUMEXT, 'Which'),
                'message' => new external_value(PARAM_TEXT, 'Question'),
            ]), 'To be answered first', VALUE_DEFAULT, []),
            'freshstart' => new external_value(PARAM_BOOL, 'Whether nothing of last year is wanted', VALUE_DEFAULT, false),
            'mayoverride' => new external_value(PARAM_BOOL, 'Whether the person may go past refusals', VALUE_DEFAULT, false),
            'latest' => year_request::structure('The latest request'),
            'check' => year_request::structure('The latest check'),
        ]);
    }
}
