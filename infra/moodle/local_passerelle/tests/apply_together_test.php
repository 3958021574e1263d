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
 * Operations of one course share what they look up, and each keeps its own verdict.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \local_passerelle\local\operations
 */
final class apply_together_test extends \advanced_testcase {
    /** @var \stdClass */
    private \stdClass $course;

    #[\Override]
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->preventResetByRollback(); // An operation that is refused rolls its own transaction back.
        $this->setAdminUser();
        $this->course = $this->getDataGenerator()->create_course(['idnumber' => 'C1']);
        foreach (range(0, 29) as $n) {
            $this->getDataGenerator()->create_user(['username' => "p{$n}"]);
        }
    }

    /**
     * What is answered, in short.
     *
     * @param array[] $operations
     * @return string[] `changed`, `stands`, or why not
     */
    private static function verdicts(array $operations): array {
        $numbered = array_map(fn(int $n, array $one) => ['id' => (string) $n] + $one, array_keys($operations), $operations);
        return array_map(
            fn(array $one) => $one['ok'] ? ($one['changed'] ? 'changed' : 'stands') : $one['errorcode'],
            apply::execute(json_encode($numbered))
        );
    }

    /**
     * Operations about people.
     *
     * @param string $op
     * @param int[] $numbers
     * @param array $more
     * @return array[]
     */
    private static function about(string $op, array $numbers, array $more): array {
        return array_map(fn(int $n) => ['op' => $op, 'course' => 'C1', 'username' => "p{$n}"] + $more, $numbers);
    }

    /**
     * How often the database is asked, for each of some operations.
     *
     * @param array[] $operations all of which change something
     * @return array reads and writes
     */
    private function asked(array $operations): array {
        global $DB;
        $before = [$DB->perf_get_reads(), $DB->perf_get_writes()];
        $this->assertSame(['changed'], array_unique(self::verdicts($operations)));
        return [
            ($DB->perf_get_reads() - $before[0]) / count($operations),
            ($DB->perf_get_writes() - $before[1]) / count($operations),
        ];
    }

    /**
     * Twenty more of a course cost what each writes, and little else.
     */
    public function test_what_a_course_needs_once_is_read_once(): void {
        $student = ['role' => 'student', 'source' => 'night'];
        self::verdicts([['op' => 'group_create', 'course' => 'C1', 'idnumber' => 'G', 'name' => 'G']]);
        self::verdicts(self::about('enrol', [0], $student) + [1 => self::about('member_add', [0], ['group' => 'G'])[0]]);
        [$reads, $writes] = $this->asked(self::about('enrol', range(1, 20), $student));
        // Beginning and ending a transaction count as three at most. Two are Moodle's: whom permissions change, forums.
        $this->assertLessThan(6, $reads);
        $this->assertLessThan(3.5, $writes, 'the enrolment, the role, that permissions are to be looked at anew');
        [$reads, $writes] = $this->asked(self::about('member_add', range(1, 20), ['group' => 'G']));
        $this->assertLessThan(4.5, $reads);
        $this->assertLessThan(2.5, $writes, 'the member; open attempts at quizzes, by an observer');
    }

    /**
     * Each is told apart, whatever its neighbours are, and again the next time.
     */
    public function test_neighbours_keep_their_verdicts(): void {
        $chunk = [
            ['op' => 'group_create', 'course' => 'C1', 'idnumber' => 'G', 'name' => 'G'],
            ...self::about('enrol', [1, 2, 1], ['role' => 'student']),
            ...self::about('enrol', [99], ['role' => 'student']),
            ...self::about('enrol', [3], ['role' => 'manager']),
            ...self::about('enrol', [4], ['role' => 'student', 'timestart' => 9, 'timeend' => 8]),
            ...self::about('member_add', [1, 2, 1, 3, 99], ['group' => 'G']),
            ...self::about('unenrol', [2], ['role' => 'student']),
            ...self::about('member_add', [2], ['group' => 'G']),
            ...self::about('enrol', [3], ['role' => 'teacher']),
            ...self::about('enrol', [3], ['role' => 'student']),
            ...self::about('member_add', [3], ['group' => 'G']),
        ];
        $this->assertSame([
            'changed', 'changed', 'changed', 'stands', 'unknownuser', 'rolenotallowed', 'invalid',
            'changed', 'changed', 'stands', 'invalid', 'unknownuser', 'changed', 'invalid', 'changed', 'changed', 'changed',
        ], self::verdicts($chunk));
        $standing = [0, 1, 3, 7, 9, 14, 15, 16];
        $again = self::verdicts(array_intersect_key($chunk, array_flip($standing)));
        $this->assertSame(['stands'], array_values(array_unique($again)));
    }

    /**
     * Who is in the course by hand joins the night's groups as well.
     */
    public function test_who_was_enrolled_by_hand_joins_a_group(): void {
        global $DB;
        $user = $DB->get_record('user', ['username' => 'p1']);
        $this->getDataGenerator()->enrol_user($user->id, $this->course->id);
        $this->assertSame(['changed', 'changed', 'invalid'], self::verdicts([
            ['op' => 'group_create', 'course' => 'C1', 'idnumber' => 'G', 'name' => 'G'],
            ...self::about('member_add', [1, 2], ['group' => 'G']),
        ]));
        $this->assertSame('enrol_passerelle', $DB->get_field('groups_members', 'component', ['userid' => $user->id]));
    }

    /**
     * Whoever listens hears of each, once, also where its neighbour failed.
     */
    public function test_every_enrolment_is_told_once(): void {
        $sink = $this->redirectEvents();
        self::verdicts([
            ...self::about('enrol', [1], ['role' => 'student']),
            ...self::about('enrol', [2], ['role' => 'manager']),
            ...self::about('enrol', [3], ['role' => 'student']),
        ]);
        $told = array_count_values(array_map(fn($event) => $event->eventname, $sink->get_events()));
        $sink->close();
        $this->assertSame(2, $told['\core\event\user_enrolment_created']);
        $this->assertSame(2, $told['\core\event\role_assigned']);
    }

    /**
     * Who comes and goes within a call has come before they go, for whoever listens.
     */
    public function test_who_joins_and_leaves_is_announced_in_that_order(): void {
        $heard = [];
        foreach (['added', 'removed'] as $what) {
            $this->redirectHook("core_group\\hook\\after_group_membership_{$what}", function () use (&$heard, $what) {
                $heard[] = $what;
            });
        }
        $this->assertSame(['changed'], array_unique(self::verdicts([
            ['op' => 'group_create', 'course' => 'C1', 'idnumber' => 'G', 'name' => 'G'],
            ...self::about('enrol', [1, 2], ['role' => 'student']),
            ...self::about('member_add', [1, 2], ['group' => 'G']),
            ...self::about('member_remove', [1], ['group' => 'G']),
        ])));
        $this->assertSame(['added', 'removed'], $heard);
    }
}
