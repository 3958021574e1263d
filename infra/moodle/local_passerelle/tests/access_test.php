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

use local_passerelle\local\site_facts;

/**
 * What the plugin's capabilities warn an administrator of.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @coversNothing
 */
final class access_test extends \advanced_testcase {
    /**
     * Capabilities and the risks they bear.
     *
     * @return array[]
     */
    public static function risks(): array {
        return [
            'what is published tells of people and is shown to others' => ['publish', RISK_PERSONAL | RISK_XSS],
            'what is brought home was written elsewhere' => ['retrieve', RISK_XSS],
            'a change of year deletes first' => ['rollover', RISK_DATALOSS],
            'a restore does both' => ['startrestore', RISK_DATALOSS | RISK_XSS],
            'accounts, courses, enrolments' => ['apply', RISK_PERSONAL | RISK_DATALOSS | RISK_CONFIG],
        ];
    }

    /**
     * They carry their flags.
     *
     * @dataProvider risks
     * @param string $name
     * @param int $risks
     */
    public function test_a_capability_carries_the_flags_of_its_risks(string $name, int $risks): void {
        $this->assertSame($risks, $risks & (int) get_capability_info('local/passerelle:' . $name)->riskbitmask);
    }

    /**
     * What only the account of the services may, no role may by itself.
     */
    public function test_no_role_of_moodles_own_holds_what_the_services_ask_for(): void {
        foreach (['apply', 'startrestore', 'export', 'findusers', 'stashbackup'] as $name) {
            $this->assertSame([], get_roles_with_capability('local/passerelle:' . $name));
        }
        $this->assertSame([], get_roles_with_capability('enrol/passerelle:manage'));
    }

    /**
     * The network's check can tell which role it names in vain.
     */
    public function test_the_site_says_of_each_role_whether_it_may_be_given(): void {
        $this->resetAfterTest();
        $allowed = fn() => array_column(site_facts::all(\context_system::instance())['roles'], 'allowed', 'shortname');
        $this->assertFalse($allowed()['manager']);
        $this->assertTrue($allowed()['editingteacher']);
        global $DB;
        set_config('applyroles', $DB->get_field('role', 'id', ['shortname' => 'student']), 'local_passerelle');
        $this->assertFalse($allowed()['editingteacher']);
    }
}
