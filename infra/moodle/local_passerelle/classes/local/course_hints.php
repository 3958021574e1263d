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
 * What a course's teachers should look after, told from this site's own tables: the night's checks D4 and D8.
 *
 * Asked while a course page is drawn: what the page has read already comes first, then one look each by an index.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class course_hints {
    /** What the number of a distance course begins with, unless the administrator says otherwise. */
    private const FOAD = 'FOAD-';

    /**
     * The sentences for whoever is responsible for the course; others get none.
     *
     * @param \stdClass $course
     * @param \context_course $context
     * @return string[]
     */
    public static function of(\stdClass $course, \context_course $context): array {
        if ($course->id == SITEID || !has_capability('moodle/course:update', $context)) {
            return [];
        }
        $found = [];
        if (self::is_foad($course) && !self::has_teacher_by_hand($context)) {
            $found[] = 'hint_foadteacher';
        }
        if ($course->visible) {
            if (self::is_empty($course)) {
                $found[] = 'hint_visibleempty';
            }
        } else if (self::has_begun($course) && self::has_students($context) && !self::is_empty($course)) {
            $found[] = 'hint_stillhidden';
        }
        return array_map(
            fn($hint) => get_string($hint, 'local_passerelle', userdate($course->startdate, get_string('strftimedate', 'langconfig'))),
            $found
        );
    }

    /**
     * Whether this is the distance twin of a course.
     *
     * @param \stdClass $course
     * @return bool
     */
    private static function is_foad(\stdClass $course): bool {
        $prefix = get_config('local_passerelle', 'foadprefix');
        $prefix = $prefix === false ? self::FOAD : trim($prefix);
        return $prefix !== '' && str_starts_with((string) $course->idnumber, $prefix);
    }

    /**
     * Whether the start of term is past.
     *
     * @param \stdClass $course
     * @return bool
     */
    private static function has_begun(\stdClass $course): bool {
        return $course->startdate > 0 && $course->startdate <= time();
    }

    /**
     * Whether the course is empty. The page's own list of activities nearly always answers that.
     *
     * @param \stdClass $course
     * @return bool
     */
    private static function is_empty(\stdClass $course): bool {
        foreach (get_fast_modinfo($course)->get_cms() as $cm) {
            // A forum may be the announcements that every course is born with, a question bank may hold no question.
            if (!in_array($cm->modname, ['forum', 'qbank'], true) && !$cm->deletioninprogress) {
                return false;
            }
        }
        return course_facts::holdings([(int) $course->id])[$course->id] === [];
    }

    /**
     * Whether somebody teaches here whom neither the night nor the shop enrolled.
     *
     * @param \context_course $context
     * @return bool
     */
    private static function has_teacher_by_hand(\context_course $context): bool {
        return self::has_people($context, ['editingteacher', 'teacher'], "enrol <> 'passerelle'");
    }

    /**
     * Whether anybody learns here.
     *
     * @param \context_course $context
     * @return bool
     */
    private static function has_students(\context_course $context): bool {
        return self::has_people($context, ['student'], '1 = 1');
    }

    /**
     * Whether anybody holds a role of these kinds here by an enrolment in force.
     *
     * @param \context_course $context
     * @param string[] $archetypes
     * @param string $method a condition on the enrolment method
     * @return bool
     */
    private static function has_people(\context_course $context, array $archetypes, string $method): bool {
        global $DB;
        [$kinds, $params] = $DB->get_in_or_equal($archetypes);
        $roles = $DB->get_fieldset_select('role', 'id', "archetype {$kinds}", $params);
        $methods = $DB->get_fieldset_select('enrol', 'id', "courseid = ? AND status = 0 AND {$method}", [$context->instanceid]);
        if (!$roles || !$methods) {
            return false;
        }
        [$inroles, $roleparams] = $DB->get_in_or_equal($roles, SQL_PARAMS_NAMED);
        [$inmethods, $methodparams] = $DB->get_in_or_equal($methods, SQL_PARAMS_NAMED);
        // Numbers instead of joins keep to the indexes on role and context; the first one found is enough.
        return (bool) $DB->get_records_sql(
            "SELECT ra.id
               FROM {role_assignments} ra
              WHERE ra.contextid = :context AND ra.roleid {$inroles} AND EXISTS (
                    SELECT 1 FROM {user_enrolments} ue
                     WHERE ue.userid = ra.userid AND ue.status = 0 AND ue.enrolid {$inmethods})",
            $roleparams + $methodparams + ['context' => $context->id],
            0,
            1
        );
    }
}
