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
 * What the administrator enters.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

if ($hassiteconfig) {
    $ADMIN->add('localplugins', new admin_category(
        'local_passerelle_category',
        new lang_string('pluginname', 'local_passerelle')
    ));
    $settings = new admin_settingpage('local_passerelle', new lang_string('settings', 'local_passerelle'));
    $ADMIN->add('local_passerelle_category', $settings);

    if ($ADMIN->fulltree) {
        $settings->add(new admin_setting_configtext(
            'local_passerelle/address',
            new lang_string('address', 'local_passerelle'),
            new lang_string('address_desc', 'local_passerelle'),
            '',
            PARAM_URL
        ));
        $settings->add(new admin_setting_configtext(
            'local_passerelle/site',
            new lang_string('site', 'local_passerelle'),
            new lang_string('site_desc', 'local_passerelle'),
            '',
            PARAM_ALPHANUMEXT
        ));
        $settings->add(new admin_setting_configpasswordunmask(
            'local_passerelle/secret',
            new lang_string('secret', 'local_passerelle'),
            new lang_string('secret_desc', 'local_passerelle'),
            ''
        ));
        $settings->add(new admin_setting_configpasswordunmask(
            'local_passerelle/secret2',
            new lang_string('secret2', 'local_passerelle'),
            new lang_string('secret2_desc', 'local_passerelle'),
            ''
        ));
        $settings->add(new admin_setting_configtextarea(
            'local_passerelle/sources',
            new lang_string('sources', 'local_passerelle'),
            new lang_string('sources_desc', 'local_passerelle'),
            '',
            PARAM_RAW_TRIMMED
        ));
        $settings->add(new admin_setting_configcheckbox(
            'local_passerelle/sendpeople',
            new lang_string('sendpeople', 'local_passerelle'),
            new lang_string('sendpeople_desc', 'local_passerelle'),
            1
        ));
        $settings->add(new admin_setting_configcheckbox(
            'local_passerelle/startatonce',
            new lang_string('startatonce', 'local_passerelle'),
            new lang_string('startatonce_desc', 'local_passerelle'),
            0
        ));
        foreach (['publish' => 1, 'retrieve' => 1, 'rollover' => 0, 'check' => 0] as $feature => $default) {
            $settings->add(new admin_setting_configcheckbox(
                'local_passerelle/offer' . $feature,
                new lang_string('offer' . $feature, 'local_passerelle'),
                new lang_string('offer' . $feature . '_desc', 'local_passerelle'),
                $default
            ));
        }
        $settings->add(new admin_setting_configtext(
            'local_passerelle/lastyear',
            new lang_string('lastyear', 'local_passerelle'),
            new lang_string('lastyear_desc', 'local_passerelle'),
            '',
            PARAM_TEXT
        ));
        $settings->add(new admin_setting_configtext(
            'local_passerelle/foadprefix',
            new lang_string('foadprefix', 'local_passerelle'),
            new lang_string('foadprefix_desc', 'local_passerelle'),
            'FOAD-',
            PARAM_TEXT
        ));
        $settings->add(new admin_settings_coursecat_select(
            'local_passerelle/retrievecategory',
            new lang_string('retrievecategory', 'local_passerelle'),
            new lang_string('retrievecategory_desc', 'local_passerelle'),
            1
        ));
        $settings->add(new admin_setting_configduration(
            'local_passerelle/keepjobs',
            new lang_string('keepjobs', 'local_passerelle'),
            new lang_string('keepjobs_desc', 'local_passerelle'),
            YEARSECS,
            DAYSECS
        ));
        $settings->add(new admin_setting_heading(
            'local_passerelle/applyreach',
            new lang_string('applyreach', 'local_passerelle'),
            new lang_string('applyreach_desc', 'local_passerelle')
        ));
        $settings->add(new admin_setting_configmulticheckbox(
            'local_passerelle/applyroles',
            new lang_string('applyroles', 'local_passerelle'),
            new lang_string('applyroles_desc', 'local_passerelle'),
            [],
            array_intersect_key(
                role_get_names(null, ROLENAME_ORIGINAL, true),
                array_flip(get_roles_for_contextlevels(CONTEXT_COURSE))
            )
        ));
        $auths = array_keys(core_component::get_plugin_list('auth'));
        $settings->add(new admin_setting_configmulticheckbox(
            'local_passerelle/applyauths',
            new lang_string('applyauths', 'local_passerelle'),
            new lang_string('applyauths_desc', 'local_passerelle'),
            [],
            array_combine($auths, array_map(fn($auth) => get_string('pluginname', 'auth_' . $auth), $auths))
        ));
        $settings->add(new admin_setting_configmultiselect(
            'local_passerelle/applycategories',
            new lang_string('applycategories', 'local_passerelle'),
            new lang_string('applycategories_desc', 'local_passerelle'),
            [],
            core_course_category::make_categories_list()
        ));
    }
}

if ($hassiteconfig) {
    $ADMIN->add('local_passerelle_category', new admin_externalpage(
        'local_passerelle_connect',
        new lang_string('connect', 'local_passerelle'),
        new moodle_url('/local/passerelle/connect.php'),
        'moodle/site:config'
    ));
}

$ADMIN->add($hassiteconfig ? 'local_passerelle_category' : 'reports', new admin_externalpage(
    'local_passerelle_jobs',
    new lang_string('jobs', 'local_passerelle'),
    new moodle_url('/local/passerelle/jobs.php'),
    'local/passerelle:viewjobs'
));
foreach (['why', 'reclassify'] as $asked) {
    $ADMIN->add($hassiteconfig ? 'local_passerelle_category' : 'reports', new admin_externalpage(
        'local_passerelle_' . $asked,
        new lang_string($asked === 'why' ? 'why' : 'toreclassify', 'local_passerelle'),
        new moodle_url('/local/passerelle/' . $asked . '.php'),
        'local/passerelle:' . $asked
    ));
}
$ADMIN->add($hassiteconfig ? 'local_passerelle_category' : 'reports', new admin_externalpage(
    'local_passerelle_console',
    new lang_string('console', 'local_passerelle'),
    new moodle_url('/local/passerelle/console.php'),
    'local/passerelle:console'
));
