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

namespace local_passerelle\task;

use local_passerelle\local\job;
use local_passerelle\local\runner;

/**
 * Runs one job from cron.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class run_job extends \core\task\adhoc_task {
    #[\Override]
    public function get_name() {
        return get_string('taskrunjob', 'local_passerelle');
    }

    #[\Override]
    public function execute() {
        $id = (int) $this->get_custom_data()->job;
        // A job that was queued twice, for waiting or by a person's patience, runs once.
        $lock = \core\lock\lock_config::get_lock_factory('local_passerelle_job')->get_lock('job' . $id, 1);
        if (!$lock) {
            return;
        }
        try {
            $job = job::get($id);
            if ($job) {
                \core_php_time_limit::raise(0);
                raise_memory_limit(MEMORY_EXTRA);
                runner::of($job)->run();
            }
        } finally {
            $lock->release();
        }
    }
}
