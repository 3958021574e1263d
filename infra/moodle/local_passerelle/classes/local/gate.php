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
 * Which addresses archives are fetched from and sent to: those the administrator has named, no other.
 *
 * A line of the setting is a host (https, port 443, under Moodle's own address blocking) or a whole origin
 * such as http://127.0.0.1:4566, which allows that scheme, host and port even where Moodle would block it.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class gate {
    /** The address is not allowed. */
    public const CLOSED = 0;
    /** The address is allowed where Moodle's own blocking allows it too. */
    public const GUARDED = 1;
    /** The administrator named this very origin. */
    public const NAMED = 2;

    /**
     * How far an address is allowed.
     *
     * @param string $url
     * @param string|null $lines the setting; null reads it
     * @return int CLOSED, GUARDED or NAMED
     */
    public static function judge(string $url, ?string $lines = null): int {
        $lines ??= (string) get_config('local_passerelle', 'sources');
        $asked = self::origin($url);
        if ($asked === null) {
            return self::CLOSED;
        }
        $verdict = self::CLOSED;
        foreach (preg_split('/[\s,]+/', $lines, -1, PREG_SPLIT_NO_EMPTY) as $line) {
            if (str_contains($line, '://')) {
                if (self::origin($line) === $asked) {
                    return self::NAMED;
                }
            } else if ($asked === 'https://' . \core_text::strtolower($line) . ':443') {
                $verdict = self::GUARDED;
            }
        }
        return $verdict;
    }

    /**
     * Scheme, host and port in one form, so that two spellings of one origin compare equal.
     *
     * @param string $url
     * @return string|null null where the address is none, or carries a user name
     */
    public static function origin(string $url): ?string {
        $parts = parse_url($url);
        if (!$parts || empty($parts['host']) || isset($parts['user']) || isset($parts['pass'])) {
            return null;
        }
        $scheme = strtolower($parts['scheme'] ?? '');
        if (!in_array($scheme, ['http', 'https'], true)) {
            return null;
        }
        $port = $parts['port'] ?? ($scheme === 'https' ? 443 : 80);
        return $scheme . '://' . strtolower($parts['host']) . ':' . $port;
    }
}
