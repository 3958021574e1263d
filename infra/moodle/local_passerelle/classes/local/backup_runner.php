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
 * Makes a user-free backup of a course and sends it to Passerelle, which keeps it.
 *
 * Phases: backup, open, send, complete. What was made and opened is kept, so that a cut costs only the part
 * that was on its way.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class backup_runner extends runner {
    /** How often one part is tried before the job waits. */
    private const TRIES = 4;

    /** How many addresses are asked for at once: all of them live an hour at most. */
    private const ADDRESSES = 20;

    #[\Override]
    protected function perform(): void {
        global $DB;
        $course = $DB->get_record('course', ['id' => $this->job->row->courseid]);
        if (!$course || $course->id == SITEID) {
            throw new job_failure('courseunknown');
        }
        $file = $this->made($course);
        $this->open($course, $file);
        $this->send($file);
        $this->send_people();
        $this->job->phase('complete', 0.97);
        $this->complete($file);
        $this->job->write(['upload' => $this->job->state['upload']]);
    }

    /**
     * The finished backup, made if it is not there from an earlier run.
     *
     * @param \stdClass $course
     * @return \stored_file
     */
    private function made(\stdClass $course): \stored_file {
        $file = archive::kept('outgoing', (int) $this->job->row->id);
        if ($file && !empty($this->job->state['sha256'])) {
            return $file;
        }
        $this->job->phase('backup', 0.01);
        $idnumber = course_number::ensure((int) $course->id);
        // What changes while the backup is made counts as changed after it.
        $this->job->state['lastchange'] = course_facts::last_changes([$course->id])[$course->id];
        $file = archive::make(
            $this->job,
            (int) $course->id,
            false,
            'outgoing',
            new plan_progress($this->job, 0.01, 0.5),
            $this->job->params['without'] ?? []
        );
        $this->prove_without_people($file);
        $this->job->state['idnumber'] = $idnumber;
        $this->job->state['sha256'] = $this->hash($file);
        $this->job->write();
        return $file;
    }

    /**
     * Look into the finished file, whatever the settings said.
     *
     * @param \stored_file $file
     */
    private function prove_without_people(\stored_file $file): void {
        foreach ($file->list_files(get_file_packer('application/vnd.moodle.backup')) ?: [] as $member) {
            if (ltrim($member->pathname, './') === 'users.xml') {
                throw new job_failure('peopleinside');
            }
        }
    }

    /**
     * The file's sha256, read once as a stream.
     *
     * @param \stored_file $file
     * @return string
     */
    private function hash(\stored_file $file): string {
        $handle = $file->get_content_file_handle();
        $context = hash_init('sha256');
        hash_update_stream($context, $handle);
        fclose($handle);
        return hash_final($context);
    }

    /**
     * One call to Passerelle that is the same request however often this job makes it.
     *
     * @param string $step names the request within the job
     * @param string $route
     * @param string $type
     * @param array $fields
     * @return array
     */
    private function call(string $step, string $route, string $type, array $fields): array {
        $ids = $this->job->state['ids'] ?? [];
        $bodies = $this->job->state['bodies'] ?? [];
        $body = sha1(json_encode($fields));
        if (($bodies[$step] ?? '') !== $body) {
            $ids[$step] = api::new_id();
            $bodies[$step] = $body;
            $this->job->state['ids'] = $ids;
            $this->job->state['bodies'] = $bodies;
            $this->job->write();
        }
        try {
            return api::call($route, $type, $fields, $ids[$step], 30);
        } catch (refusal $refusal) {
            if ($refusal->passing()) {
                throw new job_postponed(60, 'upload');
            }
            throw $refusal;
        }
    }

    /**
     * Open the upload, unless an earlier run did.
     *
     * @param \stdClass $course
     * @param \stored_file $file
     */
    private function open(\stdClass $course, \stored_file $file): void {
        global $DB;
        if (!empty($this->job->state['upload'])) {
            return;
        }
        $this->job->phase('open', 0.55);
        $user = $DB->get_record('user', ['id' => $this->job->row->userid], '*', MUST_EXIST);
        try {
            $answer = $this->call('open', 'uploads', 'uploads', [
                'intent' => $this->job->params['intent'],
                'courseid' => (int) $course->id,
                'idnumber' => $this->job->state['idnumber'],
                'fullname' => $course->fullname,
                'shortname' => $course->shortname,
                'filesize' => (int) $file->get_filesize(),
                'sha256' => $this->job->state['sha256'],
                'lastchange' => $this->job->state['lastchange'],
                'users' => false,
                'person' => api::person($user),
            ]);
        } catch (refusal $refusal) {
            throw new job_failure($refusal->status === 413 ? 'size' : 'upload', $refusal->sentence);
        }
        $this->job->state['upload'] = (string) $answer['upload'];
        $this->job->state['partsize'] = (int) $answer['partsize'];
        $this->job->state['parts'] = (int) $answer['parts'];
        $this->job->write(['upload' => (string) $answer['upload']]);
    }

    /**
     * Send the parts that Passerelle does not have yet.
     *
     * @param \stored_file $file
     */
    private function send(\stored_file $file): void {
        $this->job->phase('send', 0.57);
        $total = $this->job->state['parts'];
        $have = array_column($this->ask_parts([])['have'] ?? [], 'part');
        $missing = array_values(array_diff(range(1, $total), $have));
        $handle = $file->get_content_file_handle(\stored_file::FILE_HANDLE_FOPEN);
        try {
            foreach (array_chunk($missing, self::ADDRESSES) as $wanted) {
                $urls = $this->ask_parts($wanted)['urls'] ?? [];
                foreach ($wanted as $part) {
                    $this->send_part($handle, $part, $urls[$part] ?? '', (int) $file->get_filesize());
                    $have[] = $part;
                    $this->job->progress(0.57 + 0.4 * count($have) / $total);
                    $this->job->stop_if_cancelled();
                }
            }
        } finally {
            fclose($handle);
        }
    }

    /**
     * Ask for addresses, and for what has arrived.
     *
     * Each asking is a request of its own: the addresses are to be fresh.
     *
     * @param int[] $parts
     * @return array
     */
    private function ask_parts(array $parts): array {
        $upload = $this->job->state['upload'];
        try {
            return api::call('uploads/' . rawurlencode($upload) . '/parts', 'parts', ['upload' => $upload, 'parts' => $parts]);
        } catch (refusal $refusal) {
            if ($refusal->passing()) {
                throw new job_postponed(60, 'upload');
            }
            if ($refusal->status === 404) {
                $this->forget_upload();
                throw new job_postponed(5, 'upload');
            }
            throw new job_failure('upload', $refusal->sentence);
        }
    }

    /**
     * Passerelle no longer knows the upload: the next run opens another one.
     */
    private function forget_upload(): void {
        unset($this->job->state['upload'], $this->job->state['ids'], $this->job->state['bodies']);
        $this->job->write(['upload' => null]);
    }

    /**
     * Send one part.
     *
     * @param resource $handle
     * @param int $part from 1
     * @param string $url
     * @param int $filesize
     */
    private function send_part($handle, int $part, string $url, int $filesize): void {
        $partsize = $this->job->state['partsize'];
        $offset = ($part - 1) * $partsize;
        $length = min($partsize, $filesize - $offset);
        for ($try = 1; true; $try++) {
            $verdict = gate::judge($url);
            if ($verdict === gate::CLOSED) {
                throw new job_failure('hostnotallowed');
            }
            $status = (new transfer($verdict === gate::NAMED))->put_piece($url, $handle, $offset, $length);
            if ($status === 200) {
                return;
            }
            if ($try >= self::TRIES) {
                throw new job_postponed(60, 'upload');
            }
            sleep($try);
            $url = $this->ask_parts([$part])['urls'][$part] ?? '';
        }
    }

    /**
     * Send the hashes of the site's people beside the backup, or say that the site does not (P20).
     *
     * A backup goes without them where Passerelle does not take them: its verdict then says so.
     */
    private function send_people(): void {
        $upload = $this->job->state['upload'];
        $route = 'uploads/' . rawurlencode($upload) . '/people';
        $sends = settings::sends_people();
        $path = $this->directory() . '/people.bin';
        if ($sends) {
            people_hashes::write($path);
        }
        try {
            $answer = api::call($route, 'people', [
                'upload' => $upload,
                'sent' => $sends,
                'filesize' => $sends ? filesize($path) : 0,
                'sha256' => $sends ? hash_file('sha256', $path) : '',
            ]);
        } catch (refusal $refusal) {
            if ($refusal->passing()) {
                throw new job_postponed(60, 'upload');
            }
            return;
        }
        if ($sends) {
            $handle = fopen($path, 'r');
            try {
                $this->put_people($answer['url'] ?? '', $handle, filesize($path));
            } finally {
                fclose($handle);
                unlink($path);
            }
        }
    }

    /**
     * Put the hashes where Passerelle wants them.
     *
     * @param string $url
     * @param resource $handle
     * @param int $length
     */
    private function put_people(string $url, $handle, int $length): void {
        $verdict = gate::judge($url);
        if ($verdict === gate::CLOSED) {
            throw new job_failure('hostnotallowed');
        }
        if ((new transfer($verdict === gate::NAMED))->put_piece($url, $handle, 0, $length) !== 200) {
            throw new job_postponed(60, 'upload');
        }
    }

    /**
     * Say that all parts are there.
     *
     * @param \stored_file $file
     */
    private function complete(\stored_file $file): void {
        $upload = $this->job->state['upload'];
        try {
            $this->call('complete', 'uploads/' . rawurlencode($upload) . '/complete', 'complete', ['upload' => $upload]);
        } catch (refusal $refusal) {
            if ($refusal->code_ === 'parts_missing' && empty($this->job->state['resent'])) {
                $this->job->state['resent'] = true;
                unset($this->job->state['bodies']['complete']);
                $this->send($file);
                $this->complete($file);
                return;
            }
            throw new job_failure('upload', $refusal->sentence);
        }
    }

    #[\Override]
    protected function put_back(): void {
        // A backup changes nothing in the course; what was made and sent so far is gone on with.
    }

    #[\Override]
    protected function tidy(): void {
        remove_dir($this->directory());
        get_file_storage()->delete_area_files(
            \context_system::instance()->id,
            'local_passerelle',
            'outgoing',
            (int) $this->job->row->id
        );
    }
}
