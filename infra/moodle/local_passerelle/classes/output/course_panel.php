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

use local_passerelle\local\course_entries;

/**
 * The panel in the block and on the course's own page. It is drawn from what this site knows; the rest is
 * asked for by the browser afterwards.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class course_panel implements \renderable, \templatable {
    /** @var array the entries the person may use */
    private array $entries;

    /**
     * Say for which course.
     *
     * @param \stdClass $course
     * @param \context_course $context
     */
    public function __construct(
        /** @var \stdClass */
        private readonly \stdClass $course,
        \context_course $context
    ) {
        $this->entries = course_entries::of($course, $context);
    }

    /**
     * Whether the person may do anything here.
     *
     * @return bool
     */
    public function offers_anything(): bool {
        return (bool) $this->entries;
    }

    #[\Override]
    public function export_for_template(\renderer_base $output) {
        return [
            'courseid' => (int) $this->course->id,
            'uniqid' => \html_writer::random_id('passerelle'),
            'publish' => isset($this->entries['publish']),
            'idnumber' => (string) $this->course->idnumber,
            'backupsurl' => isset($this->entries['backups']) ? $this->entries['backups'][1]->out(false) : '',
            'catalogueurl' => isset($this->entries['catalogue']) ? $this->entries['catalogue'][1]->out(false) : '',
            'rollover' => isset($this->entries['rollover']) ? $this->entries['rollover'][0] : '',
        ];
    }
}
