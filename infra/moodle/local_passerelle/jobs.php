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
 * The jobs of the site.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

require_once(__DIR__ . '/../../config.php');
require_once($CFG->libdir . '/adminlib.php');

$page = optional_param('page', 0, PARAM_INT);
$status = optional_param('status', '', PARAM_ALPHA);

admin_externalpage_setup('local_passerelle_jobs');
$url = new moodle_url('/local/passerelle/jobs.php', ['status' => $status]);

$list = new \local_passerelle\output\job_list($status, $page, $url);
echo $OUTPUT->header();
echo $OUTPUT->heading(get_string('jobs', 'local_passerelle'));
echo $OUTPUT->render_from_template('local_passerelle/jobs', $list->export_for_template($OUTPUT));
echo $OUTPUT->paging_bar($list->total(), $page, \local_passerelle\output\job_list::PERPAGE, $url);
echo $OUTPUT->footer();
