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
 * The block *Mutualisation*.
 *
 * @package    block_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_passerelle\local\settings;
use local_passerelle\output\course_panel;

/**
 * What teachers see in a course: backing up, publishing, bringing home, last year's course.
 *
 * Nothing is asked of another server while the page is drawn: the panel fills itself afterwards.
 *
 * @package    block_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class block_passerelle extends block_base {
    #[\Override]
    public function init() {
        $this->title = get_string('pluginname', 'block_passerelle');
    }

    #[\Override]
    public function specialization() {
        // The block is called after what it offers here.
        $this->title = settings::offers('publish') || !(settings::offers('rollover') || settings::offers('check'))
            ? get_string('title_sharing', 'block_passerelle')
            : get_string('title_lastyear', 'block_passerelle');
    }

    #[\Override]
    public function applicable_formats() {
        return ['course-view' => true, 'site-index' => false, 'my' => false, 'mod' => false];
    }

    #[\Override]
    public function instance_allow_multiple() {
        return false;
    }

    #[\Override]
    public function instance_create() {
        // A course that gets the block gets a number to be known by (P1). Never on a page view.
        $context = context::instance_by_id($this->instance->parentcontextid);
        if ($context instanceof context_course && $context->instanceid != SITEID && settings::offers('publish')) {
            \local_passerelle\local\course_number::ensure((int) $context->instanceid);
        }
        return true;
    }

    #[\Override]
    public function get_content() {
        if ($this->content !== null) {
            return $this->content;
        }
        $this->content = (object) ['text' => '', 'footer' => ''];
        $course = $this->page->course;
        if ($course->id == SITEID) {
            return $this->content;
        }
        $panel = new course_panel($course, context_course::instance($course->id));
        if ($panel->offers_anything()) {
            $output = $this->page->get_renderer('core');
            $this->content->text = $output->render_from_template(
                'block_passerelle/content',
                $panel->export_for_template($output)
            );
        }
        return $this->content;
    }
}
