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

namespace local_passerelle\local;

/**
 * Messages to people, in their language, each key once.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class messages {
    /**
     * The kinds of message there are; each has a subject and a text among the strings, "message" brings its own.
     */
    public const KINDS = [
        'published', 'publication_failed', 'retrieved', 'retrieval_failed', 'new_version', 'message',
    ];

    /**
     * Send one, unless its key was sent.
     *
     * @param array $one key, username, kind, lang, values
     * @return array verdict
     */
    public static function send(array $one): array {
        global $CFG, $DB;
        $key = \core_text::substr($one['key'], 0, 255);
        if ($DB->record_exists('local_passerelle_sent', ['notifykey' => $key])) {
            return ['key' => $one['key'], 'ok' => true, 'changed' => false];
        }
        $user = $DB->get_record('user', [
            'username' => \core_text::strtolower($one['username']),
            'deleted' => 0,
            'mnethostid' => $CFG->mnet_localhost_id,
        ]);
        if (!$user) {
            return ['key' => $one['key'], 'ok' => false, 'changed' => false, 'errorcode' => 'unknownuser'];
        }
        $values = array_column($one['values'], 'value', 'name');
        $kind = in_array($one['kind'], self::KINDS, true) ? $one['kind'] : (isset($values['text']) ? 'message' : null);
        if ($kind === null) {
            return ['key' => $one['key'], 'ok' => false, 'changed' => false, 'errorcode' => 'invalid'];
        }
        // The key is taken before the message goes: two calls at once send it once.
        try {
            $id = $DB->insert_record('local_passerelle_sent', (object) [
                'notifykey' => $key,
                'userid' => $user->id,
                'timecreated' => time(),
            ]);
        } catch (\dml_write_exception $e) {
            return ['key' => $one['key'], 'ok' => true, 'changed' => false];
        }
        if (!self::post($user, $kind, $one['lang'] ?: $user->lang, $values)) {
            $DB->delete_records('local_passerelle_sent', ['id' => $id]);
            return ['key' => $one['key'], 'ok' => false, 'changed' => false, 'errorcode' => 'notsent'];
        }
        return ['key' => $one['key'], 'ok' => true, 'changed' => true];
    }

    /**
     * Hand a message to Moodle.
     *
     * @param \stdClass $user
     * @param string $kind
     * @param string $lang
     * @param string[] $values
     * @return bool
     */
    private static function post(\stdClass $user, string $kind, string $lang, array $values): bool {
        $a = (object) ($values + ['title' => '', 'huburl' => '', 'courseurl' => '', 'version' => '', 'message' => '',
            'reference' => '', 'subject' => '', 'text' => '']);
        $strings = get_string_manager();
        $changes = trim($values['changes'] ?? '');
        $subject = $strings->get_string("notify_{$kind}_subject", 'local_passerelle', $a, $lang);
        $text = $strings->get_string("notify_{$kind}", 'local_passerelle', $a, $lang);
        if ($changes !== '') {
            $text .= "\n\n" . $strings->get_string("notify_{$kind}_changes", 'local_passerelle', null, $lang) . "\n" . $changes;
        }
        $message = new \core\message\message();
        $message->component = 'local_passerelle';
        $message->name = 'outcome';
        $message->userfrom = \core_user::get_noreply_user();
        $message->userto = $user;
        $message->subject = $subject;
        $message->fullmessage = $text;
        $message->fullmessageformat = FORMAT_PLAIN;
        $message->fullmessagehtml = text_to_html(s($text), false, false, true);
        $message->smallmessage = $subject;
        $message->notification = 1;
        $url = $values['huburl'] ?? ($values['courseurl'] ?? '');
        if ($url !== '' && clean_param($url, PARAM_URL) !== '') {
            $message->contexturl = $url;
            $message->contexturlname = $subject;
        }
        return (bool) message_send($message);
    }
}
