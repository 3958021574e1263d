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

use local_passerelle\local\guide;

/**
 * The teacher's guide comes with the plugin, in both languages.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \local_passerelle\local\guide
 */
final class guide_test extends \advanced_testcase {
    /**
     * Languages, and the title there.
     *
     * @return array[]
     */
    public static function languages(): array {
        return ['French' => ['fr', 'enseignants'], 'of Canada' => ['fr_ca', 'enseignants'], 'English' => ['en', 'teachers']];
    }

    /**
     * Whoever speaks French reads French, everybody else English; headings, lists and no marks of the source.
     *
     * @dataProvider languages
     * @param string $lang
     * @param string $title
     */
    public function test_the_guide_speaks_the_readers_language(string $lang, string $title): void {
        global $SESSION;
        $this->resetAfterTest();
        $SESSION->forcelang = $lang;
        [$read, $text] = guide::read();
        unset($SESSION->forcelang);
        $this->assertStringContainsString($title, $read);
        $this->assertStringContainsString('<h3', $text);
        $this->assertStringContainsString('<li', $text);
        $this->assertStringNotContainsString('##', $text);
    }
}
