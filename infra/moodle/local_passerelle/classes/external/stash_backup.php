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

use core_external\external_api;
use core_external\external_function_parameters;
use core_external\external_single_structure;
use core_external\external_value;
use local_passerelle\local\job;

/**
 * Fetch an archive into a person's private backup area.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class stash_backup extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'jobkey' => structures::jobkey(),
            'sourceurl' => new external_value(PARAM_RAW, 'Where the archive lies, on a host the settings name'),
            'sha256' => new external_value(PARAM_ALPHANUM, 'Of the archive, in hex'),
            'filesize' => new external_value(PARAM_INT, 'Bytes'),
            'username' => new external_value(PARAM_RAW, 'Whose area'),
            'filename' => new external_value(PARAM_FILE, 'Name of the file; an older one of the same course is replaced'),
        ]);
    }

    /**
     * Queue the job.
     *
     * @param string $jobkey
     * @param string $sourceurl
     * @param string $sha256
     * @param int $filesize
     * @param string $username
     * @param string $filename
     * @return array
     */
    public static function execute(
        string $jobkey,
        string $sourceurl,
        string $sha256,
        int $filesize,
        string $username,
        string $filename
    ): array {
        global $USER;
        $params = self::validate_parameters(self::execute_parameters(), [
            'jobkey' => $jobkey,
            'sourceurl' => $sourceurl,
            'sha256' => $sha256,
            'filesize' => $filesize,
            'username' => $username,
            'filename' => $filename,
        ]);
        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/passerelle:stashbackup', $context);
        structures::check_jobkey($params['jobkey']);
        structures::check_source($params['sha256'], $params['filesize'], $params['sourceurl']);
        if (!str_ends_with($params['filename'], '.mbz') || $params['filename'] === '.mbz') {
            throw new \invalid_parameter_exception('filename');
        }
        return job::ensure('stash', $params['jobkey'], $params, null, (int) $USER->id)->export();
    }

    /**
     * What is answered.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return structures::job();
    }
}
