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
 * French strings of the enrolment method.
 *
 * @package    enrol_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['passerelle:config'] = 'Masquer ou supprimer les instances d’inscription Passerelle';
$string['passerelle:manage'] = 'Inscrire, suspendre et désinscrire par Passerelle';
$string['pluginname'] = 'Inscriptions Passerelle';
$string['pluginname_desc'] = 'Inscriptions venues de la scolarité et des commandes de la boutique. Seule Passerelle les écrit ; elles ne se retirent pas à la main.';
$string['privacy:metadata:core_group'] = 'La méthode d’inscription Passerelle inscrit des personnes dans des groupes.';
$string['source_night'] = 'Scolarité';
$string['source_shop'] = 'Boutique';
