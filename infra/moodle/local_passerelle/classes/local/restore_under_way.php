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
 * What the restore that runs in this process must be told at Moodle's own hooks (backup/moodle2).
 *
 * A restore that a person runs at Moodle's own pages finds nothing here, and is left alone.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class restore_under_way {
    /** @var group_ties|null */
    private static ?group_ties $ties = null;

    /** @var ownership|null */
    private static ?ownership $ownership = null;

    /** @var array|null what the target was before, null where nothing of it is to stay */
    private static ?array $snapshot = null;

    /**
     * Do a restore with these at hand.
     *
     * @param group_ties $ties
     * @param ownership $ownership
     * @param array|null $snapshot
     * @param callable $restore
     */
    public static function with(group_ties $ties, ownership $ownership, ?array $snapshot, callable $restore): void {
        self::$ties = $ties;
        self::$ownership = $ownership;
        self::$snapshot = $snapshot;
        try {
            $restore();
        } finally {
            self::$ties = null;
            self::$ownership = null;
            self::$snapshot = null;
        }
    }

    /**
     * Groups are restored, nothing that refers to them is; of files nothing but the groups' own.
     *
     * @param string $restoreid
     */
    public static function groups_are_there(string $restoreid): void {
        self::$ties?->lay($restoreid);
        self::$ownership?->lay($restoreid);
    }

    /**
     * The course's columns are the archive's: those that stay the target's go back at once, so that a hidden course
     * is not shown half restored.
     *
     * @param int $courseid
     */
    public static function columns_are_there(int $courseid): void {
        if (self::$snapshot !== null) {
            course_snapshot::put_columns_back($courseid, self::$snapshot);
        }
    }
}
