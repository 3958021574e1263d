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
 * Where an unpacked archive refers to groups that do not come: restrictions, groupings of activities, overrides.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class group_mentions {
    /** Activities in which a group can be given other dates: without their group these would come for nobody. */
    private const OVERRIDING = ['assign', 'quiz', 'lesson'];

    /** @var array<string, array<int, string[]>> group or grouping => id in the archive => names of places */
    private array $places = ['group' => [], 'grouping' => []];

    /**
     * Take the archive.
     *
     * @param string $path the unpacked archive
     * @param group_ties $ties
     */
    public function __construct(
        /** @var string */
        private readonly string $path,
        /** @var group_ties */
        private readonly group_ties $ties
    ) {
    }

    /**
     * Look through the parts that are restored, and take out the overrides of groups that do not come.
     *
     * @param \stdClass $info Moodle's own reading of the archive
     * @param int[] $sections ids of those left out
     * @param int[] $activities course module ids of those left out
     * @return array<string, array<int, string[]>> group or grouping => id in the archive => names of places
     */
    public function find(\stdClass $info, array $sections, array $activities): array {
        if (!$this->ties->absent('group') && !$this->ties->absent('grouping')) {
            return $this->places;
        }
        foreach ($info->sections ?? [] as $section) {
            if (!in_array((int) $section->sectionid, $sections, true)) {
                $this->look($section->directory . '/section.xml', 'availabilityjson', self::title($section));
            }
        }
        foreach ($info->activities ?? [] as $activity) {
            $out = in_array((int) $activity->moduleid, $activities, true)
                || in_array((int) $activity->sectionid, $sections, true);
            if ($out) {
                continue;
            }
            $this->look($activity->directory . '/module.xml', 'availability', self::title($activity));
            if (in_array($activity->modulename, self::OVERRIDING, true)) {
                $this->drop_overrides($activity->directory . '/' . $activity->modulename . '.xml', self::title($activity));
            }
        }
        return $this->places;
    }

    /**
     * The name of a section or activity, as Moodle read it.
     *
     * @param \stdClass $part
     * @return string
     */
    private static function title(\stdClass $part): string {
        return is_scalar($part->title ?? null) ? (string) $part->title : basename($part->directory);
    }

    /**
     * Look at the restriction of one section or activity, and at an activity's grouping.
     *
     * @param string $file relative to the archive
     * @param string $element that holds the restriction
     * @param string $place its name
     */
    private function look(string $file, string $element, string $place): void {
        if (!is_readable($this->path . '/' . $file)) {
            return;
        }
        $root = unlisted::read($this->path . '/' . $file)->documentElement;
        foreach ($root->childNodes as $child) {
            if ($child->nodeName === $element) {
                $this->restriction(json_decode($child->textContent, true), $place);
            } else if ($child->nodeName === 'groupingid') {
                $this->note('grouping', (int) $child->textContent, $place);
            }
        }
    }

    /**
     * Note the groups that a restriction names, however deep.
     *
     * @param mixed $tree
     * @param string $place
     */
    private function restriction($tree, string $place): void {
        if (!is_array($tree)) {
            return;
        }
        $kind = $tree['type'] ?? '';
        if (is_string($kind) && isset($this->places[$kind], $tree['id'])) {
            $this->note($kind, (int) $tree['id'], $place);
        }
        foreach ($tree as $branch) {
            $this->restriction($branch, $place);
        }
    }

    /**
     * Note a place if what it refers to does not come.
     *
     * @param string $kind group or grouping
     * @param int $id in the archive
     * @param string $place
     * @return bool whether it does not come
     */
    private function note(string $kind, int $id, string $place): bool {
        if (!isset($this->ties->absent($kind)[$id])) {
            return false;
        }
        if (!in_array($place, $this->places[$kind][$id] ?? [], true)) {
            $this->places[$kind][$id][] = $place;
        }
        return true;
    }

    /**
     * Take the overrides of absent groups out: Moodle would restore an assignment's for no group at all.
     *
     * @param string $file relative to the archive
     * @param string $place
     */
    private function drop_overrides(string $file, string $place): void {
        $file = $this->path . '/' . $file;
        if (!is_readable($file) || !str_contains(file_get_contents($file), '<override ')) {
            return;
        }
        $document = unlisted::read($file);
        $gone = [];
        foreach ($document->getElementsByTagName('override') as $override) {
            $group = $override->getElementsByTagName('groupid')->item(0)?->textContent;
            if (is_numeric($group) && $this->note('group', (int) $group, $place)) {
                $gone[] = $override;
            }
        }
        unlisted::write($document, $gone, $file);
    }
}
