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

use local_passerelle\local\connection;

/**
 * Where the connection code is entered.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class connect extends \moodleform {
    #[\Override]
    protected function definition() {
        $form = $this->_form;
        $form->addElement('textarea', 'code', get_string('connect_code', 'local_passerelle'), [
            'rows' => 4, 'cols' => 60, 'autocomplete' => 'off', 'spellcheck' => 'false',
        ]);
        $form->setType('code', PARAM_RAW_TRIMMED);
        $form->addElement('static', 'codehelp', '', get_string('connect_code_help', 'local_passerelle'));
        $this->add_action_buttons(false, get_string('continue'));
    }

    #[\Override]
    public function validation($data, $files) {
        $errors = parent::validation($data, $files);
        if (connection::read($data['code']) === null) {
            $errors['code'] = get_string('connect_unreadable', 'local_passerelle');
        }
        return $errors;
    }
}
