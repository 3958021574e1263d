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
use local_passerelle\local\export_pages;

/**
 * A page of one table of the site.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class export extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'table' => new external_value(PARAM_ALPHA, 'users, cohorts, cohortmembers, categories, courses, groups, members, '
                . 'enrolments or owned'),
            'after' => new external_value(PARAM_INT, 'The last page\'s next, 0 to begin', VALUE_DEFAULT, 0),
            'limit' => new external_value(PARAM_INT, 'At most 20000', VALUE_DEFAULT, 5000),
            'only' => new external_multiple_structure(
                new external_value(PARAM_RAW, 'A username (users, enrolments), or a course\'s idnumber (courses, owned), '
                    . 'archived ones included'),
                'Only the rows of these, at most 500; none for all',
                VALUE_DEFAULT,
                []
            ),
        ]);
    }

    /**
     * Answer.
     *
     * @param string $table
     * @param int $after
     * @param int $limit
     * @param string[] $only
     * @return array
     */
    public static function execute(string $table, int $after = 0, int $limit = 5000, array $only = []): array {
        $params = self::validate_parameters(
            self::execute_parameters(),
            ['table' => $table, 'after' => $after, 'limit' => $limit, 'only' => $only]
        );
        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/passerelle:export', $context);
        if (!in_array($params['table'], export_pages::TABLES, true)) {
            throw new \invalid_parameter_exception('table');
        }
        if ($params['only'] && (!in_array($params['table'], export_pages::NARROWED, true) || count($params['only']) > 500)) {
            throw new \invalid_parameter_exception('only');
        }
        $limit = max(1, min(20000, $params['limit']));
        return export_pages::page($params['table'], $params['after'], $limit, $params['only']);
    }

    /**
     * What is answered.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return new external_single_structure([
            'rows' => new external_value(PARAM_RAW, 'The rows as one JSON list'),
            'next' => new external_value(PARAM_INT, 'Ask after this; null at the end', VALUE_REQUIRED, null, NULL_ALLOWED),
        ]);
    }
}
