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
use local_passerelle\local\job;

/**
 * Ask a job to stop. One that has ended, or restores already, is answered as it is.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class cancel_job extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'jobkey' => structures::jobkey(),
        ]);
    }

    /**
     * Ask.
     *
     * @param string $jobkey
     * @return array
     */
    public static function execute(string $jobkey): array {
        global $DB;
        $params = self::validate_parameters(self::execute_parameters(), ['jobkey' => $jobkey]);
        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/passerelle:canceljob', $context);
        $job = new job($DB->get_record('local_passerelle_job', ['jobkey' => $params['jobkey']], '*', MUST_EXIST));
        if (!$job->ended()) {
            $DB->set_field('local_passerelle_job', 'cancelrequested', 1, ['id' => $job->row->id]);
            $job->cancel_if_waiting();
        }
        return job::find($params['jobkey'])->export();
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
