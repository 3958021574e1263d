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

/**
 * What a restore makes of the enrolments that Passerelle wrote: nothing.
 *
 * @package    enrol_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

/**
 * Takes Passerelle's instances out of an unpacked archive before its enrolments are read.
 *
 * restore_instance() is not asked where somebody chooses to restore enrolments as manual ones: Moodle would enrol
 * by hand, for good, whom only the university's records or an order put there. Without the instance neither
 * enrolments nor its roles and group members find a place to go.
 *
 * @package    enrol_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class restore_enrol_passerelle_plugin extends restore_enrol_plugin {
    /**
     * Called while the step is being defined, which is before it reads its file.
     *
     * @return restore_path_element[] none
     */
    protected function define_enrol_plugin_structure() {
        $path = $this->task->get_taskbasepath() . '/enrolments.xml';
        if (is_readable($path)) {
            self::leave_out($path);
        }
        return [];
    }

    /**
     * Write the file anew without our instances.
     *
     * @param string $path
     */
    private static function leave_out(string $path): void {
        $document = new DOMDocument();
        $text = file_get_contents($path);
        if (!str_contains($text, '<enrol>passerelle</enrol>')) {
            return;
        }
        // Moodle declares nothing in its archives; entities declared there could grow without end.
        $safe = preg_match('~^<(\?xml version="1\.0" encoding="UTF-8"\?>|[a-z])~', $text) && !str_contains($text, '<!DOCTYPE');
        if (!$safe || !$document->loadXML($text, LIBXML_PARSEHUGE | LIBXML_NONET)) {
            throw new restore_step_exception('unreadable_enrolments');
        }
        $ours = iterator_to_array((new DOMXPath($document))->query('/enrolments/enrols/enrol[enrol="passerelle"]'));
        if (!$ours) {
            return;
        }
        foreach ($ours as $instance) {
            $instance->parentNode->removeChild($instance);
        }
        $document->save($path);
    }
}
