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

use local_passerelle\local\job_failure;
use local_passerelle\local\precheck_results;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->dirroot . '/backup/util/includes/restore_includes.php');

/**
 * What people are told of a restore's precheck.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \local_passerelle\local\precheck_results
 */
final class precheck_results_test extends \advanced_testcase {
    /**
     * Keep what a precheck said, and give the job's warnings, code by code.
     *
     * @param array $results
     * @param string[] $modules of the archive's activities
     * @param int $version of the Moodle that made the archive
     * @return array[] code and message of each
     */
    private function kept(array $results, array $modules = [], int $version = 0): array {
        $this->resetAfterTest();
        $controller = $this->createMock(\restore_controller::class);
        $controller->method('get_precheck_results')->willReturn($results);
        $controller->method('get_info')->willReturn((object) [
            'moodle_version' => $version,
            'activities' => array_map(fn($module) => (object) ['modulename' => $module], $modules),
        ]);
        $job = local\job::ensure('restore', 'x:1', [], null, 0);
        precheck_results::keep($job, $controller);
        return array_map(fn($one) => [$one['code'], $one['message']], json_decode((string) $job->row->warnings, true) ?: []);
    }

    /**
     * Twelve categories of questions are one line that names ten of them; the one above all is not named.
     */
    public function test_question_categories_that_move_are_told_once(): void {
        $warnings = array_map(
            fn($name) => get_string('qcategory2coursefallback', 'backup', (object) ['name' => $name]),
            ['top', ...array_map(fn($number) => "Chapter {$number}", range(1, 12))]
        );
        [[$code, $message]] = $kept = $this->kept(['warnings' => [...$warnings, $warnings[1]]]);
        $this->assertCount(1, $kept);
        $this->assertSame('questionsmoved', $code);
        $this->assertStringContainsString('Chapter 1, Chapter 2', $message);
        $this->assertStringContainsString('Chapter 10…', $message);
        $this->assertStringNotContainsString('top', $message);
    }

    /**
     * Of an archive of a newer Moodle the first warning is about that.
     */
    public function test_a_newer_release_and_a_missing_activity_have_codes_of_their_own(): void {
        $kept = $this->kept(['warnings' => ['It is newer.', 'Something else.']], ['page', 'nosuchthing'], 9999123100);
        $this->assertSame(['newerrelease', 'precheck', 'pluginmissing'], array_column($kept, 0));
        $this->assertSame('mod_nosuchthing', $kept[2][1]);
    }

    /**
     * Errors end the job, in Moodle's own words.
     */
    public function test_errors_refuse(): void {
        $this->expectException(job_failure::class);
        $this->expectExceptionMessage('No room left.');
        $this->kept(['errors' => ['<p>No room left.</p>']]);
    }
}
