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

use local_passerelle\local\refusal;
use local_passerelle\local\report;
use local_passerelle\local\watch;

/**
 * Every minute: takes up jobs whose process was killed, and tells Passerelle of those that changed until it has
 * heard.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class watch_jobs extends \core\task\scheduled_task {
    #[\Override]
    public function get_name() {
        return get_string('taskwatchjobs', 'local_passerelle');
    }

    #[\Override]
    public function execute() {
        foreach (watch::take_up_cut_jobs() as $id) {
            mtrace('Job ' . $id . ' was cut: it is taken up again');
        }
        try {
            report::all();
        } catch (refusal $refusal) {
            mtrace('Passerelle did not take the report: HTTP ' . $refusal->status);
        }
    }
}
