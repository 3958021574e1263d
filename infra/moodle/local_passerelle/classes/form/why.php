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

namespace local_passerelle\form;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->libdir . '/formslib.php');

/**
 * What *Pourquoi ?* asks: a reference, or a person and a course.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class why extends \moodleform {
    #[\Override]
    protected function definition() {
        $form = $this->_form;
        foreach (['who', 'course', 'reference'] as $name) {
            $form->addElement('text', $name, get_string('why_' . $name, 'local_passerelle'), ['size' => 40, 'maxlength' => 254]);
            $form->setType($name, PARAM_TEXT);
            $form->addElement('static', $name . 'help', '', get_string('why_' . $name . '_help', 'local_passerelle'));
        }
        if (has_capability('local/passerelle:repair', \context_system::instance())) {
            $form->addElement('submit', 'plan', get_string('why_repair', 'local_passerelle'));
        }
        $this->add_action_buttons(false, get_string('why_ask', 'local_passerelle'));
    }

    #[\Override]
    public function validation($data, $files) {
        $errors = parent::validation($data, $files);
        if (trim($data['reference']) === '') {
            foreach (['who', 'course'] as $name) {
                if (trim($data[$name]) === '') {
                    $errors[$name] = get_string('why_needed', 'local_passerelle');
                }
            }
        }
        return $errors;
    }
}
