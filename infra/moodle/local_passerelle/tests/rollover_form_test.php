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

use local_passerelle\form\rollover;

/**
 * What the year-change form makes of a choice whose list cannot be read any more.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \local_passerelle\form\rollover
 */
final class rollover_form_test extends \advanced_testcase {
    /**
     * The form as a browser sends it; Passerelle, which has the list, is not to be reached.
     *
     * @param array $more
     * @return rollover
     */
    private function sent(array $more): rollover {
        $course = $this->getDataGenerator()->create_course();
        $data = rollover::mock_ajax_submit($more + [
            'courseid' => $course->id,
            'found' => 'Chimie (CHIM101)',
            'check' => 'chk1',
            'listed' => 'CHIM101',
            'source' => '',
            'destination' => 'replace',
        ]);
        return new rollover(null, null, 'post', '', [], true, $data, true);
    }

    public function test_nothing_is_asked_for_where_the_list_that_was_chosen_from_is_gone(): void {
        $this->resetAfterTest();
        $this->setAdminUser();
        $this->assertFalse($this->sent(['section_4' => 0, 'activity_9' => 1])->is_validated());
        $this->assertTrue($this->sent(['section_4' => 0, 'destination' => 'stash'])->is_validated());
        $this->assertTrue($this->sent([])->is_validated());
    }
}
