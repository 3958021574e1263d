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

namespace local_passerelle\local;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->dirroot . '/user/lib.php');
require_once($CFG->dirroot . '/webservice/lib.php');

/**
 * The account that Passerelle calls with: role, account, service, token; made, found again, taken back.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class service_account {
    /** What the account may do, at site level: what the functions of the service ask for. */
    private const CAPABILITIES = [
        'webservice/rest:use',
        'local/passerelle:getsite', 'local/passerelle:findusers', 'local/passerelle:startbackup',
        'local/passerelle:startrestore', 'local/passerelle:undorestore', 'local/passerelle:stashbackup',
        'local/passerelle:getjobs', 'local/passerelle:canceljob', 'local/passerelle:getcoursestates',
        'local/passerelle:listchangedcourses', 'local/passerelle:export', 'local/passerelle:apply',
        'local/passerelle:notify',
        'enrol/passerelle:manage',
        'moodle/user:create', 'moodle/user:viewdetails', 'moodle/user:viewalldetails',
        'moodle/user:viewhiddendetails',
        'moodle/category:viewcourselist', 'moodle/category:viewhiddencategories', 'moodle/category:manage',
        'moodle/course:view', 'moodle/course:viewhiddencourses', 'moodle/course:viewparticipants', 'moodle/course:create',
        'moodle/course:update', 'moodle/course:visibility', 'moodle/course:changecategory', 'moodle/course:changefullname',
        'moodle/course:changeshortname', 'moodle/course:changeidnumber', 'moodle/course:managegroups',
        'moodle/course:enrolreview',
        'enrol/manual:enrol', 'enrol/manual:unenrol', 'enrol/manual:manage',
        'moodle/role:assign', 'moodle/site:accessallgroups', 'moodle/site:viewuseridentity',
        'moodle/backup:backupcourse', 'moodle/restore:restorecourse',
    ];

    /** Seconds that a token which was replaced still opens: Passerelle holds one for five minutes. */
    private const OVERLAP = 600;

    /**
     * Whether Moodle answers web services over REST at all.
     *
     * @return bool
     */
    public static function web_services_on(): bool {
        global $CFG;
        return !empty($CFG->enablewebservices) && in_array('rest', explode(',', (string) ($CFG->webserviceprotocols ?? '')), true);
    }

    /**
     * Everything that a call needs, and a fresh token. Who asks has been asked before.
     *
     * @param string[] $assignable short names of the roles that it is to give; names unknown here are left out
     * @return string the token
     */
    public static function ensure(array $assignable): string {
        self::switch_on();
        $roleid = self::role();
        self::let_assign($roleid, $assignable);
        $userid = self::user();
        $system = \context_system::instance();
        role_assign($roleid, $userid, $system->id);
        $service = self::service();
        $authorised = ['externalserviceid' => $service->id, 'userid' => $userid];
        global $DB;
        if (!$DB->record_exists('external_services_users', $authorised)) {
            (new \webservice())->add_ws_authorised_user((object) $authorised);
        }
        return \core_external\util::generate_token(EXTERNAL_TOKEN_PERMANENT, $service, $userid, $system, 0, '', 'Passerelle');
    }

    /**
     * The account's other tokens end soon.
     *
     * @param string $token the one that stays
     */
    public static function let_others_die(string $token): void {
        global $DB;
        $userid = made::all()['user'] ?? 0;
        $DB->set_field_select(
            'external_tokens',
            'validuntil',
            time() + self::OVERLAP,
            'userid = :userid AND token <> :token AND (validuntil = 0 OR validuntil IS NULL)',
            ['userid' => $userid, 'token' => $token]
        );
    }

    /**
     * The account and its role go, and what was switched on is switched off, where nobody else uses it.
     */
    public static function take_back(): void {
        global $DB;
        if ($userid = made::take('user')) {
            $DB->delete_records('external_tokens', ['userid' => $userid]);
            $DB->delete_records('external_services_users', ['userid' => $userid]);
            if ($user = $DB->get_record('user', ['id' => $userid, 'deleted' => 0])) {
                delete_user($user);
            }
        }
        if ($roleid = made::take('role')) {
            if ($DB->record_exists('role', ['id' => $roleid])) {
                delete_role($roleid);
            }
        }
        $othersuse = $DB->record_exists('external_tokens', ['tokentype' => EXTERNAL_TOKEN_PERMANENT]);
        if (made::take('rest') && !$othersuse) {
            \core\plugininfo\webservice::enable_plugin('rest', 0);
        }
        if (made::take('webservices') && !$othersuse) {
            set_config('enablewebservices', 0);
        }
        if (made::take('enrol') && !$DB->record_exists('enrol', ['enrol' => 'passerelle'])) {
            \core\plugininfo\enrol::enable_plugin('passerelle', 0);
        }
    }

    /**
     * Web services, REST, and the enrolment method.
     */
    private static function switch_on(): void {
        global $CFG;
        if (empty($CFG->enablewebservices)) {
            made::note('webservices', 1);
            set_config('enablewebservices', 1);
        }
        if (!in_array('rest', explode(',', (string) ($CFG->webserviceprotocols ?? '')), true)) {
            made::note('rest', 1);
            \core\plugininfo\webservice::enable_plugin('rest', 1);
        }
        if (!enrol_is_enabled('passerelle')) {
            made::note('enrol', 1);
            \core\plugininfo\enrol::enable_plugin('passerelle', 1);
        }
    }

    /**
     * The role, with exactly what the account may do.
     *
     * @return int
     */
    private static function role(): int {
        global $DB;
        $roleid = (int) (made::all()['role'] ?? 0);
        if (!$roleid || !$DB->record_exists('role', ['id' => $roleid])) {
            $roleid = create_role(
                get_string('pluginname', 'local_passerelle'),
                self::free('role', 'shortname'),
                get_string('connect_role', 'local_passerelle')
            );
            made::note('role', (int) $roleid);
        }
        set_role_contextlevels($roleid, [CONTEXT_SYSTEM]);
        $system = \context_system::instance();
        foreach (array_diff(self::held($roleid, $system), self::CAPABILITIES) as $capability) {
            unassign_capability($capability, $roleid, $system->id); // An earlier release needed it.
        }
        foreach (self::CAPABILITIES as $capability) {
            if (get_capability_info($capability)) {
                assign_capability($capability, CAP_ALLOW, $roleid, $system->id, true);
            }
        }
        $system->mark_dirty();
        return (int) $roleid;
    }

    /**
     * What the role allows as it stands.
     *
     * @param int $roleid
     * @param \context $system
     * @return string[]
     */
    private static function held(int $roleid, \context $system): array {
        global $DB;
        return $DB->get_fieldset('role_capabilities', 'capability', ['roleid' => $roleid, 'contextid' => $system->id]);
    }

    /**
     * Let the role give these roles.
     *
     * @param int $roleid
     * @param string[] $shortnames
     */
    private static function let_assign(int $roleid, array $shortnames): void {
        global $DB;
        foreach ($shortnames as $shortname) {
            $other = (int) $DB->get_field('role', 'id', ['shortname' => $shortname]);
            if ($other && !$DB->record_exists('role_allow_assign', ['roleid' => $roleid, 'allowassign' => $other])) {
                core_role_set_assign_allowed($roleid, $other);
            }
        }
    }

    /**
     * The account. It signs in nowhere (authentication "Web services"), gets no mail and has no password.
     *
     * @return int
     */
    private static function user(): int {
        global $CFG, $DB;
        $userid = (int) (made::all()['user'] ?? 0);
        if ($userid && $DB->record_exists('user', ['id' => $userid, 'deleted' => 0])) {
            return $userid;
        }
        $userid = user_create_user((object) [
            'username' => self::free('user', 'username'),
            'auth' => 'webservice',
            'password' => AUTH_PASSWORD_NOT_CACHED,
            'firstname' => 'Passerelle',
            'lastname' => get_string('connect_account', 'local_passerelle'),
            'email' => \core_user::get_noreply_user()->email,
            'emailstop' => 1,
            'maildisplay' => 0,
            'confirmed' => 1,
            'policyagreed' => 1,
            'mnethostid' => $CFG->mnet_localhost_id,
        ], false);
        made::note('user', (int) $userid);
        return (int) $userid;
    }

    /**
     * A name that nothing here has: what somebody else made is never taken over.
     *
     * @param string $table
     * @param string $field
     * @return string
     */
    private static function free(string $table, string $field): string {
        global $DB;
        $name = 'passerelle';
        for ($number = 2; $DB->record_exists($table, [$field => $name]); $number++) {
            $name = 'passerelle' . $number;
        }
        return $name;
    }

    /**
     * The service that the plugin brings, switched on.
     *
     * @return \stdClass
     */
    private static function service(): \stdClass {
        global $DB;
        $service = $DB->get_record('external_services', ['shortname' => 'passerelle', 'component' => 'local_passerelle'], '*', MUST_EXIST);
        if (!$service->enabled) {
            $DB->set_field('external_services', 'enabled', 1, ['id' => $service->id]);
            $service->enabled = 1;
        }
        return $service;
    }
}
