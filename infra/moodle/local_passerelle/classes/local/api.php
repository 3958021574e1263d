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
 * Signed calls from this site to Passerelle (Standard Webhooks).
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class api {
    /**
     * Ask one route.
     *
     * A repeated try, here or by a caller that kept the id, is the same request to Passerelle: same id, same
     * body, fresh time and signature.
     *
     * @param string $route the route under the site, such as uploads or uploads/{upload}/parts
     * @param string $type the route's name, repeated in the body
     * @param array $fields the rest of the body
     * @param string|null $id the id of the logical request; null makes one
     * @param int $timeout seconds for one try
     * @param int $tries how often to try where the answer is "later" or nothing
     * @return array the answer
     * @throws refusal
     */
    public static function call(
        string $route,
        string $type,
        array $fields,
        ?string $id = null,
        int $timeout = 20,
        int $tries = 3
    ): array {
        if (!settings::complete()) {
            throw new refusal(0, 'notconfigured', get_string('notconfigured', 'local_passerelle'));
        }
        return self::ask(settings::address(), settings::site(), settings::keys(), $route, $type, $fields, $id, $timeout, $tries);
    }

    /**
     * Ask one route of a Passerelle that the settings need not know yet. Parameters as those of call().
     *
     * @param string $address without a slash at its end
     * @param string $site
     * @param string[] $keys raw bytes
     * @param string $route
     * @param string $type
     * @param array $fields
     * @param string|null $id
     * @param int $timeout
     * @param int $tries
     * @return array the answer
     * @throws refusal
     */
    public static function ask(
        string $address,
        string $site,
        array $keys,
        string $route,
        string $type,
        array $fields,
        ?string $id = null,
        int $timeout = 20,
        int $tries = 3
    ): array {
        $id ??= self::new_id();
        $body = json_encode(
            ['site' => $site, 'type' => $type] + $fields,
            JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR
        );
        $url = $address . '/sites/' . rawurlencode($site) . '/' . $route;
        for ($try = 1; true; $try++) {
            try {
                return self::once($url, $body, $id, $timeout, $keys);
            } catch (refusal $refusal) {
                if (!$refusal->passing() || $try >= $tries) {
                    throw $refusal;
                }
                usleep(250000 * $try * $try);
            }
        }
    }

    /**
     * An id for one logical request.
     *
     * @return string
     */
    public static function new_id(): string {
        return 'msg_' . bin2hex(random_bytes(16));
    }

    /**
     * The signature header: one signature per secret, so that a rotation needs no moment without.
     *
     * @param string $id
     * @param int $timestamp
     * @param string $body
     * @param string[] $keys
     * @return string
     */
    public static function signature(string $id, int $timestamp, string $body, array $keys): string {
        $signatures = [];
        foreach ($keys as $key) {
            $signatures[] = 'v1,' . base64_encode(hash_hmac('sha256', "{$id}.{$timestamp}.{$body}", $key, true));
        }
        return implode(' ', $signatures);
    }

    /**
     * One try.
     *
     * @param string $url
     * @param string $body
     * @param string $id
     * @param int $timeout
     * @param string[] $keys
     * @return array
     */
    private static function once(string $url, string $body, string $id, int $timeout, array $keys): array {
        global $CFG;
        $now = time();
        $headers = [
            'Content-Type: application/json',
            'Accept: application/json',
            'Expect:',
            'webhook-id: ' . $id,
            'webhook-timestamp: ' . $now,
            'webhook-signature: ' . self::signature($id, $now, $body, $keys),
        ];
        // An address with https on the usual port goes through Moodle's own blocking; another one was
        // entered by the administrator as it is, which names it.
        $origin = gate::origin($url);
        $named = $origin !== null && !(str_starts_with($origin, 'https://') && str_ends_with($origin, ':443'));
        [$status, $text] = (new transfer($named))->post_body($url, $body, $headers, $timeout);
        $answer = json_decode($text, true);
        if ($status === 200 && is_array($answer)) {
            return $answer;
        }
        if (!is_array($answer)) {
            $answer = [];
        }
        $sentence = $answer['message'] ?? '';
        if (!is_string($sentence) || $sentence === '' || $status === 0) {
            $sentence = get_string($status === 401 ? 'secretrefused' : 'unreachable', 'local_passerelle');
        }
        throw new refusal(
            $status === 200 ? 502 : $status,
            (string) ($answer['error'] ?? ($status === 0 ? 'unreachable' : 'http' . $status)),
            $sentence,
            (string) ($answer['reference'] ?? ''),
            // Where Passerelle itself cannot say whom to write to, the site can.
            (string) ($answer['assistance'] ?? '') ?: (string) ($CFG->supportemail ?? ''),
            $answer
        );
    }

    /**
     * A person as Passerelle wants to know them.
     *
     * @param \stdClass $user
     * @return array
     */
    public static function person(\stdClass $user): array {
        return [
            'username' => $user->username,
            'idnumber' => (string) $user->idnumber,
            'email' => $user->email,
            'firstname' => $user->firstname,
            'lastname' => $user->lastname,
            'lang' => (string) $user->lang,
        ];
    }
}
