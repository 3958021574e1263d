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
 * What this site is and what it can take.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class site_facts {
    /** Capabilities that tell what a role can do to a course or a person. */
    private const TELLING = [
        'moodle/category:viewcourselist', 'moodle/course:view', 'moodle/course:viewhiddencourses',
        'moodle/course:update', 'moodle/course:manageactivities',
        'moodle/user:update', 'moodle/user:loginas', 'moodle/user:editprofile', 'moodle/role:assign',
        'enrol/passerelle:manage',
        // Of the activities that Moodle shows to nobody without being asked to.
        'mod/assign:view', 'mod/forum:viewdiscussion', 'mod/h5pactivity:view', 'mod/quiz:view',
    ];

    /** Moodle's numbers of context levels, in words. */
    private const LEVELS = [
        CONTEXT_SYSTEM => 'system',
        CONTEXT_USER => 'user',
        CONTEXT_COURSECAT => 'coursecat',
        CONTEXT_COURSE => 'course',
        CONTEXT_MODULE => 'module',
        CONTEXT_BLOCK => 'block',
    ];

    /**
     * All of it.
     *
     * @param \context $place where what roles may do is looked at: the system or a category
     * @return array
     */
    public static function all(\context $place): array {
        global $CFG;
        return [
            'release' => $CFG->release,
            'version' => (string) $CFG->version,
            'site' => settings::site(),
            'wwwroot' => $CFG->wwwroot,
            'plugins' => [
                'local_passerelle' => (int) get_config('local_passerelle', 'version'),
                'enrol_passerelle' => (int) get_config('enrol_passerelle', 'version'),
                'block_passerelle' => (int) get_config('block_passerelle', 'version'),
            ],
            'roles' => self::roles($place),
            'modules' => self::plugins('mod'),
            'blocks' => self::plugins('block'),
            'limits' => [
                'max_input_vars' => (int) ini_get('max_input_vars'),
                'upload_max_filesize' => (int) get_real_size(ini_get('upload_max_filesize')),
                'post_max_size' => (int) get_real_size(ini_get('post_max_size')),
                'course_maxbytes' => (int) ($CFG->maxbytes ?? 0),
            ],
            'languages' => array_keys(get_string_manager()->get_list_of_translations()),
            'now' => time(),
            'cron' => self::cron(),
        ];
    }

    /**
     * How long a job may wait for cron.
     *
     * @return array
     */
    private static function cron(): array {
        $last = (int) get_config('tool_task', 'lastcronstart');
        return [
            'idle' => $last ? max(0, time() - $last) : null,
            'every' => (int) get_config('tool_task', 'lastcroninterval'),
            'atonce' => at_once::possible(),
        ];
    }

    /**
     * Roles, where they can be given and what they allow.
     *
     * @param \context $place
     * @return array[]
     */
    private static function roles(\context $place): array {
        global $DB;
        $levels = [];
        foreach ($DB->get_records('role_context_levels') as $row) {
            if (isset(self::LEVELS[$row->contextlevel])) {
                $levels[$row->roleid][] = self::LEVELS[$row->contextlevel];
            }
        }
        $allowed = [];
        foreach (self::TELLING as $capability) {
            // Overrides on the way down and prohibitions count, as Moodle itself counts them.
            [$needed, $forbidden] = get_roles_with_cap_in_context($place, $capability);
            foreach (array_diff_key($needed, $forbidden) as $roleid) {
                $allowed[$roleid][] = $capability;
            }
        }
        $given = (new reach())->roles();
        $roles = [];
        foreach (role_fix_names(get_all_roles(), null, ROLENAME_ORIGINAL) as $role) {
            $roles[] = [
                'id' => (int) $role->id,
                'shortname' => $role->shortname,
                'name' => $role->localname,
                'archetype' => (string) $role->archetype,
                'contextlevels' => $levels[$role->id] ?? [],
                'capabilities' => $allowed[$role->id] ?? [],
                'allowed' => isset($given[$role->id]),
            ];
        }
        return $roles;
    }

    /**
     * Names of the activities and blocks that this site can restore.
     *
     * @return string[]
     */
    public static function restorable(): array {
        return array_column([...self::plugins('mod'), ...self::plugins('block')], 'name');
    }

    /**
     * Installed plugins of a type.
     *
     * @param string $type
     * @return array[]
     */
    private static function plugins(string $type): array {
        $plugins = [];
        foreach (\core_plugin_manager::instance()->get_installed_plugins($type) ?: [] as $name => $version) {
            $plugins[] = ['name' => $type . '_' . $name, 'version' => (int) $version];
        }
        return $plugins;
    }
}
