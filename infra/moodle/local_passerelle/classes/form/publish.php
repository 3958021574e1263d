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
require_once($CFG->libdir . '/licenselib.php');

use local_passerelle\local\course_desk;
use local_passerelle\local\refusal;

/**
 * What *Mutualiser* asks, once, pre-filled (P17).
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class publish extends \core_form\dynamic_form {
    /**
     * The course.
     *
     * @return \stdClass
     */
    private function course(): \stdClass {
        return get_course($this->optional_param('courseid', 0, PARAM_INT));
    }

    #[\Override]
    protected function get_context_for_dynamic_submission(): \context {
        return \context_course::instance($this->course()->id);
    }

    #[\Override]
    protected function check_access_for_dynamic_submission(): void {
        require_capability('local/passerelle:publish', $this->get_context_for_dynamic_submission());
    }

    #[\Override]
    public function definition() {
        $form = $this->_form;
        $form->addElement('hidden', 'courseid');
        $form->setType('courseid', PARAM_INT);
        $form->addElement('text', 'title', get_string('form_title', 'local_passerelle'), ['size' => 60, 'maxlength' => 254]);
        $form->setType('title', PARAM_TEXT);
        $form->addRule('title', get_string('required'), 'required', null, 'client');
        $form->addElement('textarea', 'summary', get_string('form_summary', 'local_passerelle'), ['rows' => 5, 'cols' => 60]);
        $form->setType('summary', PARAM_TEXT);
        $form->addElement(
            'select',
            'language',
            get_string('form_language', 'local_passerelle'),
            get_string_manager()->get_list_of_languages(null, 'iso6391')
        );
        $form->addElement('text', 'level', get_string('form_level', 'local_passerelle'), ['size' => 30, 'maxlength' => 100]);
        $form->setType('level', PARAM_TEXT);
        $licences = [];
        foreach (\license_manager::get_active_licenses() as $licence) {
            $licences[$licence->shortname] = $licence->fullname;
        }
        $form->addElement('select', 'licence', get_string('form_licence', 'local_passerelle'), $licences);
        $form->addElement(
            'advcheckbox',
            'declaration',
            get_string('form_declaration', 'local_passerelle'),
            get_string('form_declaration_text', 'local_passerelle')
        );
        $form->addRule('declaration', get_string('form_declaration_needed', 'local_passerelle'), 'nonzero', null, 'client');
    }

    #[\Override]
    public function set_data_for_dynamic_submission(): void {
        global $CFG;
        $course = $this->course();
        $context = \context_course::instance($course->id);
        $summary = format_text($course->summary, $course->summaryformat, ['context' => $context]);
        $this->set_data([
            'courseid' => $course->id,
            'title' => format_string($course->fullname, true, ['context' => $context]),
            'summary' => trim(html_to_text($summary, 0, false)),
            'language' => substr($course->lang ?: current_language(), 0, 2),
            'licence' => $CFG->sitedefaultlicense ?? '',
        ]);
        if ($why = $this->cannot_come()) {
            $this->_form->insertElementBefore($this->_form->createElement('html', $why), 'title');
        }
    }

    /**
     * Why the hub would refuse the backup that is to be shared, before anybody fills the form in (P16).
     *
     * @return string HTML, nothing where it would not
     */
    private function cannot_come(): string {
        global $OUTPUT;
        try {
            (new course_desk($this->course()))->must_fit();
        } catch (refusal $refusal) {
            return \html_writer::div(get_string('form_cannotcome', 'local_passerelle'), 'font-weight-bold fw-bold')
                . $OUTPUT->render_from_template('local_passerelle/refusal', $refusal->export());
        }
        return '';
    }

    #[\Override]
    public function validation($data, $files) {
        $errors = parent::validation($data, $files);
        if (trim($data['title']) === '') {
            $errors['title'] = get_string('required');
        }
        if (empty($data['declaration'])) {
            $errors['declaration'] = get_string('form_declaration_needed', 'local_passerelle');
        }
        return $errors;
    }

    #[\Override]
    public function process_dynamic_submission() {
        $data = $this->get_data();
        try {
            $answer = (new course_desk($this->course()))->publish([
                'title' => trim($data->title),
                'summary' => trim($data->summary),
                'language' => $data->language,
                'level' => trim($data->level),
                'licence' => $data->licence,
                'declaration' => true,
            ]);
        } catch (refusal $refusal) {
            return ['refusal' => [
                'message' => $refusal->sentence,
                'reference' => $refusal->reference,
                'assistance' => $refusal->assistance,
            ]];
        }
        return [
            'waiting' => !empty($answer['waiting_for_check']),
            'already' => !empty($answer['already_published']),
            'version' => (int) ($answer['version'] ?? 0),
        ];
    }

    #[\Override]
    protected function get_page_url_for_dynamic_submission(): \moodle_url {
        return new \moodle_url('/local/passerelle/course.php', ['id' => $this->course()->id]);
    }
}
