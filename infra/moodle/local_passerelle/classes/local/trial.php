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
 * Asks Moodle what it thinks of a restore, and leaves nothing behind of the asking.
 *
 * Moodle 5 makes a question bank in the target where it only looks. Whatever it writes is taken back, without a list
 * of what that may be; a process that is killed in between leaves nothing either.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class trial {
    /**
     * Execute the precheck of a restore.
     *
     * @param \restore_controller $controller
     */
    public static function precheck(\restore_controller $controller): void {
        global $DB;
        $id = $controller->get_restoreid();
        if ($DB->get_dbfamily() === 'mysql') {
            // Making a temporary table, and its indexes, would commit what was written before.
            \restore_controller_dbops::create_restore_temp_tables($id);
        }
        try {
            self::take_back(fn() => $controller->execute_precheck(true));
        } finally {
            self::forget_tables($id);
            course_caches::forget((int) $controller->get_courseid());
        }
    }

    /**
     * Where the precheck broke off, Moodle still counts on its temporary tables.
     *
     * @param string $restoreid
     */
    private static function forget_tables(string $restoreid): void {
        global $DB;
        if ($DB->get_manager()->table_exists('backup_ids_temp')) {
            try {
                \restore_controller_dbops::drop_restore_temp_tables($restoreid);
            } catch (\ddl_exception $gone) {
                // PostgreSQL took the tables back with all else.
                return;
            }
        }
    }

    /**
     * Do something to the database and undo it.
     *
     * @param callable $do
     */
    private static function take_back(callable $do): void {
        global $DB;
        $onpurpose = new \Exception('Taken back on purpose');
        $failure = null;
        $transaction = $DB->start_delegated_transaction();
        try {
            $do();
        } catch (\Throwable $e) {
            $failure = $e;
        }
        try {
            $transaction->rollback($onpurpose);
        } catch (\Exception $e) {
            if ($e !== $onpurpose) {
                throw $e;
            }
        }
        if ($failure) {
            throw $failure;
        }
    }
}
