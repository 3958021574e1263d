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
 * Permission overrides that an archive would bring: only those that the person who asks could set by hand (P19).
 *
 * Moodle restores them with the rights of whoever restores, which is an administrator.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class overrides {
    /** @var array<int, string> short names by the archive's role ids */
    private array $roles = [];

    /** @var string[] short names of the roles that the person may override here */
    private readonly array $mayoverride;

    /** @var string[] what was left out, in words */
    private array $leftout = [];

    /**
     * Look at the person's rights in the target.
     *
     * @param string $path of the unpacked archive
     * @param \context_course $context
     * @param int $userid who asks
     */
    private function __construct(
        /** @var string */
        private readonly string $path,
        /** @var \context_course */
        private readonly \context_course $context,
        /** @var int */
        private readonly int $userid
    ) {
        $this->mayoverride = $this->overridable();
        if (file_exists($path . '/roles.xml')) {
            foreach (unlisted::read($path . '/roles.xml')->getElementsByTagName('role') as $role) {
                $name = trim((string) $role->getElementsByTagName('shortname')->item(0)?->textContent);
                $this->roles[(int) $role->getAttribute('id')] = $name;
            }
        }
    }

    /**
     * Take out of an unpacked archive what the person could not have set.
     *
     * @param string $path of the unpacked archive
     * @param int $courseid
     * @param int $userid who asks
     * @return string[] what was taken out, in words
     */
    public static function trim(string $path, int $courseid, int $userid): array {
        $overrides = new self($path, \context_course::instance($courseid), $userid);
        $places = ['course', 'course/blocks/*', 'activities/*', 'activities/*/blocks/*'];
        foreach (array_merge(...array_map(fn($place) => glob("{$path}/{$place}/roles.xml") ?: [], $places)) as $file) {
            $overrides->trim_file($file);
        }
        return array_values(array_unique($overrides->leftout));
    }

    /**
     * Take them out of one file.
     *
     * @param string $file
     */
    private function trim_file(string $file): void {
        $document = unlisted::read($file);
        $gone = [];
        foreach ($document->getElementsByTagName('override') as $override) {
            $text = fn(string $name) => trim((string) $override->getElementsByTagName($name)->item(0)?->textContent);
            $role = $this->roles[(int) $text('roleid')] ?? '';
            if (!$this->may_set($role, $text('capability'))) {
                $gone[] = $override;
                $this->leftout[] = $text('capability') . ' (' . ($role === '' ? '?' : $role) . ')';
            }
        }
        unlisted::write($document, $gone, $file);
    }

    /**
     * Whether the person could override a capability for a role, as the page of permissions would let them.
     *
     * @param string $role short name
     * @param string $capability
     * @return bool
     */
    private function may_set(string $role, string $capability): bool {
        $known = get_capability_info($capability);
        if (!$known || !in_array($role, $this->mayoverride, true)) {
            return false;
        }
        return has_capability('moodle/role:override', $this->context, $this->userid)
            || (is_safe_capability($known) && has_capability('moodle/role:safeoverride', $this->context, $this->userid));
    }

    /**
     * Roles that the person may override here, and that Moodle's restore will take for themselves: a role that cannot be
     * assigned in a course would be taken for another of its archetype.
     *
     * @return string[] short names
     */
    private function overridable(): array {
        global $DB;
        $assignable = get_assignable_roles($this->context, ROLENAME_SHORT, false, get_admin());
        if (is_siteadmin($this->userid)) {
            return array_values($assignable);
        }
        [$in, $params] = $DB->get_in_or_equal($this->context->get_parent_context_ids(true));
        $allowed = $DB->get_fieldset_sql(
            "SELECT DISTINCT r.shortname FROM {role_allow_override} o
               JOIN {role_assignments} a ON a.roleid = o.roleid
               JOIN {role} r ON r.id = o.allowoverride
              WHERE a.contextid {$in} AND a.userid = ?",
            [...$params, $this->userid]
        );
        return array_values(array_intersect($assignable, $allowed));
    }
}
