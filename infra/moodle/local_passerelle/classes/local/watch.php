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
 * Finds jobs whose process was killed.
 *
 * Moodle gives an ad-hoc task that was killed back to cron after an hour at the earliest, and meanwhile counts
 * it as running. A course that a killed restore has emptied cannot wait for that.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class watch {
    /** Seconds that a task may be between cron's taking it and its own lock. */
    private const STARTING = 30;

    /**
     * Give cut jobs back to cron.
     *
     * @return int[] ids of jobs
     */
    public static function take_up_cut_jobs(): array {
        global $DB;
        $cut = [];
        $ours = \core\lock\lock_config::get_lock_factory('local_passerelle_job');
        $jobs = $DB->get_records_select(
            'local_passerelle_job',
            "status IN ('running', 'queued')",
            [],
            'id',
            'id, status, timemodified'
        );
        foreach ($jobs as $row) {
            $lock = $ours->get_lock('job' . $row->id, 0);
            if (!$lock) {
                continue; // Somebody is at it.
            }
            try {
                if (self::hand_back($row)) {
                    $cut[] = (int) $row->id;
                }
            } finally {
                $lock->release();
            }
        }
        self::release_ended();
        return $cut;
    }

    /**
     * Have cron finish with tasks that were killed after their job had ended.
     *
     * Moodle counts such a task as running, and one that runs may be all that it allows of a kind: no other job
     * would begin before it forgets.
     */
    private static function release_ended(): void {
        global $DB;
        $select = "component = 'local_passerelle' AND timestarted IS NOT NULL";
        foreach ($DB->get_records_select('task_adhoc', $select, [], 'id', 'id, customdata') as $task) {
            $job = job::get((int) (json_decode((string) $task->customdata)->job ?? 0));
            if (!$job || $job->ended()) {
                self::release($task);
            }
        }
    }

    /**
     * Let cron begin a task again that no process has.
     *
     * @param \stdClass $task
     * @return bool whether no process had it
     */
    private static function release(\stdClass $task): bool {
        global $DB;
        $lock = \core\lock\lock_config::get_lock_factory('cron')->get_lock('adhoc_' . $task->id, 0);
        if (!$lock) {
            return false;
        }
        $DB->update_record('task_adhoc', (object) [
            'id' => $task->id,
            'timestarted' => null,
            'hostname' => null,
            'pid' => null,
            'nextruntime' => time() - 1,
        ]);
        $lock->release();
        return true;
    }

    /**
     * Make cron take a job up that nobody is at.
     *
     * @param \stdClass $row of the job
     * @return bool whether that was needed
     */
    private static function hand_back(\stdClass $row): bool {
        global $DB;
        $tasks = $DB->get_records_select(
            'task_adhoc',
            'component = :component AND ' . $DB->sql_compare_text('customdata', 255) . ' = :data',
            ['component' => 'local_passerelle', 'data' => json_encode(['job' => (int) $row->id])]
        );
        foreach ($tasks as $task) {
            if ($task->timestarted === null) {
                return false; // It waits its turn.
            }
        }
        foreach ($tasks as $task) {
            if ($task->timestarted > time() - self::STARTING && $row->status === 'queued') {
                return false;
            }
            return self::release($task);
        }
        if ($row->timemodified > time() - self::STARTING) {
            return false; // Just ending, or just queued.
        }
        job::queue((int) $row->id);
        return true;
    }
}
