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

namespace local_passerelle\local;

/**
 * A job cannot be done. The code is for programs, the message for the person who asked.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class job_failure extends \Exception {
    /**
     * Name the failure.
     *
     * @param string $errorcode one of the contract's codes
     * @param string $detail what Moodle said, in words for a person; never an address that opens something
     */
    public function __construct(
        /** @var string */
        public readonly string $errorcode,
        string $detail = ''
    ) {
        parent::__construct($detail !== '' ? $detail : self::sentence($errorcode));
    }

    /**
     * The sentence that stands for a code.
     *
     * @param string $errorcode
     * @return string
     */
    public static function sentence(string $errorcode): string {
        $manager = get_string_manager();
        if ($manager->string_exists('error_' . $errorcode, 'local_passerelle')) {
            return get_string('error_' . $errorcode, 'local_passerelle');
        }
        return get_string('error_restorefailed', 'local_passerelle');
    }

    /**
     * What a job ended with, for whoever reads it. Cron wrote it down in its own language: where that is the
     * sentence of the code it is said again in the reader's; words of Moodle or of Passerelle stay as they came.
     *
     * @param string $errorcode
     * @param string $written
     * @return string
     */
    public static function told(string $errorcode, string $written): string {
        $manager = get_string_manager();
        $name = 'error_' . $errorcode;
        if ($errorcode === '' || !$manager->string_exists($name, 'local_passerelle')) {
            return $written;
        }
        foreach (array_keys($manager->get_list_of_translations()) as $language) {
            if ($manager->get_string($name, 'local_passerelle', null, $language) === $written) {
                return get_string($name, 'local_passerelle');
            }
        }
        return $written;
    }
}
