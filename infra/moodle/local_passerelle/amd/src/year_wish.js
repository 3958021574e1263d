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
 * What a teacher wishes of last year's course: the form, the list to choose from, questions, a way past a refusal.
 *
 * @module     local_passerelle/year_wish
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
define(['core/notification', 'core/str', 'core_form/modalform', 'local_passerelle/desk'],
function(Notification, Str, ModalForm, Desk) {
    /** Refusals that somebody allowed may go past (R5). */
    var PASSABLE = ['rollover_not_empty', 'rollover_restored'];

    /**
     * The wishes of one panel.
     *
     * @param {Object} year its change of year
     */
    function YearWish(year) {
        this.year = year;
        this.known = null;
        this.waiting = null;
    }

    /**
     * Whether a list to choose from is being made.
     *
     * @returns {Boolean}
     */
    YearWish.prototype.awaited = function() {
        return this.waiting !== null;
    };

    /**
     * The form.
     *
     * @param {Object} known what there is of last year
     * @param {Object} before what was chosen already
     * @returns {Object}
     */
    YearWish.prototype.open = function(known, before) {
        var button = this.year.button('rollover');
        var check = known.check && known.check.done ? known.check : null;
        this.known = known;
        var form = new ModalForm({
            formClass: 'local_passerelle\\form\\rollover',
            args: Object.assign({
                courseid: this.year.courseid,
                found: known.source,
                check: check ? check.id : '',
                listed: check ? check.sourcenumber : ''
            }, before),
            modalConfig: {title: button.textContent, large: true},
            saveButtonText: button.textContent,
            returnFocus: button
        });
        var press = this.year.press();
        form.addEventListener(form.events.FORM_SUBMITTED, function(event) {
            var wish = event.detail;
            if (wish.choose) {
                this.list(wish);
            } else {
                this.ask(wish, press);
            }
        }.bind(this));
        form.show();
        return known;
    };

    /**
     * Have the list made that the teacher wants to choose from.
     *
     * @param {Object} wish
     */
    YearWish.prototype.list = function(wish) {
        this.waiting = wish;
        this.year.check(null, wish.source).then(function() {
            var check = this.year.state.check;
            if (!check || (!check.running && !check.done)) {
                this.waiting = null;
            }
            return check;
        }.bind(this)).catch(this.year.fail.bind(this.year));
    };

    /**
     * Once the list is there, ask again with it, what was chosen before still chosen.
     *
     * @param {Object} state
     */
    YearWish.prototype.goOn = function(state) {
        if (!this.waiting || !state.check || state.check.running) {
            return;
        }
        var wish = this.waiting;
        this.waiting = null;
        if (state.check.done) {
            this.open(Object.assign({}, this.known, {check: state.check}), {
                destination: wish.destination,
                groups: wish.groups ? 1 : 0,
                keepdates: wish.keepdates ? 1 : 0,
                source: wish.source,
                open: 1
            });
        }
    };

    /**
     * Ask; put questions to the teacher, once, and ask again with their yes.
     *
     * @param {Object} wish
     * @param {String} press
     * @returns {Promise}
     */
    YearWish.prototype.ask = function(wish, press) {
        var year = this.year;
        year.busy(true);
        return year.call({
            action: 'start',
            wish: {
                destination: wish.destination,
                groups: wish.groups,
                keepdates: wish.keepdates,
                source: wish.source,
                exclude: wish.exclude,
                override: wish.override || '',
                confirmed: wish.confirmed || []
            },
            request: press
        }).then(function(answer) {
            year.busy(false);
            if (answer.refusal) {
                return this.refused(answer.refusal, wish, press);
            }
            return answer.questions.length ? this.question(answer.questions, wish, press) : year.show({latest: answer.latest});
        }.bind(this)).catch(year.fail.bind(year));
    };

    /**
     * Put the questions, and go on after a yes.
     *
     * @param {Object[]} questions
     * @param {Object} wish
     * @param {String} press
     * @returns {Promise}
     */
    YearWish.prototype.question = function(questions, wish, press) {
        var button = this.year.button('rollover');
        var list = document.createElement('div');
        questions.forEach(function(question) {
            list.appendChild(document.createElement('p')).textContent = question.message;
        });
        return Notification.saveCancelPromise(
            button.textContent,
            list.innerHTML,
            Str.get_string('rollover_confirm', 'local_passerelle'),
            {triggerElement: button}
        ).then(function() {
            var said = (wish.confirmed || []).concat(questions.map(function(question) {
                return question.code;
            }));
            return this.ask(Object.assign({}, wish, {confirmed: said}), press);
        }.bind(this));
    };

    /**
     * Show why not; who is allowed to may go past it, saying why.
     *
     * @param {Object} refusal
     * @param {Object} wish
     * @param {String} press
     * @returns {Promise}
     */
    YearWish.prototype.refused = function(refusal, wish, press) {
        var year = this.year;
        var shown = year.refuse(year.region, refusal);
        if (!year.state.mayoverride || PASSABLE.indexOf(refusal.code) < 0) {
            return shown;
        }
        return shown.then(function() {
            var below = year.region.appendChild(document.createElement('div'));
            return Desk.show(below, 'override', {uniqid: press}).then(function() {
                var why = below.querySelector('[data-region="why"]');
                why.focus();
                below.querySelector('[data-action="override"]').addEventListener('click', function() {
                    why.classList.toggle('is-invalid', !why.value.trim());
                    if (!why.value.trim()) {
                        why.focus();
                        return;
                    }
                    this.ask(Object.assign({}, wish, {override: why.value.trim()}), press);
                }.bind(this));
                return below;
            }.bind(this));
        }.bind(this));
    };

    return YearWish;
});
