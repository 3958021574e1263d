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
 * What stands of people in courses (enrolments, their roles, group members), read for many operations with few queries.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class standing {
    /** @var array<string, \stdClass> enrol instances by "courseid source" */
    private array $instances = [];

    /** @var array<string, \stdClass|null> user enrolments by "enrolid userid" */
    private array $enrolments = [];

    /** @var array<string, array<int, int>> role assignment ids by role, by "userid enrolid" */
    private array $roles = [];

    /** @var array<int, array<int, \stdClass|null>> group members by group, by user id */
    private array $members = [];

    /** @var array<int, array<int, true>> who of the people named there is enrolled in a course by any method, by its id */
    private array $enrolled = [];

    /** @var \core\lock\lock[] under which instances were made that nobody else can see yet */
    private array $locks = [];

    /**
     * Read what stands of these people.
     *
     * @param array $people course id => ids of the users that operations name there
     */
    public function __construct(
        /** @var array<int, array<int, int>> */
        private readonly array $people
    ) {
        $this->preload();
    }

    /**
     * Read the instances of the courses where operations name people, and what stands of their enrolments.
     */
    private function preload(): void {
        global $DB;
        foreach (array_chunk(array_keys($this->people), 500) as $chunk) {
            [$in, $params] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED);
            $found = $DB->get_records_select('enrol', "enrol = 'passerelle' AND courseid {$in}", $params, 'id DESC');
            foreach ($found as $instance) {
                $this->instances[$instance->courseid . ' ' . $instance->customchar1] = $instance;
            }
        }
        $this->preload_enrolments(array_values($this->instances));
    }

    /**
     * Read what stands in these instances of the people that operations name in their courses.
     *
     * @param \stdClass[] $instances
     */
    private function preload_enrolments(array $instances): void {
        foreach (array_chunk($instances, 500) as $some) {
            $userids = [];
            foreach ($some as $instance) {
                $named = $this->people[(int) $instance->courseid] ?? [];
                $userids += $named;
                // What is not found is known to be absent: no query of its own for each new enrolment.
                foreach ($named as $userid) {
                    $this->enrolments[$instance->id . ' ' . $userid] = null;
                    $this->roles[$userid . ' ' . $instance->id] = [];
                }
            }
            foreach (array_chunk($userids, 1000) as $chunk) {
                $this->read_enrolments(array_map(fn($instance) => (int) $instance->id, $some), $chunk);
            }
        }
    }

    /**
     * Read enrolments and the roles that came with them.
     *
     * @param int[] $enrolids
     * @param int[] $userids
     */
    private function read_enrolments(array $enrolids, array $userids): void {
        global $DB;
        [$uin, $uparams] = $DB->get_in_or_equal($userids, SQL_PARAMS_NAMED, 'u');
        [$ein, $eparams] = $DB->get_in_or_equal($enrolids, SQL_PARAMS_NAMED, 'e');
        $params = $uparams + $eparams;
        foreach ($DB->get_records_select('user_enrolments', "userid {$uin} AND enrolid {$ein}", $params) as $row) {
            $this->enrolments[$row->enrolid . ' ' . $row->userid] = $row;
        }
        $ours = "userid {$uin} AND itemid {$ein} AND component = 'enrol_passerelle'";
        foreach ($DB->get_records_select('role_assignments', $ours, $params) as $row) {
            $this->roles[$row->userid . ' ' . $row->itemid][(int) $row->roleid] = (int) $row->id;
        }
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
                $this->instances[$key] = enrol_get_plugin('passerelle')->ensure_instance($course, $source, $this->locks);
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
            $this->preload_enrolments([$this->instances[$key]]);
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
     * A person's membership of a group.
     *
     * @param \stdClass $group
     * @param int $userid
     * @return \stdClass|null
     */
    public function member(\stdClass $group, int $userid): ?\stdClass {
        $known = &$this->members[(int) $group->id];
        $known ??= $this->members_among($group, $this->people[(int) $group->courseid] ?? []);
        if (!array_key_exists($userid, $known)) {
            $known += $this->members_among($group, [$userid]);
        }
        return $known[$userid];
    }

    /**
     * Who of these people is in a group, and who is not.
     *
     * @param \stdClass $group
     * @param int[] $userids
     * @return array<int, \stdClass|null> by user id
     */
    private function members_among(\stdClass $group, array $userids): array {
        global $DB;
        $found = array_fill_keys($userids, null);
        foreach (array_chunk($userids, 1000) as $chunk) {
            [$in, $params] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED);
            $params['groupid'] = $group->id;
            $rows = $DB->get_records_select('groups_members', "groupid = :groupid AND userid {$in}", $params);
            foreach ($rows as $row) {
                $found[(int) $row->userid] = $row;
            }
        }
        return $found;
    }

    /**
     * Whether a person is known to be enrolled in a course, by whatever method.
     *
     * @param \stdClass $course
     * @param int $userid
     * @return bool false as well for one who was enrolled since this was first asked
     */
    public function enrolled(\stdClass $course, int $userid): bool {
        global $DB;
        if (!isset($this->enrolled[(int) $course->id])) {
            $found = [];
            foreach (array_chunk($this->people[(int) $course->id] ?? [], 1000) as $chunk) {
                [$in, $params] = $DB->get_in_or_equal($chunk, SQL_PARAMS_NAMED);
                $params['course'] = $course->id;
                $found += $DB->get_records_sql_menu(
                    "SELECT DISTINCT ue.userid, 1 FROM {enrol} e JOIN {user_enrolments} ue ON ue.enrolid = e.id
                      WHERE e.courseid = :course AND ue.userid {$in}",
                    $params
                );
            }
            $this->enrolled[(int) $course->id] = array_fill_keys(array_keys($found), true);
        }
        return isset($this->enrolled[(int) $course->id][$userid]);
    }

    /**
     * Read a person's membership anew the next time.
     *
     * @param \stdClass $group
     * @param int $userid
     */
    public function stale_member(\stdClass $group, int $userid): void {
        unset($this->members[(int) $group->id][$userid]);
    }

    /**
     * Read all memberships anew: who loses an enrolment may lose groups with it.
     */
    public function stale_members(): void {
        $this->members = [];
        $this->enrolled = [];
    }

    /**
     * Let others make instances again: what was made here has been written, or taken back.
     */
    public function release(): void {
        foreach ($this->locks as $lock) {
            $lock->release();
        }
        $this->locks = [];
    }

    /**
     * Forget everything: after an error nothing that was read counts.
     */
    public function forget(): void {
        $this->instances = [];
        $this->enrolments = [];
        $this->roles = [];
        $this->members = [];
        $this->enrolled = [];
    }
}
