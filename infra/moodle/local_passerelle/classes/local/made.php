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
 * What connecting made or changed on this site, so that disconnecting takes back that and nothing else.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class made {
    /**
     * All of it, by what it is.
     *
     * @return array
     */
    public static function all(): array {
        $said = json_decode((string) get_config('local_passerelle', 'made'), true);
        return is_array($said) ? $said : [];
    }

    /**
     * Write one thing down, as soon as it is there.
     *
     * @param string $what
     * @param mixed $value
     */
    public static function note(string $what, mixed $value): void {
        set_config('made', json_encode([$what => $value] + self::all()), 'local_passerelle');
    }

    /**
     * One thing, which is forgotten with it.
     *
     * @param string $what
     * @return mixed null where it was not made
     */
    public static function take(string $what): mixed {
        $all = self::all();
        $value = $all[$what] ?? null;
        unset($all[$what]);
        $all ? set_config('made', json_encode($all), 'local_passerelle') : unset_config('made', 'local_passerelle');
        return $value;
    }
}
