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

use local_passerelle\local\group_mentions;
use local_passerelle\local\group_ties;
use local_passerelle\local\job_failure;
use local_passerelle\local\unlisted;

/**
 * Which of an archive's groups come, which are tied to groups of the course, and what is told of the others.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \local_passerelle\local\group_ties
 * @covers \local_passerelle\local\group_mentions
 */
final class group_ties_test extends \advanced_testcase {
    /** A group of the night, one made by hand, one whose code nobody has here, and a grouping with the first two. */
    private const GROUPS = '<groups>
        <group id="11"><name>TD1</name><idnumber>A-TD1</idnumber></group>
        <group id="12"><name>Redoublants</name><idnumber>$@NULL@$</idnumber></group>
        <group id="13"><name>TD9</name><idnumber>A-TD9</idnumber></group>
        <groupings><grouping id="21"><name>Tous</name><idnumber></idnumber><grouping_groups>
            <grouping_group id="1"><groupid>11</groupid></grouping_group>
            <grouping_group id="2"><groupid>12</groupid></grouping_group>
            <grouping_group id="3"><groupid>13</groupid></grouping_group>
        </grouping_groups></grouping></groupings></groups>';

    /**
     * An unpacked archive with these groups.
     *
     * @return string its path
     */
    private function archive(): string {
        $path = make_request_directory();
        file_put_contents($path . '/groups.xml', self::GROUPS);
        return $path;
    }

    /**
     * What the archive still says.
     *
     * @param string $path
     * @param string $xpath
     * @return string[]
     */
    private function left(string $path, string $xpath): array {
        $found = (new \SimpleXMLElement(file_get_contents($path . '/groups.xml')))->xpath($xpath);
        return array_map('strval', $found);
    }

    public function test_only_what_is_asked_for_and_has_no_namesake_stays_in_the_archive(): void {
        $this->resetAfterTest();
        $course = $this->getDataGenerator()->create_course();
        $this->getDataGenerator()->create_group(['courseid' => $course->id, 'idnumber' => 'A-TD1', 'name' => 'Autre nom']);
        $path = $this->archive();
        $ties = group_ties::by_code($path, $course->id, true, [13]);
        $this->assertSame(['12'], $this->left($path, '//group/@id'));
        $this->assertSame(['12'], $this->left($path, '//groupid'));
        $this->assertSame([13 => 'TD9'], $ties->absent('group'));
        $this->assertSame([], $ties->absent('grouping'));
    }

    public function test_nothing_stays_where_groups_are_not_asked_for(): void {
        $this->resetAfterTest();
        $course = $this->getDataGenerator()->create_course();
        $path = $this->archive();
        $ties = group_ties::by_code($path, $course->id, false, []);
        $this->assertSame([], $this->left($path, '//group/@id'));
        $this->assertSame([11 => 'TD1', 12 => 'Redoublants', 13 => 'TD9'], $ties->absent('group'));
        $this->assertSame([21 => 'Tous'], $ties->absent('grouping'));
    }

    public function test_a_group_of_another_course_or_without_a_code_is_no_namesake(): void {
        $this->resetAfterTest();
        $make = $this->getDataGenerator();
        $course = $make->create_course();
        $make->create_group(['courseid' => $make->create_course()->id, 'idnumber' => 'A-TD1']);
        $make->create_group(['courseid' => $course->id, 'name' => 'Redoublants', 'idnumber' => '']);
        $ties = group_ties::by_code($this->archive(), $course->id, false, []);
        $this->assertSame([11, 12, 13], array_keys($ties->absent('group')));
    }

    public function test_the_safety_backup_makes_no_group_anew_that_still_stands(): void {
        global $DB;
        $this->resetAfterTest();
        $course = $this->getDataGenerator()->create_course();
        $group = $this->getDataGenerator()->create_group(['courseid' => $course->id]);
        $path = make_request_directory();
        $there = str_replace('id="11"', "id=\"{$group->id}\"", self::GROUPS);
        file_put_contents($path . '/groups.xml', $there);
        $DB->set_field('groups', 'name', 'Renommé depuis', ['id' => $group->id]);
        group_ties::by_id($path, $course->id);
        $this->assertSame(['12', '13'], $this->left($path, '//group/@id'));
    }

    /**
     * Texts that no Moodle writes into an archive.
     *
     * @return array[]
     */
    public static function spoilt(): array {
        $entity = '<!DOCTYPE groups [<!ENTITY a "xxxxxxxxxx">]><groups a="&a;"/>';
        $declared = '<?xml version="1.0" encoding="UTF-8"?>' . $entity;
        return [
            'declares an entity' => [$declared],
            'declares it without saying in what letters' => [$entity],
            'declares it in other letters' => ["\xFF\xFE" . mb_convert_encoding($entity, 'UTF-16LE', 'UTF-8')],
        ];
    }

    /**
     * Entities of entities would fill the memory of the server, past PHP's own limit.
     *
     * @dataProvider spoilt
     * @param string $text
     */
    public function test_an_archive_that_declares_anything_is_refused(string $text): void {
        $path = make_request_directory();
        file_put_contents($path . '/groups.xml', $text);
        $this->expectException(job_failure::class);
        unlisted::read($path . '/groups.xml');
    }

    public function test_places_that_refer_to_what_does_not_come_are_named_and_overrides_taken_out(): void {
        $this->resetAfterTest();
        $course = $this->getDataGenerator()->create_course();
        $path = $this->archive();
        $dir = 'activities/assign_5';
        mkdir($path . '/' . $dir, 0777, true);
        $tree = '{"op":"&amp;","c":[{"op":"|","c":[{"type":"group","id":13}]},{"type":"group"}]}';
        file_put_contents($path . "/{$dir}/module.xml", "<module><availability>{$tree}</availability><groupingid>0</groupingid></module>");
        file_put_contents($path . "/{$dir}/assign.xml", '<activity><assign><overrides>
            <override id="1"><groupid>13</groupid></override><override id="2"><groupid>12</groupid></override>
            <override id="3"><groupid>$@NULL@$</groupid></override></overrides></assign></activity>');
        $part = ['moduleid' => '5', 'sectionid' => '1', 'modulename' => 'assign', 'title' => 'Devoir', 'directory' => $dir];
        $info = (object) ['sections' => [], 'activities' => [(object) $part]];
        $ties = group_ties::by_code($path, $course->id, true, [13]);
        $this->assertSame([], array_filter((new group_mentions($path, $ties))->find($info, [], [5])));
        $places = (new group_mentions($path, $ties))->find($info, [], []);
        $this->assertSame(['group' => [13 => ['Devoir']], 'grouping' => []], $places);
        $left = (new \SimpleXMLElement(file_get_contents($path . "/{$dir}/assign.xml")))->xpath('//override/@id');
        $this->assertSame(['2', '3'], array_map('strval', $left));
    }
}
