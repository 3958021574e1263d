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
 * What became of which id in the restore that runs in this process.
 *
 * Moodle keeps the map in temporary tables and drops them with the restore's last step; the restore plugin of
 * this component (backup/moodle2) reads them just before.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class idmap {
    /** @var array[] */
    private static array $lines = [];

    /** @var array<string, int[]> groups and groupings that the archive's own became */
    private static array $groups = ['groups' => [], 'groupings' => []];

    /** @var array<string, string> Moodle's names for the things that are told of */
    private const KINDS = ['course' => 'course', 'course_section' => 'section', 'course_module' => 'module'];

    /**
     * Forget what an earlier restore of this process left.
     */
    public static function forget(): void {
        self::$lines = [];
        self::$groups = ['groups' => [], 'groupings' => []];
    }

    /**
     * Read the map of a restore whose temporary tables still stand.
     *
     * @param string $restoreid
     */
    public static function read(string $restoreid): void {
        global $DB;
        self::$lines = [];
        foreach (self::KINDS as $moodle => $ours) {
            $rows = $DB->get_records(
                'backup_ids_temp',
                ['backupid' => $restoreid, 'itemname' => $moodle],
                'itemid',
                'id, itemid, newitemid'
            );
            foreach ($rows as $row) {
                if ($row->newitemid) {
                    self::$lines[] = ['kind' => $ours, 'old' => (int) $row->itemid, 'new' => (int) $row->newitemid];
                }
            }
        }
        foreach (['group' => 'groups', 'grouping' => 'groupings'] as $moodle => $table) {
            self::$groups[$table] = array_map('intval', $DB->get_fieldset_select(
                'backup_ids_temp',
                'newitemid',
                'backupid = ? AND itemname = ? AND newitemid > 0',
                [$restoreid, $moodle]
            ));
        }
    }

    /**
     * Which groups and groupings stand for those of the archive, made by the restore or not.
     *
     * @return array<string, int[]> groups, groupings => ids
     */
    public static function groups(): array {
        return self::$groups;
    }

    /**
     * The map that was read last.
     *
     * @return array[] of kind, old, new
     */
    public static function lines(): array {
        return self::$lines;
    }
}
