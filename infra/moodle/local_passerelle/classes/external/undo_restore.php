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
 * Undo a finished restore, once, while nobody has changed the course since.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class undo_restore extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'jobkey' => structures::jobkey(),
            'restorejobkey' => new external_value(PARAM_RAW, 'The restore to undo'),
        ]);
    }

    /**
     * Queue the job.
     *
     * @param string $jobkey
     * @param string $restorejobkey
     * @return array
     */
    public static function execute(string $jobkey, string $restorejobkey): array {
        global $USER;
        $params = self::validate_parameters(
            self::execute_parameters(),
            ['jobkey' => $jobkey, 'restorejobkey' => $restorejobkey]
        );
        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/passerelle:undorestore', $context);
        structures::check_jobkey($params['jobkey']);
        structures::check_jobkey($params['restorejobkey']);
        $job = job::ensure('undo', $params['jobkey'], ['restorejobkey' => $params['restorejobkey']], null, (int) $USER->id);
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
