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

namespace local_passerelle\output;

use local_passerelle\local\course_desk;

/**
 * R12's report, one heading for each kind of repair.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class repair_report implements \renderable, \templatable {
    /**
     * Take what Passerelle answered, in the words of the reader's language.
     *
     * @param array $report title, course, course_url, made_at, counts, findings, nothing
     * @param \moodle_url $url of the page
     */
    public function __construct(
        /** @var array */
        private readonly array $report,
        /** @var \moodle_url */
        private readonly \moodle_url $url
    ) {
    }

    #[\Override]
    public function export_for_template(\renderer_base $output) {
        $found = [];
        foreach ($this->report['findings'] as $finding) {
            $found[$finding['code']][] = [
                'place' => (string) $finding['place'],
                'placeurl' => course_desk::web((string) $finding['repair_at']),
                'what' => (string) $finding['what'],
                'times' => (int) $finding['times'] > 1 ? (int) $finding['times'] : '',
                'todo' => (string) $finding['todo'],
                'newurl' => course_desk::web((string) $finding['new_address']),
            ];
        }
        return [
            'title' => (string) $this->report['title'],
            'course' => (string) $this->report['course'],
            'courseurl' => course_desk::web((string) $this->report['course_url']),
            'made' => userdate($this->report['made_at']),
            'nothing' => (string) $this->report['nothing'],
            'kinds' => array_map(fn($count) => [
                'code' => (string) $count['code'],
                'title' => (string) $count['title'],
                'count' => (int) $count['count'],
                'findings' => $found[$count['code']] ?? [],
                // Of very many only the first thousand are listed.
                'more' => max(0, (int) $count['count'] - count($found[$count['code']] ?? [])),
            ], $this->report['counts']),
            'htmlurl' => (new \moodle_url($this->url, ['download' => 'html']))->out(false),
            'jsonurl' => (new \moodle_url($this->url, ['download' => 'json']))->out(false),
        ];
    }
}
