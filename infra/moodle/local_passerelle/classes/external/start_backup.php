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
use core_external\external_single_structure;
use core_external\external_value;
use local_passerelle\local\job;

/**
 * Make a user-free backup of a course and send it to Passerelle.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class start_backup extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'jobkey' => structures::jobkey(),
            'courseid' => new external_value(PARAM_INT, 'Course'),
            'intent' => new external_value(PARAM_ALPHA, 'share or rollover', VALUE_DEFAULT, 'share'),
        ]);
    }

    /**
     * Queue the job.
     *
     * @param string $jobkey
     * @param int $courseid
     * @param string $intent
     * @return array
     */
    public static function execute(string $jobkey, int $courseid, string $intent = 'share'): array {
        global $USER;
        $params = self::validate_parameters(
            self::execute_parameters(),
            ['jobkey' => $jobkey, 'courseid' => $courseid, 'intent' => $intent]
        );
        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/passerelle:startbackup', $context);
        structures::check_jobkey($params['jobkey']);
        if (!in_array($params['intent'], ['share', 'rollover'], true)) {
            throw new \invalid_parameter_exception('intent');
        }
        $job = job::ensure('backup', $params['jobkey'], ['intent' => $params['intent']], $params['courseid'], (int) $USER->id);
        return $job->export();
    }

    /**
     * What is answered.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return structures::job();
    }
}
