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

use local_passerelle\local\reach;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->dirroot . '/user/lib.php');

/**
 * Accounts. Nobody is deleted, no password is known.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class users extends doer {
    /** Field of the operation => column. */
    private const COLUMNS = [
        'idnumber' => 'idnumber', 'firstname' => 'firstname', 'lastname' => 'lastname', 'email' => 'email',
        'auth' => 'auth', 'lang' => 'lang',
    ];

    /**
     * Make an account. One that exists is left as it is.
     *
     * @param array $operation
     * @return bool whether anything was done
     */
    public function user_create(array $operation): bool {
        global $CFG;
        try {
            $this->lookup->user($operation);
            return false;
        } catch (operation_error $unknown) {
            unset($unknown);
        }
        $user = (object) [
            'username' => \core_text::strtolower(self::text($operation, 'username')),
            'firstname' => self::text($operation, 'firstname'),
            'lastname' => self::text($operation, 'lastname'),
            'email' => self::email($operation),
            'idnumber' => (string) ($operation['idnumber'] ?? ''),
            'auth' => self::auth($operation['auth'] ?? 'manual'),
            'confirmed' => 1,
            'mnethostid' => $CFG->mnet_localhost_id,
        ];
        if ($user->username !== clean_param($user->username, PARAM_USERNAME)) {
            throw new operation_error('invalid', 'username');
        }
        if (!empty($operation['lang']) && get_string_manager()->translation_exists($operation['lang'], false)) {
            $user->lang = $operation['lang'];
        }
        $user->id = user_create_user($user, false);
        if ($user->auth === 'manual') {
            // Moodle makes the first password and mails it from cron.
            set_user_preference('create_password', 1, $user);
        }
        $this->lookup->own('user', (int) $user->id);
        $this->lookup->stale('user', $user->username);
        return true;
    }

    /**
     * Change an account.
     *
     * @param array $operation
     * @return bool
     */
    public function user_update(array $operation): bool {
        $user = $this->lookup->user($operation);
        $changes = self::differing($operation, $user, self::COLUMNS);
        if (isset($changes['email'])) {
            $changes['email'] = self::email($operation);
        }
        if (isset($changes['auth'])) {
            $changes['auth'] = self::auth($changes['auth']);
        }
        if (isset($changes['lang']) && !get_string_manager()->translation_exists((string) $changes['lang'], false)) {
            unset($changes['lang']);
        }
        $name = \core_text::strtolower((string) ($operation['newusername'] ?? $user->username));
        if ($name !== $user->username) {
            if ($name !== clean_param($name, PARAM_USERNAME) || $name === '') {
                throw new operation_error('invalid', 'newusername');
            }
            if (self::taken($name)) {
                throw new operation_error('invalid', 'newusername');
            }
            $changes['username'] = $name;
        }
        if (!$changes) {
            return false;
        }
        $this->leave_alone($user);
        user_update_user((object) (['id' => $user->id] + $changes), false);
        $this->lookup->stale('user', $user->username);
        $this->lookup->stale('user', $name);
        return true;
    }

    /**
     * Suspend an account that the night made or adopted.
     *
     * @param array $operation
     * @return bool
     */
    public function user_suspend(array $operation): bool {
        return $this->set_suspended($operation, 1);
    }

    /**
     * Let a suspended account in again.
     *
     * @param array $operation
     * @return bool
     */
    public function user_unsuspend(array $operation): bool {
        return $this->set_suspended($operation, 0);
    }

    /**
     * Set the flag.
     *
     * @param array $operation
     * @param int $suspended
     * @return bool
     */
    private function set_suspended(array $operation, int $suspended): bool {
        $user = $this->lookup->user($operation);
        if ((int) $user->suspended === $suspended) {
            return false;
        }
        $this->leave_alone($user);
        $this->must_be_ours('user', (int) $user->id);
        user_update_user((object) ['id' => $user->id, 'suspended' => $suspended], false);
        if ($suspended) {
            \core\session\manager::destroy_user_sessions($user->id);
        }
        $this->lookup->stale('user', $user->username);
        return true;
    }

    /**
     * Whether somebody has a username.
     *
     * @param string $username
     * @return bool
     */
    private static function taken(string $username): bool {
        global $CFG, $DB;
        return $DB->record_exists('user', ['username' => $username, 'mnethostid' => $CFG->mnet_localhost_id]);
    }

    /**
     * The e-mail of an operation.
     *
     * @param array $operation
     * @return string
     */
    private static function email(array $operation): string {
        $email = self::text($operation, 'email');
        if (!validate_email($email)) {
            throw new operation_error('invalid', 'email');
        }
        return $email;
    }

    /**
     * An authentication that this site lets accounts have.
     *
     * @param mixed $auth
     * @return string
     */
    private static function auth($auth): string {
        if (!is_string($auth) || !exists_auth_plugin($auth)) {
            throw new operation_error('invalid', 'auth');
        }
        if (!in_array($auth, reach::auths(), true)) {
            throw new operation_error('authnotallowed', $auth);
        }
        return $auth;
    }
}
