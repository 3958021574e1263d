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

namespace local_passerelle\output;

use local_passerelle\local\job;
use local_passerelle\local\job_failure;

/**
 * A page of the site's jobs, newest first.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class job_list implements \renderable, \templatable {
    /** Rows on a page. */
    public const PERPAGE = 50;

    /** What the list can be narrowed to. */
    private const STATUSES = ['queued', 'running', 'done', 'failed', 'cancelled'];

    /** @var array conditions */
    private array $conditions;

    /**
     * Say which jobs.
     *
     * @param string $status one of STATUSES, or empty for all
     * @param int $page from 0
     * @param \moodle_url $url of the page
     */
    public function __construct(
        /** @var string */
        private readonly string $status,
        /** @var int */
        private readonly int $page,
        /** @var \moodle_url */
        private readonly \moodle_url $url
    ) {
        $this->conditions = in_array($status, self::STATUSES, true) ? ['status' => $status] : [];
    }

    /**
     * How many there are.
     *
     * @return int
     */
    public function total(): int {
        global $DB;
        return $DB->count_records('local_passerelle_job', $this->conditions);
    }

    #[\Override]
    public function export_for_template(\renderer_base $output) {
        global $DB;
        $rows = $DB->get_records(
            'local_passerelle_job',
            $this->conditions,
            'id DESC',
            '*',
            $this->page * self::PERPAGE,
            self::PERPAGE
        );
        $courses = $DB->get_records_list('course', 'id', array_filter(array_column($rows, 'courseid')), '', 'id, fullname');
        $jobs = [];
        foreach ($rows as $row) {
            $course = $courses[$row->courseid] ?? null;
            $jobs[] = [
                'jobkey' => $row->jobkey,
                'kind' => get_string('kind_' . $row->kind, 'local_passerelle'),
                'status' => get_string('status_' . $row->status, 'local_passerelle'),
                'failed' => $row->status === 'failed',
                'done' => $row->status === 'done',
                'running' => in_array($row->status, ['queued', 'running'], true),
                'phase' => get_string('phase_' . $row->phase, 'local_passerelle'),
                'percent' => (int) round(100 * $row->progress),
                'course' => $course ? format_string($course->fullname, true, ['context' => \context_system::instance()]) : '',
                'courseurl' => $course ? (new \moodle_url('/course/view.php', ['id' => $course->id]))->out(false) : '',
                'error' => job_failure::told((string) $row->errorcode, (string) $row->errormessage),
                'warnings' => array_column(json_decode((string) $row->warnings, true) ?: [], 'message'),
                'created' => userdate($row->timecreated, get_string('strftimedatetimeshort', 'langconfig')),
                'took' => $row->timeended ? format_time(max(1, $row->timeended - ($row->timestarted ?: $row->timecreated))) : '',
            ];
        }
        $filters = [];
        foreach (array_merge([''], self::STATUSES) as $status) {
            $filters[] = [
                'label' => $status === '' ? get_string('all') : get_string('status_' . $status, 'local_passerelle'),
                'url' => (new \moodle_url($this->url, ['status' => $status]))->out(false),
                'current' => $status === $this->status,
            ];
        }
        return ['jobs' => $jobs, 'any' => (bool) $jobs, 'filters' => $filters];
    }
}
