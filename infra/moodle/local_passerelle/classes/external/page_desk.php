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

namespace local_passerelle\external;

use core_external\external_multiple_structure;
use core_external\external_single_structure;
use core_external\external_value;
use local_passerelle\local\course_desk;
use local_passerelle\local\refusal;

/**
 * What the block's services share: who may sit at which desk, and how a refusal is answered.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class page_desk {
    /**
     * The desk of a course, for someone who may use it.
     *
     * @param int $courseid
     * @param string $capability
     * @return course_desk
     */
    public static function open(int $courseid, string $capability): course_desk {
        if ($courseid == SITEID) {
            throw new \invalid_parameter_exception('courseid');
        }
        $course = get_course($courseid);
        $context = \context_course::instance($courseid);
        \core_external\external_api::validate_context($context);
        require_capability($capability, $context);
        // Another server is asked: the person's other tabs need not wait for it.
        \core\session\manager::write_close();
        return new course_desk($course);
    }

    /**
     * Do it, and answer a refusal as something to read rather than as an error of the page.
     *
     * @param callable $do
     * @return array
     */
    public static function answer(callable $do): array {
        try {
            $answer = $do() + ['refusal' => null];
        } catch (refusal $refusal) {
            $answer = ['refusal' => [
                'code' => clean_param($refusal->code_, PARAM_ALPHANUMEXT),
                'message' => $refusal->sentence,
                'reference' => $refusal->reference,
                'assistance' => $refusal->assistance,
                'passing' => $refusal->passing(),
            ]];
        }
        array_walk_recursive($answer, function (&$value) {
            $value = is_string($value) ? self::plain($value) : $value;
        });
        return $answer;
    }

    /**
     * Text without tags. Moodle refuses a whole answer in which one text holds something like a tag: a section
     * called "n<30" somewhere in the network would close the catalogue everywhere.
     *
     * @param string $text
     * @return string
     */
    public static function plain(string $text): string {
        if (strpbrk($text, "<\0") === false) {
            return $text;
        }
        // What is left of them after the tags is no tag, and stays readable with a space behind it.
        $text = preg_replace(['~</?[a-z][^<>]*>~i', '~<(?=\S)~'], ['', '< '], $text);
        return clean_param($text, PARAM_TEXT);
    }

    /**
     * The shape of a refusal.
     *
     * @return external_single_structure
     */
    public static function refusal(): external_single_structure {
        return new external_single_structure([
            'code' => new external_value(PARAM_ALPHANUMEXT, 'For programs'),
            'message' => new external_value(PARAM_TEXT, 'For the person'),
            'reference' => new external_value(PARAM_TEXT, 'For the help desk'),
            'assistance' => new external_value(PARAM_TEXT, 'Address of the help desk'),
            'passing' => new external_value(PARAM_BOOL, 'Whether it may be different in a moment'),
        ], 'Why not', VALUE_DEFAULT, null, NULL_ALLOWED);
    }

    /**
     * The shape of activities that a backup could be made without.
     *
     * @return external_multiple_structure
     */
    public static function leave_out(): external_multiple_structure {
        return new external_multiple_structure(new external_single_structure([
            'cmid' => new external_value(PARAM_INT, 'Course module'),
            'title' => new external_value(PARAM_TEXT, 'Title'),
        ]), 'Activities without which a backup could go', VALUE_DEFAULT, []);
    }

    /**
     * A language by its name, where this site knows it.
     *
     * @param string $code
     * @return string
     */
    private static function language(string $code): string {
        return get_string_manager()->get_list_of_languages(null, 'iso6391')[$code] ?? $code;
    }

    /**
     * A licence by its name, where this site knows it.
     *
     * @param string $shortname
     * @return string
     */
    private static function licence(string $shortname): string {
        global $CFG;
        require_once($CFG->libdir . '/licenselib.php');
        $known = $shortname === '' ? null : \license_manager::get_license_by_shortname($shortname);
        return $known ? $known->fullname : $shortname;
    }

    /**
     * One course of a family tree.
     *
     * @param array $one
     * @return array
     */
    private static function relative(array $one): array {
        return [
            'title' => (string) ($one['title'] ?? ''),
            'author' => (string) ($one['author'] ?? ''),
            'site' => (string) ($one['site_name'] ?? ''),
            'version' => (int) ($one['version'] ?? 0),
            'depth' => (int) ($one['depth'] ?? 0),
            'here' => !empty($one['here']),
            'withdrawn' => ($one['state'] ?? '') === 'withdrawn',
            'huburl' => \local_passerelle\local\course_desk::web((string) ($one['hub_url'] ?? '')),
        ];
    }

    /**
     * What changed since the version before, one line for each kind of change (P22).
     *
     * @param array $changes
     * @return string[]
     */
    private static function changes(array $changes): array {
        $lines = [];
        foreach (['added', 'removed', 'changed'] as $kind) {
            if ($titles = array_column($changes[$kind] ?? [], 'title')) {
                $lines[] = get_string('catalogue_' . $kind, 'local_passerelle', implode(' · ', $titles));
            }
        }
        return $lines;
    }

    /**
     * A publication as the catalogue's page shows it.
     *
     * @param array $one
     * @return array
     */
    public static function card(array $one): array {
        $activities = [];
        foreach ((array) ($one['activities'] ?? []) as $name => $count) {
            $known = get_string_manager()->string_exists('modulename', 'mod_' . $name);
            $activities[] = [
                'name' => $known ? get_string('modulename', 'mod_' . $name) : (string) $name,
                'count' => (int) $count,
            ];
        }
        $url = (string) ($one['hub_url'] ?? '');
        return [
            'publication' => (string) ($one['publication'] ?? ''),
            'title' => (string) ($one['title'] ?? ''),
            'summary' => (string) ($one['summary'] ?? ''),
            'author' => (string) ($one['author'] ?? ''),
            'site' => (string) ($one['site_name'] ?? ($one['site'] ?? '')),
            'language' => self::language((string) ($one['language'] ?? '')),
            'level' => (string) ($one['level'] ?? ''),
            'licence' => self::licence((string) ($one['licence'] ?? '')),
            'version' => (int) ($one['version'] ?? 0),
            'published' => empty($one['published_at'])
                ? '' : userdate($one['published_at'], get_string('strftimedate', 'langconfig')),
            'size' => empty($one['size']) ? '' : display_size((int) $one['size']),
            'huburl' => preg_match('~^https?://~i', $url) ? clean_param($url, PARAM_URL) : '',
            'activities' => $activities,
            'sections' => array_map(fn($title) => (string) $title, $one['sections'] ?? []),
            'family' => array_map(self::relative(...), $one['family'] ?? []),
            'cannotcome' => array_map(fn($why) => (string) $why, $one['cannot_come'] ?? []),
            'since' => (int) ($one['changes']['since'] ?? 0),
            'changes' => self::changes($one['changes'] ?? []),
        ];
    }
}
