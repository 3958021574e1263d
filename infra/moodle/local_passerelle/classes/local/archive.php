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

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->dirroot . '/backup/util/includes/backup_includes.php');
require_once($CFG->dirroot . '/backup/util/includes/restore_includes.php');

/**
 * Archives as the jobs need them: fetched, checked, unpacked, and made.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class archive {
    /** How often a fetch is tried where the connection breaks. */
    private const TRIES = 6;

    /** Room that must stay free beside what the job writes, in bytes. */
    private const MARGIN = 104857600;

    /**
     * Fetch the job's archive and prove that it is the one announced.
     *
     * Goes on where an earlier try or run stopped. A dead address is asked for anew.
     *
     * @param job $job its params hold sourceurl, sha256 and filesize
     * @param string $path where the archive is to lie
     * @param float $from share of the job's progress at the beginning
     * @param float $to and at the end
     */
    public static function fetch(job $job, string $path, float $from, float $to): void {
        $filesize = (int) $job->params['filesize'];
        self::need_room(dirname($path), $filesize);
        clearstatcache(true, $path);
        if (file_exists($path) && filesize($path) > $filesize) {
            unlink($path);
        }
        // Worked out while the bytes come, not by reading a gigabyte once more; what is gone on with is read again.
        $proof = hash_init('sha256');
        $proved = 0;
        $onbytes = function (int $have, string $bytes) use ($job, $filesize, $from, $to, &$proof, &$proved): bool {
            static $asked = 0;
            $begins = $have - strlen($bytes);
            if (!$begins) {
                [$proof, $proved] = [hash_init('sha256'), 0]; // The first bytes, or the first ones anew.
            }
            if ($begins === $proved) {
                hash_update($proof, $bytes);
                $proved = $have;
            }
            $job->progress($from + ($to - $from) * $have / max(1, $filesize));
            if (time() - $asked >= 2) {
                $asked = time();
                return !$job->cancel_requested();
            }
            return true;
        };
        for ($try = 1; self::size($path) < $filesize; $try++) {
            $verdict = gate::judge($job->params['sourceurl'] ?? '');
            if ($verdict === gate::CLOSED) {
                throw new job_failure('hostnotallowed');
            }
            $transfer = new transfer($verdict === gate::NAMED);
            $status = $transfer->fetch($job->params['sourceurl'], $path, $filesize, $onbytes);
            $job->stop_if_cancelled();
            if (self::size($path) >= $filesize) {
                break;
            }
            if (in_array($status, [200, 206], true) && !$transfer->get_errno()) {
                // All that was sent has come, and it is too short.
                throw new job_failure('size');
            }
            if ($try >= self::TRIES || ($status >= 300 && $status < 400)) {
                throw new job_failure('download');
            }
            if ($status >= 400 && $status < 500 && !in_array($status, [408, 429], true)) {
                self::ask_for_address($job);
            }
            sleep(min(10, $try));
        }
        $sha256 = $proved === $filesize ? hash_final($proof) : hash_file('sha256', $path);
        if (!hash_equals(strtolower($job->params['sha256']), $sha256)) {
            unlink($path);
            throw new job_failure('sha256');
        }
    }

    /**
     * How much of a file lies there.
     *
     * @param string $path
     * @return int bytes
     */
    private static function size(string $path): int {
        clearstatcache(true, $path);
        return file_exists($path) ? filesize($path) : 0;
    }

    /**
     * Refuse early where the disk cannot take it.
     *
     * @param string $directory
     * @param int $bytes
     */
    public static function need_room(string $directory, int $bytes): void {
        $free = @disk_free_space($directory);
        if ($free !== false && $free < $bytes + self::MARGIN) {
            throw new job_failure('diskfull');
        }
    }

    /**
     * Have a fresh address from Passerelle, where this job is one of its own.
     *
     * @param job $job
     */
    private static function ask_for_address(job $job): void {
        try {
            $key = rawurlencode($job->row->jobkey);
            $answer = api::call("jobs/{$key}/source", 'source', ['jobkey' => $job->row->jobkey]);
        } catch (refusal $refusal) {
            throw new job_failure('download');
        }
        if (!empty($answer['url']) && ($answer['sha256'] ?? '') === $job->params['sha256']) {
            $job->params['sourceurl'] = $answer['url'];
            $job->write(['params' => json_encode($job->params)]);
        }
    }

    /**
     * Unpack an archive for Moodle's restore.
     *
     * @param string|\stored_file $archive
     * @param job $job
     * @param string $name of the directory under Moodle's own for restores
     * @return string the directory's path
     */
    public static function unpack($archive, job $job, string $name): string {
        $path = make_backup_temp_directory($name, false);
        if (!$path) {
            throw new job_failure('diskfull');
        }
        remove_dir($path, true);
        $packer = get_file_packer('application/vnd.moodle.backup');
        if ($archive instanceof \stored_file) {
            $result = $archive->extract_to_pathname($packer, $path);
        } else {
            $result = $packer->extract_to_pathname($archive, $path);
        }
        foreach (is_array($result) ? $result : [] as $verdict) {
            if ($verdict !== true) {
                throw new job_failure('diskfull');
            }
        }
        if (!$result || !file_exists($path . '/moodle_backup.xml')) {
            throw new job_failure('precheck', get_string('notabackup', 'local_passerelle'));
        }
        return $path;
    }

    /**
     * Refuse an unpacked archive that brings people.
     *
     * @param string $path the unpacked archive
     */
    public static function refuse_people(string $path): void {
        if (file_exists($path . '/users.xml')) {
            throw new job_failure('peopleinside');
        }
        $info = \backup_general_helper::get_backup_information(basename($path));
        if (!empty($info->root_settings['users'])) {
            throw new job_failure('peopleinside');
        }
    }

    /**
     * Refuse an archive that brings people without unpacking it all: its own description is enough.
     *
     * @param string $archive path
     * @param string $name of a directory under Moodle's own for restores
     */
    public static function refuse_people_inside(string $archive, string $name): void {
        $path = make_backup_temp_directory($name, false);
        if (!$path) {
            throw new job_failure('diskfull');
        }
        try {
            $packer = get_file_packer('application/vnd.moodle.backup');
            $packer->extract_to_pathname($archive, $path, ['moodle_backup.xml', 'users.xml']);
            if (!file_exists($path . '/moodle_backup.xml')) {
                throw new job_failure('precheck', get_string('notabackup', 'local_passerelle'));
            }
            self::refuse_people($path);
        } finally {
            remove_dir($path);
        }
    }

    /**
     * Go through an XML file of an unpacked archive as Moodle will read it, whatever its size.
     *
     * Declared encodings and entities are refused: other readers would follow them.
     *
     * @param string $file
     * @param callable $onelement called with the reader at the beginning of each element
     */
    public static function walk(string $file, callable $onelement): void {
        $refusal = fn() => new job_failure('precheck', get_string('notabackup', 'local_passerelle'));
        $head = file_get_contents($file, false, null, 0, 64);
        if (!preg_match('~^<(\?xml version="1\.0" encoding="UTF-8"\?>|[a-z])~', $head)) {
            throw $refusal();
        }
        $quiet = libxml_use_internal_errors(true);
        $reader = \XMLReader::open($file, 'UTF-8', LIBXML_NONET | LIBXML_PARSEHUGE);
        try {
            while ($reader->read()) {
                if ($reader->nodeType === \XMLReader::DOC_TYPE) {
                    throw $refusal();
                }
                if ($reader->nodeType === \XMLReader::ELEMENT) {
                    $onelement($reader);
                }
            }
            if (libxml_get_errors()) {
                throw $refusal();
            }
        } finally {
            $reader->close();
            libxml_clear_errors();
            libxml_use_internal_errors($quiet);
        }
    }

    /**
     * Make a backup of a course and keep it in a file area of the plugin's own.
     *
     * Every setting is set: no default of the site decides.
     *
     * @param job $job
     * @param int $courseid
     * @param bool $users whether people and what they did are to be in it
     * @param string $filearea outgoing or safety, in the system context
     * @param \core\progress\base $progress
     * @param int[] $without activities to leave out, by course module
     * @return \stored_file
     */
    public static function make(
        job $job,
        int $courseid,
        bool $users,
        string $filearea,
        \core\progress\base $progress,
        array $without = []
    ): \stored_file {
        $filename = "passerelle-{$job->row->id}-{$filearea}.mbz";
        $admin = get_admin();
        self::forget_strays($filename);
        $controller = new \backup_controller(
            \backup::TYPE_1COURSE,
            $courseid,
            \backup::FORMAT_MOODLE,
            \backup::INTERACTIVE_NO,
            \backup::MODE_GENERAL,
            $admin->id
        );
        try {
            $with = (int) $users;
            plan_settings::set($controller->get_plan(), [
                'filename' => $filename,
                'users' => $with,
                'anonymize' => 0,
                'role_assignments' => $with,
                'activities' => 1,
                'blocks' => 1,
                'files' => 1,
                'filters' => 1,
                'comments' => $with,
                'badges' => 1,
                'calendarevents' => $with,
                'userscompletion' => $with,
                'logs' => 0,
                'grade_histories' => $with,
                'questionbank' => 1,
                'groups' => 1,
                'competencies' => 1,
                'customfield' => 1,
                'contentbankcontent' => 1,
                'xapistate' => $with,
                'legacyfiles' => 1,
            ]);
            plan_settings::include_all($controller->get_plan(), $users, $without);
            $controller->set_progress($progress);
            $controller->execute_plan();
            $result = $controller->get_results()['backup_destination'] ?? null;
        } finally {
            $controller->destroy();
        }
        if (!$result instanceof \stored_file) {
            throw new job_failure('backupfailed');
        }
        // Out of the place where Moodle lists it among people's own backups. The bytes do not move.
        $kept = self::store($result, $filearea, (int) $job->row->id, $filename);
        $result->delete();
        return $kept;
    }

    /**
     * Keep a stored file in an area of the plugin's own.
     *
     * @param \stored_file $file
     * @param string $filearea
     * @param int $itemid
     * @param string $filename
     * @return \stored_file
     */
    public static function store(\stored_file $file, string $filearea, int $itemid, string $filename): \stored_file {
        $fs = get_file_storage();
        $record = [
            'contextid' => \context_system::instance()->id,
            'component' => 'local_passerelle',
            'filearea' => $filearea,
            'itemid' => $itemid,
            'filepath' => '/',
            'filename' => $filename,
            'userid' => null,
            'author' => null,
        ];
        if ($old = $fs->get_file(...array_values(array_slice($record, 0, 6)))) {
            $old->delete();
        }
        return $fs->create_file_from_storedfile($record, $file);
    }

    /**
     * The file kept for a job, if there is one.
     *
     * @param string $filearea
     * @param int $itemid
     * @return \stored_file|null
     */
    public static function kept(string $filearea, int $itemid): ?\stored_file {
        $fs = get_file_storage();
        $context = \context_system::instance();
        foreach ($fs->get_area_files($context->id, 'local_passerelle', $filearea, $itemid, 'id', false) as $file) {
            return $file;
        }
        return null;
    }

    /**
     * Remove what a killed backup of this name left among people's own backups.
     *
     * @param string $filename
     */
    private static function forget_strays(string $filename): void {
        global $DB;
        $fs = get_file_storage();
        $rows = $DB->get_records_select(
            'files',
            "filename = :filename AND ((component = 'user' AND filearea = 'backup') OR component = 'backup')",
            ['filename' => $filename]
        );
        foreach ($rows as $row) {
            $fs->get_file_instance($row)->delete();
        }
    }
}
