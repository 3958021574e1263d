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

namespace enrol_passerelle;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->libdir . '/enrollib.php');

/**
 * Whom Passerelle enrols for the first time is enrolled as Moodle's own functions would do it.
 *
 * Fails where a release of Moodle does more than the plugin knows: then its class newcomers is to be compared anew.
 *
 * @package    enrol_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \enrol_passerelle\newcomers
 */
final class newcomers_test extends \advanced_testcase {
    /** @var \enrol_passerelle_plugin */
    private \enrol_passerelle_plugin $plugin;

    /** Hooks that Moodle's functions dispatch for a newcomer. */
    private const HOOKS = [
        \core_enrol\hook\after_user_enrolled::class,
        \core\hook\access\after_role_assigned::class,
        \core_group\hook\after_group_membership_added::class,
    ];

    /** @var newcomers */
    private newcomers $newcomers;

    /** @var \stdClass */
    private \stdClass $instance;

    #[\Override]
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->setAdminUser();
        $this->newcomers = new newcomers();
        $this->plugin = enrol_get_plugin('passerelle');
        $this->instance = $this->plugin->ensure_instance($this->getDataGenerator()->create_course(), 'night');
    }

    /**
     * What an enrolment wrote and told, without whose it is and when.
     *
     * @param callable $enrol of a user id
     * @return array
     */
    private function traces(callable $enrol): array {
        global $DB;
        $userid = (int) $this->getDataGenerator()->create_user()->id;
        $told = [];
        foreach (self::HOOKS as $hook) {
            $this->redirectHook($hook, function (object $one) use (&$told) {
                $told[] = array_keys(get_object_vars($one));
                $told[] = get_class($one);
            });
        }
        $sink = $this->redirectEvents();
        $enrol($userid);
        foreach ($sink->get_events() as $event) {
            $told[] = array_diff_key($event->get_data(), array_flip(['objectid', 'relateduserid', 'timecreated']));
            $told[] = (int) $event->relateduserid === $userid;
            if ($event instanceof \core\event\role_assigned) {
                $row = $DB->get_record('role_assignments', ['id' => $event->other['id']]);
                $this->assertEquals($row, $event->get_record_snapshot('role_assignments', $row->id));
                $told[array_key_last($told) - 1]['other']['id'] = 'its row';
            } else if ($event instanceof \core\event\user_enrolment_created) {
                $this->assertTrue($DB->record_exists('user_enrolments', ['id' => $event->objectid, 'userid' => $userid]));
            }
        }
        $sink->close();
        $this->stopHookRedirections();
        return [$told, $this->rows($userid)];
    }

    /**
     * What stands of somebody, without whose it is and when.
     *
     * @param int $userid
     * @return array
     */
    private function rows(int $userid): array {
        global $DB;
        $skip = array_flip(['id', 'userid', 'name', 'timecreated', 'timemodified', 'timeadded', 'expiry', 'conversationid']);
        return array_map(
            fn(array $found) => array_map(fn(\stdClass $row) => array_diff_key((array) $row, $skip), array_values($found)),
            [
                $DB->get_records('user_enrolments', ['userid' => $userid]),
                $DB->get_records('role_assignments', ['userid' => $userid]),
                $DB->get_records('cache_flags', ['flagtype' => 'accesslib/dirtyusers', 'name' => $userid]),
                $DB->get_records('groups_members', ['userid' => $userid]),
                $DB->get_records('message_conversation_members', ['userid' => $userid]),
            ]
        );
    }

    /**
     * Rows, events, what goes with them, and their order.
     *
     * @dataProvider roles
     * @param string $role
     */
    public function test_a_newcomer_leaves_the_traces_that_moodle_leaves(string $role): void {
        global $DB;
        $roleid = (int) $DB->get_field('role', 'id', ['shortname' => $role]);
        $start = time() - DAYSECS;
        $end = time() + DAYSECS;
        $moodle = $this->traces(
            fn(int $userid) => $this->plugin->enrol_user($this->instance, $userid, $roleid, $start, $end, ENROL_USER_ACTIVE)
        );
        $ours = $this->traces(
            fn(int $userid) => $this->newcomers->enrol($this->instance, $userid, $roleid, $start, $end)
        );
        $this->assertEquals($moodle, $ours);
        $this->assertGreaterThan(4, count($ours[0]), 'events were told');
    }

    /**
     * In a group that talks, and in one that does not.
     *
     * @dataProvider talking
     * @param int $messaging
     */
    public function test_a_new_member_leaves_the_traces_that_moodle_leaves(int $messaging): void {
        $group = $this->getDataGenerator()->create_group([
            'courseid' => $this->instance->courseid,
            'enablemessaging' => $messaging,
        ]);
        $join = fn(callable $add) => $this->traces(function (int $userid) use ($add, $group) {
            global $DB;
            $this->newcomers->enrol($this->instance, $userid, 5, 0, 0);
            $DB->set_field('groups', 'timemodified', 1, ['id' => $group->id]);
            $add(groups_get_group($group->id), $userid);
            $this->assertEqualsWithDelta(time(), groups_get_group($group->id)->timemodified, 2);
        });
        $moodle = $join(fn($group, $userid) => groups_add_member($group, $userid, 'enrol_passerelle', $this->instance->id));
        $ours = $join(function ($group, $userid) {
            $this->newcomers->join($group, $userid, $this->instance);
            $this->newcomers->finish();
        });
        $this->assertEquals($moodle, $ours);
        $this->assertCount(1 + $messaging, $ours[1][4], 'the talk with oneself, and the group\'s');
        $this->assertCount(1, $ours[1][3], 'members of the group');
    }

    /**
     * Whether members may write to all others.
     *
     * @return array
     */
    public static function talking(): array {
        return ['no conversation' => [0], 'a conversation' => [1]];
    }

    /**
     * One whom courses show, and one whom they do not.
     *
     * @return array
     */
    public static function roles(): array {
        return ['student' => ['student'], 'editingteacher' => ['editingteacher']];
    }

    /**
     * Another run was faster: Moodle's own function finds what stands.
     */
    public function test_who_was_enrolled_meanwhile_is_enrolled_once(): void {
        global $DB;
        $userid = (int) $this->getDataGenerator()->create_user()->id;
        $roleid = (int) $DB->get_field('role', 'id', ['shortname' => 'student']);
        $this->newcomers->enrol($this->instance, $userid, $roleid, 0, 0);
        $transaction = $DB->start_delegated_transaction();
        $this->newcomers->enrol($this->instance, $userid, $roleid, 0, 0);
        $transaction->allow_commit();
        $this->assertSame(1, $DB->count_records('user_enrolments', ['userid' => $userid]));
        $this->assertSame(1, $DB->count_records('role_assignments', ['userid' => $userid]));
        $group = $this->getDataGenerator()->create_group(['courseid' => $this->instance->courseid]);
        $this->newcomers->join($group, $userid, $this->instance);
        $transaction = $DB->start_delegated_transaction();
        $this->newcomers->join($group, $userid, $this->instance);
        $transaction->allow_commit();
        $this->assertSame(1, $DB->count_records('groups_members', ['userid' => $userid]));
    }

    /**
     * The calendar's categories of whoever is signed in are read anew, once for all.
     */
    public function test_caches_are_purged_once_for_all_newcomers(): void {
        global $DB;
        $roleid = (int) $DB->get_field('role', 'id', ['shortname' => 'student']);
        $cache = \cache::make('core', 'calendar_categories');
        $cache->set('kept', 'before');
        foreach ([1, 2] as $n) {
            $userid = (int) $this->getDataGenerator()->create_user()->id;
            $this->newcomers->enrol($this->instance, $userid, $roleid, 0, 0);
        }
        $this->assertSame('before', $cache->get('kept'));
        $this->newcomers->finish();
        $this->assertFalse($cache->get('kept'));
        $cache->set('kept', 'after');
        $this->newcomers->finish();
        $this->assertSame('after', $cache->get('kept'), 'nobody came since');
    }

    /**
     * Whoever listens hears of a group's new members together, before another course's, and fails alone.
     */
    public function test_members_are_announced_together(): void {
        $make = $this->getDataGenerator();
        $there = $make->create_course();
        $instances = [$this->instance, $this->plugin->ensure_instance($there, 'night')];
        $groups = [
            $make->create_group(['courseid' => $this->instance->courseid]),
            $make->create_group(['courseid' => $this->instance->courseid]),
            $make->create_group(['courseid' => $there->id]),
        ];
        $heard = [];
        $hook = \core_group\hook\after_group_membership_added::class;
        $this->redirectHook($hook, function (object $one) use (&$heard) {
            $heard[] = [(int) $one->groupinstance->id, $one->userids];
            throw new \moodle_exception('error');
        });
        $expected = [];
        foreach ([0, 1, 0, 2] as $n) {
            $userid = (int) $make->create_user()->id;
            $expected[(int) $groups[$n]->id][] = $userid;
            $this->newcomers->enrol($instances[(int) ($n === 2)], $userid, 5, 0, 0);
            $this->newcomers->join($groups[$n], $userid, $instances[(int) ($n === 2)]);
            $this->assertCount($n === 2 ? 2 : 0, $heard);
        }
        $this->newcomers->finish();
        $this->newcomers->finish();
        $this->assertSame($expected, array_combine(array_column($heard, 0), array_column($heard, 1)));
        $this->assertCount(3, $heard);
        $this->assertDebuggingCalledCount(3);
    }

    /**
     * A course that shows its teachers shows a new one at once.
     */
    public function test_a_new_teacher_is_shown_at_once(): void {
        global $DB;
        $roleid = (int) $DB->get_field('role', 'id', ['shortname' => 'editingteacher']);
        $course = new \core_course_list_element(get_course($this->instance->courseid));
        $this->assertSame([], $course->get_course_contacts());
        $userid = (int) $this->getDataGenerator()->create_user()->id;
        $this->newcomers->enrol($this->instance, $userid, $roleid, 0, 0);
        $course = new \core_course_list_element(get_course($this->instance->courseid));
        $this->assertSame([$userid], array_keys($course->get_course_contacts()));
    }

    /**
     * A release that nobody compared, and grades that come back with who comes back: Moodle's own function does it.
     */
    public function test_what_is_not_known_to_be_alike_is_left_to_moodle(): void {
        global $CFG, $DB;
        $roleid = (int) $DB->get_field('role', 'id', ['shortname' => 'student']);
        foreach ([['branch' => 999], ['branch' => $CFG->branch, 'recovergradesdefault' => 1]] as $said) {
            foreach ($said as $name => $value) {
                $CFG->$name = $value;
            }
            $cache = \cache::make('core', 'calendar_categories');
            $cache->set('kept', 'before');
            $userid = (int) $this->getDataGenerator()->create_user()->id;
            $this->newcomers->enrol($this->instance, $userid, $roleid, 0, 0);
            $this->assertTrue($DB->record_exists('role_assignments', ['userid' => $userid, 'roleid' => $roleid]));
            $this->assertFalse($cache->get('kept'), 'enrol_user() purges each time');
        }
    }
}
