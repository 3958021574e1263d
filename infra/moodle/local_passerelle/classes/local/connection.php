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
 * This Moodle's place in the network: taken by a code, kept, given up (K1).
 *
 * What was made or switched on for it is written down as it is done, so that connecting again finds it and
 * disconnecting takes back that, and nothing else.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class connection {
    /** What every code begins with. */
    private const PREFIX = 'psl1_';

    /** How long one question to Passerelle may take: it asks this very site while we wait. */
    private const PATIENCE = 30;

    /**
     * What a code says, without asking anybody.
     *
     * @param string $code as it was entered
     * @return array{address: string, site: string, key: string}|null null where it is none
     */
    public static function read(string $code): ?array {
        $code = preg_replace('/\s+/', '', $code); // Copied from a terminal, it may be broken into lines.
        if (!str_starts_with($code, self::PREFIX)) {
            return null;
        }
        $said = json_decode((string) base64_decode(strtr(substr($code, strlen(self::PREFIX)), '-_', '+/')), true);
        $address = is_array($said) ? (string) ($said['address'] ?? '') : '';
        $site = is_array($said) ? (string) ($said['site'] ?? '') : '';
        $key = base64_decode(is_array($said) ? (string) ($said['key'] ?? '') : '', true);
        $fits = gate::origin($address) !== null && preg_match('/^[a-z0-9][a-z0-9-]{0,38}$/', $site) && strlen((string) $key) === 32;
        return $fits ? ['address' => rtrim($address, '/'), 'site' => $site, 'key' => $key] : null;
    }

    /**
     * What connecting will do, for whoever is asked whether it may.
     *
     * @param array $code as read() gives it
     * @return string[] sentences
     */
    public static function announce(array $code): array {
        $lines = [get_string('connect_will_know', 'local_passerelle', (object) ['site' => $code['site'], 'address' => $code['address']])];
        if (!str_starts_with($code['address'], 'https://')) {
            $lines[] = get_string('connect_will_plain', 'local_passerelle');
        }
        $lines[] = get_string('connect_will_account', 'local_passerelle');
        if (!service_account::web_services_on()) {
            $lines[] = get_string('connect_will_switch', 'local_passerelle');
        }
        return $lines;
    }

    /**
     * Take the place that the code names, and hand the token over. Safe to repeat.
     *
     * @param array $code as read() gives it
     * @return array what Passerelle found: fits, findings[level, text]
     * @throws refusal
     */
    public static function connect(array $code): array {
        if (settings::complete() && settings::site() !== $code['site']) {
            throw self::no('connect_is_another', settings::site());
        }
        $answer = api::ask(
            $code['address'],
            $code['site'],
            [hash('sha256', "passerelle connection\x1f" . $code['key'], true)],
            'connection',
            'connection',
            ['claim' => self::claim()] + self::says()
        );
        self::enter($code, $answer);
        return self::hand_over(service_account::ensure(array_map('strval', $answer['roles'] ?? [])));
    }

    /**
     * A new token in the place of the one there is, without a code.
     *
     * @return array what Passerelle found
     * @throws refusal
     */
    public static function renew(): array {
        return self::hand_over(service_account::ensure([]));
    }

    /**
     * Ask Passerelle to look again.
     *
     * @return array what Passerelle found
     * @throws refusal
     */
    public static function check(): array {
        return self::remember(api::call('token', 'token', ['action' => 'check'] + self::says(), null, self::PATIENCE, 1));
    }

    /**
     * Give the place up: Passerelle forgets token and secret, and what connecting made is taken back.
     *
     * @return string|null what could not be done, in a sentence
     * @throws refusal where a job is under way
     */
    public static function disconnect(): ?string {
        global $DB;
        if ($DB->record_exists_select('local_passerelle_job', "status IN ('queued', 'running')")) {
            throw self::no('disconnect_jobs');
        }
        $left = null;
        try {
            api::call('token', 'token', ['action' => 'withdraw'] + self::says(), null, self::PATIENCE, 1);
        } catch (refusal $refusal) {
            // Passerelle may be gone, or have forgotten us already: what is here can be taken back all the same.
            $left = $refusal->status === 401 ? null : get_string('disconnect_half', 'local_passerelle', $refusal->sentence);
        }
        hub_place::take_back();
        service_account::take_back();
        foreach (made::take('settings') ?? [] as $name => $before) {
            set_config($name, $before, 'local_passerelle');
        }
        foreach (['address', 'site', 'secret', 'secret2', 'claim', 'found', 'connected'] as $name) {
            unset_config($name, 'local_passerelle');
        }
        return $left;
    }

    /**
     * Since when this site is connected, and what Passerelle found when it last looked.
     *
     * @return array|null null where it was not connected by a code
     */
    public static function state(): ?array {
        $since = (int) get_config('local_passerelle', 'connected');
        if (!$since || !settings::complete()) {
            return null;
        }
        $found = json_decode((string) get_config('local_passerelle', 'found'), true);
        return [
            'site' => settings::site(),
            'address' => settings::address(),
            'since' => userdate($since),
        ] + (is_array($found) ? $found : ['fits' => false, 'findings' => []]);
    }

    /**
     * Write down what the network says of this site.
     *
     * @param array $code
     * @param array $answer
     */
    private static function enter(array $code, array $answer): void {
        $secret = (string) ($answer['secret'] ?? '');
        $before = trim((string) get_config('local_passerelle', 'secret'));
        set_config('address', $code['address'], 'local_passerelle');
        set_config('site', $code['site'], 'local_passerelle');
        set_config('secret', $secret, 'local_passerelle');
        set_config('secret2', '', 'local_passerelle');
        $wanted = ['sources' => self::with_lines((array) ($answer['sources'] ?? []))];
        foreach ((array) ($answer['offers'] ?? []) as $feature => $offered) {
            $wanted['offer' . clean_param($feature, PARAM_ALPHA)] = (string) (int) $offered;
        }
        if (!empty($answer['last_year'])) {
            $wanted['lastyear'] = clean_param((string) $answer['last_year'], PARAM_TEXT);
        }
        $old = made::all()['settings'] ?? [];
        foreach ($wanted as $name => $value) {
            $old += [$name => (string) get_config('local_passerelle', $name)]; // As it was before the first time.
            set_config($name, $value, 'local_passerelle');
        }
        made::note('settings', $old);
        if (is_array($answer['hub'] ?? null)) {
            hub_place::ensure((string) $answer['hub']['category'], (string) $answer['hub']['viewer_role']);
        }
        if ($before !== $secret) {
            \cache::make('local_passerelle', 'reachable')->purge();
        }
    }

    /**
     * The setting `sources` with these lines in it.
     *
     * @param string[] $lines
     * @return string
     */
    private static function with_lines(array $lines): string {
        $there = preg_split('/[\s,]+/', (string) get_config('local_passerelle', 'sources'), -1, PREG_SPLIT_NO_EMPTY);
        return implode("\n", array_unique(array_merge($there, array_map('strval', $lines))));
    }

    /**
     * The token to Passerelle; the tokens before it die a little later, for it may still be using them.
     *
     * @param string $token
     * @return array what Passerelle found
     */
    private static function hand_over(string $token): array {
        $answer = api::call('token', 'token', ['action' => 'keep', 'token' => $token] + self::says(), null, self::PATIENCE, 2);
        service_account::let_others_die($token);
        if (!get_config('local_passerelle', 'connected')) {
            set_config('connected', time(), 'local_passerelle');
        }
        unset_config('claim', 'local_passerelle');
        return self::remember($answer);
    }

    /**
     * Keep what was found, to be shown.
     *
     * @param array $answer
     * @return array fits, findings[level, text]
     */
    private static function remember(array $answer): array {
        $found = [
            'fits' => !empty($answer['fits']),
            'findings' => array_map(fn($one) => [
                'level' => (string) ($one['level'] ?? ''),
                'text' => (string) ($one['text'] ?? ''),
            ], array_values((array) ($answer['findings'] ?? []))),
        ];
        set_config('found', json_encode($found), 'local_passerelle');
        return $found;
    }

    /**
     * What each of these requests says of this site.
     *
     * @return array
     */
    private static function says(): array {
        global $CFG, $USER;
        $person = isset($USER->username) ? ['person' => api::person($USER)] : [];
        return ['wwwroot' => $CFG->wwwroot] + $person;
    }

    /**
     * By what Passerelle knows this site again while a code is being used.
     *
     * @return string
     */
    private static function claim(): string {
        $claim = (string) get_config('local_passerelle', 'claim');
        if ($claim === '') {
            $claim = bin2hex(random_bytes(32));
            set_config('claim', $claim, 'local_passerelle');
        }
        return hash('sha256', $claim);
    }

    /**
     * A refusal of our own.
     *
     * @param string $string
     * @param string|null $a
     * @return refusal
     */
    private static function no(string $string, ?string $a = null): refusal {
        return new refusal(409, $string, get_string($string, 'local_passerelle', $a));
    }
}
