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
 * What Moodle said of a restore before it, as people are told.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class precheck_results {
    /** How many categories of questions are named. */
    private const CATEGORIES = 10;

    /**
     * Warnings are kept with the job, errors end it.
     *
     * @param job $job
     * @param \restore_controller $controller whose precheck was executed
     */
    public static function keep(job $job, \restore_controller $controller): void {
        $results = $controller->get_precheck_results();
        $newer = get_config('', 'version') < $controller->get_info()->moodle_version;
        [$categories, $warnings] = self::fold_categories($results['warnings'] ?? []);
        foreach ($warnings as $i => $warning) {
            // Moodle's first warning is that of a newer release, where there is one.
            $job->warn($newer && $i === 0 ? 'newerrelease' : 'precheck', trim(html_to_text($warning, 0, false)));
        }
        if ($categories) {
            $shown = implode(', ', array_slice($categories, 0, self::CATEGORIES)) . (count($categories) > self::CATEGORIES ? '…' : '');
            $job->tell('questionsmoved', $shown);
        }
        if (!empty($results['errors'])) {
            $errors = array_map(fn($error) => trim(html_to_text($error, 0, false)), $results['errors']);
            throw new job_failure('precheck', implode("\n", $errors));
        }
        $installed = \core_component::get_plugin_list('mod');
        foreach ($controller->get_info()->activities ?? [] as $activity) {
            if (!isset($installed[$activity->modulename])) {
                $job->warn('pluginmissing', 'mod_' . $activity->modulename);
            }
        }
    }

    /**
     * Moodle says of each category of questions that it goes to the course's bank. That needs nobody: it is told once.
     *
     * @param string[] $warnings
     * @return array{string[], string[]} names of these categories, and the other warnings
     */
    private static function fold_categories(array $warnings): array {
        $categories = $others = [];
        foreach ($warnings as $warning) {
            $name = null;
            foreach (['qcategory2coursefallback', 'question2coursefallback'] as $sentence) {
                [$before, $after] = explode('%name%', get_string($sentence, 'backup', (object) ['name' => '%name%']), 2) + [1 => ''];
                if (str_starts_with($warning, $before) && str_ends_with($warning, $after)) {
                    $name ??= substr($warning, strlen($before), strlen($warning) - strlen($before . $after));
                }
            }
            if ($name === null) {
                $others[] = $warning;
            } else {
                $categories[$name] = $name;
            }
        }
        // The one above all others has no name that a person gave.
        unset($categories['top']);
        return [array_values($categories), $others];
    }
}
