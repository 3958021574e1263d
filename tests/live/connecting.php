<?php
// What of a Moodle connecting may change, to be compared before and after. Read on standard input, as stage.php is.

define('CLI_SCRIPT', true);
require(getcwd() . '/config.php');

$asked = json_decode(getenv('PASSERELLE_SCENE'), true);
$scene = 'scene_' . $asked['do'];
echo "\n" . json_encode($scene($asked)), "\n";

/** Everything that is there to be left as it was. */
function scene_look(array $asked): array {
    global $DB;
    $overrides = 'SELECT c.id, c.contextid, r.shortname, c.capability, c.permission
        FROM {role_capabilities} c JOIN {role} r ON r.id = c.roleid ORDER BY c.contextid, r.shortname, c.capability';
    $settings = (array) get_config('local_passerelle');
    unset($settings['version'], $settings['claim']); // By its claim a Moodle is known again while it uses a code.
    return [
        'roles' => $DB->get_fieldset_sql('SELECT shortname FROM {role} ORDER BY shortname'),
        'capabilities' => array_map(
            fn($row) => "{$row->contextid} {$row->shortname} {$row->capability} {$row->permission}",
            array_values($DB->get_records_sql($overrides))
        ),
        'allows' => $DB->count_records('role_allow_assign'),
        'accounts' => $DB->get_fieldset_sql('SELECT username FROM {user} WHERE deleted = 0 ORDER BY username'),
        'tokens' => $DB->count_records('external_tokens'),
        'authorised' => $DB->count_records('external_services_users'),
        'categories' => $DB->get_fieldset_sql('SELECT idnumber FROM {course_categories} ORDER BY id'),
        'webservices' => (bool) get_config('core', 'enablewebservices'),
        'protocols' => (string) get_config('core', 'webserviceprotocols'),
        'enrolments' => enrol_is_enabled('passerelle'),
        'settings' => array_filter($settings, 'strlen'),
    ];
}

/** What was made, once connected. */
function scene_made(array $asked): array {
    global $DB;
    $made = json_decode((string) get_config('local_passerelle', 'made'), true) ?: [];
    $live = 'userid = ? AND (validuntil IS NULL OR validuntil = 0)';
    return [
        'accounts' => $DB->get_fieldset_select('user', 'username', "deleted = 0 AND auth = 'webservice'"),
        'lasting_tokens' => $DB->count_records_select('external_tokens', $live, [$made['user'] ?? 0]),
    ];
}
