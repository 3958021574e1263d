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
 * The teacher's guide, which comes with the plugin.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class guide {
    /**
     * Its title and its text in the language of whoever reads.
     *
     * @return array{string, string} the title, and the rest as HTML
     */
    public static function read(): array {
        $lang = str_starts_with(current_language(), 'fr') ? 'fr' : 'en';
        $text = file_get_contents(__DIR__ . "/../../guide/{$lang}.md");
        [$title, $rest] = explode("\n", $text, 2);
        $rest = preg_replace('/^##/m', '###', $rest); // Below the page's own heading.
        return [ltrim($title, '# '), format_text($rest, FORMAT_MARKDOWN, ['filter' => false])];
    }

    /**
     * Where it is read, from a course.
     *
     * @param int $courseid
     * @return \moodle_url
     */
    public static function url(int $courseid): \moodle_url {
        return new \moodle_url('/local/passerelle/guide.php', ['id' => $courseid]);
    }

    /**
     * The link below a page.
     *
     * @param int $courseid
     * @return string
     */
    public static function link(int $courseid): string {
        $link = \html_writer::link(self::url($courseid), get_string('guide', 'local_passerelle'));
        return \html_writer::div($link, 'mt-3');
    }
}
