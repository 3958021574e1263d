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

/**
 * What Moodle calls by name.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_passerelle\local\course_entries;

/**
 * The same entries as the block's, in the course menu: nobody has to add a block two thousand times.
 *
 * @param navigation_node $navigation
 * @param stdClass $course
 * @param context_course $context
 */
function local_passerelle_extend_navigation_course(navigation_node $navigation, stdClass $course, context_course $context) {
    foreach (course_entries::of($course, $context) as $key => [$label, $url]) {
        $navigation->add($label, $url, navigation_node::TYPE_SETTING, null, 'local_passerelle_' . $key);
    }
}

/**
 * Signs of health on Moodle's own status page.
 *
 * @return \core\check\check[]
 */
function local_passerelle_status_checks(): array {
    return [
        new \local_passerelle\check\address(),
        new \local_passerelle\check\cron(),
        new \local_passerelle\check\disk(),
        new \local_passerelle\check\settings(),
    ];
}
