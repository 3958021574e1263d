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

namespace local_passerelle;

use local_passerelle\local\people_hashes;

/**
 * The file that says who is on this site, and how names are folded before they are hashed.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \local_passerelle\local\people_hashes
 */
final class people_hashes_test extends \basic_testcase {
    /**
     * What Passerelle's own reader is tested with too.
     */
    public function test_the_file_is_the_one_that_was_agreed(): void {
        $salt = implode('', array_map('chr', range(0, 31)));
        $hashes = new people_hashes($salt);
        $hashes->add('ALovelace', ' Ada@Example.ORG ', 'Émilie-Anne', 'O’Brien', []);
        $hashes->add('12345', 'nobody', 'A', '', []);
        $hashes->add('quiz', '', 'Li', 'Y', ['quiz' => true]);
        $file = $hashes->file();
        $this->assertSame('PSLPEOPL' . "\x01\x08\x00\x00" . pack('NNN', 1, 1, 2), substr($file, 0, 24));
        $this->assertSame($salt, substr($file, 24, 32));
        $values = str_split(bin2hex(substr($file, 56)), 16);
        $this->assertSame('872876a39f04a4d8', $values[0]);
        $this->assertSame('42e82b2bde7b25be', $values[1]);
        $this->assertContains('b0fc331fe7d181ba', [$values[2], $values[3]]);
        $this->assertCount(4, $values);
    }

    /**
     * Names and their folded forms.
     *
     * @return array[]
     */
    public static function names(): array {
        return [
            'accents and hyphens' => ['Émilie-Anne  O’Brien', 'emilie anne o brien'],
            'a ligature' => ['ﬁlip', 'filip'],
            'sharp s' => ['Weiß', 'weiß'],
            'a final sigma' => ['Νίκος', 'νικοσ'],
            'a dotted capital' => ['İpek', 'ipek'],
            'nothing' => [' - ', ''],
        ];
    }

    /**
     * A name is compared without what people write differently.
     *
     * @dataProvider names
     * @param string $name
     * @param string $folded
     */
    public function test_a_name_is_folded(string $name, string $folded): void {
        $this->assertSame($folded, people_hashes::folded($name));
    }
}
