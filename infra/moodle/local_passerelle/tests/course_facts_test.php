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

use local_passerelle\local\course_facts;
use local_passerelle\local\stash_runner;

/**
 * What an empty course is, who teaches, and which deposits are of one course.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \local_passerelle\local\course_facts
 * @covers \local_passerelle\local\stash_runner::are_of_one_course
 */
final class course_facts_test extends \advanced_testcase {
    /**
     * What a course holds, as kind => count.
     *
     * @param \stdClass $course
     * @return int[]
     */
    private function held(\stdClass $course): array {
        return array_column(course_facts::holdings([$course->id])[$course->id], 'count', 'kind');
    }

    public function test_an_announcements_forum_and_a_block_are_nothing_but_a_discussion_is(): void {
        $this->resetAfterTest();
        $make = $this->getDataGenerator();
        $course = $make->create_course();
        $forum = $make->create_module('forum', ['course' => $course->id, 'type' => 'news']);
        $make->create_block('html', ['parentcontextid' => \context_course::instance($course->id)->id]);
        $this->assertSame([], $this->held($course));
        $make->get_plugin_generator('mod_forum')->create_discussion(
            ['course' => $course->id, 'forum' => $forum->id, 'userid' => get_admin()->id]
        );
        $this->assertSame(['discussions' => 1], $this->held($course));
    }

    public function test_each_kind_of_content_is_counted_in_its_own_course(): void {
        global $DB;
        $this->resetAfterTest();
        $this->setAdminUser();
        $make = $this->getDataGenerator();
        $course = $make->create_course();
        $other = $make->create_course();
        $context = \context_course::instance($course->id);
        $questions = $make->get_plugin_generator('core_question');
        $category = $questions->create_question_category(['contextid' => $context->id]);
        $questions->create_question('shortanswer', null, ['category' => $category->id]);
        $make->get_plugin_generator('core_badges')->create_badge(['type' => BADGE_TYPE_COURSE, 'courseid' => $course->id]);
        $make->get_plugin_generator('core_contentbank')->generate_contentbank_data('contenttype_h5p', 2, 0, $context, false);
        $DB->set_field('course_sections', 'summary', 'Bonjour', ['course' => $course->id, 'section' => 0]);
        $make->create_module('page', ['course' => $course->id]);
        $held = $this->held($course);
        ksort($held);
        $this->assertSame(['activities' => 1, 'badges' => 1, 'contentbank' => 2, 'questions' => 1, 'summaries' => 1], $held);
        $this->assertSame([], $this->held($other));
    }

    /**
     * Names of two deposits, and whether the newer takes the older's place.
     *
     * @return array[]
     */
    public static function deposits(): array {
        return [
            'a newer one' => ['C1_Chimie_24-25_20250630.mbz', 'C1_Chimie_24-25_20250701.mbz', true],
            'the same' => ['mine.mbz', 'mine.mbz', true],
            'another year' => ['C1_Chimie_23-24_20250630.mbz', 'C1_Chimie_24-25_20250701.mbz', false],
            'another course' => ['C2_Chimie_24-25_20250630.mbz', 'C1_Chimie_24-25_20250701.mbz', false],
            'a person\'s own copy' => ['C1_Chimie_24-25_copie.mbz', 'C1_Chimie_24-25_20250701.mbz', false],
            'names without a date' => ['a_b.mbz', 'a_c.mbz', false],
        ];
    }

    /**
     * A newer archive takes the place of an older one of the same course only.
     *
     * @dataProvider deposits
     * @param string $old
     * @param string $new
     * @param bool $same
     */
    public function test_a_newer_deposit_takes_the_place_of_an_older_one_of_the_course(string $old, string $new, bool $same): void {
        $this->assertSame($same, stash_runner::are_of_one_course($old, $new));
    }
}
