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

/**
 * Whose things become that a restore brings (P19): those of the person it is done for, else of an account of
 * Passerelle's own that may do nothing. Never an administrator's: Moodle judges the code inside an H5P package by
 * what the owner of its file may do.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class keeper {
    /** Username of the account that keeps what has no person here. */
    public const USERNAME = 'passerelle-content';

    /**
     * The id of the user to whom a restore's things go.
     *
     * @param string $username of the person it is done for; empty or unknown here: nobody
     * @return int
     */
    public static function of(string $username): int {
        global $CFG, $DB;
        $username = \core_text::strtolower(trim($username));
        $id = $username === '' ? false : $DB->get_field(
            'user',
            'id',
            ['username' => $username, 'deleted' => 0, 'mnethostid' => $CFG->mnet_localhost_id]
        );
        return $id && self::may_own((int) $id) ? (int) $id : self::account();
    }

    /**
     * Whether things may stay with a user: one who is there, and no administrator.
     *
     * @param int $userid
     * @return bool
     */
    public static function may_own(int $userid): bool {
        global $DB;
        return !is_siteadmin($userid) && !isguestuser($userid)
            && $DB->record_exists('user', ['id' => $userid, 'deleted' => 0]);
    }

    /**
     * The account of our own. Nobody can log in to it, and roles that somebody gave it are taken away again.
     *
     * @return int
     */
    private static function account(): int {
        global $CFG, $DB;
        require_once($CFG->dirroot . '/user/lib.php');
        $known = ['username' => self::USERNAME, 'deleted' => 0, 'mnethostid' => $CFG->mnet_localhost_id];
        if ($id = $DB->get_field('user', 'id', $known)) {
            if ($DB->record_exists('role_assignments', ['userid' => $id])) {
                role_unassign_all(['userid' => $id]);
            }
            if (!is_siteadmin($id)) {
                return (int) $id;
            }
            throw new job_failure('invalid', get_string('keeper_admin', 'local_passerelle', self::USERNAME));
        }
        return (int) user_create_user((object) ($known + [
            'auth' => 'nologin',
            'confirmed' => 1,
            'firstname' => 'Passerelle',
            'lastname' => get_string('keeper_lastname', 'local_passerelle'),
            // A name that no mail can reach (RFC 2606).
            'email' => self::USERNAME . '@passerelle.invalid',
            'emailstop' => 1,
            'description' => get_string('keeper_description', 'local_passerelle'),
        ]), false, true);
    }
}
