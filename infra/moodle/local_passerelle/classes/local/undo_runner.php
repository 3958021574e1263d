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
 * Undoes a finished restore, once, while nobody has changed the course since.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class undo_runner extends runner {
    #[\Override]
    protected function perform(): void {
        global $DB;
        $this->job->phase('check', 0.05);
        $restore = job::find($this->job->params['restorejobkey']);
        if (!$restore || $restore->row->kind !== 'restore') {
            throw new job_failure('nosafety');
        }
        if (!empty($restore->state['undone'])) {
            if ($restore->state['undone'] !== $this->job->row->jobkey) {
                throw new job_failure('alreadyundone');
            }
            return;
        }
        if ($restore->row->status !== 'done' || !archive::kept('safety', (int) $restore->row->id)) {
            throw new job_failure('nosafety');
        }
        $courseid = (int) $restore->row->courseid;
        $this->job->write(['courseid' => $courseid]);
        if (!$DB->record_exists('course', ['id' => $courseid])) {
            throw new job_failure('courseunknown');
        }
        if (empty($this->job->state['begun'])) {
            $this->refuse_if_changed($restore);
            // From here on there is no way but forward: a killed undoing is taken up again.
            $this->job->state['begun'] = true;
            $this->job->write();
        }
        $this->job->phase('putback', 0.1, false);
        safety::undo(
            $this->job,
            $restore->params['mode'],
            $courseid,
            (int) $restore->row->id,
            $restore->state['snapshot'],
            $restore->state['brought'] ?? null,
            $restore->state['ends'] ?? null,
            $restore->params['person'] ?? ''
        );
        $restore->state['undone'] = $this->job->row->jobkey;
        $restore->write();
    }

    /**
     * Refuse where somebody has worked in the course, or another restore has come into it.
     *
     * @param job $restore
     */
    private function refuse_if_changed(job $restore): void {
        global $DB;
        $courseid = (int) $restore->row->courseid;
        $ended = (int) $restore->row->timeended;
        if (course_facts::last_changes([$courseid], true)[$courseid] > $ended) {
            throw new job_failure('changed');
        }
        $later = $DB->record_exists_select(
            'local_passerelle_job',
            "courseid = ? AND kind = 'restore' AND id > ? AND status IN ('running', 'done')",
            [$courseid, $restore->row->id]
        );
        if ($later) {
            throw new job_failure('changed');
        }
        // Moodle does not count memberships as teaching: whoever put people into a group that came along would
        // lose that.
        foreach ($restore->state['brought']['groups'] ?? [] as $group) {
            if ($DB->record_exists('groups_members', ['groupid' => $group])) {
                throw new job_failure('changed');
            }
        }
    }

    #[\Override]
    protected function put_back(): void {
        // Nothing to put back: an undoing that was cut is begun again, and one that is refused has done nothing.
    }

    #[\Override]
    protected function tidy(): void {
        remove_dir($this->directory());
    }
}
