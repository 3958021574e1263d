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
use local_passerelle\local\changed_courses;

/**
 * Courses changed since a moment, page by page.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class list_changed_courses extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'since' => new external_value(PARAM_INT, 'Unix time'),
            'after' => new external_value(PARAM_INT, 'The last page\'s next, 0 to begin', VALUE_DEFAULT, 0),
            'limit' => new external_value(PARAM_INT, 'At most 5000', VALUE_DEFAULT, 500),
        ]);
    }

    /**
     * Answer.
     *
     * @param int $since
     * @param int $after
     * @param int $limit
     * @return array
     */
    public static function execute(int $since, int $after = 0, int $limit = 500): array {
        $params = self::validate_parameters(
            self::execute_parameters(),
            ['since' => $since, 'after' => $after, 'limit' => $limit]
        );
        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/passerelle:listchangedcourses', $context);
        $limit = max(1, min(5000, $params['limit']));
        return changed_courses::page($params['since'], $params['after'], $limit);
    }

    /**
     * What is answered.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return new external_single_structure([
            'courses' => new external_multiple_structure(new external_single_structure([
                'id' => new external_value(PARAM_INT, 'Course'),
                'idnumber' => new external_value(PARAM_RAW, 'Idnumber'),
                'shortname' => new external_value(PARAM_RAW, 'Short name'),
                'fullname' => new external_value(PARAM_RAW, 'Full name'),
                'visible' => new external_value(PARAM_BOOL, 'Visible'),
                'lastchange' => new external_value(PARAM_INT, 'Unix time'),
            ])),
            'next' => new external_value(PARAM_INT, 'Ask after this; null at the end', VALUE_REQUIRED, null, NULL_ALLOWED),
        ]);
    }
}
