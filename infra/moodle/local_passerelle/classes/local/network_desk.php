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
 * What is asked of Passerelle for the whole site rather than from a course. Whoever asks has been checked.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class network_desk {
    /**
     * Why somebody is, or is not, in a course; with a reference, what it was about.
     *
     * @param string $who login, e-mail, code or name
     * @param string $course code, idnumber, short name or a part of its name
     * @param string $reference
     * @return string sentences fit to paste into a reply
     */
    public static function why(string $who, string $course, string $reference): string {
        $reference = trim($reference);
        if ($job = job::referred($reference)) {
            return self::tell_job($job); // What failed here, this site knows best.
        }
        $answer = api::call('why', 'why', [
            'who' => trim($who),
            'course' => trim($course),
            'reference' => $reference,
            'person' => course_desk::person(),
        ]);
        return (string) ($answer['text'] ?? '');
    }

    /**
     * What would be done for one person in one course, or, applied, what was done (N27).
     *
     * @param string $who
     * @param string $course
     * @param bool $apply
     * @return array of text (sentences), operations (how many would be done)
     */
    public static function repair(string $who, string $course, bool $apply): array {
        require_capability('local/passerelle:repair', \context_system::instance());
        $answer = api::call('why', 'why', [
            'who' => trim($who),
            'course' => trim($course),
            'reference' => '',
            'repair' => $apply ? 'apply' : 'plan',
            'person' => course_desk::person(),
        ]);
        return ['text' => (string) ($answer['text'] ?? ''), 'operations' => (int) ($answer['operations'] ?? 0)];
    }

    /**
     * Where whoever is signed in goes on the way into the console.
     *
     * @param string $browser what the console gave this browser, hashed; nothing: it is asked first
     * @return \moodle_url
     * @throws refusal
     */
    public static function console(string $browser): \moodle_url {
        if (!settings::complete()) {
            throw new refusal(0, 'notconfigured', get_string('notconfigured', 'local_passerelle'));
        }
        $console = settings::address() . '/console/';
        if ($browser === '') {
            return new \moodle_url($console . 'begin', ['site' => settings::site()]);
        }
        $answer = api::call('console', 'console', ['browser' => $browser, 'person' => course_desk::person()]);
        return new \moodle_url($console . 'enter/' . rawurlencode((string) $answer['code']));
    }

    /**
     * What became of a job of this site.
     *
     * @param job $job
     * @return string
     */
    private static function tell_job(job $job): string {
        global $DB;
        $course = $DB->get_record('course', ['id' => (int) $job->row->courseid], 'id, fullname');
        return get_string('why_job', 'local_passerelle', [
            'reference' => $job->reference(),
            'kind' => get_string('kind_' . $job->row->kind, 'local_passerelle'),
            'course' => $course ? format_string($course->fullname, true, ['context' => \context_system::instance()]) : '–',
            'when' => userdate($job->row->timecreated),
            'status' => get_string('status_' . $job->row->status, 'local_passerelle'),
            'error' => (string) $job->row->errormessage,
        ]);
    }

    /**
     * Published copies that nobody has moved yet. Only the hub may ask.
     *
     * @return array[] title, url, author, site
     */
    public static function to_reclassify(): array {
        $answer = api::call('publications', 'publications', [
            'action' => 'reclassify_list',
            'person' => course_desk::person(),
        ]);
        return array_map(fn($course) => [
            'title' => (string) ($course['title'] ?? ''),
            'url' => course_desk::web((string) ($course['course_url'] ?? '')),
            'author' => (string) ($course['author'] ?? ''),
            'site' => (string) ($course['site_name'] ?? ($course['site'] ?? '')),
        ], $answer['courses'] ?? []);
    }
}
