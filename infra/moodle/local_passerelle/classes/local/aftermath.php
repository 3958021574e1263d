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
 * What is left to repair after last year's course came (D19), known here so that a page can show it without asking
 * anybody: it is noted whenever the browser has asked how a course stands.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class aftermath {
    /** Passerelle's words for what a report finds, by the words of the line. */
    private const KINDS = [
        'links' => ['stale_link', 'stale_file_link'],
        'files' => ['heavy_file'],
        'dates' => ['past_date'],
        'restrictions' => ['group_missing', 'grouping_missing', 'activity_missing'],
    ];

    /**
     * Note what a report has found, or that there is none any more.
     *
     * @param int $courseid
     * @param array|null $rollover the latest one, as Passerelle describes it
     */
    public static function remember(int $courseid, ?array $rollover): void {
        $cache = \cache::make('local_passerelle', 'aftermaths');
        $found = array_filter(array_map('intval', (array) ($rollover['findings'] ?? [])));
        if (($rollover['state'] ?? '') !== 'done' || empty($rollover['report_ready']) || !$found) {
            $cache->delete($courseid);
            return;
        }
        $cache->set($courseid, ['rollover' => (string) $rollover['rollover'], 'found' => $found]);
    }

    /**
     * The line, with the way to the report.
     *
     * @param int $courseid
     * @return array|null text and url
     */
    public static function of(int $courseid): ?array {
        $known = \cache::make('local_passerelle', 'aftermaths')->get($courseid);
        if (!is_array($known)) {
            return null;
        }
        $left = $known['found'];
        $words = [];
        foreach (self::KINDS as $kind => $codes) {
            if ($count = array_sum(array_intersect_key($left, array_flip($codes)))) {
                $words[] = get_string('aftermath_' . $kind, 'local_passerelle', $count);
            }
            $left = array_diff_key($left, array_flip($codes));
        }
        if ($count = array_sum($left)) {
            $words[] = get_string('aftermath_others', 'local_passerelle', $count);
        }
        return [
            'text' => get_string('aftermath', 'local_passerelle', implode(', ', $words)),
            'url' => self::report($courseid, $known['rollover'])->out(false),
        ];
    }

    /**
     * The page of a report.
     *
     * @param int $courseid
     * @param string $rollover
     * @return \moodle_url
     */
    public static function report(int $courseid, string $rollover): \moodle_url {
        return new \moodle_url('/local/passerelle/report.php', ['id' => $courseid, 'rollover' => $rollover]);
    }
}
