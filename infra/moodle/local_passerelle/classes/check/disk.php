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

namespace local_passerelle\check;

use core\check\check;
use core\check\result;

/**
 * Whether there is room for archives.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class disk extends check {
    /** Below this many bytes a course of ordinary size cannot be fetched and unpacked. */
    private const LOW = 5 * 1024 ** 3;

    #[\Override]
    public function get_name(): string {
        return get_string('check_disk', 'local_passerelle');
    }

    #[\Override]
    public function get_result(): result {
        global $CFG;
        $places = array_filter([$CFG->tempdir, $CFG->backuptempdir, $CFG->dataroot], 'is_dir');
        $free = min(array_map(fn($place) => @disk_free_space($place) ?: PHP_INT_MAX, $places));
        $size = display_size($free, 1, 'GB');
        if ($free < self::LOW) {
            return new result(result::WARNING, get_string('check_disk_low', 'local_passerelle', $size));
        }
        return new result(result::OK, get_string('check_disk_ok', 'local_passerelle', $size));
    }
}
