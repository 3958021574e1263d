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

/**
 * Ask for last year's course, and show what Passerelle answers.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class page_rollover extends external_api {
    /** States in which nothing more will happen by itself. */
    private const ENDED = ['done', 'stashed', 'refused', 'failed', 'undone'];

    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'courseid' => new external_value(PARAM_INT, 'Course'),
            'action' => new external_value(PARAM_ALPHA, 'status, start or undo'),
            'destination' => new external_value(PARAM_ALPHA, 'replace, merge or stash', VALUE_DEFAULT, 'replace'),
            'groups' => new external_value(PARAM_BOOL, 'Hand-made groups too', VALUE_DEFAULT, false),
            'keepdates' => new external_value(PARAM_BOOL, 'Dates inside activities stay', VALUE_DEFAULT, false),
            'source' => new external_value(PARAM_TEXT, 'Idnumber of another course of last year', VALUE_DEFAULT, ''),
            'confirmed' => new external_multiple_structure(
                new external_value(PARAM_ALPHANUMEXT, 'Question'),
                'Questions answered yes',
                VALUE_DEFAULT,
                []
            ),
            'request' => new external_value(PARAM_ALPHANUMEXT, 'Which press', VALUE_DEFAULT, ''),
            'rollover' => new external_value(PARAM_RAW, 'Which one to undo', VALUE_DEFAULT, ''),
        ]);
    }

    /**
     * Ask.
     *
     * @param int $courseid
     * @param string $action
     * @param string $destination
     * @param bool $groups
     * @param bool $keepdates
     * @param string $source
     * @param string[] $confirmed
     * @param string $request
     * @param string $rollover
     * @return array
     */
    public static function execute(
        int $courseid,
        string $action,
        string $destination = 'replace',
        bool $groups = false,
        bool $keepdates = false,
        string $source = '',
        array $confirmed = [],
        string $request = '',
        string $rollover = ''
    ): array {
        $params = self::validate_parameters(self::execute_parameters(), [
            'courseid' => $courseid,
            'action' => $action,
            'destination' => $destination,
            'groups' => $groups,
            'keepdates' => $keepdates,
            'source' => $source,
            'confirmed' => $confirmed,
            'request' => $request,
            'rollover' => $rollover,
        ]);
        $desk = page_desk::open($params['courseid'], 'local/passerelle:rollover');
        return page_desk::answer(fn() => match ($params['action']) {
            'status' => self::shown($desk->last_year()),
            'undo' => self::shown(['rollover' => $desk->undo_rollover($params['rollover'])]),
            'start' => self::started($desk->roll_over([
                'destination' => $params['destination'],
                'groups' => $params['groups'],
                'keep_dates' => $params['keepdates'],
                'source_idnumber' => trim($params['source']),
                'confirmed' => $params['confirmed'],
            ], $params['request'])),
            default => throw new \invalid_parameter_exception('action'),
        });
    }

    /**
     * The answer to a request: questions, or how it stands.
     *
     * @param array $answer
     * @return array
     */
    private static function started(array $answer): array {
        if (empty($answer['questions'])) {
            return self::shown(['rollover' => $answer]);
        }
        return ['questions' => array_map(fn($question) => [
            'code' => (string) $question['code'],
            'message' => (string) $question['message'],
        ], $answer['questions'])];
    }

    /**
     * What the panel shows.
     *
     * @param array $answer
     * @return array
     */
    private static function shown(array $answer): array {
        $source = $answer['source'] ?? null;
        $one = $answer['rollover'] ?? null;
        $undoing = $one && !empty($one['undo_asked']) && ($one['undo_message'] ?? '') === '';
        $state = (string) ($one['state'] ?? '');
        return [
            'source' => $source ? trim($source['fullname'] . ' (' . $source['idnumber'] . ')') : '',
            'traps' => array_column($answer['traps'] ?? [], 'message'),
            'questions' => [],
            'latest' => $one ? [
                'id' => (string) $one['rollover'],
                'word' => (string) ($one['state_word'] ?? ''),
                'running' => !in_array($state, self::ENDED, true) || ($state === 'done' && $undoing),
                'done' => $state === 'done' || $state === 'stashed',
                'source' => (string) ($one['source']['fullname'] ?? ''),
                'courseurl' => $state === 'done' ? course_desk::web((string) ($one['course_url'] ?? '')) : '',
                'message' => trim(($one['message'] ?? '') . ' ' . ($one['undo_message'] ?? '')),
                'warnings' => array_column($one['warnings'] ?? [], 'message'),
                'undoable' => !empty($one['undo_until']) && !$undoing && $state === 'done',
                'reference' => $state === 'failed' || $state === 'refused' ? (string) ($one['reference'] ?? '') : '',
            ] : null,
        ];
    }

    /**
     * What is answered.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        $texts = new external_multiple_structure(new external_value(PARAM_TEXT, 'Sentence'), 'Sentences', VALUE_DEFAULT, []);
        return new external_single_structure([
            'refusal' => page_desk::refusal(),
            'source' => new external_value(PARAM_TEXT, 'The course found by its number', VALUE_DEFAULT, ''),
            'traps' => $texts,
            'questions' => new external_multiple_structure(new external_single_structure([
                'code' => new external_value(PARAM_ALPHANUMEXT, 'Which'),
                'message' => new external_value(PARAM_TEXT, 'Question'),
            ]), 'To be answered first', VALUE_DEFAULT, []),
            'latest' => new external_single_structure([
                'id' => new external_value(PARAM_RAW, 'Which'),
                'word' => new external_value(PARAM_TEXT, 'State in words'),
                'running' => new external_value(PARAM_BOOL, 'Whether it goes on by itself'),
                'done' => new external_value(PARAM_BOOL, 'Whether it went well'),
                'source' => new external_value(PARAM_TEXT, 'From which course'),
                'courseurl' => new external_value(PARAM_URL, 'The course'),
                'message' => new external_value(PARAM_TEXT, 'What happened'),
                'warnings' => $texts,
                'undoable' => new external_value(PARAM_BOOL, 'Whether it can be undone'),
                'reference' => new external_value(PARAM_TEXT, 'For the help desk'),
            ], 'The latest request', VALUE_DEFAULT, null, NULL_ALLOWED),
        ]);
    }
}
