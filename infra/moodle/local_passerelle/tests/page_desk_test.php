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

use core_external\external_api;
use core_external\external_multiple_structure;
use core_external\external_single_structure;
use core_external\external_value;
use local_passerelle\external\page_desk;
use local_passerelle\local\refusal;

/**
 * What the block's services answer where Passerelle's texts hold something like a tag.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \local_passerelle\external\page_desk
 */
final class page_desk_test extends \advanced_testcase {
    /**
     * A text, and what a page shows of it.
     *
     * @return array[]
     */
    public static function texts(): array {
        return [
            'plain' => ['Chimie, 2e partie', 'Chimie, 2e partie'],
            'a comparison' => ['Cas n<30', 'Cas n< 30'],
            'letters compared' => ['Si x<y alors', 'Si x< y alors'],
            'tags' => ['<b>Chapitre 1</b>', 'Chapitre 1'],
            'a tag within a tag' => ['<<b>img src=x onerror=alert(1)>', '< img src=x onerror=alert(1)>'],
            'a tag that is not closed' => ['<img src=x onerror=alert(1) ', '< img src=x onerror=alert(1) '],
        ];
    }

    /**
     * Moodle would refuse the whole answer, and the page would show nothing.
     *
     * @dataProvider texts
     * @param string $said
     * @param string $shown
     */
    public function test_texts_come_through_without_tags(string $said, string $shown): void {
        $shape = new external_single_structure([
            'refusal' => page_desk::refusal(),
            'sections' => new external_multiple_structure(new external_value(PARAM_TEXT, 'Title'), '', VALUE_DEFAULT, []),
        ]);
        $answer = page_desk::answer(fn() => ['sections' => [$said]]);
        $this->assertSame([$shown], external_api::clean_returnvalue($shape, $answer)['sections']);
        $answer = page_desk::answer(fn() => throw new refusal(409, 'no', $said));
        $this->assertSame($shown, external_api::clean_returnvalue($shape, $answer)['refusal']['message']);
    }
}
