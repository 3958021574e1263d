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

use local_passerelle\local\job_people;
use local_passerelle\local\safety;
use local_passerelle\local\settings;

/**
 * Deletes what has outlived its time: safety backups after 30 days, keys of messages after a year, jobs after the time
 * that the administrator chose, what is known of accounts that are gone.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class clean_up extends \core\task\scheduled_task {
    #[\Override]
    public function get_name() {
        return get_string('taskcleanup', 'local_passerelle');
    }

    #[\Override]
    public function execute() {
        global $DB;
        $files = $DB->get_fieldset_sql(
            "SELECT DISTINCT f.itemid FROM {files} f
          LEFT JOIN {local_passerelle_job} j ON j.id = f.itemid
              WHERE f.component = 'local_passerelle' AND f.filearea IN ('safety', 'backuparea', 'outgoing')
                    AND f.contextid = :context AND f.timecreated < :old AND (j.id IS NULL OR j.status <> 'running')",
            ['context' => \context_system::instance()->id, 'old' => time() - safety::KEPT]
        );
        foreach ($files as $jobid) {
            safety::forget((int) $jobid);
        }
        $DB->delete_records_select('local_passerelle_sent', 'timecreated < ?', [time() - YEARSECS]);
        job_people::clean_up(time() - settings::keeps_jobs());
        $DB->delete_records_select(
            'local_passerelle_owned',
            "kind = 'user' AND NOT EXISTS (SELECT 1 FROM {user} u WHERE u.id = {local_passerelle_owned}.itemid AND u.deleted = 0)"
        );
    }
}
