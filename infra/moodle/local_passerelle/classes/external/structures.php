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

/**
 * Shapes that several services answer.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class structures {
    /**
     * A job.
     *
     * @return external_single_structure
     */
    public static function job(): external_single_structure {
        $message = [
            'code' => new external_value(PARAM_ALPHANUMEXT, 'For programs'),
            'message' => new external_value(PARAM_RAW, 'For the person who asked'),
        ];
        return new external_single_structure([
            'jobkey' => new external_value(PARAM_RAW, 'The caller\'s name for the job'),
            'kind' => new external_value(PARAM_ALPHA, 'backup, restore, undo or stash'),
            'status' => new external_value(PARAM_ALPHA, 'queued, running, done, failed or cancelled'),
            'phase' => new external_value(PARAM_ALPHANUMEXT, 'What it is doing'),
            'progress' => new external_value(PARAM_FLOAT, '0 to 1'),
            'courseid' => new external_value(PARAM_INT, 'The course it is about', VALUE_REQUIRED, null, NULL_ALLOWED),
            'courseurl' => new external_value(PARAM_RAW, 'Its address', VALUE_REQUIRED, null, NULL_ALLOWED),
            'map' => new external_multiple_structure(new external_single_structure([
                'kind' => new external_value(PARAM_ALPHA, 'course, section or module'),
                'old' => new external_value(PARAM_INT, 'Id on the origin'),
                'new' => new external_value(PARAM_INT, 'Id here'),
            ])),
            'warnings' => new external_multiple_structure(new external_single_structure($message)),
            'error' => new external_single_structure($message, 'Why it failed', VALUE_REQUIRED, null, NULL_ALLOWED),
            'upload' => new external_value(PARAM_RAW, 'The upload a backup was sent as', VALUE_REQUIRED, null, NULL_ALLOWED),
            'timemodified' => new external_value(PARAM_INT, 'Last change'),
        ]);
    }

    /**
     * A jobkey, as an argument.
     *
     * @return external_value
     */
    public static function jobkey(): external_value {
        return new external_value(PARAM_RAW, 'The caller\'s name for the job: the same key is the same job');
    }

    /**
     * Refuse a key that is none.
     *
     * @param string $jobkey
     */
    public static function check_jobkey(string $jobkey): void {
        if (!preg_match('/^[A-Za-z0-9:._-]{1,100}$/D', $jobkey)) {
            throw new \invalid_parameter_exception('jobkey');
        }
    }

    /**
     * Refuse an announced archive that cannot be one.
     *
     * @param string $sha256
     * @param int $filesize
     * @param string $sourceurl
     */
    public static function check_source(string $sha256, int $filesize, string $sourceurl): void {
        if (!preg_match('/^[0-9a-fA-F]{64}$/D', $sha256)) {
            throw new \invalid_parameter_exception('sha256');
        }
        if ($filesize <= 0) {
            throw new \invalid_parameter_exception('filesize');
        }
        if (\local_passerelle\local\gate::origin($sourceurl) === null) {
            throw new \invalid_parameter_exception('sourceurl');
        }
    }
}
