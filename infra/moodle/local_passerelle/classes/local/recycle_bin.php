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
 * Deletes past Moodle's recycle bin, which would keep what a failed or undone restore has brought.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class recycle_bin {
    /**
     * Do something while the bin is closed, for this process only.
     *
     * @param callable $do
     */
    public static function closed(callable $do): void {
        global $CFG;
        $before = $CFG->forced_plugin_settings['tool_recyclebin'] ?? null;
        $CFG->forced_plugin_settings['tool_recyclebin'] = ['coursebinenable' => 0, 'categorybinenable' => 0] + ($before ?? []);
        try {
            $do();
        } finally {
            if ($before === null) {
                unset($CFG->forced_plugin_settings['tool_recyclebin']);
            } else {
                $CFG->forced_plugin_settings['tool_recyclebin'] = $before;
            }
        }
    }
}
