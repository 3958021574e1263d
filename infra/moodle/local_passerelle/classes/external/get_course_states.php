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
use local_passerelle\local\course_facts;

/**
 * What courses hold, who teaches them, when they changed.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class get_course_states extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        $ids = new external_multiple_structure(new external_value(PARAM_INT, 'Course'), 'By id', VALUE_DEFAULT, []);
        $idnumbers = new external_multiple_structure(new external_value(PARAM_RAW, 'Idnumber'), 'By number', VALUE_DEFAULT, []);
        return new external_function_parameters(['courseids' => $ids, 'idnumbers' => $idnumbers]);
    }

    /**
     * Answer, in the order asked, ids before numbers.
     *
     * @param int[] $courseids
     * @param string[] $idnumbers
     * @return array
     */
    public static function execute(array $courseids = [], array $idnumbers = []): array {
        global $DB;
        $params = self::validate_parameters(
            self::execute_parameters(),
            ['courseids' => $courseids, 'idnumbers' => $idnumbers]
        );
        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/passerelle:getcoursestates', $context);
        if (count($params['courseids']) + count($params['idnumbers']) > 1000) {
            throw new \invalid_parameter_exception('courseids');
        }
        $byid = $DB->get_records_list('course', 'id', $params['courseids']);
        $bynumber = [];
        foreach ($DB->get_records_list('course', 'idnumber', array_filter($params['idnumbers'], 'strlen')) as $course) {
            $bynumber[$course->idnumber] = $course;
            $byid[$course->id] = $course;
        }
        unset($byid[SITEID]);
        $states = course_facts::states($byid);
        $answer = [];
        foreach ($params['courseids'] as $id) {
            $answer[] = ['exists' => isset($states[$id])] + ($states[$id] ?? self::none($id, ''));
        }
        foreach ($params['idnumbers'] as $idnumber) {
            $id = $bynumber[$idnumber]->id ?? 0;
            $answer[] = ['exists' => isset($states[$id])] + ($states[$id] ?? self::none(0, $idnumber));
        }
        return $answer;
    }

    /**
     * The state of a course that is not there.
     *
     * @param int $id
     * @param string $idnumber
     * @return array
     */
    private static function none(int $id, string $idnumber): array {
        return [
            'courseid' => $id,
            'idnumber' => $idnumber,
            'shortname' => '',
            'fullname' => '',
            'visible' => false,
            'empty' => false,
            'holds' => [],
            'sections' => 0,
            'activities' => 0,
            'users' => 0,
            'lastchange' => 0,
            'editingteachers' => [],
            'teachers' => [],
            'restoredfrom' => '',
        ];
    }

    /**
     * What is answered.
     *
     * @return external_multiple_structure
     */
    public static function execute_returns(): external_multiple_structure {
        $usernames = new external_multiple_structure(new external_value(PARAM_RAW, 'Username'));
        return new external_multiple_structure(new external_single_structure([
            'exists' => new external_value(PARAM_BOOL, 'Whether the course is there'),
            'courseid' => new external_value(PARAM_INT, 'Id'),
            'idnumber' => new external_value(PARAM_RAW, 'Idnumber'),
            'shortname' => new external_value(PARAM_RAW, 'Short name'),
            'fullname' => new external_value(PARAM_RAW, 'Full name'),
            'visible' => new external_value(PARAM_BOOL, 'Visible'),
            'empty' => new external_value(PARAM_BOOL, 'Whether a restore would delete nothing'),
            'holds' => new external_multiple_structure(new external_single_structure([
                'kind' => new external_value(PARAM_ALPHANUMEXT, 'activities, discussions, questions, badges, contentbank or summaries'),
                'count' => new external_value(PARAM_INT, 'How many'),
            ])),
            'sections' => new external_value(PARAM_INT, 'Sections'),
            'activities' => new external_value(PARAM_INT, 'Activities'),
            'users' => new external_value(PARAM_INT, 'People enrolled'),
            'lastchange' => new external_value(PARAM_INT, 'Unix time'),
            'editingteachers' => $usernames,
            'teachers' => $usernames,
            'restoredfrom' => new external_value(PARAM_RAW, 'Address of the course it was restored from, or empty'),
        ]));
    }
}
