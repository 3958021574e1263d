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
 * Does something to the database that leaves nothing behind, whatever it writes there.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class trial {
    /**
     * Do it and take it back. A process that is killed in between leaves nothing either.
     *
     * @param int $courseid whose caches must not remember what was taken back
     * @param callable $do
     */
    public static function run(int $courseid, callable $do): void {
        global $DB;
        $taken = new \Exception('Taken back on purpose');
        $transaction = $DB->start_delegated_transaction();
        $failure = null;
        try {
            $do();
        } catch (\Throwable $e) {
            $failure = $e;
        }
        try {
            $transaction->rollback($taken);
        } catch (\Exception $e) {
            if ($e !== $taken) {
                throw $e;
            }
        } finally {
            course_caches::forget($courseid);
        }
        if ($failure) {
            throw $failure;
        }
    }
}
