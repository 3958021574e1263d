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
 * Fetches an archive into a person's private backup area, a newer one replacing an older of the same course.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class stash_runner extends runner {
    #[\Override]
    protected function perform(): void {
        global $CFG, $DB;
        $this->job->phase('check', 0.02);
        $user = $DB->get_record('user', [
            'username' => \core_text::strtolower($this->job->params['username']),
            'deleted' => 0,
            'mnethostid' => $CFG->mnet_localhost_id,
        ]);
        if (!$user) {
            throw new job_failure('invalid', get_string('ownerunknown', 'local_passerelle', s($this->job->params['username'])));
        }
        $this->job->phase('download', 0.05);
        $path = $this->directory() . '/archive.mbz';
        archive::fetch($this->job, $path, 0.05, 0.9);
        archive::refuse_people_inside($path, 'passerelle' . $this->job->row->id);
        $this->job->phase('store', 0.9);
        $filename = clean_param($this->job->params['filename'], PARAM_FILE);
        $place = ['contextid' => \context_user::instance($user->id)->id, 'component' => 'user', 'filearea' => 'backup', 'itemid' => 0];
        $fs = get_file_storage();
        $transaction = $DB->start_delegated_transaction();
        // The new one lies there before an older one goes: what the disk cannot take costs nothing.
        $new = $fs->create_file_from_pathname($place + [
            'filepath' => '/',
            'filename' => 'passerelle-' . $this->job->row->id . '.part',
            'userid' => $user->id,
        ], $path);
        foreach ($fs->get_area_files(...array_values($place), sort: 'id', includedirs: false) as $old) {
            if (self::are_of_one_course($old->get_filename(), $filename)) {
                $old->delete();
            }
        }
        $new->rename('/', $filename);
        $transaction->allow_commit();
    }

    /**
     * Whether a newer archive takes the place of an older one.
     *
     * Their names end in a date, with code, title and year before it: `CHIM101_Chimie_24-25_20250701.mbz`. A person's
     * own files, named otherwise, stay.
     *
     * @param string $old
     * @param string $new
     * @return bool
     */
    public static function are_of_one_course(string $old, string $new): bool {
        $dated = '/^(.+)_\d{8}\.mbz$/';
        $both = preg_match($dated, $old, $before) && preg_match($dated, $new, $after);
        return $old === $new || ($both && $before[1] === $after[1]);
    }

    #[\Override]
    protected function put_back(): void {
        // The deposit is one step: it is there or it is not.
    }

    #[\Override]
    protected function tidy(): void {
        remove_dir($this->directory());
    }
}
