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
 * Moodle's progress of a backup or restore, as a share of the job's own.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class plan_progress extends \core\progress\base {
    /**
     * Say which share of the job the plan is.
     *
     * @param job $job
     * @param float $from
     * @param float $to
     */
    public function __construct(
        /** @var job */
        private readonly job $job,
        /** @var float */
        private readonly float $from,
        /** @var float */
        private readonly float $to
    ) {
    }

    /**
     * Moodle calls this at most once a second.
     */
    public function update_progress() {
        [$min] = $this->get_progress_proportion_range();
        $this->job->progress($this->from + ($this->to - $this->from) * $min);
    }
}
