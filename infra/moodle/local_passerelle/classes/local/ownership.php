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
 * Gives what a restore brings to whom it belongs (P19), from its first moment in the course on.
 *
 * Moodle gives a file to whoever its archive's user became here, else to whoever restores. So the archive's list of
 * files is written anew with one stand-in for all users, and the stand-in is mapped to the keeper before the first
 * file of the course is made. What Moodle makes otherwise is handed over right afterwards.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class ownership {
    /** The user of all files in a list that was written anew: an id that no user of any Moodle has. */
    private const STAND_IN = -1;

    /** Tables, their columns that name an owner, and which of their rows lie in a course (:course, {contexts}). */
    private const OWNED = [
        ['files', ['userid'], "contextid IN ({contexts}) AND component <> 'backup'"],
        ['contentbank_content', ['usercreated', 'usermodified'], 'contextid IN ({contexts})'],
        ['badge', ['usercreated', 'usermodified'], 'courseid = :course'],
        ['question_bank_entries', ['ownerid'],
            'questioncategoryid IN (SELECT c.id FROM {question_categories} c WHERE c.contextid IN ({contexts}))'],
        ['question', ['createdby', 'modifiedby'],
            'id IN (SELECT v.questionid FROM {question_versions} v
                      JOIN {question_bank_entries} e ON e.id = v.questionbankentryid
                      JOIN {question_categories} c ON c.id = e.questioncategoryid WHERE c.contextid IN ({contexts}))'],
        ['scale', ['userid'], 'courseid = :course'],
        ['grade_outcomes', ['usermodified'], 'courseid = :course'],
        ['grading_definitions', ['usercreated', 'usermodified'],
            'areaid IN (SELECT a.id FROM {grading_areas} a WHERE a.contextid IN ({contexts}))'],
        // New tags of what is in the course, and new feeds of its blocks, which name no course.
        ['tag', ['userid'], 'id IN (SELECT t.tagid FROM {tag_instance} t WHERE t.contextid IN ({contexts}))'],
        ['block_rss_client', ['userid'], '1 = 1'],
        ['lti_types', ['createdby'], 'course = :course'],
        ['quizaccess_seb_quizsettings', ['usermodified'], 'cmid IN (SELECT m.id FROM {course_modules} m WHERE m.course = :course)'],
    ];

    /** What people write themselves: an archive without people brings it only as examples and first posts. */
    private const WRITTEN = [
        ['comments', ['userid'], 'contextid IN ({contexts})'],
        ['forum_discussions', ['userid', 'usermodified'], 'course = :course'],
        ['forum_posts', ['userid'], 'discussion IN (SELECT d.id FROM {forum_discussions} d WHERE d.course = :course)'],
        ['workshop_submissions', ['authorid'], 'workshopid IN (SELECT w.id FROM {workshop} w WHERE w.course = :course)'],
        ['workshop_assessments', ['reviewerid'], 'submissionid IN (SELECT s.id FROM {workshop_submissions} s
            JOIN {workshop} w ON w.id = s.workshopid WHERE w.course = :course)'],
    ];

    /** Other lists of an archive that name owners, each with its elements. On its own site Moodle believes them. */
    private const LISTS = [
        'questions.xml' => 'ownerid|createdby|modifiedby',
        'badges.xml' => 'usercreated|usermodified',
        'course/contentbank.xml' => 'usercreated|usermodified',
    ];

    /** @var int[] last ids of the tables before the restore: what is older is not ours to give */
    private array $last = [];

    /**
     * Prepare an unpacked archive.
     *
     * @param string $path of the unpacked archive
     * @param int $keeper user id
     * @param int[]|null $staying users who keep what is theirs, where the archive is the course's own; null where it is not
     */
    public function __construct(
        /** @var string */
        private readonly string $path,
        /** @var int */
        public readonly int $keeper,
        /** @var int[]|null */
        private readonly ?array $staying = null
    ) {
        if (file_exists($path . '/files.xml')) {
            $this->disown('files.xml', 'userid');
            $this->prove($path . '/files.xml');
        }
        foreach ($staying === null ? self::LISTS : [] as $list => $elements) {
            if (file_exists("{$path}/{$list}")) {
                $this->disown($list, $elements);
            }
        }
    }

    /**
     * Who owns things in a course and may go on owning them when its safety backup is put back.
     *
     * @param \context_course $context
     * @return int[]
     */
    public static function staying(\context_course $context): array {
        global $DB;
        $owners = $DB->get_fieldset_sql(
            'SELECT f.userid FROM {files} f JOIN {context} x ON x.id = f.contextid
              WHERE f.userid > 0 AND (x.id = :here OR ' . $DB->sql_like('x.path', ':inside') . ')
              UNION SELECT b.usercreated FROM {badge} b WHERE b.courseid = :course
              UNION SELECT b.usermodified FROM {badge} b WHERE b.courseid = :again',
            [
                'here' => $context->id,
                'inside' => $context->path . '/%',
                'course' => $context->instanceid,
                'again' => $context->instanceid,
            ]
        );
        return array_values(array_filter(array_map('intval', $owners), [keeper::class, 'may_own']));
    }

    /**
     * Write a list of the archive anew, with the stand-in for everybody who does not stay.
     *
     * @param string $list
     * @param string $elements that name owners, parted by "|"
     */
    private function disown(string $list, string $elements): void {
        $file = "{$this->path}/{$list}";
        $staying = array_map('strval', $this->staying ?? []);
        $stand = function (array $found) use ($staying): string {
            $user = in_array($found[2], $staying, true) ? $found[2] : self::STAND_IN;
            return "<{$found[1]}>{$user}</{$found[1]}>";
        };
        $from = fopen($file, 'r');
        $to = fopen($file . '.new', 'w');
        while (($line = fgets($from)) !== false) {
            $line = preg_replace_callback("~<({$elements})>\\s*([^<]*?)\\s*</\\1>~", $stand, $line);
            if (fwrite($to, $line) !== strlen($line)) {
                throw new job_failure('diskfull');
            }
        }
        fclose($from);
        fclose($to);
        rename($file . '.new', $file);
    }

    /**
     * Read the new list as Moodle will. Whatever names a user in another way is refused rather than believed.
     *
     * @param string $file
     */
    private function prove(string $file): void {
        $known = [(string) self::STAND_IN, ...array_map('strval', $this->staying ?? [])];
        $files = $users = 0;
        archive::walk($file, function (\XMLReader $reader) use ($known, &$files, &$users): void {
            $files += (int) ($reader->name === 'file');
            if ($reader->name === 'userid') {
                $users++;
                if (!in_array($reader->readString(), $known, true)) {
                    throw new job_failure('precheck', get_string('notabackup', 'local_passerelle'));
                }
            }
        });
        if ($files !== $users) {
            throw new job_failure('precheck', get_string('notabackup', 'local_passerelle'));
        }
    }

    /**
     * Tell Moodle's map of users, before the first file of the course is made.
     *
     * @param string $restoreid
     */
    public function lay(string $restoreid): void {
        \restore_dbops::set_backup_ids_record($restoreid, 'user', self::STAND_IN, $this->keeper);
        foreach ($this->staying ?? [] as $user) {
            if (!\restore_dbops::get_backup_ids_record($restoreid, 'user', $user)) {
                \restore_dbops::set_backup_ids_record($restoreid, 'user', $user, $user);
            }
        }
    }

    /**
     * Note where the tables end: only what comes after is given away.
     */
    public function begin(): void {
        global $DB;
        foreach (array_merge(self::OWNED, self::WRITTEN) as [$table]) {
            $this->last[$table] = $this->has($table) ? (int) $DB->get_field_sql("SELECT MAX(id) FROM {{$table}}") : 0;
        }
    }

    /**
     * Hand over what the restore has given to an administrator, to nobody, or to somebody who is not here.
     *
     * @param int $courseid
     * @param bool $written whether what people write is meant too: not where they come back with it
     */
    public function settle(int $courseid, bool $written): void {
        global $DB;
        $context = \context_course::instance($courseid);
        $inside = "SELECT x.id FROM {context} x WHERE x.id = :here OR " . $DB->sql_like('x.path', ':inside');
        $places = ['here' => $context->id, 'inside' => $context->path . '/%', 'course' => $courseid];
        [$admins, $adminparams] = $DB->get_in_or_equal(array_map('intval', array_keys(get_admins())), SQL_PARAMS_NAMED, 'admin');
        foreach ($written ? array_merge(self::OWNED, self::WRITTEN) : self::OWNED as [$table, $columns, $where]) {
            if (!$this->has($table)) {
                continue;
            }
            $where = str_replace('{contexts}', $inside, $where);
            $params = array_filter($places, fn($name) => str_contains($where, ':' . $name), ARRAY_FILTER_USE_KEY);
            foreach ($columns as $column) {
                // Read first and written by id: MariaDB refuses to change a table that the condition reads.
                $ids = $DB->get_fieldset_select(
                    $table,
                    'id',
                    "id > :last AND ({$where}) AND ({$column} IS NULL OR {$column} {$admins}
                        OR NOT EXISTS (SELECT 1 FROM {user} u WHERE u.id = {{$table}}.{$column} AND u.deleted = 0))",
                    $params + $adminparams + ['last' => $this->last[$table] ?? 0]
                );
                foreach (array_chunk($ids, 500) as $some) {
                    [$in, $inparams] = $DB->get_in_or_equal($some);
                    $DB->set_field_select($table, $column, $this->keeper, "id {$in}", $inparams);
                }
            }
        }
    }

    /**
     * Whether this Moodle has a table: modules and rules can be taken out.
     *
     * @param string $table
     * @return bool
     */
    private function has(string $table): bool {
        global $DB;
        return $DB->get_manager()->table_exists($table);
    }
}
