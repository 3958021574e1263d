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

use local_passerelle\local\connection;
use local_passerelle\local\job;
use local_passerelle\local\refusal;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->libdir . '/filelib.php');

/**
 * Connecting makes what a call needs, again is safe, and disconnecting takes back that and nothing else (K1).
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \local_passerelle\local\connection
 * @covers \local_passerelle\local\service_account
 * @covers \local_passerelle\local\hub_place
 * @covers \local_passerelle\local\made
 */
final class connection_test extends \advanced_testcase {
    /** Where nobody listens. */
    private const NOWHERE = 'http://127.0.0.1:9';

    /** A signing secret. */
    private const SECRET = 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=';

    #[\Override]
    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->setAdminUser();
        // As on a site where nobody has switched anything on.
        set_config('enablewebservices', 0);
        set_config('webserviceprotocols', '');
    }

    /**
     * What a code says, as Passerelle spells it.
     *
     * @param array $changes
     * @return string
     */
    private static function spelt(array $changes = []): string {
        $said = $changes + ['address' => self::NOWHERE, 'site' => 'caen', 'key' => base64_encode(str_repeat('k', 32))];
        return 'psl1_' . rtrim(strtr(base64_encode(json_encode($said)), '+/', '-_'), '=');
    }

    /**
     * Connect with these answers of Passerelle, in their order.
     *
     * @param array $opened what it changes of the first answer
     * @param bool $kept whether the second one comes
     * @return array what was found
     */
    private static function connect(array $opened = [], bool $kept = true): array {
        // Answers are taken from the end.
        if ($kept) {
            \curl::mock_response(json_encode(['fits' => true, 'findings' => [['level' => 'good', 'text' => 'Moodle answers']]]));
        }
        \curl::mock_response(json_encode($opened + [
            'secret' => self::SECRET,
            'sources' => ['archives.example.org'],
            'roles' => ['student', 'editingteacher', 'nosuchrole'],
            'offers' => ['publish' => false, 'rollover' => true],
            'last_year' => '24/25',
            'hub' => ['category' => 'RESEAU', 'viewer_role' => 'networkviewer'],
        ]));
        return connection::connect(connection::read(self::spelt()));
    }

    /**
     * Leave the network; Passerelle answers that it has forgotten us, or nothing.
     *
     * @param bool $heard
     * @return string|null
     */
    private static function disconnect(bool $heard = true): ?string {
        if ($heard) {
            \curl::mock_response(json_encode(['connected' => false, 'fits' => false, 'findings' => []]));
        }
        return connection::disconnect();
    }

    /**
     * Everything that connecting may change.
     *
     * @return array
     */
    private static function site(): array {
        global $DB;
        $settings = (array) get_config('local_passerelle');
        unset($settings['claim']); // By it a Moodle is known again while it uses a code.
        $settings = array_filter($settings, 'strlen');
        ksort($settings);
        return [
            'roles' => $DB->get_fieldset('role', 'shortname'),
            'capabilities' => $DB->count_records('role_capabilities'),
            'allows' => $DB->count_records('role_allow_assign'),
            'accounts' => $DB->get_fieldset('user', 'username', ['deleted' => 0]),
            'tokens' => $DB->count_records('external_tokens'),
            'authorised' => $DB->count_records('external_services_users'),
            'categories' => $DB->get_fieldset('course_categories', 'idnumber'),
            'webservices' => (int) get_config('core', 'enablewebservices'),
            'protocols' => get_config('core', 'webserviceprotocols'),
            'enrolments' => enrol_is_enabled('passerelle'),
            'settings' => $settings,
        ];
    }

    /**
     * Codes that are none.
     *
     * @return array[]
     */
    public static function no_codes(): array {
        return [
            'nothing' => [''],
            'another word' => ['hello'],
            'nothing inside' => ['psl1_'],
            'cut short' => [substr(self::spelt(), 0, -9)],
            'a key too short' => [self::spelt(['key' => base64_encode('short')])],
            'a name that is none' => [self::spelt(['site' => '../x'])],
            'no address' => [self::spelt(['address' => 'ftp://a.example'])],
        ];
    }

    /**
     * They are told apart before anybody is asked.
     *
     * @dataProvider no_codes
     * @param string $code
     */
    public function test_what_is_no_code_is_told_before_anybody_is_asked(string $code): void {
        $this->assertNull(connection::read($code));
    }

    /**
     * A code copied from a terminal is broken into lines.
     */
    public function test_a_code_is_read_whatever_its_lines(): void {
        $read = connection::read(" \n" . chunk_split(self::spelt(), 20, "\r\n"));
        $this->assertSame(['caen', self::NOWHERE, 32], [$read['site'], $read['address'], strlen($read['key'])]);
    }

    /**
     * Whoever is asked whether it may reads what will be switched on.
     */
    public function test_it_says_beforehand_that_web_services_are_switched_on(): void {
        $switch = get_string('connect_will_switch', 'local_passerelle');
        $this->assertContains($switch, connection::announce(connection::read(self::spelt())));
        set_config('enablewebservices', 1);
        set_config('webserviceprotocols', 'rest');
        $this->assertNotContains($switch, connection::announce(connection::read(self::spelt())));
    }

    /**
     * From nothing to a site that can be called, and back.
     */
    public function test_disconnecting_takes_back_everything_that_connecting_made(): void {
        global $DB;
        $before = self::site();
        $this->assertTrue(self::connect()['fits']);
        $state = connection::state();
        $this->assertSame(['caen', 'Moodle answers'], [$state['site'], $state['findings'][0]['text']]);
        $this->assertTrue(local\service_account::web_services_on());
        $account = $DB->get_record('user', ['username' => 'passerelle'], '*', MUST_EXIST);
        $this->assertSame(['webservice', 'not cached'], [$account->auth, $account->password]);
        foreach (['local/passerelle:apply', 'enrol/passerelle:manage', 'webservice/rest:use'] as $capability) {
            $this->assertTrue(has_capability($capability, \context_system::instance(), $account), $capability);
        }
        foreach (['moodle/user:update', 'moodle/site:config', 'moodle/role:manage', 'moodle/user:delete'] as $capability) {
            $this->assertFalse(has_capability($capability, \context_system::instance(), $account), $capability);
        }
        $settings = get_config('local_passerelle');
        $this->assertSame(['24/25', '0', '1'], [$settings->lastyear, $settings->offerpublish, $settings->offerrollover]);
        $this->assertStringContainsString('archives.example.org', $settings->sources);
        $this->assertNull(self::disconnect());
        $this->assertEquals($before, self::site());
        $this->assertNull(connection::state());
        $this->assertTrue(self::connect()['fits'], 'And in again');
        $this->assertNull(self::disconnect());
        $this->assertEquals($before, self::site());
    }

    /**
     * One account, one role, one token that lasts, however often.
     */
    public function test_connecting_again_doubles_nothing_and_ends_the_token_before(): void {
        global $DB;
        $before = self::site();
        self::connect();
        $first = self::site();
        $token = $DB->get_record('external_tokens', [], '*', MUST_EXIST);
        self::connect();
        $again = self::site();
        unset($first['tokens'], $again['tokens'], $first['settings'], $again['settings']);
        $this->assertEquals($first, $again);
        $ends = (int) $DB->get_field('external_tokens', 'validuntil', ['id' => $token->id]);
        $this->assertEqualsWithDelta(time() + 600, $ends, 5);
        $this->assertSame(1, $DB->count_records_select('external_tokens', 'validuntil IS NULL OR validuntil = 0'));
        self::disconnect();
        $this->assertEquals($before, self::site());
    }

    /**
     * A role of an earlier release loses what is asked for no more.
     */
    public function test_connecting_again_takes_from_the_role_what_it_needs_no_more(): void {
        global $DB;
        self::connect();
        $roleid = (int) local\made::all()['role'];
        assign_capability('moodle/user:update', CAP_ALLOW, $roleid, \context_system::instance());
        self::connect();
        $this->assertFalse($DB->record_exists('role_capabilities', ['roleid' => $roleid, 'capability' => 'moodle/user:update']));
        $this->assertTrue($DB->record_exists('role_capabilities', ['roleid' => $roleid, 'capability' => 'local/passerelle:apply']));
    }

    /**
     * Cut before the token arrived, the same Moodle goes on; and can be taken back, too.
     */
    public function test_cut_before_the_token_arrived_it_goes_on(): void {
        $before = self::site();
        try {
            self::connect([], false);
            $this->fail('Nobody heard the token');
        } catch (refusal $refusal) {
            $this->assertSame('unreachable', $refusal->code_);
        }
        $this->assertNull(connection::state());
        $this->assertTrue(self::connect()['fits']);
        self::disconnect();
        $this->assertEquals($before, self::site());
    }

    /**
     * What others made or switched on is not ours to take.
     */
    public function test_disconnecting_leaves_what_stood_before(): void {
        global $DB;
        set_config('enablewebservices', 1);
        set_config('webserviceprotocols', 'soap,rest');
        set_config('sources', 'other.example.org', 'local_passerelle');
        $make = $this->getDataGenerator();
        $make->create_user(['username' => 'passerelle']);
        $make->create_category(['idnumber' => 'RESEAU', 'name' => 'Ours']);
        $make->create_role(['shortname' => 'networkviewer']);
        $before = self::site();
        self::connect();
        $this->assertTrue($DB->record_exists('user', ['username' => 'passerelle2']), 'Nobody\'s account is taken over');
        self::disconnect();
        $this->assertEquals($before, self::site());
    }

    /**
     * A token that somebody else has made since needs what we switched on.
     */
    public function test_what_somebody_else_uses_by_now_stays_switched_on(): void {
        global $DB;
        self::connect();
        $service = $DB->get_record('external_services', ['shortname' => 'moodle_mobile_app'], '*', MUST_EXIST);
        \core_external\util::generate_token(EXTERNAL_TOKEN_PERMANENT, $service, get_admin()->id, \context_system::instance());
        self::disconnect();
        $this->assertTrue(local\service_account::web_services_on());
    }

    /**
     * A course that was published stays with its category.
     */
    public function test_a_category_with_courses_stays(): void {
        global $DB;
        self::connect();
        $category = $DB->get_field('course_categories', 'id', ['idnumber' => 'RESEAU'], MUST_EXIST);
        $this->getDataGenerator()->create_course(['category' => $category]);
        self::disconnect();
        $this->assertTrue($DB->record_exists('course_categories', ['id' => $category]));
    }

    /**
     * The hub's place: whoever holds the role views, whoever is only signed in does not see it.
     */
    public function test_the_hubs_category_is_seen_by_those_who_view_it_alone(): void {
        global $DB;
        self::connect();
        $make = $this->getDataGenerator();
        $category = $DB->get_record('course_categories', ['idnumber' => 'RESEAU'], '*', MUST_EXIST);
        $context = \context_coursecat::instance($category->id);
        $course = \context_course::instance($make->create_course(['category' => $category->id])->id);
        [$views, $student] = [$make->create_user(), $make->create_user()];
        role_assign($DB->get_field('role', 'id', ['shortname' => 'networkviewer']), $views->id, $context->id);
        $this->assertTrue(has_capability('moodle/category:viewcourselist', $context, $views));
        $this->assertTrue(has_capability('moodle/course:view', $course, $views));
        $this->assertTrue(has_capability('mod/quiz:view', $course, $views));
        $this->assertFalse(has_capability('moodle/course:update', $course, $views));
        $this->assertFalse(has_capability('moodle/category:viewcourselist', $context, $student));
        $this->assertFalse(has_capability('moodle/course:view', $course, $student));
        self::disconnect();
        $this->assertTrue(has_capability('moodle/category:viewcourselist', \context_system::instance(), $student));
    }

    /**
     * A backup or a restore is not left without its Passerelle.
     */
    public function test_a_site_with_a_job_under_way_does_not_leave(): void {
        self::connect();
        $job = job::ensure('backup', 'test:1', ['intent' => 'share'], null, 0);
        try {
            self::disconnect(false);
            $this->fail('A job is under way');
        } catch (refusal $refusal) {
            $this->assertSame('disconnect_jobs', $refusal->code_);
        }
        $this->assertNotNull(connection::state());
        $job->end('done');
        $this->assertNull(self::disconnect());
    }

    /**
     * Passerelle may be gone: what is here is taken back, and it is said what could not be done.
     */
    public function test_where_passerelle_does_not_answer_the_site_leaves_all_the_same(): void {
        $before = self::site();
        self::connect();
        $this->assertNotNull(self::disconnect(false));
        $this->assertEquals($before, self::site());
    }

    /**
     * One Moodle is one site.
     */
    public function test_a_connected_site_is_not_connected_as_another(): void {
        self::connect();
        $this->expectException(refusal::class);
        $this->expectExceptionMessage('caen');
        connection::connect(connection::read(self::spelt(['site' => 'lille'])));
    }
}
