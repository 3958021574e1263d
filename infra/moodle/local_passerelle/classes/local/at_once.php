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
 * Starts a job as soon as the request that asked for it has ended, where the administrator allows it.
 *
 * A process of its own does what cron would, by Moodle's own command and within its limits: so many at a time, each
 * task by one process alone, none while cron is switched off or the site is being upgraded. Whatever keeps it from
 * starting, cron takes the job up as ever.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class at_once {
    /** @var bool whether this request starts a process at its end */
    private static bool $arranged = false;

    /**
     * Have queued jobs taken up once this request has ended: then what it wrote is there for the other process to read.
     *
     * @return bool whether that was arranged, now or before in this request
     */
    public static function arrange(): bool {
        if (!self::$arranged && !CLI_SCRIPT && self::possible()) {
            self::$arranged = true;
            \core_shutdown_manager::register_function([self::class, 'start']);
        }
        return self::$arranged;
    }

    /**
     * Whether the settings allow it, and the server can.
     *
     * @return bool
     */
    public static function possible(): bool {
        global $CFG;
        return get_config('local_passerelle', 'startatonce')
            && get_config('core', 'cron_enabled')
            && $CFG->ostype !== 'WINDOWS' // Its command line knows no process that outlives the request so simply.
            && function_exists('exec')
            && \core\task\manager::is_runnable();
    }

    /**
     * The command: nothing in it comes from a request.
     *
     * @return string
     */
    public static function command(): string {
        global $CFG;
        // From Moodle 5.1 on, what is no page stands beside the public folder.
        $script = isset($CFG->root) ? "{$CFG->root}/admin/cli/adhoc_task.php" : "{$CFG->dirroot}/{$CFG->admin}/cli/adhoc_task.php";
        $words = [trim($CFG->pathtophp), $script, '--classname=\\' . \local_passerelle\task\run_job::class];
        // It has no end of the request's connections in its hands, and nobody waits for it.
        return implode(' ', array_map('escapeshellarg', $words)) . ' </dev/null >/dev/null 2>&1 &';
    }

    /**
     * Start the process.
     */
    public static function start(): void {
        exec(self::command());
    }
}
