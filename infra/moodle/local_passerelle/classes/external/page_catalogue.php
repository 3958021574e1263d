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
 * Search the catalogue, or look into one publication.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class page_catalogue extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'courseid' => new external_value(PARAM_INT, 'Course'),
            'query' => new external_value(PARAM_RAW_TRIMMED, 'Words', VALUE_DEFAULT, ''),
            'language' => new external_value(PARAM_TEXT, 'Language', VALUE_DEFAULT, ''),
            'level' => new external_value(PARAM_RAW_TRIMMED, 'Level', VALUE_DEFAULT, ''),
            'licence' => new external_value(PARAM_TEXT, 'Licence', VALUE_DEFAULT, ''),
            'activity' => new external_value(PARAM_ALPHANUMEXT, 'Holds this activity', VALUE_DEFAULT, ''),
            'after' => new external_value(PARAM_RAW, 'The last page\'s next', VALUE_DEFAULT, ''),
            'publication' => new external_value(PARAM_RAW, 'One, with its preview', VALUE_DEFAULT, ''),
        ]);
    }

    /**
     * Answer.
     *
     * @param int $courseid
     * @param string $query
     * @param string $language
     * @param string $level
     * @param string $licence
     * @param string $activity
     * @param string $after
     * @param string $publication
     * @return array
     */
    public static function execute(
        int $courseid,
        string $query = '',
        string $language = '',
        string $level = '',
        string $licence = '',
        string $activity = '',
        string $after = '',
        string $publication = ''
    ): array {
        $params = self::validate_parameters(self::execute_parameters(), [
            'courseid' => $courseid,
            'query' => $query,
            'language' => $language,
            'level' => $level,
            'licence' => $licence,
            'activity' => $activity,
            'after' => $after,
            'publication' => $publication,
        ]);
        $desk = page_desk::open($params['courseid'], 'local/passerelle:retrieve');
        return page_desk::answer(function () use ($desk, $params) {
            $answer = $desk->catalogue(array_diff_key($params, ['courseid' => 0]));
            return [
                'publications' => array_map(page_desk::card(...), $answer['publications'] ?? []),
                'next' => (string) ($answer['next'] ?? ''),
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
            'publications' => new external_multiple_structure(new external_single_structure([
                'publication' => new external_value(PARAM_RAW, 'Id'),
                'title' => new external_value(PARAM_TEXT, 'Title'),
                'summary' => new external_value(PARAM_TEXT, 'Summary'),
                'author' => new external_value(PARAM_TEXT, 'Author'),
                'site' => new external_value(PARAM_TEXT, 'From which site'),
                'language' => new external_value(PARAM_TEXT, 'Language'),
                'level' => new external_value(PARAM_TEXT, 'Level'),
                'licence' => new external_value(PARAM_TEXT, 'Licence'),
                'version' => new external_value(PARAM_INT, 'Version'),
                'published' => new external_value(PARAM_TEXT, 'When'),
                'size' => new external_value(PARAM_TEXT, 'Size'),
                'huburl' => new external_value(PARAM_URL, 'The published course'),
                'activities' => new external_multiple_structure(new external_single_structure([
                    'name' => new external_value(PARAM_TEXT, 'Kind'),
                    'count' => new external_value(PARAM_INT, 'How many'),
                ])),
                'sections' => new external_multiple_structure(new external_value(PARAM_TEXT, 'Title')),
                'family' => new external_multiple_structure(new external_single_structure([
                    'title' => new external_value(PARAM_TEXT, 'Title'),
                    'author' => new external_value(PARAM_TEXT, 'Author'),
                    'site' => new external_value(PARAM_TEXT, 'From which site'),
                    'version' => new external_value(PARAM_INT, 'Version'),
                    'depth' => new external_value(PARAM_INT, 'Generations below the oldest'),
                    'here' => new external_value(PARAM_BOOL, 'The one that is looked into'),
                    'withdrawn' => new external_value(PARAM_BOOL, 'No longer on offer'),
                    'huburl' => new external_value(PARAM_URL, 'The published course'),
                ]), 'Where it comes from and what came of it, from the oldest down'),
                'cannotcome' => new external_multiple_structure(new external_value(PARAM_TEXT, 'Why not')),
                'since' => new external_value(PARAM_INT, 'The version before, 0 where there is none'),
                'changes' => new external_multiple_structure(
                    new external_value(PARAM_TEXT, 'Line'),
                    'What changed since the version before'
                ),
            ]), 'Page', VALUE_DEFAULT, []),
            'next' => new external_value(PARAM_RAW, 'Ask after this', VALUE_DEFAULT, ''),
        ]);
    }
}
