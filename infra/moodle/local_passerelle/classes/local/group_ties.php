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
 * Ties what an archive says of groups to the groups of the course that it is restored into (R7).
 *
 * A group of the night bears the same code every year: this year's takes the place of last year's, wherever the
 * archive refers to it. Such a group, and one that was left out, is taken out of the unpacked archive, so that
 * Moodle makes no second one; Moodle's own map of ids is told of the tie before anything that refers to groups is
 * restored.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class group_ties {
    /** @var array<string, array<int, int>> group or grouping => id in the archive => id in the course */
    private array $tied = ['group' => [], 'grouping' => []];

    /** @var array<string, array<int, string>> group or grouping => id in the archive => name, of what does not come */
    private array $absent = ['group' => [], 'grouping' => []];

    /** @var array<int, int[]> id of a grouping in the archive => groups of the course that belong into it */
    private array $joined = [];

    /** @var int[] groupings that the course had before: they keep the groups they have */
    private array $standing = [];

    /**
     * Find the ties of an archive to a course, and take out of the archive what does not come.
     *
     * @param string $path the unpacked archive
     * @param int $courseid
     * @param bool $asked whether groups and groupings are to come at all
     * @param int[] $leftout ids of groups in the archive that were left out
     * @return self
     */
    public static function by_code(string $path, int $courseid, bool $asked, array $leftout): self {
        global $DB;
        $ties = new self();
        $ties->standing = array_map('intval', $DB->get_fieldset_select('groupings', 'id', 'courseid = ?', [$courseid]));
        $here = [];
        foreach (['group' => 'groups', 'grouping' => 'groupings'] as $kind => $table) {
            $coded = "courseid = ? AND idnumber <> ''";
            $here[$kind] = $DB->get_records_select_menu($table, $coded, [$courseid], 'id DESC', 'idnumber, id');
        }
        $ties->trim(
            $path,
            fn(string $kind, int $id, string $code): ?int => $code === '' ? null : ($here[$kind][$code] ?? null),
            fn(string $kind, int $id): bool => $asked && !($kind === 'group' && in_array($id, $leftout, true))
        );
        return $ties;
    }

    /**
     * The ties of a course's own safety backup: what still stands is what it was, and its members stand still.
     *
     * @param string $path the unpacked archive
     * @param int $courseid
     * @return self
     */
    public static function by_id(string $path, int $courseid): self {
        global $DB;
        $ties = new self();
        $here = [];
        foreach (['group' => 'groups', 'grouping' => 'groupings'] as $kind => $table) {
            $here[$kind] = array_map('intval', $DB->get_fieldset_select($table, 'id', 'courseid = ?', [$courseid]));
        }
        $ties->standing = $here['grouping'];
        $ties->trim(
            $path,
            fn(string $kind, int $id): ?int => in_array($id, $here[$kind], true) ? $id : null,
            fn(): bool => true
        );
        return $ties;
    }

    /**
     * Decide about each group and grouping of the archive, and write the archive's list anew.
     *
     * @param string $path the unpacked archive
     * @param callable $same kind, id in the archive and code => id in the course, null if there is none
     * @param callable $comes kind and id in the archive => whether it is to be restored
     */
    private function trim(string $path, callable $same, callable $comes): void {
        $file = $path . '/groups.xml';
        if (!file_exists($file)) {
            return;
        }
        $document = unlisted::read($file);
        $gone = [];
        foreach (['group', 'grouping'] as $kind) {
            foreach ($document->getElementsByTagName($kind) as $element) {
                $id = (int) $element->getAttribute('id');
                $here = $same($kind, $id, self::text($element, 'idnumber'));
                if ($here !== null) {
                    $this->tied[$kind][$id] = (int) $here;
                    $gone[] = $element;
                } else if (!$comes($kind, $id)) {
                    $this->absent[$kind][$id] = self::text($element, 'name');
                    $gone[] = $element;
                }
            }
        }
        foreach ($document->getElementsByTagName('grouping') as $grouping) {
            foreach ($grouping->getElementsByTagName('grouping_group') as $member) {
                $group = (int) self::text($member, 'groupid');
                if (isset($this->tied['group'][$group])) {
                    $this->joined[(int) $grouping->getAttribute('id')][] = $this->tied['group'][$group];
                    $gone[] = $member;
                } else if (isset($this->absent['group'][$group])) {
                    $gone[] = $member;
                }
            }
        }
        unlisted::write($document, $gone, $file);
    }

    /**
     * The text of an element's child, empty for Moodle's null.
     *
     * @param \DOMElement $element
     * @param string $name
     * @return string
     */
    private static function text(\DOMElement $element, string $name): string {
        $text = trim((string) $element->getElementsByTagName($name)->item(0)?->textContent);
        return $text === '$@NULL@$' ? '' : $text;
    }

    /**
     * What does not come and has no namesake in the course.
     *
     * @param string $kind group or grouping
     * @return array<int, string> id in the archive => name
     */
    public function absent(string $kind): array {
        return $this->absent[$kind];
    }

    /**
     * Tell Moodle's map of ids. Its groups are restored by then, and nothing that refers to one is.
     *
     * @param string $restoreid
     */
    public function lay(string $restoreid): void {
        global $CFG;
        require_once($CFG->dirroot . '/group/lib.php');
        foreach ($this->tied as $kind => $ids) {
            foreach ($ids as $old => $new) {
                \restore_dbops::set_backup_ids_record($restoreid, $kind, $old, $new);
            }
        }
        foreach ($this->joined as $old => $groups) {
            $grouping = \restore_dbops::get_backup_ids_record($restoreid, 'grouping', $old);
            if (!$grouping || !$grouping->newitemid || in_array((int) $grouping->newitemid, $this->standing, true)) {
                continue;
            }
            foreach ($groups as $group) {
                groups_assign_grouping($grouping->newitemid, $group);
            }
        }
    }
}
