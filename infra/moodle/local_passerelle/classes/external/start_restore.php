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
use core_external\external_multiple_structure;
use core_external\external_single_structure;
use core_external\external_value;
use local_passerelle\local\job;
use local_passerelle\local\restore_runner;

/**
 * Fetch an archive and restore it.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class start_restore extends external_api {
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
            'mode' => new external_value(PARAM_ALPHA, 'new, merge or replace'),
            'courseid' => new external_value(PARAM_INT, 'Target, for merge and replace', VALUE_DEFAULT, 0),
            'category' => new external_value(PARAM_RAW, 'Idnumber, for new; empty for the site\'s own', VALUE_DEFAULT, ''),
            'fullname' => new external_value(PARAM_TEXT, 'For new; empty for the archive\'s', VALUE_DEFAULT, ''),
            'shortname' => new external_value(PARAM_TEXT, 'For new; empty for the archive\'s', VALUE_DEFAULT, ''),
            'idnumber' => new external_value(PARAM_RAW, 'The new course\'s; for merge and replace the target\'s', VALUE_DEFAULT, ''),
            'visible' => new external_value(PARAM_BOOL, 'For new', VALUE_DEFAULT, false),
            'settings' => new external_multiple_structure(new external_single_structure([
                'name' => new external_value(PARAM_ALPHANUMEXT, 'Restore setting'),
                'value' => new external_value(PARAM_RAW, '0 or 1'),
            ]), 'Choices that differ from the plugin\'s', VALUE_DEFAULT, []),
            'exclude' => new external_multiple_structure(new external_single_structure([
                'kind' => new external_value(PARAM_ALPHA, 'section, activity or group'),
                'id' => new external_value(PARAM_INT, 'Id on the origin'),
            ]), 'What is left out', VALUE_DEFAULT, []),
            'keep_dates' => new external_value(PARAM_BOOL, 'Dates inside activities stay', VALUE_DEFAULT, false),
            'owners' => new external_multiple_structure(new external_single_structure([
                'username' => new external_value(PARAM_RAW, 'Username'),
                'role' => new external_value(PARAM_RAW, 'Short name'),
            ]), 'Who is enrolled in the course', VALUE_DEFAULT, []),
            'person' => new external_value(
                PARAM_RAW,
                'Username of whom it is done for: everything becomes theirs. Empty: an account of the plugin\'s own',
                VALUE_DEFAULT,
                ''
            ),
        ]);
    }

    /**
     * Queue the job.
     *
     * @param string $jobkey
     * @param string $sourceurl
     * @param string $sha256
     * @param int $filesize
     * @param string $mode
     * @param int $courseid
     * @param string $category
     * @param string $fullname
     * @param string $shortname
     * @param string $idnumber
     * @param bool $visible
     * @param array $settings
     * @param array $exclude
     * @param bool $keepdates
     * @param array $owners
     * @param string $person
     * @return array
     */
    public static function execute(
        string $jobkey,
        string $sourceurl,
        string $sha256,
        int $filesize,
        string $mode,
        int $courseid = 0,
        string $category = '',
        string $fullname = '',
        string $shortname = '',
        string $idnumber = '',
        bool $visible = false,
        array $settings = [],
        array $exclude = [],
        bool $keepdates = false,
        array $owners = [],
        string $person = ''
    ): array {
        global $USER;
        $params = self::validate_parameters(self::execute_parameters(), [
            'jobkey' => $jobkey,
            'sourceurl' => $sourceurl,
            'sha256' => $sha256,
            'filesize' => $filesize,
            'mode' => $mode,
            'courseid' => $courseid,
            'category' => $category,
            'fullname' => $fullname,
            'shortname' => $shortname,
            'idnumber' => $idnumber,
            'visible' => $visible,
            'settings' => $settings,
            'exclude' => $exclude,
            'keep_dates' => $keepdates,
            'owners' => $owners,
            'person' => $person,
        ]);
        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/passerelle:startrestore', $context);
        structures::check_jobkey($params['jobkey']);
        structures::check_source($params['sha256'], $params['filesize'], $params['sourceurl']);
        if (!in_array($params['mode'], ['new', 'merge', 'replace'], true)) {
            throw new \invalid_parameter_exception('mode');
        }
        $params['settings'] = self::choices($params['settings']);
        foreach ($params['exclude'] as $one) {
            if (!in_array($one['kind'], ['section', 'activity', 'group'], true)) {
                throw new \invalid_parameter_exception('exclude');
            }
        }
        $courseid = $params['mode'] === 'new' ? null : ($params['courseid'] ?: null);
        return job::ensure('restore', $params['jobkey'], $params, $courseid, (int) $USER->id)->export();
    }

    /**
     * The settings that may be chosen, as a map.
     *
     * @param array $settings
     * @return array
     */
    private static function choices(array $settings): array {
        $choices = [];
        foreach ($settings as $setting) {
            $known = array_key_exists($setting['name'], restore_runner::CHOICES)
                || $setting['name'] === restore_runner::OVERRIDE_NOTEMPTY;
            if (!$known || !in_array($setting['value'], ['0', '1'], true)) {
                throw new \invalid_parameter_exception('settings');
            }
            $choices[$setting['name']] = (int) $setting['value'];
        }
        return $choices;
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
