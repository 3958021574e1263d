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
 * Leaves out of a restore what the person left out.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class unlisted {
    /**
     * Switch sections and activities off.
     *
     * @param \base_plan $plan
     * @param int[] $sections ids on the origin
     * @param int[] $activities course module ids on the origin
     */
    public static function parts(\base_plan $plan, array $sections, array $activities): void {
        if (!$sections && !$activities) {
            return;
        }
        $off = [];
        foreach ($plan->get_settings() as $setting) {
            $name = $setting->get_name();
            if (preg_match('/^section_(\d+)_included$/', $name, $found)) {
                if (in_array((int) $found[1], $sections, true)) {
                    $off[$name] = 0;
                }
            } else if (preg_match('/^[a-z0-9_]+?_(\d+)_included$/', $name, $found)) {
                if (in_array((int) $found[1], $activities, true)) {
                    $off[$name] = 0;
                }
            }
        }
        plan_settings::set($plan, $off);
    }

    /**
     * Read an XML file of an unpacked archive.
     *
     * @param string $file
     * @return \DOMDocument
     */
    public static function read(string $file): \DOMDocument {
        $document = new \DOMDocument();
        $text = file_get_contents($file);
        // An archive is somebody else's text. Moodle declares nothing in it; entities declared there could grow without
        // end, past PHP's own limit of memory.
        $safe = preg_match('~^<(\?xml version="1\.0" encoding="UTF-8"\?>|[a-z])~', $text) && !str_contains($text, '<!DOCTYPE');
        if (!$safe || !$document->loadXML($text, LIBXML_NONET | LIBXML_PARSEHUGE)) {
            throw new job_failure('precheck', get_string('notabackup', 'local_passerelle'));
        }
        return $document;
    }

    /**
     * Write it back without some elements.
     *
     * @param \DOMDocument $document
     * @param \DOMElement[] $gone
     * @param string $file
     */
    public static function write(\DOMDocument $document, array $gone, string $file): void {
        if (!$gone) {
            return;
        }
        foreach ($gone as $element) {
            $element->parentNode->removeChild($element);
        }
        if ($document->save($file) === false) {
            throw new job_failure('diskfull');
        }
    }
}
