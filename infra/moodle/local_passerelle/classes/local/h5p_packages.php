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
 * H5P packages of an archive: what they need that this site does not have (P19).
 *
 * Moodle installs the libraries inside a package only where the owner of its file may do so. For everybody else they
 * must be there already; which ones are missing is for an administrator to hear.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class h5p_packages {
    /** The description of a package is a few lines. */
    private const LONGEST = 1048576;

    /** @var array<string, string[]> content hash => libraries, as "H5P.Dialogcards 1.9" */
    private array $needs = [];

    /**
     * Read the packages of an unpacked archive.
     *
     * @param string $path
     */
    public function __construct(string $path) {
        if (!file_exists($path . '/files.xml')) {
            return;
        }
        $hash = '';
        archive::walk($path . '/files.xml', function (\XMLReader $reader) use ($path, &$hash): void {
            if ($reader->name === 'contenthash') {
                $hash = $reader->readString();
            } else if ($reader->name === 'filename' && str_ends_with(strtolower($reader->readString()), '.h5p')) {
                if (preg_match('~^[0-9a-f]{40}$~D', $hash)) {
                    $this->needs[$hash] = self::libraries("{$path}/files/" . substr($hash, 0, 2) . "/{$hash}");
                }
            }
        });
    }

    /**
     * The libraries that a package says it runs with.
     *
     * @param string $file
     * @return string[]
     */
    private static function libraries(string $file): array {
        $zip = new \ZipArchive();
        if ($zip->open($file, \ZipArchive::RDONLY) !== true) {
            return [];
        }
        $said = json_decode((string) $zip->getFromName('h5p.json', self::LONGEST), true);
        $zip->close();
        $libraries = [];
        foreach (['preloadedDependencies', 'dynamicDependencies'] as $kind) {
            foreach (is_array($said[$kind] ?? null) ? $said[$kind] : [] as $one) {
                $name = is_string($one['machineName'] ?? null) ? $one['machineName'] : '';
                if (preg_match('~^[\w.-]{1,255}$~D', $name)) {
                    $libraries[] = $name . ' ' . (int) ($one['majorVersion'] ?? 0) . '.' . (int) ($one['minorVersion'] ?? 0);
                }
            }
        }
        return array_values(array_unique($libraries));
    }

    /**
     * Tell of packages that will not run in a course as it was restored.
     *
     * @param job $job
     * @param int $courseid
     * @param int $owner of the packages
     */
    public function warn(job $job, int $courseid, int $owner): void {
        global $DB;
        $context = \context_course::instance($courseid);
        $came = $this->needs ? $DB->get_records_sql(
            'SELECT f.id, f.contenthash, f.filename FROM {files} f JOIN {context} x ON x.id = f.contextid
              WHERE f.userid = :owner AND (x.id = :here OR ' . $DB->sql_like('x.path', ':inside') . ')
                    AND ' . $DB->sql_like('f.filename', ':name', false) . '
           ORDER BY f.id',
            ['owner' => $owner, 'here' => $context->id, 'inside' => $context->path . '/%', 'name' => '%.h5p']
        ) : [];
        if (!$came) {
            return;
        }
        $names = fn(array $files) => implode(', ', array_unique(array_map(fn($file) => $file->filename, $files)));
        if (!has_capability('moodle/h5p:deploy', $context, $owner)) {
            $job->tell('h5pnotshown', $names($came));
        }
        if (has_capability('moodle/h5p:updatelibraries', $context, $owner)) {
            return;
        }
        $here = $DB->get_records('h5p_libraries', null, '', 'id, machinename, majorversion, minorversion');
        $here = array_map(fn($one) => "{$one->machinename} {$one->majorversion}.{$one->minorversion}", $here);
        $missing = $waiting = [];
        foreach ($came as $id => $file) {
            foreach (array_diff($this->needs[$file->contenthash] ?? [], $here) as $library) {
                $missing[$library] = $library;
                $waiting[$id] = $file;
            }
        }
        if ($missing) {
            $said = ['libraries' => implode(', ', $missing), 'files' => $names($waiting)];
            $job->tell('h5plibraries', $said);
        }
    }
}
