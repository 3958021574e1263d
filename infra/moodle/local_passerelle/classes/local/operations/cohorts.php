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

namespace local_passerelle\local\operations;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->dirroot . '/cohort/lib.php');

/**
 * The night's cohorts, which carry its component and so are not edited by hand.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class cohorts extends doer {
    /**
     * Make a cohort.
     *
     * @param array $operation
     * @return bool
     */
    public function cohort_create(array $operation): bool {
        global $DB;
        $idnumber = self::text($operation, 'idnumber');
        $name = self::text($operation, 'name');
        if ($found = $DB->get_records('cohort', ['idnumber' => $idnumber])) {
            if (reset($found)->component === 'local_passerelle') {
                return false;
            }
            throw new operation_error('idnumbertaken', 'cohort');
        }
        cohort_add_cohort((object) [
            'contextid' => \context_system::instance()->id,
            'name' => $name,
            'idnumber' => $idnumber,
            'description' => '',
            'descriptionformat' => FORMAT_HTML,
            'component' => 'local_passerelle',
        ]);
        $this->lookup->stale('cohort', $idnumber);
        return true;
    }

    /**
     * Rename a cohort.
     *
     * @param array $operation
     * @return bool
     */
    public function cohort_update(array $operation): bool {
        $cohort = $this->ours(self::text($operation, 'idnumber'));
        $changes = self::differing($operation, $cohort, ['name' => 'name']);
        if (!$changes) {
            return false;
        }
        // What was looked up stays as it is: Moodle may refuse the name.
        cohort_update_cohort((object) (['name' => self::text($operation, 'name')] + (array) $cohort));
        $this->lookup->stale('cohort', $cohort->idnumber);
        return true;
    }

    /**
     * Add a member.
     *
     * @param array $operation
     * @return bool
     */
    public function cohort_add(array $operation): bool {
        $user = $this->lookup->user($operation);
        $cohort = $this->ours((string) ($operation['cohort'] ?? ''));
        if (cohort_is_member($cohort->id, $user->id)) {
            return false;
        }
        cohort_add_member($cohort->id, $user->id);
        $this->lookup->standing->stale_members(); // Courses that take in the cohort may have put the user into groups.
        return true;
    }

    /**
     * Remove a member.
     *
     * @param array $operation
     * @return bool
     */
    public function cohort_remove(array $operation): bool {
        $user = $this->lookup->user($operation);
        $cohort = $this->ours((string) ($operation['cohort'] ?? ''));
        if (!cohort_is_member($cohort->id, $user->id)) {
            return false;
        }
        cohort_remove_member($cohort->id, $user->id);
        $this->lookup->standing->stale_members();
        return true;
    }

    /**
     * A cohort of the night.
     *
     * @param string $idnumber
     * @return \stdClass
     */
    private function ours(string $idnumber): \stdClass {
        $cohort = $this->lookup->cohort($idnumber);
        if ($cohort->component !== 'local_passerelle') {
            throw new operation_error('notours', 'cohort');
        }
        return $cohort;
    }
}
