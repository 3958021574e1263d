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
 * What a person does with Passerelle from a course: the block's and the pages' requests, made by the server.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class course_desk {
    /** @var \context_course */
    public readonly \context_course $context;

    /**
     * Sit down at a course's desk.
     *
     * @param \stdClass $course
     */
    public function __construct(
        /** @var \stdClass */
        public readonly \stdClass $course
    ) {
        $this->context = \context_course::instance($course->id);
    }

    /**
     * Who acts, as Passerelle wants to know them, in the language of their page.
     *
     * @return array
     */
    public static function person(): array {
        global $USER;
        return ['lang' => current_language()] + api::person($USER);
    }

    /**
     * One request about the course.
     *
     * @param string $route also the type
     * @param array $fields
     * @return array
     */
    public function ask(string $route, array $fields): array {
        return api::call($route, $route, $fields + [
            'courseid' => (int) $this->course->id,
            'idnumber' => (string) $this->course->idnumber,
            'person' => self::person(),
        ]);
    }

    /**
     * The last backup of the course that was asked for here.
     *
     * @return array|null in words
     */
    public function last_job(): ?array {
        global $DB;
        $rows = $DB->get_records(
            'local_passerelle_job',
            ['courseid' => $this->course->id, 'kind' => 'backup'],
            'id DESC',
            '*',
            0,
            1
        );
        return $rows ? self::describe_job(new job(reset($rows))) : null;
    }

    /**
     * How the course stands, as Passerelle says.
     *
     * @return array
     */
    public function state(): array {
        $state = ['backup' => null, 'publication' => null, 'changed' => false, 'olderholders' => 0];
        if ((string) $this->course->idnumber === '') {
            return $state; // Nothing of it can be known to the network yet.
        }
        $answer = $this->ask('publications', [
            'action' => 'status',
            'lastchange' => course_facts::last_changes([$this->course->id])[$this->course->id],
        ]);
        if ($backup = $answer['backup'] ?? null) {
            $state['backup'] = [
                'upload' => (string) ($backup['upload'] ?? ''),
                'state' => (string) ($backup['state'] ?? ''),
                'word' => (string) ($backup['state_word'] ?? ''),
                'made' => empty($backup['made_at']) ? '' : userdate($backup['made_at']),
                'reasons' => array_map(fn($reason) => (string) $reason['message'], $backup['reasons'] ?? []),
                'leaveout' => $this->activities(array_column($backup['leave_out'] ?? [], 'cmid')),
            ];
        }
        if ($publication = $answer['publication'] ?? null) {
            $state['publication'] = [
                'id' => (string) ($publication['id'] ?? ''),
                'state' => (string) ($publication['state'] ?? ''),
                'word' => (string) ($publication['state_word'] ?? ''),
                'version' => (int) ($publication['version'] ?? 0),
                // A withdrawn copy is hidden: no link leads there.
                'huburl' => ($publication['state'] ?? '') === 'published'
                    ? self::web((string) ($publication['hub_url'] ?? '')) : '',
                'courseurl' => self::web((string) ($publication['course_url'] ?? '')),
                'message' => (string) ($publication['message'] ?? ''),
                'reference' => (string) ($publication['reference'] ?? ''),
                'assistance' => self::assistance($answer),
            ];
        }
        $state['olderholders'] = (int) ($answer['older_holders'] ?? 0);
        $state['changed'] = !empty($answer['changed_since']);
        return $state;
    }

    /**
     * Whom to write to: whom the network names for this site, else the site's own help desk.
     *
     * @param array $answer
     * @return string
     */
    public static function assistance(array $answer = []): string {
        global $CFG;
        return clean_param((string) ($answer['assistance'] ?? '') ?: (string) ($CFG->supportemail ?? ''), PARAM_TEXT);
    }

    /**
     * An address fit for a link, or nothing: what another server says is not a link until it looks like one.
     *
     * @param string $url
     * @return string
     */
    public static function web(string $url): string {
        return preg_match('~^https?://~i', $url) ? clean_param($url, PARAM_URL) : '';
    }

    /**
     * A job in words.
     *
     * @param job $job
     * @return array
     */
    public static function describe_job(job $job): array {
        return [
            'status' => $job->row->status,
            'words' => $job->ended()
                ? get_string('status_' . $job->row->status, 'local_passerelle')
                : get_string('phase_' . $job->row->phase, 'local_passerelle'),
            'percent' => (int) round(100 * $job->row->progress),
            'error' => (string) $job->row->errormessage,
            'reference' => $job->reference(),
            'assistance' => self::assistance(),
        ];
    }

    /**
     * Activities of the course, to be named and left out.
     *
     * @param int[] $cmids
     * @return array[] cmid, title; what is no longer there is not among them
     */
    public function activities(array $cmids): array {
        $found = [];
        foreach (get_fast_modinfo($this->course)->get_cms() as $cm) {
            if (in_array((int) $cm->id, $cmids)) {
                $found[] = ['cmid' => (int) $cm->id, 'title' => $cm->get_formatted_name(['escape' => false])];
            }
        }
        return $found;
    }

    /**
     * Activities of these kinds.
     *
     * @param string[] $plugins such as mod_booking
     * @return array[] cmid, title
     */
    public function activities_of(array $plugins): array {
        $cms = array_filter(
            get_fast_modinfo($this->course)->get_cms(),
            fn($cm) => in_array('mod_' . $cm->modname, $plugins, true)
        );
        return $this->activities(array_map(fn($cm) => (int) $cm->id, $cms));
    }

    /**
     * The activities and blocks that a backup of the course needs of whoever restores it.
     *
     * @param int[] $without activities that will be left out, by course module
     * @return string[]
     */
    private function plugins(array $without): array {
        global $DB;
        $used = [];
        foreach (get_fast_modinfo($this->course)->get_cms() as $cm) {
            if (!$cm->deletioninprogress && !in_array((int) $cm->id, $without, true)) {
                $used['mod_' . $cm->modname] = true;
            }
        }
        foreach ($DB->get_records('block_instances', ['parentcontextid' => $this->context->id]) as $block) {
            $used['block_' . $block->blockname] = true;
        }
        return array_keys($used);
    }

    /**
     * Have it refused what the hub cannot take (P16): the course as it stands, or the newest backup that is kept.
     *
     * Where Passerelle or the hub does not answer, or does not know this question yet, nobody is kept from
     * anything: it is asked again before anything is restored.
     *
     * @param int[]|null $without activities that will be left out; null asks about the backup
     */
    public function must_fit(?array $without = null): void {
        global $CFG;
        $standing = $without === null ? [] : ['release' => $CFG->release, 'plugins' => $this->plugins($without)];
        try {
            $this->ask('publications', ['action' => 'fits'] + $standing);
        } catch (refusal $refusal) {
            if (in_array($refusal->code_, ['newer_release', 'plugins_missing', 'too_large_for_target'], true)) {
                throw $refusal;
            }
        }
    }

    /**
     * Make a backup and send it. One that is on its way is not doubled by a second press.
     *
     * @param int[] $without activities to leave out, by course module
     * @return job
     */
    public function back_up(array $without = []): job {
        global $DB, $USER;
        $this->must_fit($without);
        course_number::ensure((int) $this->course->id);
        $rows = $DB->get_records_select(
            'local_passerelle_job',
            "courseid = ? AND kind = 'backup' AND status IN ('queued', 'running')",
            [$this->course->id],
            'id DESC',
            '*',
            0,
            1
        );
        if ($row = reset($rows)) {
            return new job($row);
        }
        $jobkey = 'own:' . $this->course->id . ':' . bin2hex(random_bytes(8));
        return job::ensure('backup', $jobkey, ['intent' => 'share', 'without' => $without], (int) $this->course->id, (int) $USER->id);
    }

    /**
     * Publish the newest good backup.
     *
     * @param array $form title, summary, language, level, licence, declaration
     * @return array
     */
    public function publish(array $form): array {
        global $DB;
        $category = $DB->get_field('course_categories', 'idnumber', ['id' => $this->course->category]);
        return $this->ask('publications', $form + [
            'action' => 'publish',
            'course_url' => (new \moodle_url('/course/view.php', ['id' => $this->course->id]))->out(false),
            'category_idnumber' => (string) $category,
            'lastchange' => course_facts::last_changes([$this->course->id])[$this->course->id],
        ]);
    }

    /**
     * Take a publication out of the catalogue.
     *
     * @param string $publication
     * @param string $reason
     * @return array
     */
    public function withdraw(string $publication, string $reason): array {
        return $this->ask('publications', ['action' => 'withdraw', 'publication' => $publication, 'reason' => $reason]);
    }

    /**
     * Have those told who brought an older version home.
     *
     * @param string $publication
     * @return array
     */
    public function tell_holders(string $publication): array {
        return $this->ask('publications', ['action' => 'tell_holders', 'publication' => $publication]);
    }

    /**
     * List, download or delete the backups kept for the course.
     *
     * @param string $action
     * @param string $upload
     * @return array
     */
    public function backups(string $action, string $upload = ''): array {
        $answer = $this->ask('backups', ['action' => $action] + ($upload === '' ? [] : ['upload' => $upload]));
        if (isset($answer['url'])) {
            $answer['url'] = self::web($answer['url']);
        }
        return $answer;
    }

    /**
     * Search the catalogue, or look into one publication. What cannot come to this site is marked (P16).
     *
     * @param array $fields query, filters, after, limit, or publication
     * @return array
     */
    public function catalogue(array $fields): array {
        global $CFG;
        return api::call('catalogue', 'catalogue', array_filter($fields, fn($value) => $value !== '') + [
            'query' => '',
            'limit' => 12,
            'release' => $CFG->release,
            'plugins' => site_facts::restorable(),
            'person' => self::person(),
        ]);
    }

    /**
     * Bring a publication home.
     *
     * @param string $publication
     * @param string $mode new or merge
     * @param bool $confirmed whether the person was told what a merge doubles
     * @param string $request an id that makes a repeated press the same request
     * @return array
     */
    public function retrieve(string $publication, string $mode, bool $confirmed, string $request): array {
        $target = ['mode' => $mode];
        if ($mode !== 'new') {
            $target += [
                'courseid' => (int) $this->course->id,
                'idnumber' => (string) $this->course->idnumber,
                'confirmed' => $confirmed,
            ];
        } else {
            $target += ['category_idnumber' => $this->home_category()];
        }
        return api::call('retrievals', 'retrievals', [
            'action' => 'start',
            'publication' => $publication,
            'target' => $target,
            'person' => self::person(),
        ], 'ret_' . hash('sha256', settings::site() . ' ' . $this->course->id . ' ' . $request));
    }

    /**
     * The number of the category that this site wants courses brought home in, where it has one.
     *
     * @return string
     */
    private function home_category(): string {
        global $DB;
        $id = (int) get_config('local_passerelle', 'retrievecategory');
        return (string) $DB->get_field('course_categories', 'idnumber', ['id' => $id]);
    }

    /**
     * How a retrieval stands.
     *
     * @param string $retrieval
     * @return array
     */
    public function retrieval(string $retrieval): array {
        $answer = api::call('retrievals', 'retrievals', [
            'action' => 'status',
            'retrieval' => $retrieval,
            'person' => self::person(),
        ]);
        $answer['course_url'] = self::web((string) ($answer['course_url'] ?? ''));
        $answer['assistance'] = self::assistance($answer);
        return $answer;
    }
}
