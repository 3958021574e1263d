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
 * The people of this site as hashes, to find them in a backup that should hold nobody (P20).
 *
 * A file of its own beside each backup: salted, so that two files cannot be compared, and truncated. What is hashed,
 * and how it is folded before, is a contract with Passerelle; the vectors of tests/people_hashes_test.php hold both.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class people_hashes {
    /** What a file begins with. */
    private const MAGIC = 'PSLPEOPL';

    /** The form of the file. */
    private const VERSION = 1;

    /** Bytes of a value. */
    private const BYTES = 8;

    /** Bytes of the salt. */
    private const SALT = 32;

    /** White space that is no part of an address or a login, zero width included. */
    private const SPACE = '[\x{09}-\x{0D}\x{20}\x{A0}\x{202F}\x{200B}\x{FEFF}]';

    /** Words that Moodle writes in every archive beside the names of plugins, roles and languages. */
    private const WORDS = [
        'admin', 'guest', 'user', 'users', 'course', 'courses', 'moodle', 'system', 'default', 'none', 'null', 'true', 'false',
        'yes', 'no', 'all', 'any', 'top', 'module', 'activity', 'section', 'question', 'category', 'group', 'grouping', 'grade',
        'value', 'name', 'test', 'demo',
    ];

    /** @var array<string, string[]> kind => values */
    private array $values = ['e' => [], 'l' => [], 'n' => []];

    /**
     * Begin with a salt.
     *
     * @param string $salt raw bytes
     */
    public function __construct(
        /** @var string */
        private readonly string $salt
    ) {
    }

    /**
     * Write the file for this site.
     *
     * @param string $path
     */
    public static function write(string $path): void {
        global $CFG, $DB;
        $hashes = new self(random_bytes(self::SALT));
        $words = self::words();
        $people = $DB->get_recordset_select(
            'user',
            'deleted = 0 AND id <> :guest AND username <> :keeper',
            ['guest' => $CFG->siteguest, 'keeper' => keeper::USERNAME],
            '',
            'id, username, email, firstname, lastname'
        );
        foreach ($people as $one) {
            $hashes->add($one->username, $one->email, $one->firstname, $one->lastname, $words);
        }
        $people->close();
        if (file_put_contents($path, $hashes->file()) === false) {
            throw new job_failure('diskfull');
        }
    }

    /**
     * Add a person.
     *
     * @param string $username
     * @param string $email
     * @param string $firstname
     * @param string $lastname
     * @param array<string, mixed> $words logins that would be found everywhere, as keys
     */
    public function add(string $username, string $email, string $firstname, string $lastname, array $words): void {
        $email = self::plain($email);
        if (str_contains($email, '@')) {
            $this->values['e'][] = $this->hash('e', $email);
        }
        $login = self::plain($username);
        if (self::tells($login) && !isset($words[$login])) {
            $this->values['l'][] = $this->hash('l', $login);
        }
        [$first, $last] = [self::folded($firstname), self::folded($lastname)];
        if ($first !== '' && $last !== '' && mb_strlen("$first $last") >= 5) {
            $this->values['n'][] = $this->hash('n', "$first $last");
            $this->values['n'][] = $this->hash('n', "$last $first");
        }
    }

    /**
     * The whole file.
     *
     * @return string
     */
    public function file(): string {
        $counts = $body = '';
        foreach ($this->values as $values) {
            $values = array_values(array_unique($values));
            sort($values, SORT_STRING);
            $counts .= pack('N', count($values));
            $body .= implode('', $values);
        }
        return self::MAGIC . pack('CCn', self::VERSION, self::BYTES, 0) . $counts . $this->salt . $body;
    }

    /**
     * A value as the file holds it.
     *
     * @param string $kind e, l or n
     * @param string $folded
     * @return string raw bytes
     */
    private function hash(string $kind, string $folded): string {
        return substr(hash_hmac('sha256', $kind . $folded, $this->salt, true), 0, self::BYTES);
    }

    /**
     * An address or a login as it is compared: trimmed, without case in ASCII.
     *
     * @param string $value
     * @return string
     */
    public static function plain(string $value): string {
        $trimmed = preg_replace('/^' . self::SPACE . '+|' . self::SPACE . '+$/u', '', fix_utf8($value));
        return strtr($trimmed, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz');
    }

    /**
     * A name as it is compared: letters and numbers without accents and case, one space between words.
     *
     * @param string $name
     * @return string
     */
    public static function folded(string $name): string {
        $apart = (string) \Normalizer::normalize(fix_utf8($name), \Normalizer::FORM_KD);
        $lower = str_replace('ς', 'σ', mb_strtolower(preg_replace('/\p{Mn}+/u', '', $apart), 'UTF-8'));
        return trim(preg_replace('/[^\p{L}\p{N}]+/u', ' ', $lower));
    }

    /**
     * Whether a login says who somebody is: not two letters, not a small number.
     *
     * @param string $login
     * @return bool
     */
    private static function tells(string $login): bool {
        return mb_strlen($login) >= 3 && !preg_match('/^\d{1,5}$/D', $login);
    }

    /**
     * Words of Moodle's own that stand in every archive: a login that is one of them would be found everywhere.
     *
     * @return array<string, int> as keys
     */
    private static function words(): array {
        global $DB;
        $words = self::WORDS;
        foreach (array_keys(\core_component::get_plugin_types()) as $type) {
            $words[] = $type;
            foreach (array_keys(\core_component::get_plugin_list($type)) as $name) {
                array_push($words, $name, "{$type}_{$name}");
            }
        }
        foreach ($DB->get_records('role', null, '', 'id, shortname, archetype') as $role) {
            array_push($words, self::plain($role->shortname), $role->archetype);
        }
        return array_flip(array_merge($words, array_keys(get_string_manager()->get_list_of_translations(true))));
    }
}
