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
 * Web services, and the service that holds exactly what Passerelle calls.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$functions = [
    'local_passerelle_get_site' => [
        'classname' => 'local_passerelle\external\get_site',
        'description' => 'Release, plugins, roles and limits of this site',
        'type' => 'read',
        'capabilities' => 'local/passerelle:getsite',
    ],
    'local_passerelle_find_users' => [
        'classname' => 'local_passerelle\external\find_users',
        'description' => 'Users by e-mail, username or idnumber, compared exactly, without case',
        'type' => 'read',
        'capabilities' => 'local/passerelle:findusers',
    ],
    'local_passerelle_start_backup' => [
        'classname' => 'local_passerelle\external\start_backup',
        'description' => 'Make a user-free backup of a course and send it to Passerelle',
        'type' => 'write',
        'capabilities' => 'local/passerelle:startbackup',
    ],
    'local_passerelle_start_restore' => [
        'classname' => 'local_passerelle\external\start_restore',
        'description' => 'Fetch an archive and restore it',
        'type' => 'write',
        'capabilities' => 'local/passerelle:startrestore',
    ],
    'local_passerelle_undo_restore' => [
        'classname' => 'local_passerelle\external\undo_restore',
        'description' => 'Undo a finished restore, once, while nobody has changed the course',
        'type' => 'write',
        'capabilities' => 'local/passerelle:undorestore',
    ],
    'local_passerelle_stash_backup' => [
        'classname' => 'local_passerelle\external\stash_backup',
        'description' => 'Fetch an archive into a person\'s private backup area',
        'type' => 'write',
        'capabilities' => 'local/passerelle:stashbackup',
    ],
    'local_passerelle_get_jobs' => [
        'classname' => 'local_passerelle\external\get_jobs',
        'description' => 'How jobs stand',
        'type' => 'read',
        'capabilities' => 'local/passerelle:getjobs',
    ],
    'local_passerelle_cancel_job' => [
        'classname' => 'local_passerelle\external\cancel_job',
        'description' => 'Ask a job to stop',
        'type' => 'write',
        'capabilities' => 'local/passerelle:canceljob',
    ],
    'local_passerelle_get_course_states' => [
        'classname' => 'local_passerelle\external\get_course_states',
        'description' => 'What courses hold, who teaches them, when they changed',
        'type' => 'read',
        'capabilities' => 'local/passerelle:getcoursestates',
    ],
    'local_passerelle_list_changed_courses' => [
        'classname' => 'local_passerelle\external\list_changed_courses',
        'description' => 'Courses changed since a moment',
        'type' => 'read',
        'capabilities' => 'local/passerelle:listchangedcourses',
    ],
    'local_passerelle_export' => [
        'classname' => 'local_passerelle\external\export',
        'description' => 'A page of one table of the site',
        'type' => 'read',
        'capabilities' => 'local/passerelle:export',
    ],
    'local_passerelle_apply' => [
        'classname' => 'local_passerelle\external\apply',
        'description' => 'Operations with one verdict each',
        'type' => 'write',
        'capabilities' => 'local/passerelle:apply',
    ],
    'local_passerelle_notify' => [
        'classname' => 'local_passerelle\external\notify',
        'description' => 'Messages to people, each key once',
        'type' => 'write',
        'capabilities' => 'local/passerelle:notify',
    ],
    // The block's and the pages' own calls.
    'local_passerelle_page_state' => [
        'classname' => 'local_passerelle\external\page_state',
        'description' => 'How the course stands, for the block',
        'type' => 'read',
        'ajax' => true,
        'capabilities' => 'local/passerelle:publish',
    ],
    'local_passerelle_page_backup' => [
        'classname' => 'local_passerelle\external\page_backup',
        'description' => 'Sauvegarder and Rafraîchir',
        'type' => 'write',
        'ajax' => true,
        'capabilities' => 'local/passerelle:publish',
    ],
    'local_passerelle_page_withdraw' => [
        'classname' => 'local_passerelle\external\page_withdraw',
        'description' => 'Withdraw a publication',
        'type' => 'write',
        'ajax' => true,
        'capabilities' => 'local/passerelle:publish',
    ],
    'local_passerelle_page_tell_holders' => [
        'classname' => 'local_passerelle\external\page_tell_holders',
        'description' => 'Tell those who hold an older version',
        'type' => 'write',
        'ajax' => true,
        'capabilities' => 'local/passerelle:publish',
    ],
    'local_passerelle_page_backups' => [
        'classname' => 'local_passerelle\external\page_backups',
        'description' => 'List, download or delete the backups kept for a course',
        'type' => 'write',
        'ajax' => true,
        'capabilities' => 'local/passerelle:managebackups',
    ],
    'local_passerelle_page_catalogue' => [
        'classname' => 'local_passerelle\external\page_catalogue',
        'description' => 'Search the catalogue',
        'type' => 'read',
        'ajax' => true,
        'capabilities' => 'local/passerelle:retrieve',
    ],
    'local_passerelle_page_retrieve' => [
        'classname' => 'local_passerelle\external\page_retrieve',
        'description' => 'Bring a published course home',
        'type' => 'write',
        'ajax' => true,
        'capabilities' => 'local/passerelle:retrieve',
    ],
    'local_passerelle_page_rollover' => [
        'classname' => 'local_passerelle\external\page_rollover',
        'description' => 'Ask for last year\'s course',
        'type' => 'write',
        'ajax' => true,
        'capabilities' => 'local/passerelle:rollover',
    ],
];

$services = [
    'Passerelle' => [
        'shortname' => 'passerelle',
        'enabled' => 1,
        'restrictedusers' => 1,
        'downloadfiles' => 0,
        'uploadfiles' => 0,
        'functions' => [
            'local_passerelle_get_site',
            'local_passerelle_find_users',
            'local_passerelle_start_backup',
            'local_passerelle_start_restore',
            'local_passerelle_undo_restore',
            'local_passerelle_stash_backup',
            'local_passerelle_get_jobs',
            'local_passerelle_cancel_job',
            'local_passerelle_get_course_states',
            'local_passerelle_list_changed_courses',
            'local_passerelle_export',
            'local_passerelle_apply',
            'local_passerelle_notify',
            'core_webservice_get_site_info',
            'core_user_get_users_by_field',
            'core_user_get_users',
            'core_user_create_users',
            'core_course_get_categories',
            'core_course_create_categories',
            'core_course_get_courses_by_field',
            'core_course_update_courses',
            'core_course_duplicate_course',
            'core_course_get_contents',
            'core_enrol_get_enrolled_users',
            'enrol_manual_enrol_users',
            'enrol_manual_unenrol_users',
            'core_group_create_groups',
            'core_group_get_course_groups',
            'core_group_get_group_members',
            'core_group_add_group_members',
            'core_group_delete_group_members',
            'core_role_assign_roles',
            'core_role_unassign_roles',
            'core_message_send_instant_messages',
        ],
    ],
];
