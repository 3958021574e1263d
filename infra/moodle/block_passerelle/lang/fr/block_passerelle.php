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
 * French strings.
 *
 * @package    block_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['passerelle:addinstance'] = 'Ajouter le bloc Passerelle à un cours';
$string['pluginname'] = 'Passerelle';
$string['privacy:metadata'] = 'Le bloc ne conserve aucune donnée : local_passerelle dit ce qu’il conserve.';
$string['title_lastyear'] = 'Cours de l’année précédente';
$string['title_sharing'] = 'Mutualisation';
