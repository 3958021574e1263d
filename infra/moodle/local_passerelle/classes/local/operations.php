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

use local_passerelle\local\operations\operation_error;

/**
 * Applies the night's and the shops' operations, each with a verdict of its own.
 *
 * No transaction spans two operations; what they name is looked up for all of them together.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class operations {
    /** Which class does what. */
    private const DOERS = [
        'user_create' => operations\users::class,
        'user_update' => operations\users::class,
        'user_suspend' => operations\users::class,
        'user_unsuspend' => operations\users::class,
        'cohort_create' => operations\cohorts::class,
        'cohort_update' => operations\cohorts::class,
        'cohort_add' => operations\cohorts::class,
        'cohort_remove' => operations\cohorts::class,
        'category_create' => operations\categories::class,
        'category_update' => operations\categories::class,
        'category_delete' => operations\categories::class,
        'course_create' => operations\courses::class,
        'course_update' => operations\courses::class,
        'group_create' => operations\groups::class,
        'group_update' => operations\groups::class,
        'group_delete' => operations\groups::class,
        'member_add' => operations\groups::class,
        'member_remove' => operations\groups::class,
        'enrol' => operations\enrolments::class,
        'suspend' => operations\enrolments::class,
        'unenrol' => operations\enrolments::class,
        'adopt' => operations\adoption::class,
    ];

    /** What brings newcomers: anything else finds them as Moodle's own functions would have left them. */
    private const BRINGING = ['enrol', 'member_add'];

    /** @var operations\lookup */
    private operations\lookup $lookup;

    /** @var array<class-string, object> */
    private array $doers = [];

    /**
     * Take a list.
     *
     * @param array $list of operations
     */
    public function __construct(
        /** @var array */
        private readonly array $list
    ) {
        $this->lookup = new operations\lookup($list);
    }

    /**
     * Apply them in order.
     *
     * @return array[] verdicts
     */
    public function apply(): array {
        $verdicts = [];
        try {
            foreach ($this->list as $i => $operation) {
                $id = is_array($operation) && is_scalar($operation['id'] ?? null) ? (string) $operation['id'] : (string) $i;
                $verdicts[] = ['id' => $id] + $this->one($operation);
            }
        } finally {
            $this->lookup->finish();
        }
        return $verdicts;
    }

    /**
     * Apply one.
     *
     * @param mixed $operation
     * @return array ok, changed, errorcode, message
     */
    private function one($operation): array {
        global $DB;
        $named = is_array($operation) && is_string($operation['op'] ?? null);
        $class = $named ? (self::DOERS[$operation['op']] ?? null) : null;
        if ($class === null) {
            return self::refused('invalid', 'op');
        }
        $doer = $this->doers[$class] ??= new $class($this->lookup);
        $method = $operation['op'];
        if (!in_array($method, self::BRINGING, true)) {
            $this->lookup->finish();
        }
        $writes = $DB->perf_get_writes();
        $transaction = $DB->start_delegated_transaction();
        try {
            $changed = $doer->$method($operation);
            $transaction->allow_commit();
            return ['ok' => true, 'changed' => $changed];
        } catch (\Throwable $e) {
            try {
                $transaction->rollback($e);
            } catch (\Throwable $thrown) {
                // What was written was taken back, and what was read of it with it. Most refusals come before.
                if ($DB->perf_get_writes() !== $writes) {
                    $this->lookup->forget();
                }
            }
            if ($e instanceof operation_error) {
                return self::refused($e->errorcode, $e->in_words());
            }
            debugging('Operation ' . $method . ': ' . get_class($e) . ' ' . $e->getMessage(), DEBUG_DEVELOPER);
            return self::refused('invalid', get_class($e));
        } finally {
            $this->lookup->standing->release();
        }
    }

    /**
     * A verdict that says no.
     *
     * @param string $errorcode
     * @param string $message
     * @return array
     */
    private static function refused(string $errorcode, string $message): array {
        return ['ok' => false, 'changed' => false, 'errorcode' => $errorcode, 'message' => $message];
    }
}
