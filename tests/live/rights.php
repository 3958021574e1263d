<?php
// An account that may apply and nothing else, and what is needed to see what it could do. Read on standard input, as
// stage.php is.

define('CLI_SCRIPT', true);
require(getcwd() . '/config.php');
require_once($CFG->libdir . '/testing/generator/lib.php');
require_once($CFG->dirroot . '/webservice/lib.php');

\core\session\manager::set_user(get_admin());
$asked = json_decode(getenv('PASSERELLE_SCENE'), true);
$scene = 'scene_' . $asked['do'];
echo "\n" . json_encode($scene($asked)), "\n";

/** The account: beside `local/passerelle:apply` only what lets it through the door of the web services. */
function scene_account(array $asked): array {
    global $DB;
    $switched = [];
    foreach (['enablewebservices' => '1', 'webserviceprotocols' => 'rest'] as $name => $value) {
        $switched[$name] = (string) get_config('core', $name);
        if (!str_contains($switched[$name], $value)) {
            set_config($name, ltrim($switched[$name] . ',' . $value, ',0'));
        }
    }
    $user = (new testing_data_generator())->create_user(['username' => $asked['name']]);
    $system = context_system::instance();
    $roleid = create_role($asked['name'], $asked['name'], '');
    foreach (['local/passerelle:apply', 'webservice/rest:use'] as $capability) {
        assign_capability($capability, CAP_ALLOW, $roleid, $system->id);
    }
    role_assign($roleid, $user->id, $system->id);
    $service = $DB->get_record('external_services', ['shortname' => 'passerelle'], '*', MUST_EXIST);
    (new webservice())->add_ws_authorised_user((object) ['externalserviceid' => $service->id, 'userid' => $user->id]);
    $token = \core_external\util::generate_token(EXTERNAL_TOKEN_PERMANENT, $service, $user->id, $system);
    return ['token' => $token, 'switched' => $switched];
}

/** The account may enrol through the plugin's method besides, everywhere. */
function scene_let_enrol(array $asked): bool {
    global $DB;
    $roleid = $DB->get_field('role', 'id', ['shortname' => $asked['name']], MUST_EXIST);
    return assign_capability('enrol/passerelle:manage', CAP_ALLOW, $roleid, context_system::instance()->id);
}

/** Somebody holds a role over the whole site, or over a category. */
function scene_raise(array $asked): int {
    global $DB;
    $context = $asked['category'] === '' ? context_system::instance() : context_coursecat::instance(
        $DB->get_field('course_categories', 'id', ['idnumber' => $asked['category']], MUST_EXIST)
    );
    $roleid = $DB->get_field('role', 'id', ['shortname' => $asked['role']], MUST_EXIST);
    return role_assign($roleid, core_user::get_user_by_username($asked['username'])->id, $context->id);
}

/** What an account is, and which roles it has in a course. */
function scene_look(array $asked): array {
    global $DB;
    $user = $DB->get_record('user', ['username' => $asked['username']], '*', MUST_EXIST);
    $course = $DB->get_record('course', ['idnumber' => $asked['course']]);
    $roles = $course ? array_column(get_user_roles(context_course::instance($course->id), $user->id, false), 'shortname') : [];
    sort($roles);
    return ['email' => $user->email, 'auth' => $user->auth, 'suspended' => (bool) $user->suspended, 'roles' => $roles];
}

/** What an administrator allows: short names of roles, idnumbers of categories. */
function scene_limit(array $asked): bool {
    global $DB;
    foreach (['role' => 'shortname', 'course_categories' => 'idnumber'] as $table => $column) {
        $ids = $asked[$table] ? $DB->get_fieldset_select($table, 'id', "{$column} " . $DB->get_in_or_equal($asked[$table])[0],
            $DB->get_in_or_equal($asked[$table])[1]) : [];
        set_config($table === 'role' ? 'applyroles' : 'applycategories', implode(',', $ids), 'local_passerelle');
    }
    return true;
}

/** The account goes, and what was switched on for it. */
function scene_leave(array $asked): bool {
    global $DB;
    delete_user(core_user::get_user_by_username($asked['name']));
    delete_role($DB->get_field('role', 'id', ['shortname' => $asked['name']], MUST_EXIST));
    foreach ($asked['switched'] as $name => $value) {
        set_config($name, $value);
    }
    return true;
}
