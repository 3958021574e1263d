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

use local_passerelle\local\course_desk;
use local_passerelle\local\refusal;
use local_passerelle\local\year_desk;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->libdir . '/formslib.php');

/**
 * What the year-change button asks (R6, R7, R8). The page starts the request with what it gives back.
 *
 * Sections, activities and groups are chosen from the list of the archive itself, which a check has made
 * (`check`); without one the form offers to have the list made first.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class rollover extends \core_form\dynamic_form {
    /** @var array|null sections, activities and groups of the archive; null until asked for */
    private ?array $contents = null;

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
        foreach (['courseid' => PARAM_INT, 'found' => PARAM_TEXT, 'check' => PARAM_ALPHANUMEXT, 'listed' => PARAM_TEXT] as $name => $type) {
            $form->addElement('hidden', $name);
            $form->setType($name, $type);
        }
        $found = $this->optional_param('found', '', PARAM_TEXT);
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
        foreach (['keepdates', 'groups'] as $name) {
            $form->addElement('advcheckbox', $name, '', get_string('rollover_' . $name, 'local_passerelle'));
            $form->hideIf($name, 'destination', 'eq', 'stash');
        }
        if ($this->contents()) {
            $this->define_choice();
        } else {
            $form->addElement('advcheckbox', 'choose', '', get_string('rollover_choose', 'local_passerelle'));
            $form->hideIf('choose', 'destination', 'eq', 'stash');
        }
    }

    /**
     * What may be left out, everything ticked.
     */
    private function define_choice(): void {
        $form = $this->_form;
        $contents = $this->contents();
        $form->addElement('header', 'choice', get_string('rollover_choice', 'local_passerelle'));
        $form->setExpanded('choice', $this->optional_param('open', false, PARAM_BOOL));
        $form->addElement('static', 'choicehelp', '', get_string('rollover_choice_help', 'local_passerelle'));
        $inside = [];
        foreach ($contents['activities'] as $activity) {
            $inside[$activity['section']][] = $activity;
        }
        foreach ($contents['sections'] as $section) {
            $name = 'section_' . (int) $section['id'];
            $title = trim((string) $section['name']);
            $unnamed = (int) $section['number'] === 0
                ? get_string('general') : get_string('rollover_section', 'local_passerelle', $section['number']);
            $this->define_line($name, $title !== '' ? $title : $unnamed);
            foreach ($inside[$section['id']] ?? [] as $activity) {
                $line = 'activity_' . (int) $activity['id'];
                $this->define_line($line, self::kind($activity['module']) . ' – ' . $activity['title'], 'ps-4');
                $form->disabledIf($line, $name, 'notchecked');
            }
        }
        foreach ($contents['groups'] as $group) {
            $line = 'group_' . (int) $group['id'];
            $this->define_line($line, get_string('group') . ' – ' . $group['name']);
            $form->disabledIf($line, 'groups', 'notchecked');
        }
    }

    /**
     * One thing that may be left out.
     *
     * @param string $name
     * @param string $label
     * @param string $class
     */
    private function define_line(string $name, string $label, string $class = ''): void {
        $this->_form->addElement('advcheckbox', $name, '', s($label), ['parentclass' => 'mb-0 ' . $class]);
        $this->_form->setDefault($name, 1);
        $this->_form->hideIf($name, 'destination', 'eq', 'stash');
    }

    /**
     * A kind of activity as this site calls it.
     *
     * @param string $module
     * @return string
     */
    private static function kind(string $module): string {
        return get_string_manager()->string_exists('modulename', 'mod_' . $module)
            ? get_string('modulename', 'mod_' . $module) : $module;
    }

    /**
     * The list of the archive that a check has made; nothing where there is none.
     *
     * @return array
     */
    private function contents(): array {
        $check = $this->optional_param('check', '', PARAM_ALPHANUMEXT);
        if ($this->contents === null) {
            try {
                $desk = new year_desk(new course_desk(get_course($this->optional_param('courseid', 0, PARAM_INT))));
                $this->contents = $check === '' ? [] : $desk->contents($check);
            } catch (refusal $refusal) {
                // The archive has gone since: the list is offered to be made again.
                $this->contents = [];
            }
        }
        return $this->contents;
    }

    #[\Override]
    public function set_data_for_dynamic_submission(): void {
        $known = ['courseid' => $this->optional_param('courseid', 0, PARAM_INT)];
        foreach (['found' => PARAM_TEXT, 'check' => PARAM_ALPHANUMEXT, 'listed' => PARAM_TEXT, 'source' => PARAM_TEXT] as $name => $type) {
            $known[$name] = $this->optional_param($name, '', $type);
        }
        // What was chosen before the list was made.
        foreach (['groups', 'keepdates'] as $name) {
            $known[$name] = $this->optional_param($name, false, PARAM_BOOL);
        }
        $known['destination'] = $this->optional_param('destination', 'replace', PARAM_ALPHA);
        $this->set_data($known);
    }

    #[\Override]
    public function validation($data, $files) {
        $errors = parent::validation($data, $files);
        if ($data['found'] === '' && trim($data['source']) === '') {
            $errors['source'] = get_string('rollover_none', 'local_passerelle');
        }
        $sections = array_filter($data, fn($name) => str_starts_with($name, 'section_'), ARRAY_FILTER_USE_KEY);
        if ($sections && !array_filter($sections) && $data['destination'] !== 'stash') {
            $errors['choicehelp'] = get_string('rollover_choice_nothing', 'local_passerelle');
        }
        // What was unticked is not brought all the same because the list cannot be read a second time.
        $ticked = preg_grep('/^(section|activity|group)_\d+$/', array_keys($this->_ajaxformdata ?? []));
        if ($ticked && !$this->contents() && $data['destination'] !== 'stash') {
            $errors['choose'] = get_string('rollover_choice_gone', 'local_passerelle');
        }
        return $errors;
    }

    #[\Override]
    public function process_dynamic_submission() {
        $data = $this->get_data();
        $exclude = $data->destination === 'stash' ? [] : $this->left_out((array) $data);
        // The list that was chosen from may be another course's: then it is made anew for the one now wanted.
        $other = trim($data->source) !== '' && trim($data->source) !== $data->listed;
        return [
            'destination' => $data->destination,
            'groups' => !empty($data->groups),
            'keepdates' => !empty($data->keepdates),
            'source' => trim($data->source),
            'exclude' => $other ? [] : $exclude,
            'choose' => $data->destination !== 'stash' && (!empty($data->choose) || ($other && $exclude)),
        ];
    }

    /**
     * What was unticked; of a section that stays behind only the section.
     *
     * @param array $data
     * @return array
     */
    private function left_out(array $data): array {
        $contents = $this->contents();
        $exclude = [];
        $behind = [];
        foreach ($contents['sections'] ?? [] as $section) {
            if (isset($data['section_' . $section['id']]) && !$data['section_' . $section['id']]) {
                $behind[$section['id']] = true;
                $exclude[] = ['kind' => 'section', 'id' => (int) $section['id']];
            }
        }
        foreach ($contents['activities'] ?? [] as $activity) {
            if (!isset($behind[$activity['section']]) && empty($data['activity_' . $activity['id']])) {
                $exclude[] = ['kind' => 'activity', 'id' => (int) $activity['id']];
            }
        }
        foreach ($contents['groups'] ?? [] as $group) {
            if (!empty($data['groups']) && empty($data['group_' . $group['id']])) {
                $exclude[] = ['kind' => 'group', 'id' => (int) $group['id']];
            }
        }
        return $exclude;
    }

    #[\Override]
    protected function get_page_url_for_dynamic_submission(): \moodle_url {
        return new \moodle_url('/local/passerelle/course.php', ['id' => $this->optional_param('courseid', 0, PARAM_INT)]);
    }
}
