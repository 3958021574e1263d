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

namespace local_passerelle\local\operations;

/**
 * Categories of the offer.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class categories extends doer {
    /**
     * Make a category.
     *
     * @param array $operation
     * @return bool
     */
    public function category_create(array $operation): bool {
        $idnumber = self::text($operation, 'idnumber');
        try {
            $category = $this->category($idnumber);
            if ($this->lookup->owned('category', (int) $category->id)) {
                return false;
            }
            throw new operation_error('idnumbertaken', 'category');
        } catch (operation_error $error) {
            if ($error->errorcode !== 'unknowncategory') {
                throw $error;
            }
        }
        $this->refuse_taken($idnumber);
        $parent = $this->parent($operation);
        $this->stay_within($parent);
        $category = \core_course_category::create([
            'name' => self::text($operation, 'name'),
            'idnumber' => $idnumber,
            'parent' => $parent,
        ]);
        $this->lookup->own('category', (int) $category->id);
        $this->lookup->stale('course_categories', $idnumber);
        return true;
    }

    /**
     * Rename, renumber or move a category.
     *
     * @param array $operation
     * @return bool
     */
    public function category_update(array $operation): bool {
        $idnumber = self::text($operation, 'idnumber');
        $record = $this->category($idnumber);
        $changes = self::differing($operation, $record, ['name' => 'name']);
        if (isset($operation['newidnumber']) && $operation['newidnumber'] !== $idnumber) {
            $changes['idnumber'] = self::text($operation, 'newidnumber');
            $this->refuse_taken($changes['idnumber']);
        }
        if (array_key_exists('parent', $operation) && $this->parent($operation) !== (int) $record->parent) {
            $changes['parent'] = $this->parent($operation);
            $this->stay_within($changes['parent']);
        }
        if (!$changes) {
            return false;
        }
        $this->must_be_ours('category', (int) $record->id);
        \core_course_category::get($record->id, MUST_EXIST, true)->update($changes);
        $this->lookup->stale('course_categories', $idnumber);
        $this->lookup->stale('course_categories', $changes['idnumber'] ?? $idnumber);
        return true;
    }

    /**
     * Delete a category that is empty.
     *
     * @param array $operation
     * @return bool
     */
    public function category_delete(array $operation): bool {
        global $DB;
        $idnumber = self::text($operation, 'idnumber');
        try {
            $record = $this->lookup->category($idnumber);
        } catch (operation_error $gone) {
            return false;
        }
        $this->stay_within((int) $record->id);
        $this->must_be_ours('category', (int) $record->id);
        $category = \core_course_category::get($record->id, MUST_EXIST, true);
        $context = \context_coursecat::instance($record->id);
        $inside = $DB->record_exists('course', ['category' => $record->id])
            || $DB->record_exists('course_categories', ['parent' => $record->id])
            || $DB->record_exists('cohort', ['contextid' => $context->id])
            || $DB->record_exists('contentbank_content', ['contextid' => $context->id])
            || $DB->record_exists_sql(
                'SELECT 1 FROM {question_bank_entries} e
                   JOIN {question_categories} c ON c.id = e.questioncategoryid WHERE c.contextid = ?',
                [$context->id]
            );
        if ($inside) {
            throw new operation_error('notempty', 'category');
        }
        $category->delete_full(false);
        $this->lookup->disown('category', (int) $record->id);
        $this->lookup->stale('course_categories', $idnumber);
        return true;
    }

    /**
     * The parent an operation names, 0 for the top.
     *
     * @param array $operation
     * @return int
     */
    private function parent(array $operation): int {
        $parent = (string) ($operation['parent'] ?? '');
        return $parent === '' ? 0 : (int) $this->lookup->category($parent)->id;
    }

    /**
     * Refuse a number that another category holds.
     *
     * @param string $idnumber
     */
    private function refuse_taken(string $idnumber): void {
        global $DB;
        if ($DB->record_exists('course_categories', ['idnumber' => $idnumber])) {
            throw new operation_error('idnumbertaken', 'category');
        }
    }
}
