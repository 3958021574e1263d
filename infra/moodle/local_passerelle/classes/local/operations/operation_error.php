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

namespace local_passerelle\local\operations;

/**
 * One operation cannot be done; the others can.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class operation_error extends \Exception {
    /** Refusals of this site's own choosing, said in a sentence: they are an administrator's to change, or to leave. */
    private const SAID = ['rolenotallowed', 'authnotallowed', 'categorynotallowed', 'protecteduser', 'nopermission'];

    /**
     * Name the reason.
     *
     * @param string $errorcode one of the contract's
     * @param string $detail which field or thing, never a person
     */
    public function __construct(
        /** @var string */
        public readonly string $errorcode,
        /** @var string */
        public readonly string $detail = ''
    ) {
        parent::__construct($errorcode);
    }

    /**
     * What the verdict says beside the code: a sentence, or the field or thing that is wrong.
     *
     * @return string
     */
    public function in_words(): string {
        return in_array($this->errorcode, self::SAID, true)
            ? get_string('apply_' . $this->errorcode, 'local_passerelle', s($this->detail)) : $this->detail;
    }
}
