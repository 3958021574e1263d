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

namespace enrol_passerelle\privacy;

use core_group\privacy\provider as groups;
use core_privacy\local\metadata\collection;
use core_privacy\local\request\approved_contextlist;
use core_privacy\local\request\approved_userlist;
use core_privacy\local\request\contextlist;
use core_privacy\local\request\userlist;

/**
 * The method keeps no table of its own; the group members that it made are told by the groups' own provider.
 *
 * @package    enrol_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class provider implements
    \core_privacy\local\metadata\provider,
    \core_privacy\local\request\core_userlist_provider,
    \core_privacy\local\request\plugin\provider {
    #[\Override]
    public static function get_metadata(collection $collection): collection {
        return $collection->add_subsystem_link('core_group', [], 'privacy:metadata:core_group');
    }

    #[\Override]
    public static function get_contexts_for_userid(int $userid): contextlist {
        return groups::get_contexts_for_group_member($userid, 'enrol_passerelle');
    }

    #[\Override]
    public static function get_users_in_context(userlist $userlist) {
        if ($userlist->get_context() instanceof \context_course) {
            groups::get_group_members_in_context($userlist, 'enrol_passerelle');
        }
    }

    #[\Override]
    public static function export_user_data(approved_contextlist $contextlist) {
        foreach ($contextlist as $context) {
            if ($context->contextlevel == CONTEXT_COURSE) {
                groups::export_groups($context, 'enrol_passerelle', [get_string('pluginname', 'enrol_passerelle')]);
            }
        }
    }

    #[\Override]
    public static function delete_data_for_all_users_in_context(\context $context) {
        if ($context->contextlevel == CONTEXT_COURSE) {
            groups::delete_groups_for_all_users($context, 'enrol_passerelle');
        }
    }

    #[\Override]
    public static function delete_data_for_user(approved_contextlist $contextlist) {
        if ($contextlist->count()) {
            groups::delete_groups_for_user($contextlist, 'enrol_passerelle');
        }
    }

    #[\Override]
    public static function delete_data_for_users(approved_userlist $userlist) {
        groups::delete_groups_for_users($userlist, 'enrol_passerelle');
    }
}
