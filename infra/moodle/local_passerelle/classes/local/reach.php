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
 * What Passerelle may use on this site, and whom it leaves alone: the roles it gives, the authentications it sets,
 * the categories it works in, as the administrator chose; nothing chosen stands for the defaults.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class reach {
    /** @var array<int, string>|null short names of the roles that may be given, by id */
    private ?array $roles = null;

    /** @var int[]|null ids of roles that manage more than a course */
    private ?array $managing = null;

    /** @var array<int, bool> whether a category is within reach, by id */
    private array $categories = [];

    /**
     * Roles that manage more than a course: the manager's, every one that changes how the site works, and each that
     * may give one of these to others.
     *
     * @return int[]
     */
    private function managing(): array {
        global $DB;
        if ($this->managing !== null) {
            return $this->managing;
        }
        $managing = array_map('intval', $DB->get_fieldset_sql(
            "SELECT r.id FROM {role} r
              WHERE r.archetype = 'manager' OR EXISTS (
                    SELECT 1 FROM {role_capabilities} rc JOIN {capabilities} c ON c.name = rc.capability
                     WHERE rc.roleid = r.id AND rc.contextid = :system AND rc.permission = :allow
                           AND " . $DB->sql_bitand('c.riskbitmask', RISK_CONFIG | RISK_MANAGETRUST) . ' <> 0)',
            ['system' => \context_system::instance()->id, 'allow' => CAP_ALLOW]
        ));
        $gives = $DB->get_records('role_allow_assign', null, '', 'id, roleid, allowassign');
        do {
            $before = count($managing);
            foreach ($gives as $one) {
                if (in_array((int) $one->allowassign, $managing, true) && !in_array((int) $one->roleid, $managing, true)) {
                    $managing[] = (int) $one->roleid;
                }
            }
        } while (count($managing) > $before);
        return $this->managing = $managing;
    }

    /**
     * The roles that may be given in courses.
     *
     * @return array<int, string> short names by id
     */
    public function roles(): array {
        global $DB;
        if ($this->roles === null) {
            $all = $DB->get_records_menu('role', null, 'id', 'id, shortname');
            $chosen = settings::listed('applyroles');
            $this->roles = $chosen
                ? array_intersect_key($all, array_flip($chosen))
                : array_diff_key($all, array_flip($this->managing()));
        }
        return $this->roles;
    }

    /**
     * The authentications that an account may be given.
     *
     * @return string[]
     */
    public static function auths(): array {
        $enabled = get_enabled_auth_plugins();
        $chosen = settings::listed('applyauths');
        return $chosen ? array_values(array_intersect($enabled, $chosen)) : $enabled;
    }

    /**
     * Whether what lies in a category may be touched: it or one above it was chosen, or none was.
     *
     * @param int $categoryid 0 for the top
     * @return bool
     */
    public function holds(int $categoryid): bool {
        global $DB;
        $chosen = settings::listed('applycategories');
        if (!$chosen) {
            return true;
        }
        return $this->categories[$categoryid] ??= (bool) array_intersect(
            explode('/', (string) $DB->get_field('course_categories', 'path', ['id' => $categoryid])),
            $chosen
        );
    }

    /**
     * Whether an account is left alone: an administrator's, one with a role over the whole site, one that manages a
     * category, the guests', and the one that keeps what restores bring. Who could change its address could become it.
     *
     * @param \stdClass $user
     * @return bool
     */
    public function protects(\stdClass $user): bool {
        global $DB;
        if (is_siteadmin($user->id) || isguestuser($user->id) || $user->username === keeper::USERNAME) {
            return true;
        }
        [$managing, $params] = $DB->get_in_or_equal($this->managing(), SQL_PARAMS_NAMED, 'role', true, 0);
        return $DB->record_exists_sql(
            "SELECT 1 FROM {role_assignments} ra JOIN {context} ctx ON ctx.id = ra.contextid
              WHERE ra.userid = :user
                    AND (ctx.contextlevel = :system OR (ctx.contextlevel = :category AND ra.roleid {$managing}))",
            $params + ['user' => $user->id, 'system' => CONTEXT_SYSTEM, 'category' => CONTEXT_COURSECAT]
        );
    }
}
