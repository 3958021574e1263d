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
 * The safety backup of a course, and what is done with it.
 *
 * It lies in the system context and never leaves the site.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class safety {
    /** Seconds a safety backup is kept. */
    public const KEPT = 30 * DAYSECS;

    /**
     * Whether people have left anything in a course that a deletion would lose.
     *
     * Someone enrolled who is no teacher is enough to look no further: whether they have done something is spread
     * over a hundred tables.
     *
     * @param \stdClass $course
     * @return bool
     */
    public static function holds_people(\stdClass $course): bool {
        global $DB;
        return $DB->record_exists_sql(
            'SELECT 1 FROM {user_enrolments} ue JOIN {enrol} e ON e.id = ue.enrolid WHERE e.courseid = ?',
            [$course->id]
        );
    }

    /**
     * Keep the teachers' own backups of the course: Moodle deletes them with the content.
     *
     * @param int $courseid
     * @param int $jobid
     */
    public static function keep_backup_area(int $courseid, int $jobid): void {
        self::move_area(\context_course::instance($courseid)->id, $jobid, true);
    }

    /**
     * Bring the teachers' own backups of the course back.
     *
     * @param int $courseid
     * @param int $jobid
     */
    public static function return_backup_area(int $courseid, int $jobid): void {
        self::move_area(\context_course::instance($courseid)->id, $jobid, false);
        get_file_storage()->delete_area_files(\context_system::instance()->id, 'local_passerelle', 'backuparea', $jobid);
    }

    /**
     * Copy files between the course's backup areas and the plugin's own. The bytes do not move.
     *
     * @param int $contextid
     * @param int $jobid
     * @param bool $out from the course, or back to it
     */
    private static function move_area(int $contextid, int $jobid, bool $out): void {
        $fs = get_file_storage();
        $system = \context_system::instance()->id;
        if (!$out) {
            foreach ($fs->get_area_files($system, 'local_passerelle', 'backuparea', $jobid, 'id', false) as $file) {
                [, $area, $itemid] = explode('/', $file->get_filepath());
                $place = [$contextid, 'backup', $area, (int) $itemid, '/', $file->get_filename()];
                if (!$fs->file_exists(...$place)) {
                    $keys = ['contextid', 'component', 'filearea', 'itemid', 'filepath', 'filename'];
                    $fs->create_file_from_storedfile(array_combine($keys, $place), $file);
                }
            }
            return;
        }
        foreach (['course', 'section', 'activity', 'automated'] as $area) {
            foreach ($fs->get_area_files($contextid, 'backup', $area, false, 'id', false) as $file) {
                $place = [$system, 'local_passerelle', 'backuparea', $jobid, "/{$area}/" . $file->get_itemid() . '/',
                    $file->get_filename()];
                if (!$fs->file_exists(...$place)) {
                    $keys = ['contextid', 'component', 'filearea', 'itemid', 'filepath', 'filename'];
                    $fs->create_file_from_storedfile(array_combine($keys, $place), $file);
                }
            }
        }
    }

    /**
     * Bring a course back to what it was before a restore.
     *
     * Safe to repeat after a cut: what was put back half is put back again.
     *
     * @param job $job whose progress is shown
     * @param string $mode of the restore that is undone: merge or replace
     * @param int $courseid
     * @param int $jobid of the restore
     * @param array $snapshot taken before it
     * @param array|null $brought the groups it made, null if it was cut before they were known
     * @param int[]|null $ends where tables ended after it, null if it was cut
     * @param string $person username of whom the restore was for: what an administrator or nobody owned becomes theirs
     */
    public static function undo(
        job $job,
        string $mode,
        int $courseid,
        int $jobid,
        array $snapshot,
        ?array $brought,
        ?array $ends,
        string $person
    ): void {
        global $DB;
        if (!$DB->record_exists('course', ['id' => $courseid])) {
            throw new job_failure('courseunknown');
        }
        $ends ??= course_rows::ends();
        if ($mode === 'merge') {
            recycle_bin::closed(fn() => course_snapshot::remove_added($courseid, $snapshot, $brought, $ends));
            course_caches::forget($courseid);
            return;
        }
        $file = archive::kept('safety', $jobid);
        if (!$file) {
            throw new job_failure('nosafety');
        }
        $name = 'passerelleback' . $jobid;
        // What teachers keep there now goes with the content too.
        self::keep_backup_area($courseid, $jobid);
        archive::unpack($file, $job, $name);
        try {
            self::restore_all($job, $courseid, $name, keeper::of($person), $snapshot, $ends);
        } finally {
            global $CFG;
            remove_dir($CFG->backuptempdir . '/' . $name);
        }
        self::remove_doubled_enrolments($courseid, $snapshot);
        course_snapshot::remove_groups($courseid, $snapshot, $brought);
        course_snapshot::put_settings_back($courseid, $snapshot);
        course_snapshot::settle($courseid, $snapshot);
        self::put_own_columns_back($courseid, $snapshot);
        self::return_backup_area($courseid, $jobid);
        course_caches::forget($courseid);
    }

    /**
     * Replace the course's content by the safety backup's, people's work included; enrolments stand still.
     *
     * @param job $job
     * @param int $courseid
     * @param string $name of the unpacked backup
     * @param int $keeper who gets what an administrator or nobody owned
     * @param array $snapshot
     * @param int[] $ends where tables ended after the restore that is undone
     */
    private static function restore_all(
        job $job,
        int $courseid,
        string $name,
        int $keeper,
        array $snapshot,
        array $ends
    ): void {
        global $CFG;
        $ownership = new ownership($CFG->backuptempdir . '/' . $name, $keeper, $snapshot['owners'] ?? []);
        // Groups stand still and so do their members: what people did in a group is tied to it by its id.
        $ties = group_ties::by_id($CFG->backuptempdir . '/' . $name, $courseid);
        $controller = new \restore_controller(
            $name,
            $courseid,
            \backup::INTERACTIVE_NO,
            \backup::MODE_SAMESITE,
            get_admin()->id,
            \backup::TARGET_EXISTING_DELETING
        );
        try {
            $plan = $controller->get_plan();
            $people = (int) !empty($controller->get_info()->root_settings['users']);
            plan_settings::set($plan, [
                'users' => $people,
                'role_assignments' => 0,
                'enrolments' => $people ? \backup::ENROL_ALWAYS : \backup::ENROL_NEVER,
                'permissions' => 1,
                'activities' => 1,
                'blocks' => 1,
                'filters' => 1,
                'comments' => $people,
                'badges' => 1,
                'calendarevents' => $people,
                'userscompletion' => $people,
                'logs' => 0,
                'grade_histories' => $people,
                'questionbank' => 1,
                'groups' => 1,
                'competencies' => 1,
                'customfield' => 1,
                'contentbankcontent' => 1,
                'xapistate' => $people,
                'legacyfiles' => 1,
                'overwrite_conf' => 1,
                'course_fullname' => false,
                'course_shortname' => false,
                'course_startdate' => $controller->get_info()->original_course_startdate,
                'keep_roles_and_enrolments' => 1,
                'keep_groups_and_groupings' => 1,
            ]);
            plan_settings::include_all($plan, (bool) $people);
            $controller->set_progress(new plan_progress($job, 0.6, 0.95));
            $controller->execute_precheck(true);
            if (!empty($controller->get_precheck_results()['errors'])) {
                throw new job_failure('restorefailed');
            }
            recycle_bin::closed(fn() => emptying::activities($courseid));
            // Before anything comes back: Moodle would take what it finds for what it brings, a tag for one.
            course_snapshot::remove_unknown($courseid, $snapshot, $ends);
            $ownership->begin();
            restore_under_way::with($ties, $ownership, null, fn() => $controller->execute_plan());
            $ownership->settle($courseid, !$people);
        } finally {
            $controller->destroy();
        }
    }

    /**
     * Remove enrolments that the putting back made beside those that stood all the time.
     *
     * Only what cron itself made after the snapshot, in methods that existed then or that the restore added.
     *
     * @param int $courseid
     * @param array $snapshot
     */
    private static function remove_doubled_enrolments(int $courseid, array $snapshot): void {
        global $DB;
        $rows = $DB->get_records_sql(
            "SELECT ue.*, e.enrol FROM {user_enrolments} ue JOIN {enrol} e ON e.id = ue.enrolid
              WHERE e.courseid = :course AND ue.id > :last AND ue.modifierid = :admin AND e.enrol <> 'passerelle'
                    AND EXISTS (SELECT 1 FROM {user_enrolments} o JOIN {enrol} oe ON oe.id = o.enrolid
                                 WHERE oe.courseid = e.courseid AND o.userid = ue.userid AND o.id <= :lastagain)",
            [
                'course' => $courseid,
                'last' => $snapshot['lastenrolment'],
                'lastagain' => $snapshot['lastenrolment'],
                'admin' => get_admin()->id,
            ]
        );
        foreach ($rows as $row) {
            $DB->delete_records('user_enrolments', ['id' => $row->id]);
        }
        foreach ($DB->get_records('enrol', ['courseid' => $courseid]) as $instance) {
            $empty = !$DB->record_exists('user_enrolments', ['enrolid' => $instance->id]);
            if ($empty && !in_array((int) $instance->id, $snapshot['enrols'], true) && $instance->enrol !== 'passerelle') {
                enrol_get_plugin($instance->enrol)?->delete_instance($instance);
            }
        }
    }

    /**
     * Course columns that the failed restore took from the archive, as they were.
     *
     * @param int $courseid
     * @param array $snapshot
     */
    private static function put_own_columns_back(int $courseid, array $snapshot): void {
        global $DB;
        $columns = array_filter($snapshot['overwritten'], fn($value) => $value !== null);
        // The summary came back with the backup, its links to files rewritten.
        unset($columns['summary'], $columns['summaryformat']);
        $DB->update_record('course', (object) (['id' => $courseid] + $columns));
        rebuild_course_cache($courseid, true);
    }

    /**
     * Delete what was kept for a job.
     *
     * @param int $jobid
     */
    public static function forget(int $jobid): void {
        $fs = get_file_storage();
        $system = \context_system::instance()->id;
        foreach (['safety', 'backuparea'] as $area) {
            $fs->delete_area_files($system, 'local_passerelle', $area, $jobid);
        }
    }
}
