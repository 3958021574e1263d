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
 * What a person does about the change of year: on this year's platform from the course that is to be filled, on
 * last year's from the course that is to be checked.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class year_desk {
    /**
     * Sit down at a course's desk.
     *
     * @param course_desk $desk
     */
    public function __construct(
        /** @var course_desk */
        private readonly course_desk $desk
    ) {
    }

    /**
     * One request about the course.
     *
     * @param array $fields
     * @return array
     */
    private function ask(array $fields): array {
        return $this->desk->ask('rollovers', $fields);
    }

    /**
     * One request that a repeated press repeats. The same press with another body, its questions answered, is
     * another request.
     *
     * @param array $fields
     * @param string $press
     * @return array
     */
    private function ask_once(array $fields, string $press): array {
        $course = $this->desk->course;
        $said = $fields + [
            'courseid' => (int) $course->id,
            'idnumber' => (string) $course->idnumber,
            'person' => course_desk::person(),
        ];
        $known = hash('sha256', settings::site() . ' ' . json_encode([$press, $fields, (int) $course->id]));
        return api::call('rollovers', 'rollovers', $said, 'rol_' . $known);
    }

    /**
     * What there is of last year, and how the latest request and the latest check stand.
     *
     * @return array
     */
    public function status(): array {
        $answer = $this->ask(['action' => 'status', 'own' => self::means_its_own()]);
        aftermath::remember((int) $this->desk->course->id, $answer['rollover'] ?? null);
        return $answer;
    }

    /**
     * Ask for last year's course.
     *
     * @param array $wish destination, groups, keep_dates, source_idnumber, exclude, confirmed, override
     * @param string $press
     * @return array how it stands, or questions to answer first
     */
    public function start(array $wish, string $press): array {
        return $this->ask_once(['action' => 'start'] + $wish, $press);
    }

    /**
     * *Vérifier mon cours*: a backup of last year's course, looked through.
     *
     * @param string $source idnumber of another course than the one that matches
     * @param string $press
     * @return array how it stands
     */
    public function check(string $source, string $press): array {
        return $this->ask_once(['action' => 'check', 'source_idnumber' => $source, 'own' => self::means_its_own()], $press);
    }

    /**
     * Whether this site's own courses are looked through, before others take them: where it takes none itself.
     *
     * @return bool
     */
    private static function means_its_own(): bool {
        return settings::offers('check') && !settings::offers('rollover');
    }

    /**
     * Sections, activities and groups of the archive that a check has made.
     *
     * @param string $check
     * @return array
     */
    public function contents(string $check): array {
        return $this->ask(['action' => 'contents', 'rollover' => $check]);
    }

    /**
     * What is to be repaired.
     *
     * @param string $rollover a rollover, or a check
     * @param string $format json for rows, html for a page of its own
     * @return array
     */
    public function report(string $rollover, string $format): array {
        return $this->ask(['action' => 'report', 'rollover' => $rollover, 'format' => $format]);
    }

    /**
     * Put back what a rollover replaced.
     *
     * @param string $rollover
     * @return array
     */
    public function undo(string $rollover): array {
        return $this->ask(['action' => 'undo', 'rollover' => $rollover]);
    }

    /**
     * *Je repars de zéro*, or not any more.
     *
     * @param bool $wanted
     * @return array
     */
    public function fresh_start(bool $wanted): array {
        return $this->ask(['action' => 'fresh_start', 'wanted' => $wanted]);
    }

    /**
     * What a link asks to be allowed, or allow it. Passerelle asks this site who may.
     *
     * @param string $action permit_look or permit
     * @param string $permit
     * @return array
     */
    public static function permit(string $action, string $permit): array {
        return api::call('rollovers', 'rollovers', [
            'action' => $action,
            'permit' => $permit,
            'person' => course_desk::person(),
        ]);
    }
}
