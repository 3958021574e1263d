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

namespace local_passerelle\task;

use local_passerelle\local\course_facts;
use local_passerelle\local\job;

/**
 * Everything that names a person has a time after which it is gone or names nobody.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \local_passerelle\task\clean_up
 * @covers \local_passerelle\local\job_people
 */
final class clean_up_test extends \advanced_testcase {
    /**
     * A job that ended some days ago.
     *
     * @param int $days
     * @param string $kind
     * @param int|null $courseid
     * @param string $status
     * @return int its id
     */
    private function job(int $days, string $kind = 'backup', ?int $courseid = null, string $status = 'done'): int {
        global $DB;
        $job = job::ensure($kind, uniqid('test:'), ['person' => 'grace'], $courseid, 2);
        $job->state = ['origin' => 'https://hub.example/course/view.php?id=3', 'snapshot' => ['owners' => [7]]];
        if ($status !== 'running') {
            $job->end($status);
        }
        $then = time() - $days * DAYSECS;
        $DB->update_record('local_passerelle_job', (object) [
            'id' => $job->row->id, 'status' => $status, 'timemodified' => $then,
            'timeended' => $status === 'running' ? null : $then,
        ]);
        return (int) $job->row->id;
    }

    /**
     * Jobs go after the time that the administrator chose, whatever became of them.
     */
    public function test_old_jobs_go_after_the_time_that_was_chosen(): void {
        global $DB;
        $this->resetAfterTest();
        set_config('keepjobs', 60 * DAYSECS, 'local_passerelle');
        $stay = [$this->job(59), $this->job(59, 'restore', null, 'failed')];
        foreach (['done', 'failed', 'cancelled', 'running'] as $status) {
            $this->job(61, 'backup', null, $status);
        }
        $this->job(61, 'restore', 987654);
        (new clean_up())->execute();
        $this->assertEquals($stay, $DB->get_fieldset_select('local_passerelle_job', 'id', '1 = 1 ORDER BY id'));
    }

    /**
     * "Restored already" is still known of a course, and nobody's name.
     */
    public function test_of_an_old_restore_its_origin_stays_without_a_name(): void {
        global $DB;
        $this->resetAfterTest();
        set_config('keepjobs', 60 * DAYSECS, 'local_passerelle');
        $course = $this->getDataGenerator()->create_course();
        $id = $this->job(61, 'restore', (int) $course->id);
        (new clean_up())->execute();
        (new clean_up())->execute();
        $origins = course_facts::restored_from([(int) $course->id]);
        $this->assertSame('https://hub.example/course/view.php?id=3', $origins[$course->id]);
        $row = $DB->get_record('local_passerelle_job', ['id' => $id], '*', MUST_EXIST);
        $this->assertEquals([0, '{}'], [$row->userid, $row->params]);
        $this->assertStringNotContainsString('owners', $row->state);
    }

    /**
     * A year where nothing was chosen; never less than the safety backups need.
     */
    public function test_without_a_choice_it_is_a_year_and_never_less_than_safety_backups_live(): void {
        global $DB;
        $this->resetAfterTest();
        unset_config('keepjobs', 'local_passerelle');
        $this->job(364);
        $this->job(366);
        (new clean_up())->execute();
        $this->assertSame(1, $DB->count_records('local_passerelle_job'));
        set_config('keepjobs', DAYSECS, 'local_passerelle');
        $young = $this->job(30);
        (new clean_up())->execute();
        $this->assertEquals([$young], $DB->get_fieldset('local_passerelle_job', 'id'));
    }

    /**
     * An account that is gone was the night's no longer.
     */
    public function test_accounts_that_are_gone_are_owned_no_longer(): void {
        global $DB;
        $this->resetAfterTest();
        $make = $this->getDataGenerator();
        [$stays, $goes] = [$make->create_user(), $make->create_user()];
        foreach ([$stays, $goes] as $user) {
            $DB->insert_record('local_passerelle_owned', ['kind' => 'user', 'itemid' => $user->id, 'timecreated' => 1]);
        }
        delete_user($goes);
        (new clean_up())->execute();
        $this->assertEquals([$stays->id], $DB->get_fieldset('local_passerelle_owned', 'itemid'));
    }
}
