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
 * What the year-change button asks (R6, R7, R8). The page starts the request with what it gives back.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class rollover extends \core_form\dynamic_form {
    #[\Override]
    protected function get_context_for_dynamic_submission(): \context {
        return \context_course::instance($this->optional_param('courseid', 0, PARAM_INT));
    }

    #[\Override]
    protected function check_access_for_dynamic_submission(): void {
        require_capability('local/passerelle:rollover', $this->get_context_for_dynamic_submission());
    }

    #[\Override]
    public function definition() {
        $form = $this->_form;
        $form->addElement('hidden', 'courseid');
        $form->setType('courseid', PARAM_INT);
        $found = $this->optional_param('found', '', PARAM_TEXT);
        $form->addElement('hidden', 'found');
        $form->setType('found', PARAM_TEXT);
        $form->addElement(
            'static',
            'foundtext',
            get_string('rollover_source', 'local_passerelle'),
            $found === '' ? get_string('rollover_none', 'local_passerelle') : s($found)
        );
        $form->addElement('text', 'source', get_string('rollover_other', 'local_passerelle'), ['size' => 20, 'maxlength' => 100]);
        $form->setType('source', PARAM_TEXT);
        $choices = [];
        foreach (['replace', 'merge', 'stash'] as $destination) {
            $choices[] = $form->createElement(
                'radio',
                'destination',
                '',
                get_string('rollover_' . $destination, 'local_passerelle'),
                $destination
            );
        }
        $form->addGroup(
            $choices,
            'destinations',
            get_string('rollover_destination', 'local_passerelle'),
            ['<div class="w-100"></div>'],
            false
        );
        $form->setDefault('destination', 'replace');
        foreach (['groups', 'keepdates'] as $name) {
            $form->addElement('advcheckbox', $name, '', get_string('rollover_' . $name, 'local_passerelle'));
            $form->hideIf($name, 'destination', 'eq', 'stash');
        }
    }

    #[\Override]
    public function set_data_for_dynamic_submission(): void {
        $this->set_data([
            'courseid' => $this->optional_param('courseid', 0, PARAM_INT),
            'found' => $this->optional_param('found', '', PARAM_TEXT),
        ]);
    }

    #[\Override]
    public function validation($data, $files) {
        $errors = parent::validation($data, $files);
        if ($data['found'] === '' && trim($data['source']) === '') {
            $errors['source'] = get_string('rollover_none', 'local_passerelle');
        }
        return $errors;
    }

    #[\Override]
    public function process_dynamic_submission() {
        $data = $this->get_data();
        return [
            'destination' => $data->destination,
            'groups' => !empty($data->groups),
            'keepdates' => !empty($data->keepdates),
            'source' => trim($data->source),
        ];
    }

    #[\Override]
    protected function get_page_url_for_dynamic_submission(): \moodle_url {
        return new \moodle_url('/local/passerelle/course.php', ['id' => $this->optional_param('courseid', 0, PARAM_INT)]);
    }
}
