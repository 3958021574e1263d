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
 * What the operations of every subject need.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
abstract class doer {
    /**
     * Share the lookup.
     *
     * @param lookup $lookup
     */
    final public function __construct(
        /** @var lookup */
        protected readonly lookup $lookup
    ) {
    }

    /**
     * A field that must be there and not empty.
     *
     * @param array $operation
     * @param string $name
     * @return string
     */
    protected static function text(array $operation, string $name): string {
        $value = $operation[$name] ?? null;
        if (!is_scalar($value) || trim((string) $value) === '') {
            throw new operation_error('invalid', $name);
        }
        return trim((string) $value);
    }

    /**
     * A Unix time, 0 where it is left out.
     *
     * @param array $operation
     * @param string $name
     * @return int
     */
    protected static function time(array $operation, string $name): int {
        $value = $operation[$name] ?? 0;
        if ($value === null || $value === '') {
            return 0;
        }
        if (!is_int($value) && !(is_string($value) && ctype_digit($value)) || (int) $value < 0) {
            throw new operation_error('invalid', $name);
        }
        return (int) $value;
    }

    /**
     * The columns of an operation that differ from a record.
     *
     * @param array $operation
     * @param \stdClass $record
     * @param array $columns field of the operation => column
     * @return array column => value
     */
    protected static function differing(array $operation, \stdClass $record, array $columns): array {
        $changes = [];
        foreach ($columns as $field => $column) {
            if (array_key_exists($field, $operation) && (string) $operation[$field] !== (string) $record->$column) {
                $changes[$column] = $operation[$field];
            }
        }
        return $changes;
    }

    /**
     * The course with this idnumber, where it lies in a category that Passerelle may use.
     *
     * @param string $idnumber
     * @return \stdClass
     */
    protected function course(string $idnumber): \stdClass {
        $course = $this->lookup->course($idnumber);
        $this->stay_within((int) $course->category);
        return $course;
    }

    /**
     * The category with this idnumber, where Passerelle may use it.
     *
     * @param string $idnumber
     * @return \stdClass
     */
    protected function category(string $idnumber): \stdClass {
        $category = $this->lookup->category($idnumber);
        $this->stay_within((int) $category->id);
        return $category;
    }

    /**
     * Refuse to work outside the categories that the site's settings name.
     *
     * @param int $categoryid 0 for the top
     */
    protected function stay_within(int $categoryid): void {
        if (!$this->lookup->reach->holds($categoryid)) {
            throw new operation_error('categorynotallowed');
        }
    }

    /**
     * Refuse to touch an account that stands above those of teachers and students.
     *
     * @param \stdClass $user
     */
    protected function leave_alone(\stdClass $user): void {
        if ($this->lookup->reach->protects($user)) {
            throw new operation_error('protecteduser');
        }
    }

    /**
     * Refuse who may not enrol through this method in a course.
     *
     * @param \stdClass $course
     */
    protected function may_enrol(\stdClass $course): void {
        if (!$this->lookup->may_enrol($course)) {
            throw new operation_error('nopermission', 'enrol/passerelle:manage');
        }
    }

    /**
     * Refuse to touch what somebody else made.
     *
     * @param string $kind
     * @param int $itemid
     */
    protected function must_be_ours(string $kind, int $itemid): void {
        if (!$this->lookup->owned($kind, $itemid)) {
            throw new operation_error('notours', $kind);
        }
    }
}
