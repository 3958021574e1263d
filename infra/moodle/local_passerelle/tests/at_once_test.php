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

use core\check\result;
use local_passerelle\check\cron;
use local_passerelle\local\at_once;
use local_passerelle\local\job;
use local_passerelle\task\run_job;

/**
 * A job starts with the end of the request where the administrator allows it, and waits for cron everywhere else.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \local_passerelle\local\at_once
 * @covers \local_passerelle\check\cron
 */
final class at_once_test extends \advanced_testcase {
    /**
     * A site on which jobs may start at once.
     */
    private function allow(): void {
        global $CFG;
        $this->resetAfterTest();
        set_config('startatonce', 1, 'local_passerelle');
        set_config('cron_enabled', 1);
        $CFG->pathtophp = PHP_BINARY;
    }

    /**
     * A site that never chose waits for cron.
     */
    public function test_nothing_starts_unless_the_administrator_said_so(): void {
        $this->allow();
        $this->assertTrue(at_once::possible());
        set_config('startatonce', 0, 'local_passerelle');
        $this->assertFalse(at_once::possible());
        unset_config('startatonce', 'local_passerelle');
        $this->assertFalse(at_once::possible());
    }

    /**
     * Cron that is switched off, or no PHP to start: cron alone decides.
     */
    public function test_nothing_starts_where_cron_is_off_or_php_is_not_named(): void {
        global $CFG;
        $this->allow();
        set_config('cron_enabled', 0);
        $this->assertFalse(at_once::possible());
        set_config('cron_enabled', 1);
        $CFG->pathtophp = '';
        $this->assertFalse(at_once::possible());
        $CFG->pathtophp = __FILE__;
        $this->assertFalse(at_once::possible(), 'no program');
    }

    /**
     * Whoever asks from the command line, as cron does when it hands a job back, starts nothing.
     */
    public function test_cron_starts_no_cron(): void {
        $this->allow();
        $this->assertFalse(at_once::arrange());
    }

    /**
     * Moodle's own command, kept to its limits, behind whose back nobody waits; a path is one word, whatever is in it.
     */
    public function test_the_command_is_moodles_own_without_force_and_without_a_reader(): void {
        global $CFG;
        $this->allow();
        $CFG->pathtophp = "/opt/a b/php'; touch x #";
        $command = at_once::command();
        $this->assertStringStartsWith("'/opt/a b/php'\\''; touch x #' '", $command);
        $this->assertSame(1, preg_match("~' '([^']+)' '([^']+)' </dev/null >/dev/null 2>&1 &$~", $command, $found));
        $this->assertFileExists($found[1]);
        $this->assertSame('adhoc_task.php', basename($found[1]));
        $this->assertSame('--classname=\\local_passerelle\\task\\run_job', $found[2]);
        $this->assertStringNotContainsString('--force', $command);
        $this->assertStringNotContainsString('--ignorelimits', $command);
    }

    /**
     * What the command looks for is what was queued.
     */
    public function test_what_the_command_takes_is_the_job(): void {
        $this->allow();
        $job = job::ensure('backup', 'test:atonce', ['intent' => 'share'], null, 2);
        $task = \core\task\manager::get_next_adhoc_task(time() + 1, true, '\\' . run_job::class);
        $this->assertSame((int) $job->row->id, $task->get_custom_data()->job);
        \core\task\manager::adhoc_task_complete($task);
    }

    /**
     * An administrator who switched it on and forgot PHP's path is told.
     */
    public function test_the_systems_status_says_what_keeps_jobs_from_starting(): void {
        global $CFG;
        $this->allow();
        set_config('lastcronstart', time(), 'tool_task');
        $this->assertSame(result::OK, (new cron())->get_result()->get_status());
        $CFG->pathtophp = '';
        $this->assertSame(result::WARNING, (new cron())->get_result()->get_status());
        set_config('startatonce', 0, 'local_passerelle');
        $this->assertSame(result::OK, (new cron())->get_result()->get_status());
    }
}
