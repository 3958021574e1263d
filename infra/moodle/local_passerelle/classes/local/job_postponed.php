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
 * Nothing is wrong with the job, but it cannot go on now: it is taken up again later where it stands.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class job_postponed extends \Exception {
    /**
     * Say when to try again.
     *
     * @param int $seconds how long to wait
     * @param string $errorcode what the job fails with if it never can
     */
    public function __construct(
        /** @var int */
        public readonly int $seconds,
        /** @var string */
        public readonly string $errorcode
    ) {
        parent::__construct('postponed');
    }
}
