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
 * The hub's own: the category of published courses, and the role that views them (P8, P9).
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class hub_place {
    /** What whoever is only signed in, or not even that, must not see of the category. */
    private const HIDDEN = ['moodle/category:viewcourselist', 'moodle/course:view'];

    /**
     * The category and the role, made where they are missing. Safe to repeat.
     *
     * @param string $idnumber of the category
     * @param string $viewer short name of the role
     */
    public static function ensure(string $idnumber, string $viewer): void {
        $category = self::category($idnumber);
        self::role($viewer);
        $context = \context_coursecat::instance($category);
        $hidden = made::all()['hidden'] ?? [];
        foreach (['user', 'guest', 'frontpage', 'student'] as $archetype) {
            foreach (get_archetype_roles($archetype) as $role) {
                foreach (self::HIDDEN as $capability) {
                    $key = "{$context->id} {$role->id} {$capability}";
                    if (!isset($hidden[$key]) && self::allowed($role->id, $capability, $context)) {
                        $hidden[$key] = 1;
                        made::note('hidden', $hidden);
                        assign_capability($capability, CAP_PREVENT, $role->id, $context->id, true);
                    }
                }
            }
        }
        $context->mark_dirty();
    }

    /**
     * The role goes, the category where it is empty, and what was hidden shows again.
     */
    public static function take_back(): void {
        global $DB;
        foreach (array_keys(made::take('hidden') ?? []) as $key) {
            [$contextid, $roleid, $capability] = explode(' ', $key);
            unassign_capability($capability, (int) $roleid, (int) $contextid);
        }
        if (($roleid = made::take('viewer')) && $DB->record_exists('role', ['id' => $roleid])) {
            delete_role($roleid);
        }
        if ($categoryid = made::take('category')) {
            $category = \core_course_category::get($categoryid, IGNORE_MISSING, true);
            $holds = $category && ($category->has_children() || $category->has_courses());
            if ($category && !$holds) {
                $category->delete_full(false);
            }
        }
    }

    /**
     * The category of published courses.
     *
     * @param string $idnumber
     * @return int
     */
    private static function category(string $idnumber): int {
        global $DB;
        if ($id = $DB->get_field('course_categories', 'id', ['idnumber' => $idnumber])) {
            return (int) $id;
        }
        $category = \core_course_category::create((object) [
            'name' => get_string('connect_category', 'local_passerelle'),
            'idnumber' => $idnumber,
            'parent' => 0,
        ]);
        made::note('category', (int) $category->id);
        return (int) $category->id;
    }

    /**
     * The role that views courses and every activity, and changes nothing.
     *
     * @param string $shortname
     */
    private static function role(string $shortname): void {
        global $DB;
        if ($DB->record_exists('role', ['shortname' => $shortname])) {
            return; // The network named one that is here.
        }
        $roleid = (int) create_role(
            get_string('connect_viewer', 'local_passerelle'),
            $shortname,
            get_string('connect_viewer_desc', 'local_passerelle')
        );
        made::note('viewer', $roleid);
        set_role_contextlevels($roleid, [CONTEXT_COURSECAT]);
        $system = \context_system::instance();
        $views = $DB->get_fieldset_select(
            'capabilities',
            'name',
            $DB->sql_like('name', ':mods') . " AND captype = 'read'",
            ['mods' => 'mod/%:view%']
        );
        $views = array_filter($views, fn($name) => preg_match('/^mod\/[a-z0-9_]+:(view|viewdiscussion)$/', $name));
        foreach (array_merge(self::HIDDEN, $views) as $capability) {
            assign_capability($capability, CAP_ALLOW, $roleid, $system->id, true);
        }
        $system->mark_dirty();
    }

    /**
     * Whether a role has a capability there.
     *
     * @param int $roleid
     * @param string $capability
     * @param \context $context
     * @return bool
     */
    private static function allowed(int $roleid, string $capability, \context $context): bool {
        [$needed, $forbidden] = get_roles_with_cap_in_context($context, $capability);
        return isset($needed[$roleid]) && !isset($forbidden[$roleid]);
    }
}
