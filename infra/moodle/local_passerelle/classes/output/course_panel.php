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

use local_passerelle\local\aftermath;
use local_passerelle\local\course_entries;
use local_passerelle\local\course_hints;
use local_passerelle\local\guide;

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

    /** @var string[] what the course's teachers should look after */
    private array $hints;

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
        $this->hints = course_hints::of($course, $context);
    }

    /**
     * Whether there is anything here for the person.
     *
     * @return bool
     */
    public function offers_anything(): bool {
        return $this->entries || $this->hints;
    }

    /**
     * What the panel is about, for a page of its own.
     *
     * @param bool $year whether the page was opened for the change of year
     * @return string
     */
    public function title(bool $year): string {
        if (isset($this->entries['publish']) && !$year) {
            return $this->entries['publish'][0];
        }
        if (isset($this->entries['rollover'])) {
            return get_string('rollover_source', 'local_passerelle');
        }
        if (isset($this->entries['check'])) {
            return $this->entries['check'][0];
        }
        if (isset($this->entries['publish'])) {
            return $this->entries['publish'][0];
        }
        return get_string('pluginname', 'local_passerelle');
    }

    #[\Override]
    public function export_for_template(\renderer_base $output) {
        return [
            'courseid' => (int) $this->course->id,
            'uniqid' => \html_writer::random_id('passerelle'),
            'publish' => isset($this->entries['publish']),
            'hints' => $this->hints,
            'idnumber' => (string) $this->course->idnumber,
            'backupsurl' => isset($this->entries['backups']) ? $this->entries['backups'][1]->out(false) : '',
            'catalogueurl' => isset($this->entries['catalogue']) ? $this->entries['catalogue'][1]->out(false) : '',
            'guideurl' => guide::url((int) $this->course->id)->out(false),
            'year' => isset($this->entries['rollover']) || isset($this->entries['check']),
            'rollover' => isset($this->entries['rollover']) ? $this->entries['rollover'][0] : '',
            'checklabel' => isset($this->entries['check']) ? $this->entries['check'][0] : course_entries::check_label(),
            'aftermath' => isset($this->entries['rollover']) ? aftermath::of((int) $this->course->id) : null,
        ];
    }
}
