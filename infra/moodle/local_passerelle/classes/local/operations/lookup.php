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
 * Finds what operations name, for a whole list of them with few queries.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class lookup {
    /** @var array<string, array<string, \stdClass|null>> table => key => record */
    private array $found = [];

    /** @var array<string, \stdClass> enrol instances by "course source" */
    private array $instances = [];

    /** @var array<string, \stdClass|null> user enrolments by "enrolid userid" */
    private array $enrolments = [];

    /** @var array<string, array<int, int>> role assignment ids by role, by "contextid userid itemid" */
    private array $roles = [];

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
            foreach (['course', str_starts_with((string) ($operation['op'] ?? ''), 'course_') ? 'idnumber' : 'course'] as $name) {
                if (is_string($operation[$name] ?? null) && $operation[$name] !== '') {
                    $keys['course'][$operation[$name]] = true;
                }
            }
        }
        $this->preload('user', 'username', array_keys($keys['user']), 'deleted = 0');
        $this->preload('course', 'idnumber', array_keys($keys['course']), 'id <> ' . SITEID);
        $this->preload_enrolments($list);
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
        $this->found[$table] = [];
        foreach (array_chunk(array_map('strval', $keys), 1000) as $chunk) {
            [$in, $params] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED);
            foreach ($DB->get_records_select($table, "{$column} {$in} AND {$condition}", $params, 'id') as $record) {
                $key = (string) $record->$column;
                // A number that two things hold names neither.
                $this->found[$table][$key] = isset($this->found[$table][$key]) ? null : $record;
            }
        }
    }

    /**
     * Read what stands of the enrolments that the operations are about.
     *
     * @param array $list
     */
    private function preload_enrolments(array $list): void {
        global $DB;
        $courseids = [];
        $userids = [];
        foreach ($list as $operation) {
            if (in_array($operation['op'] ?? '', ['enrol', 'suspend', 'unenrol', 'member_add', 'member_remove'], true)) {
                $course = $this->found['course'][$operation['course'] ?? ''] ?? null;
                $user = $this->found['user'][\core_text::strtolower((string) ($operation['username'] ?? ''))] ?? null;
                if ($course && $user) {
                    $courseids[$course->id] = (int) $course->id;
                    $userids[$user->id] = (int) $user->id;
                }
            }
        }
        foreach (array_chunk($courseids, 500) as $chunk) {
            [$in, $params] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED);
            foreach ($DB->get_records_select('enrol', "enrol = 'passerelle' AND courseid {$in}", $params, 'id DESC') as $instance) {
                $this->instances[$instance->courseid . ' ' . $instance->customchar1] = $instance;
            }
        }
        if (!$this->instances) {
            return;
        }
        $enrolids = array_map(fn($instance) => (int) $instance->id, array_values($this->instances));
        foreach (array_chunk($userids, 1000) as $chunk) {
            [$uin, $uparams] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED, 'u');
            foreach (array_chunk($enrolids, 500) as $instances) {
                [$ein, $eparams] = $DB->get_in_or_equal($instances, SQL_PARAMS_NAMED, 'e');
                $rows = $DB->get_records_select('user_enrolments', "userid {$uin} AND enrolid {$ein}", $uparams + $eparams);
                foreach ($rows as $row) {
                    $this->enrolments[$row->enrolid . ' ' . $row->userid] = $row;
                }
                $rows = $DB->get_records_select(
                    'role_assignments',
                    "userid {$uin} AND itemid {$ein} AND component = 'enrol_passerelle'",
                    $uparams + $eparams
                );
                foreach ($rows as $row) {
                    $this->roles[$row->userid . ' ' . $row->itemid][(int) $row->roleid] = (int) $row->id;
                }
            }
        }
        // What was not found is known to be absent: no query of its own for each new enrolment.
        foreach ($enrolids as $enrolid) {
            foreach ($userids as $userid) {
                $this->enrolments[$enrolid . ' ' . $userid] ??= null;
                if (count($this->enrolments) > 200000) {
                    return;
                }
            }
        }
    }

    /**
     * Forget everything: after an error nothing that was read counts.
     */
    public function forget(): void {
        $this->found = [];
        $this->instances = [];
        $this->enrolments = [];
        $this->roles = [];
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
            $records = $DB->get_records($table, $conditions, 'id', '*', 0, 2);
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
            $rows = $idnumber === '' ? [] : $DB->get_records(
                'groups',
                ['courseid' => $course->id, 'idnumber' => $idnumber],
                'id',
                '*',
                0,
                2
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
     * The instance of a source in a course.
     *
     * @param \stdClass $course
     * @param string $source
     * @param bool $make whether to make it where it is missing
     * @return \stdClass|null
     */
    public function instance(\stdClass $course, string $source, bool $make): ?\stdClass {
        global $DB;
        $key = $course->id . ' ' . $source;
        if (!isset($this->instances[$key])) {
            if ($make) {
                $this->instances[$key] = enrol_get_plugin('passerelle')->ensure_instance($course, $source);
            } else {
                $rows = $DB->get_records(
                    'enrol',
                    ['courseid' => $course->id, 'enrol' => 'passerelle', 'customchar1' => $source],
                    'id',
                    '*',
                    0,
                    1
                );
                if (!$rows) {
                    return null;
                }
                $this->instances[$key] = reset($rows);
            }
        }
        return $this->instances[$key];
    }

    /**
     * A person's enrolment in an instance.
     *
     * @param \stdClass $instance
     * @param int $userid
     * @return \stdClass|null
     */
    public function enrolment(\stdClass $instance, int $userid): ?\stdClass {
        global $DB;
        $key = $instance->id . ' ' . $userid;
        if (!array_key_exists($key, $this->enrolments)) {
            $row = $DB->get_record('user_enrolments', ['enrolid' => $instance->id, 'userid' => $userid]);
            $this->enrolments[$key] = $row ?: null;
            $this->roles[$userid . ' ' . $instance->id] = array_map('intval', $DB->get_records_menu(
                'role_assignments',
                ['userid' => $userid, 'itemid' => $instance->id, 'component' => 'enrol_passerelle'],
                '',
                'roleid, id'
            ));
        }
        return $this->enrolments[$key];
    }

    /**
     * Roles a person has through an instance.
     *
     * @param \stdClass $instance
     * @param int $userid
     * @return int[] role ids
     */
    public function roles(\stdClass $instance, int $userid): array {
        $this->enrolment($instance, $userid);
        return array_keys($this->roles[$userid . ' ' . $instance->id] ?? []);
    }

    /**
     * Read a person's enrolment anew the next time.
     *
     * @param \stdClass $instance
     * @param int $userid
     */
    public function stale_enrolment(\stdClass $instance, int $userid): void {
        unset($this->enrolments[$instance->id . ' ' . $userid], $this->roles[$userid . ' ' . $instance->id]);
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
