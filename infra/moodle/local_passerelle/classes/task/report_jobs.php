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

/**
 * Tells Passerelle of jobs that changed, until it has heard.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class report_jobs extends \core\task\scheduled_task {
    #[\Override]
    public function get_name() {
        return get_string('taskreportjobs', 'local_passerelle');
    }

    #[\Override]
    public function execute() {
        try {
            \local_passerelle\local\report::all();
        } catch (\local_passerelle\local\refusal $refusal) {
            mtrace('Passerelle did not take the report: HTTP ' . $refusal->status);
        }
    }
}
