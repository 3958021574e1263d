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
 * Passerelle said no, or could not be reached. The message is a sentence for the person at the page.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class refusal extends \moodle_exception {
    /**
     * Carry what Passerelle answered.
     *
     * @param int $status HTTP status, 0 where there was no answer
     * @param string $code Passerelle's own code
     * @param string $sentence
     * @param string $reference short code to give to the help desk
     * @param string $assistance address of the help desk
     * @param array $answer the whole answer
     */
    public function __construct(
        /** @var int */
        public readonly int $status,
        /** @var string */
        public readonly string $code_,
        /** @var string */
        public readonly string $sentence,
        /** @var string */
        public readonly string $reference = '',
        /** @var string */
        public readonly string $assistance = '',
        /** @var array */
        public readonly array $answer = []
    ) {
        parent::__construct('refusal', 'local_passerelle', '', $sentence);
    }

    /**
     * For the template of refusals, with a mail to the help desk already begun (H1).
     *
     * @return array
     */
    public function export(): array {
        global $PAGE;
        $mailto = '';
        if (validate_email($this->assistance)) {
            $mailto = 'mailto:' . $this->assistance . '?' . http_build_query([
                'subject' => 'Passerelle ' . $this->reference,
                'body' => $this->sentence . "\n" . $PAGE->url->out(false),
            ], '', '&', PHP_QUERY_RFC3986);
        }
        return ['message' => $this->sentence, 'reference' => $this->reference, 'mailto' => $mailto];
    }

    /**
     * Whether the same request may succeed later.
     *
     * @return bool
     */
    public function passing(): bool {
        return $this->status === 0 || $this->status === 429 || $this->status >= 500;
    }
}
