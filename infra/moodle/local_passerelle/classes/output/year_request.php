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

namespace local_passerelle\output;

use core_external\external_multiple_structure;
use core_external\external_single_structure;
use core_external\external_value;
use local_passerelle\local\aftermath;
use local_passerelle\local\course_desk;

/**
 * One request of the change of year, as Passerelle describes it and as the panel shows it.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class year_request {
    /** States in which nothing more will happen by itself. */
    private const ENDED = ['done', 'stashed', 'refused', 'failed', 'undone'];

    /**
     * For the panel.
     *
     * @param int $courseid
     * @param array $one
     * @return array
     */
    public static function shown(int $courseid, array $one): array {
        $state = (string) ($one['state'] ?? '');
        $reported = !empty($one['report_ready']);
        $undoing = !empty($one['undo_asked']) && ($one['undo_message'] ?? '') === '' && $state === 'done';
        $check = ($one['destination'] ?? '') === 'check';
        $stashed = $state === 'stashed';
        $failed = in_array($state, ['failed', 'refused'], true);
        $notundone = $state === 'done' ? (string) ($one['undo_message'] ?? '') : '';
        return [
            'id' => (string) $one['rollover'],
            'word' => $undoing ? get_string('rollover_undoing', 'local_passerelle') : (string) ($one['state_word'] ?? ''),
            'running' => $undoing || (!in_array($state, self::ENDED, true) && !($check && $reported)),
            'done' => ($state === 'done' && !$undoing) || $stashed || ($check && $reported),
            'failed' => $failed,
            'source' => (string) ($one['source']['fullname'] ?? ''),
            'sourcenumber' => (string) ($one['source']['idnumber'] ?? ''),
            'courseurl' => $state === 'done' && !$undoing ? course_desk::web((string) ($one['course_url'] ?? '')) : '',
            'stashurl' => $stashed ? self::private_area($courseid)->out(false) : '',
            'message' => (string) ($one['message'] ?? ''),
            'notundone' => $notundone,
            'override' => (string) ($one['override'] ?? ''),
            'warnings' => $state === 'done' ? array_column($one['warnings'] ?? [], 'message') : [],
            'undoable' => !empty($one['undo_until']) && !$undoing && $state === 'done',
            'reporturl' => $reported && ($check || $state === 'done') && !$undoing
                ? aftermath::report($courseid, (string) $one['rollover'])->out(false) : '',
            'todo' => array_sum(array_map('intval', (array) ($one['findings'] ?? []))),
            'reference' => $failed || $notundone !== '' ? (string) ($one['reference'] ?? '') : '',
            'assistance' => $failed || $notundone !== '' ? clean_param((string) ($one['assistance'] ?? ''), PARAM_TEXT) : '',
        ];
    }

    /**
     * Where a person finds their own backups.
     *
     * @param int $courseid
     * @return \moodle_url
     */
    private static function private_area(int $courseid): \moodle_url {
        return new \moodle_url('/backup/restorefile.php', ['contextid' => \context_course::instance($courseid)->id]);
    }

    /**
     * The shape of it.
     *
     * @param string $what
     * @return external_single_structure
     */
    public static function structure(string $what): external_single_structure {
        return new external_single_structure([
            'id' => new external_value(PARAM_ALPHANUMEXT, 'Which'),
            'word' => new external_value(PARAM_TEXT, 'State in words'),
            'running' => new external_value(PARAM_BOOL, 'Whether it goes on by itself'),
            'done' => new external_value(PARAM_BOOL, 'Whether it went well'),
            'failed' => new external_value(PARAM_BOOL, 'Whether it did not go well'),
            'source' => new external_value(PARAM_TEXT, 'From which course'),
            'sourcenumber' => new external_value(PARAM_TEXT, 'Its number'),
            'courseurl' => new external_value(PARAM_URL, 'The course'),
            'stashurl' => new external_value(PARAM_URL, 'Where the backup lies'),
            'message' => new external_value(PARAM_TEXT, 'What happened'),
            'notundone' => new external_value(PARAM_TEXT, 'Why it was not undone'),
            'override' => new external_value(PARAM_TEXT, 'Why a refusal was gone past'),
            'warnings' => new external_multiple_structure(new external_value(PARAM_TEXT, 'Sentence')),
            'undoable' => new external_value(PARAM_BOOL, 'Whether it can be undone'),
            'reporturl' => new external_value(PARAM_URL, 'Its report'),
            'todo' => new external_value(PARAM_INT, 'How much the report finds'),
            'reference' => new external_value(PARAM_TEXT, 'For the help desk'),
            'assistance' => new external_value(PARAM_TEXT, 'Address of the help desk'),
        ], $what, VALUE_DEFAULT, null, NULL_ALLOWED);
    }
}
