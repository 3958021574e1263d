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

namespace local_passerelle\local;

/**
 * Tells Passerelle how jobs stand.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class report {
    /** @var int until when nobody is told from within a job */
    private static int $silent = 0;

    /**
     * Tell of one job now if that is quick; the scheduled task tells what did not get through.
     *
     * @param job $job
     */
    public static function soon(job $job): void {
        if (!settings::complete() || time() < self::$silent) {
            return;
        }
        try {
            self::tell([$job], 5, 1);
        } catch (refusal $refusal) {
            // Best effort: "reported" stays 0 and the scheduled task goes on from there. A job does not wait
            // again and again for somebody who does not answer.
            self::$silent = time() + 60;
        }
    }

    /**
     * Tell of all jobs whose last change Passerelle has not heard of.
     *
     * @return int how many it knows now
     */
    public static function all(): int {
        global $DB;
        if (!settings::complete()) {
            return 0;
        }
        $told = 0;
        $rows = $DB->get_records('local_passerelle_job', ['reported' => 0], 'timemodified', '*', 0, 500);
        foreach (array_chunk($rows, 50) as $chunk) {
            $told += self::tell(array_map(fn($row) => new job($row), $chunk), 20, 3);
        }
        return $told;
    }

    /**
     * One call.
     *
     * @param job[] $jobs
     * @param int $timeout seconds for one try
     * @param int $tries
     * @return int
     */
    private static function tell(array $jobs, int $timeout, int $tries): int {
        global $DB;
        // A job that Passerelle does not know was asked for by the site itself: told once is enough, whatever
        // the answer names.
        api::call('jobs', 'jobs', ['jobs' => array_map(fn($job) => $job->export(), $jobs)], null, $timeout, $tries);
        foreach ($jobs as $job) {
            // Only if it has not changed again meanwhile.
            $DB->set_field_select(
                'local_passerelle_job',
                'reported',
                1,
                'id = :id AND status = :status AND phase = :phase',
                ['id' => $job->row->id, 'status' => $job->row->status, 'phase' => $job->row->phase]
            );
            $job->row->reported = 1;
        }
        return count($jobs);
    }
}
