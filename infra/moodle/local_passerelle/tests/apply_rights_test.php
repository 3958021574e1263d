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

namespace local_passerelle;

use local_passerelle\external\apply;

/**
 * What `apply` refuses whatever it is asked for, and what an administrator may open to it.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \local_passerelle\local\reach
 * @covers \local_passerelle\local\operations
 */
final class apply_rights_test extends \advanced_testcase {
    /** @var \stdClass a course in the category FAC */
    private \stdClass $course;

    /** @var \stdClass the account of the services */
    private \stdClass $account;

    #[\Override]
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->preventResetByRollback(); // An operation that is refused rolls its own transaction back.
        $make = $this->getDataGenerator();
        $faculty = $make->create_category(['idnumber' => 'FAC', 'name' => 'FAC']);
        $make->create_category(['idnumber' => 'OTHER', 'name' => 'OTHER']);
        $this->course = $make->create_course(['idnumber' => 'C1', 'category' => $faculty->id]);
        $make->create_user(['username' => 'ada', 'email' => 'ada@example.org']);
        $this->account = $make->create_user(['username' => 'services']);
        $this->allow(['local/passerelle:apply', 'enrol/passerelle:manage']);
        $this->setUser($this->account);
    }

    /**
     * Give the account a role with exactly these capabilities, over the whole site.
     *
     * @param string[] $capabilities
     */
    private function allow(array $capabilities): void {
        $roleid = $this->getDataGenerator()->create_role();
        foreach ($capabilities as $capability) {
            assign_capability($capability, CAP_ALLOW, $roleid, \context_system::instance());
        }
        role_unassign_all(['userid' => $this->account->id]);
        role_assign($roleid, $this->account->id, \context_system::instance());
    }

    /**
     * The only verdict on an operation.
     *
     * @param string $op
     * @param array $fields
     * @return array
     */
    private function verdict(string $op, array $fields): array {
        [$verdict] = apply::execute(json_encode([['id' => '1', 'op' => $op] + $fields]));
        return $verdict;
    }

    /**
     * The reason why an operation was refused, empty where it was done.
     *
     * @param string $op
     * @param array $fields
     * @return string
     */
    private function refusal(string $op, array $fields): string {
        return $this->verdict($op, $fields)['errorcode'] ?? '';
    }

    /**
     * An enrolment of somebody in the course.
     *
     * @param string $role
     * @param string $username
     * @return array
     */
    private static function enrolment(string $role, string $username = 'ada'): array {
        return ['course' => 'C1', 'username' => $username, 'role' => $role];
    }

    /**
     * The account of the services cannot make itself, or anybody, manager of a course.
     */
    public function test_a_role_that_manages_is_given_to_nobody(): void {
        $this->assertSame('rolenotallowed', $this->refusal('enrol', self::enrolment('manager', 'services')));
        $this->assertSame('rolenotallowed', $this->refusal('enrol', self::enrolment('manager')));
        $this->assertFalse(is_enrolled(\context_course::instance($this->course->id), $this->account->id));
        foreach (['student', 'teacher', 'editingteacher'] as $role) {
            $this->assertSame('', $this->refusal('enrol', self::enrolment($role)));
        }
    }

    /**
     * Neither a role that changes how the site works, nor one that may give the manager's.
     */
    public function test_a_role_that_leads_to_managing_is_given_to_nobody(): void {
        global $DB;
        $make = $this->getDataGenerator();
        $config = $make->create_role(['shortname' => 'config']);
        assign_capability('moodle/site:config', CAP_ALLOW, $config, \context_system::instance());
        $gives = $make->create_role(['shortname' => 'gives']);
        core_role_set_assign_allowed($gives, $DB->get_field('role', 'id', ['shortname' => 'manager']));
        $further = $make->create_role(['shortname' => 'further']);
        core_role_set_assign_allowed($further, $gives);
        foreach (['config', 'gives', 'further'] as $role) {
            $this->assertSame('rolenotallowed', $this->refusal('enrol', self::enrolment($role)), $role);
        }
        $make->create_role(['shortname' => 'tutor']);
        $this->assertSame('', $this->refusal('enrol', self::enrolment('tutor')));
    }

    /**
     * The administrator's list decides, either way.
     */
    public function test_the_setting_says_which_roles(): void {
        global $DB;
        $ids = $DB->get_records_menu('role', null, '', 'shortname, id');
        set_config('applyroles', $ids['student'] . ',' . $ids['manager'], 'local_passerelle');
        $this->assertSame('', $this->refusal('enrol', self::enrolment('manager')));
        $this->assertSame('', $this->refusal('enrol', self::enrolment('student')));
        $this->assertSame('rolenotallowed', $this->refusal('enrol', self::enrolment('teacher')));
        set_config('applyroles', $ids['student'], 'local_passerelle');
        $this->assertSame('', $this->refusal('unenrol', self::enrolment('manager')), 'What was given can be taken away');
    }

    /**
     * Accounts that are left alone, and what is tried.
     *
     * @return array[]
     */
    public static function protected_accounts(): array {
        return [
            'an administrator' => ['admin'],
            'a manager of the site' => ['manager'],
            'a course creator of the site' => ['creator'],
            'a manager of a category' => ['faculty'],
            'the account of the services' => ['services'],
            'the guests\' account' => ['guest'],
        ];
    }

    /**
     * Who could change such an account's address could become it.
     *
     * @dataProvider protected_accounts
     * @param string $username
     */
    public function test_an_account_above_courses_is_left_alone(string $username): void {
        global $DB;
        $make = $this->getDataGenerator();
        $roles = $DB->get_records_menu('role', null, '', 'shortname, id');
        $system = \context_system::instance()->id;
        $category = \context_coursecat::instance($this->course->category)->id;
        $make->role_assign($roles['manager'], $make->create_user(['username' => 'manager'])->id, $system);
        $make->role_assign($roles['coursecreator'], $make->create_user(['username' => 'creator'])->id, $system);
        $make->role_assign($roles['manager'], $make->create_user(['username' => 'faculty'])->id, $category);
        $columns = 'id, username, email, auth, suspended';
        $before = $DB->get_record('user', ['username' => $username], $columns);
        foreach (
            [
                ['user_update', ['email' => 'attacker@example.org']],
                ['user_update', ['newusername' => 'attacker']],
                ['user_update', ['auth' => 'nologin']],
                ['user_suspend', []],
                ['adopt', ['kind' => 'user']],
            ] as [$op, $fields]
        ) {
            $this->assertSame('protecteduser', $this->refusal($op, $fields + ['username' => $username]), $op);
        }
        $this->assertEquals($before, $DB->get_record('user', ['id' => $before->id], $columns));
    }

    /**
     * Somebody who looks into a category, or teaches in a course, is updated like anybody.
     */
    public function test_a_role_below_managing_protects_nobody(): void {
        global $DB;
        $make = $this->getDataGenerator();
        $looks = $make->create_role(['shortname' => 'looks']);
        $user = $DB->get_record('user', ['username' => 'ada']);
        $make->role_assign($looks, $user->id, \context_coursecat::instance($this->course->category)->id);
        $make->enrol_user($user->id, $this->course->id, 'editingteacher');
        $this->assertSame('', $this->refusal('user_update', ['username' => 'ada', 'email' => 'ada@example.com']));
        $this->assertSame('ada@example.com', $DB->get_field('user', 'email', ['id' => $user->id]));
    }

    /**
     * Accounts get authentications that are enabled, or those of them that were chosen.
     */
    public function test_the_authentications_are_the_enabled_ones_or_the_chosen(): void {
        $new = ['username' => 'new', 'firstname' => 'N', 'lastname' => 'W', 'email' => 'new@example.org'];
        $this->assertSame('authnotallowed', $this->refusal('user_create', $new + ['auth' => 'ldap']));
        $this->assertSame('authnotallowed', $this->refusal('user_update', ['username' => 'ada', 'auth' => 'ldap']));
        $this->assertSame('invalid', $this->refusal('user_create', $new + ['auth' => 'nosuch']));
        set_config('auth', 'ldap');
        $this->assertSame('', $this->refusal('user_create', $new + ['auth' => 'ldap']));
        set_config('applyauths', 'ldap', 'local_passerelle');
        $this->assertSame('authnotallowed', $this->refusal('user_update', ['username' => 'new', 'auth' => 'manual']));
        $this->assertSame('', $this->refusal('user_update', ['username' => 'new', 'auth' => 'ldap']));
    }

    /**
     * Operations on a place outside the categories that were chosen.
     *
     * @return array[]
     */
    public static function outside(): array {
        return [
            'a category at the top' => ['category_create', ['idnumber' => 'NEW', 'name' => 'N']],
            'a category elsewhere' => ['category_create', ['idnumber' => 'NEW', 'name' => 'N', 'parent' => 'OTHER']],
            'another category renamed' => ['category_update', ['idnumber' => 'OTHER', 'name' => 'N']],
            'one moved out' => ['category_update', ['idnumber' => 'FAC', 'parent' => 'OTHER']],
            'another category deleted' => ['category_delete', ['idnumber' => 'OTHER']],
            'another category adopted' => ['adopt', ['kind' => 'category', 'idnumber' => 'OTHER']],
            'a course elsewhere' => ['course_create',
                ['idnumber' => 'N', 'shortname' => 'N', 'fullname' => 'N', 'category' => 'OTHER']],
            'a course moved out' => ['course_update', ['idnumber' => 'C1', 'category' => 'OTHER']],
            'another course renamed' => ['course_update', ['idnumber' => 'C2', 'fullname' => 'N']],
            'another course adopted' => ['adopt', ['kind' => 'course', 'idnumber' => 'C2']],
            'a group elsewhere' => ['group_create', ['course' => 'C2', 'idnumber' => 'G', 'name' => 'G']],
            'people elsewhere' => ['enrol', ['course' => 'C2', 'username' => 'ada', 'role' => 'student']],
        ];
    }

    /**
     * Where categories were chosen, nothing happens outside them.
     *
     * @dataProvider outside
     * @param string $op
     * @param array $fields
     */
    public function test_nothing_happens_outside_the_chosen_categories(string $op, array $fields): void {
        global $DB;
        $other = $DB->get_field('course_categories', 'id', ['idnumber' => 'OTHER']);
        $this->getDataGenerator()->create_course(['idnumber' => 'C2', 'category' => $other]);
        set_config('applycategories', $this->course->category, 'local_passerelle');
        $this->assertSame('categorynotallowed', $this->refusal($op, $fields));
    }

    /**
     * A chosen category stands for all below it, and keeps its own place.
     */
    public function test_what_lies_below_a_chosen_category_is_within_reach(): void {
        set_config('applycategories', $this->course->category, 'local_passerelle');
        $below = ['idnumber' => 'L1', 'name' => 'L1', 'parent' => 'FAC'];
        $this->assertSame('', $this->refusal('category_create', $below));
        $course = ['idnumber' => 'C3', 'shortname' => 'C3', 'fullname' => 'C3', 'category' => 'L1'];
        $this->assertSame('', $this->refusal('course_create', $course));
        $this->assertSame('', $this->refusal('enrol', ['course' => 'C3', 'username' => 'ada', 'role' => 'student']));
        $this->assertSame('', $this->refusal('adopt', ['kind' => 'category', 'idnumber' => 'FAC']));
        $this->assertSame('', $this->refusal('category_update', ['idnumber' => 'FAC', 'name' => 'F', 'parent' => '']));
    }

    /**
     * `enrol/passerelle:manage` is asked for, in the course itself.
     */
    public function test_who_may_apply_but_not_enrol_enrols_nobody(): void {
        $this->assertSame('', $this->refusal('enrol', self::enrolment('student')));
        $this->allow(['local/passerelle:apply']);
        foreach (['enrol', 'suspend', 'unenrol'] as $op) {
            $this->assertSame('nopermission', $this->refusal($op, self::enrolment('student')), $op);
        }
        $adoption = ['kind' => 'enrolment', 'method' => 'manual'] + self::enrolment('student');
        $this->assertSame('nopermission', $this->refusal('adopt', $adoption));
        $this->assertTrue(is_enrolled(\context_course::instance($this->course->id), \core_user::get_user_by_username('ada')));
    }

    /**
     * A refusal is a sentence in both languages, and the next operation is done all the same.
     */
    public function test_a_refusal_is_said_in_words_and_stops_no_other(): void {
        $list = [
            ['id' => 'a', 'op' => 'enrol'] + self::enrolment('manager'),
            ['id' => 'b', 'op' => 'enrol'] + self::enrolment('student'),
        ];
        [$refused, $done] = apply::execute(json_encode($list));
        $this->assertStringContainsString('the role manager', $refused['message']);
        $this->assertTrue($done['ok']);
        foreach (['rolenotallowed', 'authnotallowed', 'categorynotallowed', 'protecteduser', 'nopermission'] as $code) {
            foreach (['en', 'fr'] as $lang) {
                $strings = [];
                $string = &$strings;
                require(__DIR__ . "/../lang/{$lang}/local_passerelle.php");
                $this->assertNotEmpty($string['apply_' . $code]);
                unset($string);
            }
        }
    }

    /**
     * A restore gives its course to nobody with a role that Passerelle may not give.
     */
    public function test_whom_a_restored_course_is_given_to_gets_no_role_that_manages(): void {
        $job = local\job::ensure('restore', 'x:1', ['owners' => [
            ['username' => 'ada', 'role' => 'manager'],
            ['username' => 'ada', 'role' => 'teacher'],
        ]], null, 0);
        local\course_owners::enrol($job, (int) $this->course->id);
        $context = \context_course::instance($this->course->id);
        $roles = array_column(get_user_roles($context, \core_user::get_user_by_username('ada')->id), 'shortname');
        $this->assertSame(['teacher'], $roles);
        $warnings = json_decode($job->row->warnings, true);
        $this->assertSame('apply_rolenotallowed', $warnings[0]['code']);
    }
}
