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
 * Sets the settings of a backup or restore plan, past the site's own defaults and locks.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class plan_settings {
    /**
     * Set these, and prove that they stand.
     *
     * A lock by the site's configuration is a default that a person at the page may not change; it is not a
     * decision about this job. A lock that follows from another setting or from the archive stays.
     *
     * @param \base_plan $plan
     * @param array $wanted setting name => value
     */
    public static function set(\base_plan $plan, array $wanted): void {
        // Those that others depend on come first, so that a lock they cause is seen here.
        foreach ($wanted as $name => $value) {
            if (!$plan->setting_exists($name)) {
                continue;
            }
            $setting = $plan->get_setting($name);
            if ($setting->get_value() == $value) {
                continue;
            }
            if ($setting->get_status() === \base_setting::LOCKED_BY_CONFIG) {
                $setting->set_status(\base_setting::NOT_LOCKED);
            }
            if ($setting->get_status() === \base_setting::NOT_LOCKED) {
                $setting->set_value($value);
            }
        }
        foreach ($wanted as $name => $value) {
            if ($plan->setting_exists($name) && !empty($plan->get_setting($name)->get_value()) && empty($value)) {
                throw new job_failure('invalid');
            }
        }
    }

    /**
     * Include every section and activity, with what people did in them or without.
     *
     * @param \base_plan $plan
     * @param bool $users
     * @param int[] $without activities to leave out, by course module
     */
    public static function include_all(\base_plan $plan, bool $users, array $without = []): void {
        $wanted = [];
        foreach ($plan->get_settings() as $setting) {
            $name = $setting->get_name();
            if (preg_match('/_included$/', $name)) {
                $activity = preg_match('/^(?!section_)\w+_(\d+)_included$/', $name, $found) ? (int) $found[1] : 0;
                $wanted[$name] = (int) !in_array($activity, $without, true);
            }
        }
        foreach ($plan->get_settings() as $setting) {
            $name = $setting->get_name();
            if (preg_match('/_userinfo$/', $name)) {
                $wanted[$name] = (int) $users;
            }
        }
        self::set($plan, $wanted);
    }
}
