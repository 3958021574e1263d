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
 * Fetches an archive and restores it, into a new course or an existing one.
 *
 * Phases: check, download, precheck, then for an existing course safety, then restore, owners.
 * putback is where a failed or killed one stands while it is undone.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class restore_runner extends runner {
    /** What a restore by Passerelle never brings (R7), whoever asks. */
    private const NEVER = [
        'users' => 0,
        'role_assignments' => 0,
        'comments' => 0,
        'userscompletion' => 0,
        'logs' => 0,
        'grade_histories' => 0,
        'xapistate' => 0,
        'calendarevents' => 0,
    ];

    /** What it brings unless told otherwise, and what it brings if told. */
    public const CHOICES = [
        'activities' => 1,
        'blocks' => 1,
        'filters' => 1,
        'badges' => 1,
        'questionbank' => 1,
        'competencies' => 1,
        'customfield' => 1,
        'contentbankcontent' => 1,
        'permissions' => 0, // Of those that are asked for, what the person could have set comes.
        'legacyfiles' => 1,
        'groups' => null, // With the course where it is new; into an existing one only if asked.
    ];

    /** Allows replacing the content of a course that is not empty; whoever may allow it is asked elsewhere. */
    public const OVERRIDE_NOTEMPTY = 'override_notempty';

    /** @var ownership whose everything becomes */
    private ownership $ownership;

    /** @var h5p_packages what they need */
    private h5p_packages $packages;

    #[\Override]
    protected function perform(): void {
        $this->job->phase('check', 0.01);
        $course = $this->check();
        $this->job->phase('download', 0.02);
        $archive = $this->directory() . '/archive.mbz';
        archive::fetch($this->job, $archive, 0.02, 0.3);
        $this->job->phase('precheck', 0.3);
        archive::need_room(dirname($archive), 2 * (int) $this->job->params['filesize']);
        $path = archive::unpack($archive, $this->job, $this->tempname());
        archive::refuse_people($path);
        $this->ownership = new ownership($path, keeper::of($this->job->params['person'] ?? ''));
        $this->packages = new h5p_packages($path);
        if ($course) {
            $this->trim_overrides($path, (int) $course->id);
            $this->precheck((int) $course->id);
            $this->job->phase('safety', 0.45);
            $this->make_safety($course);
            // The safety backup took the temporary tables; the restore's own precheck makes them anew.
            $this->check();
        }
        $this->job->phase('restore', 0.6);
        $this->restore($course);
        $this->job->phase('owners', 0.95, false);
        $this->settle((bool) $course);
        $this->packages->warn($this->job, (int) $this->job->row->courseid, $this->ownership->keeper);
    }

    /**
     * Look at the target before anything moves.
     *
     * @return \stdClass|null the target course, null for a new one
     */
    private function check(): ?\stdClass {
        global $DB;
        $params = $this->job->params;
        if (gate::judge($params['sourceurl'] ?? '') === gate::CLOSED) {
            throw new job_failure('hostnotallowed');
        }
        if ($params['mode'] === 'new') {
            $this->category();
            if ($params['idnumber'] !== '' && $DB->record_exists('course', ['idnumber' => $params['idnumber']])) {
                throw new job_failure('idnumbertaken');
            }
            if ($params['shortname'] !== '' && $DB->record_exists('course', ['shortname' => $params['shortname']])) {
                throw new job_failure('shortnametaken');
            }
            return null;
        }
        $course = $this->target();
        $others = $DB->count_records_select(
            'local_passerelle_job',
            "courseid = ? AND id < ? AND status = 'running' AND kind IN ('restore', 'undo')",
            [$course->id, $this->job->row->id]
        );
        if ($others) {
            throw new job_postponed(30, 'courseunknown');
        }
        if ($params['mode'] === 'replace' && empty($params['settings'][self::OVERRIDE_NOTEMPTY])) {
            $held = course_facts::holdings([$course->id])[$course->id];
            if ($held || course_facts::restored_from([$course->id])[$course->id] !== '') {
                $what = array_map(fn($one) => get_string('holds_' . $one['kind'], 'local_passerelle', $one['count']), $held);
                $what = $what ?: [get_string('holds_restored', 'local_passerelle')];
                throw new job_failure('notempty', get_string('error_notempty', 'local_passerelle', implode(', ', $what)));
            }
        }
        return $course;
    }

    /**
     * The course that is restored into. Where both its id and its number are said, both must be its own.
     *
     * @return \stdClass
     */
    private function target(): \stdClass {
        global $DB;
        $wanted = array_filter([
            'id' => (int) $this->job->params['courseid'],
            'idnumber' => $this->job->params['idnumber'],
        ]);
        $courses = $wanted ? $DB->get_records('course', $wanted, '', '*', 0, 2) : [];
        $course = reset($courses);
        if (count($courses) !== 1 || $course->id == SITEID) {
            throw new job_failure('courseunknown');
        }
        if ((int) $this->job->row->courseid !== (int) $course->id) {
            $this->job->write(['courseid' => (int) $course->id]);
        }
        return $course;
    }

    /**
     * The category of a new course.
     *
     * @return int
     */
    private function category(): int {
        global $DB;
        $idnumber = $this->job->params['category'];
        if ($idnumber === '') {
            $chosen = (int) get_config('local_passerelle', 'retrievecategory');
            if ($chosen && $DB->record_exists('course_categories', ['id' => $chosen])) {
                return $chosen;
            }
            return \core_course_category::get_default()->id;
        }
        $ids = $DB->get_fieldset_select('course_categories', 'id', 'idnumber = ?', [$idnumber]);
        if (count($ids) !== 1) {
            throw new job_failure('categoryunknown');
        }
        return (int) $ids[0];
    }

    /**
     * Ids of what is left out.
     *
     * @param string $kind section, activity or group
     * @return int[]
     */
    private function excluded(string $kind): array {
        $ids = [];
        foreach ($this->job->params['exclude'] as $one) {
            if ($one['kind'] === $kind) {
                $ids[] = (int) $one['id'];
            }
        }
        return $ids;
    }

    /**
     * The name of the unpacked archive's directory, the same each time the job is taken up.
     *
     * @return string
     */
    private function tempname(): string {
        return 'passerelle' . $this->job->row->id;
    }

    /**
     * Moodle's restore of the unpacked archive, with every setting set.
     *
     * @param int $courseid
     * @return \restore_controller
     */
    private function controller(int $courseid): \restore_controller {
        global $DB;
        $mode = $this->job->params['mode'];
        $controller = new \restore_controller(
            $this->tempname(),
            $courseid,
            \backup::INTERACTIVE_NO,
            \backup::MODE_GENERAL,
            get_admin()->id,
            match ($mode) {
                'new' => \backup::TARGET_NEW_COURSE,
                'merge' => \backup::TARGET_EXISTING_ADDING,
                'replace' => \backup::TARGET_EXISTING_DELETING,
            }
        );
        $info = $controller->get_info();
        $origin = new \moodle_url($info->original_wwwroot . '/course/view.php', ['id' => $info->original_course_id]);
        $this->job->state['origin'] = $origin->out(false);
        $plan = $controller->get_plan();
        $choices = array_intersect_key($this->job->params['settings'], self::CHOICES) + self::CHOICES;
        // The archive's own list says which groups come: Moodle's setting would also keep back what is tied to
        // groups that stand in the course.
        $choices['groups'] = 1;
        $wanted = self::NEVER + ['enrolments' => \backup::ENROL_NEVER] + array_map('intval', $choices);
        if ($mode === 'new') {
            $wanted['course_fullname'] = $this->job->params['fullname'] ?: $info->original_course_fullname;
            $wanted['course_shortname'] = $this->job->params['shortname'] ?: $info->original_course_shortname;
            $wanted['course_startdate'] = $info->original_course_startdate;
        } else {
            $target = $DB->get_record('course', ['id' => $courseid], 'id, startdate', MUST_EXIST);
            // A true setting keeps what the target is called; its columns are written back afterwards anyway.
            $wanted['overwrite_conf'] = 1;
            $wanted['course_fullname'] = false;
            $wanted['course_shortname'] = false;
            // Dates inside activities move by the difference of the two start dates.
            $wanted['course_startdate'] = $this->job->params['keep_dates'] || !$target->startdate
                ? $info->original_course_startdate : $target->startdate;
        }
        if ($mode === 'replace') {
            $wanted['keep_roles_and_enrolments'] = 1;
            $wanted['keep_groups_and_groupings'] = 1;
        }
        plan_settings::set($plan, $wanted);
        plan_settings::include_all($plan, false);
        unlisted::parts($plan, $this->excluded('section'), $this->excluded('activity'));
        return $controller;
    }

    /**
     * Leave out the permission overrides that the person could not have set, and tell of them (P19).
     *
     * @param string $path of the unpacked archive
     * @param int $courseid
     */
    private function trim_overrides(string $path, int $courseid): void {
        global $CFG, $DB;
        if (empty($this->job->params['settings']['permissions'])) {
            return;
        }
        $username = \core_text::strtolower(trim($this->job->params['person'] ?? ''));
        $asking = ['username' => $username, 'deleted' => 0, 'mnethostid' => $CFG->mnet_localhost_id];
        $leftout = overrides::trim($path, $courseid, (int) $DB->get_field('user', 'id', $asking));
        if ($leftout) {
            $this->job->tell('overridesleftout', implode(', ', $leftout));
        }
    }

    /**
     * Ask Moodle whether it can take the archive. Warnings are kept, errors refuse.
     *
     * @param int $courseid
     */
    private function precheck(int $courseid): void {
        $controller = $this->controller($courseid);
        try {
            trial::precheck($controller);
            precheck_results::keep($this->job, $controller);
        } finally {
            $controller->destroy();
        }
    }

    /**
     * Back the target up before anything of it is touched, with people if they have done anything in it.
     *
     * @param \stdClass $course
     */
    private function make_safety(\stdClass $course): void {
        $progress = new plan_progress($this->job, 0.45, 0.6);
        archive::make($this->job, $course->id, safety::holds_people($course), 'safety', $progress);
        safety::keep_backup_area($course->id, (int) $this->job->row->id);
        $this->job->state['safety'] = true;
        $this->job->state['snapshot'] = course_snapshot::take($course);
        $this->job->write();
    }

    /**
     * Restore.
     *
     * @param \stdClass|null $course the target, null for a new course
     */
    private function restore(?\stdClass $course): void {
        if ($course) {
            $courseid = (int) $course->id;
        } else {
            // The name says whose course it is: killed before the id is written down, it is still found.
            $name = self::working_name((int) $this->job->row->id);
            $courseid = (int) \restore_dbops::create_new_course($name, $name, $this->category());
        }
        $this->job->state['touched'] = true;
        $this->job->write(['courseid' => $courseid]);
        idmap::forget();
        $ties = $this->tie_groups($courseid);
        $controller = $this->controller($courseid);
        try {
            $controller->set_progress(new plan_progress($this->job, 0.6, 0.95));
            // The tables it filled are dropped: deleting the content makes its matches of questions untrue.
            $controller->execute_precheck(true);
            precheck_results::keep($this->job, $controller);
            if ($controller->get_target() === \backup::TARGET_EXISTING_DELETING) {
                recycle_bin::closed(fn() => emptying::activities((int) $controller->get_courseid()));
            }
            $this->ownership->begin();
            restore_under_way::with(
                $ties,
                $this->ownership,
                $course ? $this->job->state['snapshot'] : null,
                fn() => $controller->execute_plan()
            );
            $this->ownership->settle($courseid, true);
        } finally {
            $controller->destroy();
        }
        if (!idmap::lines()) {
            throw new job_failure('restorefailed');
        }
        if ($course) {
            $this->job->state['ends'] = course_rows::ends();
            $this->job->state['brought'] = course_snapshot::new_groups($courseid, $this->job->state['snapshot'], idmap::groups());
        }
        $this->job->write(['map' => json_encode(idmap::lines())]);
    }

    /**
     * Tie the archive's groups to the target's, and tell of those that are referred to and do not come (R7, R12).
     *
     * @param int $courseid
     * @return group_ties
     */
    private function tie_groups(int $courseid): group_ties {
        global $CFG;
        $path = $CFG->backuptempdir . '/' . $this->tempname();
        $asked = (bool) ($this->job->params['settings']['groups'] ?? $this->job->params['mode'] === 'new');
        $ties = group_ties::by_code($path, $courseid, $asked, $this->excluded('group'));
        $places = (new group_mentions($path, $ties))->find(
            \backup_general_helper::get_backup_information($this->tempname()),
            $this->excluded('section'),
            $this->excluded('activity')
        );
        foreach (['group' => 'groupmissing', 'grouping' => 'groupingmissing'] as $kind => $code) {
            foreach ($places[$kind] as $id => $where) {
                $said = ['name' => $ties->absent($kind)[$id], 'places' => implode(', ', $where)];
                $this->job->tell($code, $said);
            }
        }
        return $ties;
    }

    /**
     * The short name of a course that a job is making.
     *
     * @param int $jobid
     * @return string
     */
    private static function working_name(int $jobid): string {
        return 'local_passerelle-job-' . $jobid;
    }

    /**
     * What a restore leaves to be done: names, number, visibility, people of the course, or the target's columns.
     *
     * @param bool $existing
     */
    private function settle(bool $existing): void {
        global $DB;
        $courseid = (int) $this->job->row->courseid;
        if ($existing) {
            course_snapshot::settle($courseid, $this->job->state['snapshot']);
            safety::return_backup_area($courseid, (int) $this->job->row->id);
        } else {
            $params = $this->job->params;
            $columns = ['id' => $courseid, 'idnumber' => $params['idnumber'], 'visible' => (int) $params['visible']];
            $columns['visibleold'] = $columns['visible'];
            if ($params['idnumber'] !== '' && $DB->record_exists('course', ['idnumber' => $params['idnumber']])) {
                throw new job_failure('idnumbertaken');
            }
            // Moodle's restore adds "copy 2" to both names where another course has one of them. Full names may
            // be alike; that the short name was free has been checked.
            if ($params['fullname'] !== '') {
                $columns['fullname'] = $params['fullname'];
            }
            if ($params['shortname'] !== '' && !$DB->record_exists('course', ['shortname' => $params['shortname']])) {
                $columns['shortname'] = $params['shortname'];
            }
            $DB->update_record('course', (object) $columns);
            rebuild_course_cache($courseid, true);
        }
        course_owners::enrol($this->job, $courseid);
        course_caches::forget($courseid);
        if (!$existing) {
            // The block and its course menu work on the copy too, but one is enough.
            $has = $DB->record_exists('block_instances', [
                'parentcontextid' => \context_course::instance($courseid)->id,
                'blockname' => 'passerelle',
            ]);
            course_snapshot::one_block(\context_course::instance($courseid), $has);
        }
    }

    #[\Override]
    protected function put_back(): void {
        global $DB;
        $job = $this->job;
        if ($job->params['mode'] === 'new') {
            $course = $DB->get_record('course', ['shortname' => self::working_name((int) $job->row->id)], 'id');
            $courseid = $job->row->courseid ?: ($course->id ?? 0);
            if ($courseid && $DB->record_exists('course', ['id' => $courseid])) {
                $job->phase('putback', 0.6, false);
                recycle_bin::closed(fn() => delete_course((int) $courseid, false));
            }
            unset($job->state['touched']);
            $job->write(['courseid' => null, 'map' => '[]']);
            return;
        }
        if (empty($job->state['touched'])) {
            // Cut while it only looked, it may have left something that is remembered but was never written.
            course_caches::forget((int) $job->row->courseid);
            return;
        }
        $job->phase('putback', 0.6, false);
        safety::undo(
            $job,
            $job->params['mode'],
            (int) $job->row->courseid,
            (int) $job->row->id,
            $job->state['snapshot'],
            $job->state['brought'] ?? null,
            $job->state['ends'] ?? null,
            $job->params['person'] ?? ''
        );
        unset($job->state['touched'], $job->state['brought'], $job->state['ends']);
        $job->write(['map' => '[]']);
    }

    #[\Override]
    protected function tidy(): void {
        global $CFG;
        remove_dir($this->directory());
        remove_dir($CFG->backuptempdir . '/' . $this->tempname());
        if ($this->job->row->status !== 'done') {
            safety::forget((int) $this->job->row->id);
        }
    }
}
