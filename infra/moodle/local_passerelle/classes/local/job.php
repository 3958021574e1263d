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
 * One job: a backup, a restore, an undoing or a deposit, as its row says.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class job {
    /** What a job may be. */
    public const KINDS = ['backup', 'restore', 'undo', 'stash'];

    /** How a job may have ended. */
    public const ENDED = ['done', 'failed', 'cancelled'];

    /** @var array what was asked */
    public array $params;

    /** @var array what the job must remember */
    public array $state;

    /** @var float when progress was last written, so that it is not written a thousand times */
    private float $told = 0;

    /**
     * Wrap a row.
     *
     * @param \stdClass $row
     */
    public function __construct(
        /** @var \stdClass */
        public readonly \stdClass $row
    ) {
        $this->params = json_decode((string) $row->params, true) ?: [];
        $this->state = json_decode((string) $row->state, true) ?: [];
    }

    /**
     * The job with this key.
     *
     * @param string $jobkey
     * @return self|null
     */
    public static function find(string $jobkey): ?self {
        global $DB;
        $row = $DB->get_record('local_passerelle_job', ['jobkey' => $jobkey]);
        return $row ? new self($row) : null;
    }

    /**
     * The job with this id.
     *
     * @param int $id
     * @return self|null
     */
    public static function get(int $id): ?self {
        global $DB;
        $row = $DB->get_record('local_passerelle_job', ['id' => $id]);
        return $row ? new self($row) : null;
    }

    /**
     * What a person quotes to the help desk about this job; *Pourquoi ?* takes it (H1).
     *
     * @return string
     */
    public function reference(): string {
        return 'M' . $this->row->id;
    }

    /**
     * The job that a reference is about.
     *
     * @param string $reference
     * @return self|null
     */
    public static function referred(string $reference): ?self {
        return preg_match('/^M(\d{1,10})$/i', $reference, $found) ? self::get((int) $found[1]) : null;
    }

    /**
     * The job with this key; where it is new, made, queued, and started if it may be. The same key is the same job,
     * whatever else is said.
     *
     * @param string $kind
     * @param string $jobkey
     * @param array $params
     * @param int|null $courseid
     * @param int $userid
     * @return self
     */
    public static function ensure(string $kind, string $jobkey, array $params, ?int $courseid, int $userid): self {
        global $DB;
        if ($found = self::find($jobkey)) {
            return $found;
        }
        $now = time();
        $row = (object) [
            'jobkey' => $jobkey,
            'kind' => $kind,
            'status' => 'queued',
            'phase' => 'queued',
            'progress' => 0,
            'courseid' => $courseid,
            'userid' => $userid,
            'params' => json_encode($params),
            'state' => json_encode(['began' => ['queued' => microtime(true)]]),
            'map' => '[]',
            'warnings' => '[]',
            'reported' => 1,
            'timecreated' => $now,
            'timemodified' => $now,
        ];
        $transaction = $DB->start_delegated_transaction();
        try {
            $row->id = $DB->insert_record('local_passerelle_job', $row);
            self::queue($row->id);
            $transaction->allow_commit();
            at_once::arrange();
        } catch (\dml_write_exception $e) {
            // Somebody was faster with the same key: theirs is the job.
            try {
                $transaction->rollback($e);
            } catch (\dml_write_exception $again) {
                if ($found = self::find($jobkey)) {
                    return $found;
                }
                throw $again;
            }
        }
        return self::get($row->id);
    }

    /**
     * Have cron take the job up.
     *
     * @param int $id
     * @param int $wait seconds
     */
    public static function queue(int $id, int $wait = 0): void {
        $task = new \local_passerelle\task\run_job();
        $task->set_custom_data(['job' => $id]);
        $task->set_component('local_passerelle');
        if ($wait) {
            $task->set_next_run_time(time() + $wait);
        }
        \core\task\manager::queue_adhoc_task($task);
    }

    /**
     * Whether the job has ended.
     *
     * @return bool
     */
    public function ended(): bool {
        return in_array($this->row->status, self::ENDED, true);
    }

    /**
     * Write some columns, and state.
     *
     * @param array $columns
     * @param bool $tell whether Passerelle is to hear of it
     */
    public function write(array $columns = [], bool $tell = false): void {
        global $DB;
        $columns['state'] = json_encode($this->state);
        $columns['timemodified'] = time();
        if ($tell) {
            $columns['reported'] = 0;
        }
        foreach ($columns as $name => $value) {
            $this->row->$name = $value;
        }
        $DB->update_record('local_passerelle_job', (object) (['id' => $this->row->id] + $columns));
    }

    /**
     * Begin a phase: written down before anything of it is done.
     *
     * @param string $phase
     * @param float $progress 0 to 1, of the whole job
     * @param bool $cancellable false where stopping now would leave a course half done
     */
    public function phase(string $phase, float $progress, bool $cancellable = true): void {
        if ($cancellable) {
            $this->stop_if_cancelled();
        }
        $this->begin($phase);
        $this->write(['phase' => $phase, 'progress' => $progress], true);
        report::soon($this);
    }

    /**
     * Note when a phase began, for whoever asks what took the time; the next writing keeps it.
     *
     * @param string $phase
     */
    public function begin(string $phase): void {
        $this->state['began'][$phase] = microtime(true);
    }

    /**
     * Note progress within a phase, at most every two seconds.
     *
     * @param float $progress
     */
    public function progress(float $progress): void {
        global $DB;
        $now = microtime(true);
        if ($now - $this->told < 2) {
            return;
        }
        $this->told = $now;
        $this->row->progress = round(min(1, max(0, $progress)), 4);
        $DB->update_record('local_passerelle_job', (object) [
            'id' => $this->row->id,
            'progress' => $this->row->progress,
            'timemodified' => time(),
        ]);
    }

    /**
     * End here if somebody asked for it.
     *
     * @throws job_failure
     */
    public function stop_if_cancelled(): void {
        if ($this->cancel_requested()) {
            throw new job_failure('cancelled');
        }
    }

    /**
     * Whether somebody asked the job to end.
     *
     * @return bool
     */
    public function cancel_requested(): bool {
        global $DB;
        return (bool) $DB->get_field('local_passerelle_job', 'cancelrequested', ['id' => $this->row->id]);
    }

    /**
     * End a job that cron has not taken up yet. One under way sees the request at its next step.
     */
    public function cancel_if_waiting(): void {
        $lock = \core\lock\lock_config::get_lock_factory('local_passerelle_job')->get_lock('job' . $this->row->id, 0);
        if (!$lock) {
            return;
        }
        try {
            $now = self::get((int) $this->row->id);
            if ($now->row->status === 'queued') {
                $now->end('cancelled', 'cancelled', job_failure::sentence('cancelled'));
            }
        } finally {
            $lock->release();
        }
    }

    /**
     * Keep a warning: something the person should know though the job goes on.
     *
     * @param string $code
     * @param string $message
     */
    public function warn(string $code, string $message): void {
        $warnings = json_decode((string) $this->row->warnings, true) ?: [];
        $warning = ['code' => $code, 'message' => $message];
        if (!in_array($warning, $warnings, true)) {
            $warnings[] = $warning;
        }
        $this->write(['warnings' => json_encode($warnings)]);
    }

    /**
     * Keep a warning whose sentence is the plugin's own, in the language of the person whom the job is for.
     *
     * @param string $code also the string's name
     * @param mixed $about what the sentence needs
     */
    public function tell(string $code, mixed $about): void {
        global $CFG, $DB;
        $username = \core_text::strtolower(trim($this->params['person'] ?? ''));
        $known = ['username' => $username, 'deleted' => 0, 'mnethostid' => $CFG->mnet_localhost_id];
        $lang = $username === '' ? '' : (string) $DB->get_field('user', 'lang', $known);
        $this->warn($code, get_string_manager()->get_string($code, 'local_passerelle', $about, $lang ?: null));
    }

    /**
     * Write the end.
     *
     * @param string $status one of ENDED
     * @param string|null $errorcode
     * @param string|null $message
     */
    public function end(string $status, ?string $errorcode = null, ?string $message = null): void {
        // The address opens the archive to whoever holds it: it is not kept beyond the job.
        unset($this->params['sourceurl']);
        $columns = [
            'status' => $status,
            'params' => json_encode($this->params),
            'errorcode' => $errorcode,
            'errormessage' => $message,
            'timeended' => time(),
        ];
        $this->begin($status);
        if ($status === 'done') {
            $columns += ['phase' => 'done', 'progress' => 1];
        }
        $this->write($columns, true);
        report::soon($this);
    }

    /**
     * The job as the services answer it and as Passerelle is told.
     *
     * @return array
     */
    public function export(): array {
        $row = $this->row;
        $courseid = $row->courseid ? (int) $row->courseid : null;
        return [
            'jobkey' => $row->jobkey,
            'kind' => $row->kind,
            'status' => $row->status,
            'phase' => $row->phase,
            'progress' => (float) $row->progress,
            'courseid' => $courseid,
            'courseurl' => $courseid ? (new \moodle_url('/course/view.php', ['id' => $courseid]))->out(false) : null,
            'map' => json_decode((string) $row->map, true) ?: [],
            'warnings' => json_decode((string) $row->warnings, true) ?: [],
            'error' => $row->errorcode ? ['code' => $row->errorcode, 'message' => (string) $row->errormessage] : null,
            'upload' => $row->upload ?: null,
            'timemodified' => (int) $row->timemodified,
        ];
    }
}
