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
use local_passerelle\local\job;

/**
 * How jobs stand. Unknown keys are left out of the answer.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class get_jobs extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'jobkeys' => new external_multiple_structure(structures::jobkey(), 'At most 500'),
        ]);
    }

    /**
     * Answer.
     *
     * @param string[] $jobkeys
     * @return array
     */
    public static function execute(array $jobkeys): array {
        global $DB;
        $params = self::validate_parameters(self::execute_parameters(), ['jobkeys' => $jobkeys]);
        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/passerelle:getjobs', $context);
        if (count($params['jobkeys']) > 500) {
            throw new \invalid_parameter_exception('jobkeys');
        }
        $jobs = [];
        foreach ($DB->get_records_list('local_passerelle_job', 'jobkey', array_unique($params['jobkeys']), 'id') as $row) {
            $jobs[] = (new job($row))->export();
        }
        return $jobs;
    }

    /**
     * What is answered.
     *
     * @return external_multiple_structure
     */
    public static function execute_returns(): external_multiple_structure {
        return new external_multiple_structure(structures::job());
    }
}
