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

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->dirroot . '/backup/util/includes/backup_includes.php');
require_once($CFG->dirroot . '/backup/util/includes/restore_includes.php');
require_once($CFG->dirroot . '/course/lib.php');
require_once($CFG->dirroot . '/group/lib.php');
require_once($CFG->libdir . '/enrollib.php');

/**
 * Runs one job: takes it up, goes on or puts back after a kill, and always writes how it ended.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
abstract class runner {
    /** After this many kills the job is given up. */
    private const KILLS = 3;

    /** After this many waits the job is given up. */
    private const WAITS = 12;

    /**
     * Take the job.
     *
     * @param job $job
     */
    final public function __construct(
        /** @var job */
        protected readonly job $job
    ) {
    }

    /**
     * The runner of a job's kind.
     *
     * @param job $job
     * @return self
     */
    public static function of(job $job): self {
        return match ($job->row->kind) {
            'backup' => new backup_runner($job),
            'restore' => new restore_runner($job),
            'undo' => new undo_runner($job),
            'stash' => new stash_runner($job),
        };
    }

    /**
     * Do the work, phase by phase.
     */
    abstract protected function perform(): void;

    /**
     * Bring the site back to where it was before the job. Safe to repeat, and to call where nothing was done.
     */
    abstract protected function put_back(): void;

    /**
     * Remove what the job keeps on disk while it runs.
     */
    abstract protected function tidy(): void;

    /**
     * Run the job to its end, or to where it must wait.
     */
    final public function run(): void {
        if ($this->job->ended()) {
            return;
        }
        $killed = $this->job->row->status === 'running' && empty($this->job->state['waiting']);
        unset($this->job->state['waiting']);
        try {
            $this->take_up($killed);
            $this->perform();
            $this->job->end('done');
        } catch (job_postponed $wait) {
            $this->wait_for_later($wait);
            return;
        } catch (job_failure $failure) {
            $this->fail($failure->errorcode, $failure->getMessage());
        } catch (\Throwable $e) {
            // Moodle's own words may carry paths, tokens or names: they go to the debugging log of
            // developers, not to the job.
            $place = 'Passerelle job ' . $this->job->row->id . ': ' . get_class($e);
            debugging($place . ' ' . $e->getMessage(), DEBUG_DEVELOPER, $e->getTrace());
            mtrace('Job ' . $this->job->row->id . ' failed in phase ' . $this->job->row->phase . ': ' . get_class($e));
            $code = $this->job->row->kind === 'backup' ? 'backupfailed' : 'restorefailed';
            $this->fail($code, job_failure::sentence($code));
        }
        $this->tidy();
    }

    /**
     * Begin, or begin again after a kill.
     *
     * @param bool $killed
     */
    private function take_up(bool $killed): void {
        if (!$killed) {
            $this->job->begin('running');
            $this->job->write([
                'status' => 'running',
                'timestarted' => $this->job->row->timestarted ?: time(),
            ], true);
            return;
        }
        $kills = 1 + (int) $this->job->row->attempts;
        $this->job->write(['attempts' => $kills]);
        mtrace('Job ' . $this->job->row->id . ' was cut in phase ' . $this->job->row->phase . ', time ' . $kills);
        $this->put_back();
        if ($kills >= self::KILLS) {
            throw new job_failure('killed');
        }
    }

    /**
     * Put back and write the failure down. If putting back fails too, the task is tried again by Moodle.
     *
     * @param string $errorcode
     * @param string $message
     */
    private function fail(string $errorcode, string $message): void {
        $this->put_back();
        $this->job->end($errorcode === 'cancelled' ? 'cancelled' : 'failed', $errorcode, $message);
    }

    /**
     * Leave the job as it stands and have it taken up later.
     *
     * @param job_postponed $wait
     */
    private function wait_for_later(job_postponed $wait): void {
        $waits = 1 + (int) ($this->job->state['waits'] ?? 0);
        if ($waits > self::WAITS) {
            $this->fail($wait->errorcode, job_failure::sentence($wait->errorcode));
            $this->tidy();
            return;
        }
        $this->job->state['waits'] = $waits;
        $this->job->state['waiting'] = true;
        $this->job->write([], true);
        job::queue((int) $this->job->row->id, $wait->seconds);
    }

    /**
     * The directory of this job's files, the same each time it is taken up.
     *
     * @return string
     */
    protected function directory(): string {
        return make_temp_directory('local_passerelle/job' . $this->job->row->id);
    }
}
