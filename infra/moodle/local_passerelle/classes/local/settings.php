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
 * What the administrator has entered, read in one place.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class settings {
    /**
     * The address of Passerelle, without a slash at its end; empty if none was entered.
     *
     * @return string
     */
    public static function address(): string {
        return rtrim(trim((string) get_config('local_passerelle', 'address')), '/');
    }

    /**
     * The site's name in the network.
     *
     * @return string
     */
    public static function site(): string {
        return trim((string) get_config('local_passerelle', 'site'));
    }

    /**
     * The keys of the secrets, the one to sign with first.
     *
     * @return string[] raw bytes
     */
    public static function keys(): array {
        $keys = [];
        foreach (['secret', 'secret2'] as $name) {
            $secret = trim((string) get_config('local_passerelle', $name));
            if ($secret === '') {
                continue;
            }
            $encoded = str_starts_with($secret, 'whsec_') ? substr($secret, 6) : $secret;
            $key = base64_decode($encoded, true);
            if ($key !== false && $key !== '') {
                $keys[] = $key;
            }
        }
        return $keys;
    }

    /**
     * What was chosen of a list.
     *
     * @param string $name of the setting
     * @return string[] empty where nothing was
     */
    public static function listed(string $name): array {
        return array_values(array_filter(explode(',', (string) get_config('local_passerelle', $name)), 'strlen'));
    }

    /**
     * How long jobs are kept: at least as long as the safety backups, which are found through them.
     *
     * @return int seconds
     */
    public static function keeps_jobs(): int {
        return max((int) (get_config('local_passerelle', 'keepjobs') ?: YEARSECS), safety::KEPT + DAYSECS);
    }

    /**
     * Whether the site can call Passerelle at all.
     *
     * @return bool
     */
    public static function complete(): bool {
        return self::address() !== '' && self::site() !== '' && self::keys() !== [];
    }

    /**
     * Whether backups are compared with the site's people. A site that never chose does.
     *
     * @return bool
     */
    public static function sends_people(): bool {
        return get_config('local_passerelle', 'sendpeople') !== '0';
    }

    /**
     * Whether a button of the block is offered on this site.
     *
     * @param string $feature publish, retrieve, rollover or check
     * @return bool
     */
    public static function offers(string $feature): bool {
        return self::complete() && (bool) get_config('local_passerelle', 'offer' . $feature);
    }
}
