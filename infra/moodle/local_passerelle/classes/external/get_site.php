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
use local_passerelle\local\site_facts;

/**
 * What this site is and what it can take.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class get_site extends external_api {
    /**
     * What is asked.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'category' => new external_value(
                PARAM_RAW,
                'Idnumber of a category: what roles may do is then told as it stands there',
                VALUE_DEFAULT,
                ''
            ),
        ]);
    }

    /**
     * Answer.
     *
     * @param string $category
     * @return array
     */
    public static function execute(string $category = ''): array {
        global $DB;
        $params = self::validate_parameters(self::execute_parameters(), ['category' => $category]);
        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/passerelle:getsite', $context);
        $place = $context;
        if ($params['category'] !== '') {
            $id = $DB->get_field('course_categories', 'id', ['idnumber' => $params['category']], MUST_EXIST);
            $place = \context_coursecat::instance($id);
        }
        return site_facts::all($place);
    }

    /**
     * What is answered.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        $plugin = new external_single_structure([
            'name' => new external_value(PARAM_RAW, 'Component or name'),
            'version' => new external_value(PARAM_INT, 'Version'),
        ]);
        return new external_single_structure([
            'release' => new external_value(PARAM_RAW, 'Moodle release'),
            'version' => new external_value(PARAM_RAW, 'Moodle version'),
            'site' => new external_value(PARAM_RAW, 'The site\'s name in the plugin\'s settings, or empty'),
            'wwwroot' => new external_value(PARAM_RAW, 'Address'),
            'plugins' => new external_single_structure([
                'local_passerelle' => new external_value(PARAM_INT, 'Version'),
                'enrol_passerelle' => new external_value(PARAM_INT, 'Version, 0 where absent'),
                'block_passerelle' => new external_value(PARAM_INT, 'Version, 0 where absent'),
            ]),
            'roles' => new external_multiple_structure(new external_single_structure([
                'id' => new external_value(PARAM_INT, 'Id on this site'),
                'shortname' => new external_value(PARAM_RAW, 'Short name'),
                'name' => new external_value(PARAM_RAW, 'Name people see'),
                'archetype' => new external_value(PARAM_RAW, 'Archetype, or empty'),
                'contextlevels' => new external_multiple_structure(new external_value(PARAM_ALPHA, 'Where it can be given')),
                'capabilities' => new external_multiple_structure(new external_value(PARAM_RAW, 'Of those that count here')),
                'allowed' => new external_value(PARAM_BOOL, 'Whether the settings let Passerelle give it in courses'),
            ])),
            'modules' => new external_multiple_structure($plugin),
            'blocks' => new external_multiple_structure($plugin),
            'limits' => new external_single_structure([
                'max_input_vars' => new external_value(PARAM_INT, 'Variables in one request'),
                'upload_max_filesize' => new external_value(PARAM_INT, 'Bytes'),
                'post_max_size' => new external_value(PARAM_INT, 'Bytes'),
                'course_maxbytes' => new external_value(PARAM_INT, 'Bytes, 0 for no limit of the site'),
            ]),
            'languages' => new external_multiple_structure(new external_value(PARAM_RAW, 'Installed language')),
            'now' => new external_value(PARAM_INT, 'The site\'s clock'),
            'cron' => new external_single_structure([
                'idle' => new external_value(
                    PARAM_INT,
                    'Seconds since cron last began, if it ever did',
                    VALUE_REQUIRED,
                    null,
                    NULL_ALLOWED
                ),
                'every' => new external_value(PARAM_INT, 'Seconds between its last two beginnings, or 0'),
                'atonce' => new external_value(PARAM_BOOL, 'Whether jobs start with the request that asks for them'),
            ]),
        ]);
    }
}
