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
 * List, download or delete the backups kept for a course.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class page_backups extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'courseid' => new external_value(PARAM_INT, 'Course'),
            'action' => new external_value(PARAM_ALPHA, 'list, download or delete'),
            'upload' => new external_value(PARAM_RAW, 'Which', VALUE_DEFAULT, ''),
        ]);
    }

    /**
     * Do it.
     *
     * @param int $courseid
     * @param string $action
     * @param string $upload
     * @return array
     */
    public static function execute(int $courseid, string $action, string $upload = ''): array {
        $params = self::validate_parameters(self::execute_parameters(), [
            'courseid' => $courseid,
            'action' => $action,
            'upload' => $upload,
        ]);
        $desk = page_desk::open($params['courseid'], 'local/passerelle:managebackups');
        if (!in_array($params['action'], ['list', 'download', 'delete'], true)) {
            throw new \invalid_parameter_exception('action');
        }
        return page_desk::answer(function () use ($desk, $params) {
            $answer = $desk->backups($params['action'], $params['upload']);
            return [
                'url' => (string) ($answer['url'] ?? ''),
                'backups' => array_map(fn($backup) => [
                    'upload' => (string) $backup['upload'],
                    'word' => (string) ($backup['state_word'] ?? ''),
                    'ready' => ($backup['state'] ?? '') === 'accepted',
                    'made' => userdate(
                        (int) ($backup['made_at'] ?? 0),
                        get_string('strftimedatetimeshort', 'langconfig')
                    ),
                    'size' => display_size((int) ($backup['size'] ?? 0)),
                    'protected' => !empty($backup['protected']),
                    'reasons' => array_column($backup['reasons'] ?? [], 'message'),
                    'scrubbed' => array_column($backup['scrubbed'] ?? [], 'message'),
                ], $answer['backups'] ?? []),
            ];
        });
    }

    /**
     * What is answered.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        $texts = new external_multiple_structure(new external_value(PARAM_TEXT, 'Sentence'));
        return new external_single_structure([
            'refusal' => page_desk::refusal(),
            'url' => new external_value(PARAM_URL, 'Where to download', VALUE_DEFAULT, ''),
            'backups' => new external_multiple_structure(new external_single_structure([
                'upload' => new external_value(PARAM_RAW, 'Id'),
                'word' => new external_value(PARAM_TEXT, 'State in words'),
                'ready' => new external_value(PARAM_BOOL, 'Whether it can be downloaded'),
                'made' => new external_value(PARAM_TEXT, 'When it was made'),
                'size' => new external_value(PARAM_TEXT, 'Size'),
                'protected' => new external_value(PARAM_BOOL, 'Whether a publication rests on it'),
                'reasons' => $texts,
                'scrubbed' => $texts,
            ]), 'Newest first', VALUE_DEFAULT, []),
        ]);
    }
}
