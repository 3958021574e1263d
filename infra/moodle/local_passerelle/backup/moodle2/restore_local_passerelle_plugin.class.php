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

/**
 * Ties groups in a restore, and reads its map of ids before Moodle drops it.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

/**
 * Nothing of this plugin is in any archive; being part of the restore is how the map can be written and read.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class restore_local_passerelle_plugin extends restore_local_plugin {
    /**
     * A path that no archive has: it makes Moodle call after_restore_course().
     *
     * @return restore_path_element[]
     */
    protected function define_course_plugin_structure() {
        // The course's step is the first after that of the groups.
        \local_passerelle\local\restore_under_way::groups_are_there($this->task->get_restoreid());
        return [new restore_path_element('local_passerelle_none', $this->get_pathfor('/none'))];
    }

    /**
     * Moodle asks for it wherever a path is defined.
     *
     * @param array $data
     */
    public function process_local_passerelle_none($data) {
    }

    /**
     * The course's own columns are restored, its content is not yet.
     */
    public function after_execute_course() {
        \local_passerelle\local\restore_under_way::columns_are_there((int) $this->task->get_courseid());
    }

    /**
     * Read the map: everything is restored, and the temporary tables still stand.
     */
    public function after_restore_course() {
        \local_passerelle\local\idmap::read($this->task->get_restoreid());
    }
}
