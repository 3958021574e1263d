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

namespace local_passerelle\privacy;

use core_privacy\local\request\approved_contextlist;
use core_privacy\local\request\approved_userlist;
use core_privacy\local\request\userlist;
use core_privacy\local\request\writer;
use core_privacy\tests\provider_testcase;
use local_passerelle\local\job;
use local_passerelle\local\job_people;

/**
 * What the plugin knows of people can be shown, and forgotten: whoever a job names, not only whoever asked for it.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \local_passerelle\privacy\provider
 * @covers \local_passerelle\local\job_people
 */
final class provider_test extends provider_testcase {
    /** @var \stdClass who asks */
    private \stdClass $ada;

    /** @var \stdClass whom jobs name */
    private \stdClass $grace;

    /** @var \stdClass whose username is contained in Ada's */
    private \stdClass $gra;

    /** @var \stdClass */
    private \stdClass $course;

    #[\Override]
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $make = $this->getDataGenerator();
        $this->ada = $make->create_user(['username' => 'ada']);
        $this->grace = $make->create_user(['username' => 'grace.h']);
        $this->gra = $make->create_user(['username' => 'grace']);
        $this->course = $make->create_course();
    }

    /**
     * A job that has ended.
     *
     * @param string $kind
     * @param array $params
     * @param \stdClass|null $asker
     * @param int|null $courseid
     * @return \stdClass its row
     */
    private function job(string $kind, array $params, ?\stdClass $asker = null, ?int $courseid = null): \stdClass {
        $job = job::ensure($kind, uniqid('test:'), $params, $courseid, (int) ($asker->id ?? 0));
        $job->end('done');
        return $job->row;
    }

    /**
     * A job's row as it stands now.
     *
     * @param \stdClass $row
     * @return \stdClass
     */
    private static function again(\stdClass $row): \stdClass {
        global $DB;
        return $DB->get_record('local_passerelle_job', ['id' => $row->id], '*', MUST_EXIST);
    }

    /**
     * The ids of the contexts in which the plugin knows somebody, sorted.
     *
     * @param \stdClass $user
     * @return int[]
     */
    private static function contexts(\stdClass $user): array {
        $ids = array_map('intval', provider::get_contexts_for_userid((int) $user->id)->get_contextids());
        sort($ids);
        return $ids;
    }

    /**
     * The ids of those whom the plugin knows in a context, sorted.
     *
     * @param \context $context
     * @return int[]
     */
    private static function users(\context $context): array {
        $list = new userlist($context, 'local_passerelle');
        provider::get_users_in_context($list);
        $ids = array_map('intval', $list->get_userids());
        sort($ids);
        return $ids;
    }

    /**
     * Each way of being in a job, and where it is.
     *
     * @return array[]
     */
    public static function parts(): array {
        return [
            'who asked' => ['asked', []],
            'whom it was for' => ['person', ['person' => 'Grace.H']],
            'an owner' => ['owner', ['owners' => [['username' => 'ada', 'role' => 'x'], ['username' => 'grace.h', 'role' => 'x']]]],
            'who got a deposit' => ['recipient', ['username' => 'grace.h', 'filename' => 'a.mbz']],
        ];
    }

    /**
     * Whoever a job names is found in the course's context, shown, and forgotten there.
     *
     * @dataProvider parts
     * @param string $part
     * @param array $params
     */
    public function test_whoever_a_job_names_is_found_shown_and_forgotten(string $part, array $params): void {
        $row = $this->job('restore', $params, $part === 'asked' ? $this->grace : null, (int) $this->course->id);
        $context = \context_course::instance($this->course->id);
        $this->assertSame([(int) $context->id], self::contexts($this->grace));
        $this->assertSame([], self::contexts($this->gra), 'Part of a name is another name');
        $this->assertContains((int) $this->grace->id, self::users($context));
        $this->assertNotContains((int) $this->grace->id, self::users(\context_system::instance()));

        $this->export_context_data_for_user($this->grace->id, $context, 'local_passerelle');
        $data = writer::with_context($context)->get_data([get_string('pluginname', 'local_passerelle')]);
        $this->assertSame('restore', $data->jobs[0]->kind);
        $this->assertSame(get_string('privacy:part:' . $part, 'local_passerelle'), $data->jobs[0]->parts);

        $approved = new approved_contextlist($this->grace, 'local_passerelle', [$context->id]);
        provider::delete_data_for_user($approved);
        $this->assertSame([], self::contexts($this->grace));
        $this->assertStringNotContainsStringIgnoringCase('grace.h', json_encode(self::again($row)));
        $this->assertSame($part === 'owner', str_contains(self::again($row)->params, 'ada'), 'Others stay');
    }

    /**
     * Where no course is, or none any more, it is the site's.
     */
    public function test_jobs_without_a_course_lie_in_the_sites_context(): void {
        $this->job('stash', ['username' => 'grace.h'], $this->ada);
        $gone = $this->getDataGenerator()->create_course();
        $this->job('backup', ['intent' => 'share'], $this->ada, (int) $gone->id);
        delete_course($gone, false);
        $system = \context_system::instance();
        $this->assertSame([(int) $system->id], self::contexts($this->grace));
        $this->assertSame([(int) $this->ada->id, (int) $this->grace->id], self::users($system));
    }

    /**
     * Messages, and accounts that the night made or adopted.
     */
    public function test_messages_and_owned_accounts_are_shown_and_forgotten(): void {
        global $DB;
        $DB->insert_record('local_passerelle_sent', ['notifykey' => 'k1', 'userid' => $this->grace->id, 'timecreated' => 1]);
        $DB->insert_record('local_passerelle_owned', ['kind' => 'user', 'itemid' => $this->grace->id, 'timecreated' => 1]);
        $DB->insert_record('local_passerelle_owned', ['kind' => 'course', 'itemid' => $this->grace->id, 'timecreated' => 1]);
        $system = \context_system::instance();
        $this->assertSame([(int) $system->id], self::contexts($this->grace));
        $this->assertSame([(int) $this->grace->id], self::users($system));
        $this->export_context_data_for_user($this->grace->id, $system, 'local_passerelle');
        $data = writer::with_context($system)->get_data([get_string('pluginname', 'local_passerelle')]);
        $this->assertSame('k1', $data->messages[0]->key);
        $this->assertNotNull($data->accountkeptbypasserelle);
        provider::delete_data_for_users(new approved_userlist($system, 'local_passerelle', [$this->grace->id]));
        $this->assertSame([], self::users($system));
        $this->assertSame(['course'], $DB->get_fieldset('local_passerelle_owned', 'kind'));
    }

    /**
     * Sentences that a job told name people, too.
     */
    public function test_what_a_job_told_of_somebody_is_forgotten(): void {
        $job = job::ensure('restore', 'test:told', ['owners' => [['username' => 'grace.h', 'role' => 'x']]], null, 0);
        $job->tell('ownerunknown', 'grace.h');
        $job->tell('ownerunknown', 'grace');
        $job->end('failed', 'invalid', get_string('ownerunknown', 'local_passerelle', 'grace.h'));
        $system = \context_system::instance();
        provider::delete_data_for_user(new approved_contextlist($this->grace, 'local_passerelle', [$system->id]));
        $row = self::again($job->row);
        $this->assertStringNotContainsString('grace.h', $row->params . $row->warnings . $row->errormessage);
        $this->assertStringContainsString('grace', $row->warnings, 'Another name stays');
        $this->assertIsArray(json_decode($row->warnings, true));
    }

    /**
     * A job under way needs whom it is for until it has ended.
     */
    public function test_a_job_under_way_keeps_its_people(): void {
        $job = job::ensure('restore', 'test:runs', ['person' => 'grace.h'], null, (int) $this->ada->id);
        $system = \context_system::instance();
        provider::delete_data_for_all_users_in_context($system);
        $this->assertSame('grace.h', json_decode(self::again($job->row)->params)->person);
        $job->end('done');
        provider::delete_data_for_all_users_in_context($system);
        $this->assertSame([], self::users($system));
    }

    /**
     * One context is forgotten without the other.
     */
    public function test_everybody_is_forgotten_in_one_context(): void {
        $here = $this->job('restore', ['person' => 'grace.h'], $this->ada, (int) $this->course->id);
        $there = $this->job('stash', ['username' => 'grace.h'], $this->ada);
        provider::delete_data_for_all_users_in_context(\context_course::instance($this->course->id));
        $this->assertSame([], self::users(\context_course::instance($this->course->id)));
        $this->assertEquals(0, self::again($here)->userid);
        $this->assertEquals($this->ada->id, self::again($there)->userid);
        $this->assertCount(2, self::users(\context_system::instance()));
    }

    /**
     * What is kept is described, in words that are there.
     */
    public function test_everything_kept_is_described(): void {
        $collection = provider::get_metadata(new \core_privacy\local\metadata\collection('local_passerelle'));
        foreach ($collection->get_collection() as $item) {
            foreach ([$item->get_summary(), ...array_values($item->get_privacy_fields() ?? [])] as $string) {
                $this->assertTrue(get_string_manager()->string_exists($string, 'local_passerelle'), $string);
            }
        }
        foreach (job_people::PARTS as $part) {
            $this->assertTrue(get_string_manager()->string_exists('privacy:part:' . $part, 'local_passerelle'));
        }
    }
}
