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

/**
 * English strings of the enrolment method.
 *
 * @package    enrol_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['passerelle:config'] = 'Hide or delete instances of Passerelle enrolments';
$string['passerelle:manage'] = 'Enrol, suspend and unenrol through Passerelle';
$string['pluginname'] = 'Passerelle enrolments';
$string['pluginname_desc'] = 'Enrolments that come from the university\'s records and from shop orders. They are written by Passerelle only and cannot be removed by hand.';
$string['privacy:metadata:core_group'] = 'The Passerelle enrolment method makes members of groups.';
$string['source_night'] = 'Registrar';
$string['source_shop'] = 'Shop';
