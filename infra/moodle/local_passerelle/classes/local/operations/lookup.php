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

use enrol_passerelle\newcomers;
use local_passerelle\local\reach;

/**
 * Finds what operations name, for a whole list of them with few queries.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class lookup {
    /** Operations that name a person in a course. */
    private const ABOUT_PEOPLE_IN_COURSES = ['enrol', 'suspend', 'unenrol', 'member_add', 'member_remove'];

    /** @var standing what stands of people in courses */
    public readonly standing $standing;

    /** @var newcomers|null who enrols people for the first time, once there are any */
    private ?newcomers $newcomers = null;

    /** @var reach what may be used on this site */
    public readonly reach $reach;

    /** @var array<string, array<string, \stdClass|null>> table => key => record */
    private array $found = [];

    /** @var array<int, bool> whether enrolments may be managed in a course, by its id */
    private array $enrolling = [];

    /** @var array<string, int>|null role ids by short name */
    private ?array $rolesbyname = null;

    /**
     * Look up what these operations name.
     *
     * @param array $list
     */
    public function __construct(array $list) {
        $keys = ['user' => [], 'course' => []];
        foreach ($list as $operation) {
            if (!is_array($operation)) {
                continue;
            }
            if (is_string($operation['username'] ?? null)) {
                $keys['user'][\core_text::strtolower($operation['username'])] = true;
            }
            foreach (['course', str_starts_with(self::key($operation, 'op'), 'course_') ? 'idnumber' : 'course'] as $name) {
                if (is_string($operation[$name] ?? null) && $operation[$name] !== '') {
                    $keys['course'][$operation[$name]] = true;
                }
            }
        }
        $this->preload('user', 'username', array_keys($keys['user']), 'deleted = 0');
        $this->preload('course', 'idnumber', array_keys($keys['course']), 'id <> ' . SITEID);
        $this->reach = new reach();
        $this->standing = new standing($this->people_in_courses($list));
    }

    /**
     * Whom operations name in which course, and the groups that they name there.
     *
     * @param array $list
     * @return array<int, int[]> course id => user ids
     */
    private function people_in_courses(array $list): array {
        $people = [];
        $numbers = [];
        foreach ($list as $operation) {
            if (!is_array($operation) || !in_array($operation['op'] ?? '', self::ABOUT_PEOPLE_IN_COURSES, true)) {
                continue;
            }
            $course = $this->found['course'][self::key($operation, 'course')] ?? null;
            $user = $this->found['user'][\core_text::strtolower(self::key($operation, 'username'))] ?? null;
            if ($course && $user) {
                $people[(int) $course->id][(int) $user->id] = (int) $user->id;
            }
            if ($course && self::key($operation, 'group') !== '') {
                $numbers[(int) $course->id][$operation['group']] = $operation['group'];
            }
        }
        $this->preload_groups($numbers);
        return $people;
    }

    /**
     * A field of an operation that is a string, else the empty string.
     *
     * @param array $operation
     * @param string $name
     * @return string
     */
    private static function key(array $operation, string $name): string {
        return is_string($operation[$name] ?? null) ? $operation[$name] : '';
    }

    /**
     * Read records by key.
     *
     * @param string $table
     * @param string $column
     * @param array $keys
     * @param string $condition
     */
    private function preload(string $table, string $column, array $keys, string $condition): void {
        global $DB;
        // What is not found is known to be absent: no query of its own for each.
        $this->found[$table] = array_fill_keys($keys, null);
        foreach (array_chunk(array_map('strval', $keys), 1000) as $chunk) {
            [$in, $params] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED);
            $records = $DB->get_records_select($table, "{$column} {$in} AND {$condition}", $params, 'id');
            $held = array_count_values(array_column($records, $column));
            foreach ($records as $record) {
                // A number that two things hold names neither.
                $this->found[$table][$record->$column] = $held[$record->$column] === 1 ? $record : null;
            }
        }
    }

    /**
     * Read groups by their numbers.
     *
     * @param array<int, string[]> $numbers by course id
     */
    private function preload_groups(array $numbers): void {
        global $DB;
        $this->found['groups'] = [];
        foreach ($numbers as $courseid => $named) {
            [$in, $params] = $DB->get_in_or_equal(array_values($named), SQL_PARAMS_NAMED);
            $groups = $DB->get_records_select('groups', "courseid = :course AND idnumber {$in}", $params + ['course' => $courseid]);
            $held = array_count_values(array_column($groups, 'idnumber'));
            $this->found['groups'] += array_fill_keys(array_map(fn($number) => $courseid . ' ' . $number, $named), null);
            foreach ($groups as $group) {
                // A number that two groups of a course hold names neither.
                $this->found['groups'][$courseid . ' ' . $group->idnumber] = $held[$group->idnumber] === 1 ? $group : null;
            }
        }
    }

    /**
     * Forget everything: after an error nothing that was read counts.
     */
    public function forget(): void {
        $this->found = [];
        $this->enrolling = [];
        $this->standing->forget();
    }

    /**
     * A record by its key.
     *
     * @param string $table
     * @param string $column
     * @param string $key
     * @param string $errorcode
     * @return \stdClass
     */
    private function by_key(string $table, string $column, string $key, string $errorcode): \stdClass {
        global $DB;
        if ($key === '') {
            throw new operation_error($errorcode);
        }
        if (!array_key_exists($key, $this->found[$table] ?? [])) {
            $conditions = [$column => $key] + ($table === 'user' ? ['deleted' => 0] : []);
            // Some databases take CHIM and chim for the same; numbers and logins are not.
            $records = array_filter(
                $DB->get_records($table, $conditions, 'id'),
                fn($record) => $record->$column === $key && ($table !== 'course' || $record->id != SITEID)
            );
            $this->found[$table][$key] = count($records) === 1 ? reset($records) : null;
        }
        return $this->found[$table][$key] ?? throw new operation_error($errorcode);
    }

    /**
     * The user with this username.
     *
     * @param array $operation
     * @return \stdClass
     */
    public function user(array $operation): \stdClass {
        return $this->by_key('user', 'username', \core_text::strtolower((string) ($operation['username'] ?? '')), 'unknownuser');
    }

    /**
     * The course with this idnumber.
     *
     * @param string $idnumber
     * @return \stdClass
     */
    public function course(string $idnumber): \stdClass {
        return $this->by_key('course', 'idnumber', $idnumber, 'unknowncourse');
    }

    /**
     * The category with this idnumber.
     *
     * @param string $idnumber
     * @return \stdClass
     */
    public function category(string $idnumber): \stdClass {
        return $this->by_key('course_categories', 'idnumber', $idnumber, 'unknowncategory');
    }

    /**
     * The cohort with this idnumber.
     *
     * @param string $idnumber
     * @return \stdClass
     */
    public function cohort(string $idnumber): \stdClass {
        return $this->by_key('cohort', 'idnumber', $idnumber, 'unknowncohort');
    }

    /**
     * A group by its number in a course.
     *
     * @param \stdClass $course
     * @param string $idnumber
     * @return \stdClass
     */
    public function group(\stdClass $course, string $idnumber): \stdClass {
        global $DB;
        $key = $course->id . ' ' . $idnumber;
        if (!array_key_exists($key, $this->found['groups'] ?? [])) {
            $rows = $idnumber === '' ? [] : array_filter(
                $DB->get_records('groups', ['courseid' => $course->id, 'idnumber' => $idnumber], 'id'),
                fn($group) => $group->idnumber === $idnumber
            );
            $this->found['groups'][$key] = count($rows) === 1 ? reset($rows) : null;
        }
        return $this->found['groups'][$key] ?? throw new operation_error('unknowngroup');
    }

    /**
     * Read a record anew the next time it is named.
     *
     * @param string $table
     * @param string $key
     */
    public function stale(string $table, string $key): void {
        unset($this->found[$table][$key]);
        $this->enrolling = []; // A course that moved is under other permissions.
    }

    /**
     * Whether the account of the services may manage enrolments in a course.
     *
     * @param \stdClass $course
     * @return bool
     */
    public function may_enrol(\stdClass $course): bool {
        return $this->enrolling[(int) $course->id]
            ??= has_capability('enrol/passerelle:manage', \context_course::instance($course->id));
    }

    /**
     * Who enrols people for the first time, and puts them into groups.
     *
     * @return newcomers
     */
    public function newcomers(): newcomers {
        return $this->newcomers ??= new newcomers();
    }

    /**
     * End what is done once for many newcomers.
     */
    public function finish(): void {
        $this->newcomers?->finish();
    }

    /**
     * The role with this short name.
     *
     * @param string $shortname
     * @return int
     */
    public function role(string $shortname): int {
        global $DB;
        $this->rolesbyname ??= $DB->get_records_menu('role', null, '', 'shortname, id');
        return (int) ($this->rolesbyname[$shortname] ?? throw new operation_error('invalid', 'role'));
    }

    /**
     * Whether the night made or adopted something.
     *
     * @param string $kind
     * @param int $itemid
     * @return bool
     */
    public function owned(string $kind, int $itemid): bool {
        global $DB;
        return $DB->record_exists('local_passerelle_owned', ['kind' => $kind, 'itemid' => $itemid]);
    }

    /**
     * Write down that the night made or adopted something.
     *
     * @param string $kind
     * @param int $itemid
     * @param bool $adopted
     * @return bool whether it was not written down yet
     */
    public function own(string $kind, int $itemid, bool $adopted = false): bool {
        global $DB;
        if ($this->owned($kind, $itemid)) {
            return false;
        }
        $DB->insert_record('local_passerelle_owned', (object) [
            'kind' => $kind,
            'itemid' => $itemid,
            'adopted' => (int) $adopted,
            'timecreated' => time(),
        ]);
        return true;
    }

    /**
     * Forget that something was the night's: it is gone.
     *
     * @param string $kind
     * @param int $itemid
     */
    public function disown(string $kind, int $itemid): void {
        global $DB;
        $DB->delete_records('local_passerelle_owned', ['kind' => $kind, 'itemid' => $itemid]);
    }
}
