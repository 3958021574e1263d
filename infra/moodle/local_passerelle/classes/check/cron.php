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

namespace local_passerelle\check;

use core\check\check;
use core\check\result;
use local_passerelle\local\at_once;

/**
 * Whether cron takes jobs up.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class cron extends check {
    /** Seconds after which a job that nobody took up means that cron stands still. */
    private const LATE = 900;

    #[\Override]
    public function get_name(): string {
        return get_string('check_cron', 'local_passerelle');
    }

    #[\Override]
    public function get_action_link(): ?\action_link {
        return new \action_link(new \moodle_url('/local/passerelle/jobs.php'), get_string('jobs', 'local_passerelle'));
    }

    #[\Override]
    public function get_result(): result {
        global $DB;
        $late = $DB->count_records_select(
            'local_passerelle_job',
            "status = 'queued' AND timecreated < ?",
            [time() - self::LATE]
        );
        if ($late) {
            return new result(result::ERROR, get_string('check_cron_late', 'local_passerelle', $late));
        }
        $last = (int) get_config('tool_task', 'lastcronstart');
        if ($last < time() - self::LATE) {
            return new result(result::WARNING, get_string('check_cron_silent', 'local_passerelle'));
        }
        if (get_config('local_passerelle', 'startatonce') && !at_once::possible()) {
            return new result(result::WARNING, get_string('check_cron_notatonce', 'local_passerelle'));
        }
        return new result(result::OK, get_string('check_cron_ok', 'local_passerelle'));
    }
}
