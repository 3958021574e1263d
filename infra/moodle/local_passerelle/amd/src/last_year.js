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
 * The year-change button: what is found, what is wished, questions, and how it goes.
 *
 * @module     local_passerelle/last_year
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
define(['core/notification', 'core/str', 'core_form/modalform', 'local_passerelle/desk'],
function(Notification, Str, ModalForm, Desk) {
    /** Milliseconds between two looks. */
    var AGAIN = 6000;

    /**
     * The button of one panel.
     *
     * @param {HTMLElement} root
     */
    function LastYear(root) {
        this.courseid = parseInt(root.dataset.courseid, 10);
        this.button = root.querySelector('[data-action="rollover"]');
        this.region = root.querySelector('[data-region="rollover"]');
        this.latest = null;
        this.traps = [];
        this.drawn = '';
        root.addEventListener('click', function(event) {
            var pressed = event.target.closest('button[data-action]');
            if (pressed && pressed.dataset.action === 'rollover') {
                this.look();
            } else if (pressed && pressed.dataset.action === 'undorollover') {
                this.undo(pressed);
            }
        }.bind(this));
        // Asked once the page stands. Somebody who asked for nothing is not told of refusals.
        this.call({action: 'status'}).then(function(answer) {
            return answer.refusal ? answer : this.show(answer.latest, answer.traps);
        }.bind(this)).catch(this.fail.bind(this));
    }

    /**
     * Call the service.
     *
     * @param {Object} args
     * @returns {Promise<Object>}
     */
    LastYear.prototype.call = function(args) {
        args.courseid = this.courseid;
        return Desk.call('rollover', args);
    };

    /**
     * Something went wrong that is not a refusal; "Cancel" arrives here without a message.
     *
     * @param {Error} error
     */
    LastYear.prototype.fail = function(error) {
        this.button.disabled = false;
        if (error && error.message) {
            Notification.exception(error);
        }
    };

    /**
     * Look what there is, then ask what is wished.
     *
     * @returns {Promise}
     */
    LastYear.prototype.look = function() {
        this.button.disabled = true;
        return this.call({action: 'status'}).then(function(answer) {
            this.button.disabled = false;
            if (answer.refusal) {
                return Desk.showRefusal(this.region, answer.refusal);
            }
            this.show(answer.latest, answer.traps);
            return answer.latest && answer.latest.running ? answer : this.wish(answer);
        }.bind(this)).catch(this.fail.bind(this));
    };

    /**
     * The form.
     *
     * @param {Object} known
     * @returns {Object}
     */
    LastYear.prototype.wish = function(known) {
        var form = new ModalForm({
            formClass: 'local_passerelle\\form\\rollover',
            args: {courseid: this.courseid, found: known.source},
            modalConfig: {title: this.button.textContent},
            saveButtonText: this.button.textContent,
            returnFocus: this.button
        });
        var request = Math.random().toString(36).slice(2) + Date.now().toString(36);
        form.addEventListener(form.events.FORM_SUBMITTED, function(event) {
            this.ask(event.detail, request, []);
        }.bind(this));
        form.show();
        return known;
    };

    /**
     * Ask; put questions to the teacher, once, and ask again with his yes.
     *
     * @param {Object} wish
     * @param {String} request
     * @param {String[]} confirmed
     * @returns {Promise}
     */
    LastYear.prototype.ask = function(wish, request, confirmed) {
        this.button.disabled = true;
        return this.call({
            action: 'start',
            destination: wish.destination,
            groups: wish.groups,
            keepdates: wish.keepdates,
            source: wish.source,
            confirmed: confirmed,
            request: request
        }).then(function(answer) {
            this.button.disabled = false;
            if (answer.refusal) {
                return Desk.showRefusal(this.region, answer.refusal);
            }
            if (!answer.questions.length) {
                return this.show(answer.latest);
            }
            var list = document.createElement('div');
            answer.questions.forEach(function(question) {
                list.appendChild(document.createElement('p')).textContent = question.message;
            });
            return Notification.saveCancelPromise(
                this.button.textContent,
                list.innerHTML,
                Str.get_string('rollover_confirm', 'local_passerelle'),
                {triggerElement: this.button}
            ).then(function() {
                return this.ask(wish, request, confirmed.concat(answer.questions.map(function(question) {
                    return question.code;
                })));
            }.bind(this));
        }.bind(this)).catch(this.fail.bind(this));
    };

    /**
     * Show how a request stands, and look again while it goes on.
     *
     * @param {Object|null} latest
     * @param {String[]} [traps] what to look after in this course
     * @returns {Promise}
     */
    LastYear.prototype.show = function(latest, traps) {
        this.latest = latest;
        this.traps = traps || this.traps;
        window.clearTimeout(this.timer);
        if (latest && latest.running) {
            this.timer = window.setTimeout(function() {
                this.call({action: 'status'}).then(function(answer) {
                    return answer.refusal ? this.show(latest) : this.show(answer.latest, answer.traps);
                }.bind(this)).catch(this.fail.bind(this));
            }.bind(this), AGAIN);
        }
        // A screen reader hears it again only where something has changed.
        var context = {latest: latest, traps: this.traps};
        var drawn = JSON.stringify(context);
        if (drawn === this.drawn) {
            return Promise.resolve();
        }
        this.drawn = drawn;
        return Desk.show(this.region, 'rollover_state', context);
    };

    /**
     * Undo, after asking.
     *
     * @param {HTMLElement} pressed
     */
    LastYear.prototype.undo = function(pressed) {
        Notification.saveCancelPromise(
            Str.get_string('rollover_undo', 'local_passerelle'),
            Str.get_string('rollover_undo_ask', 'local_passerelle'),
            Str.get_string('rollover_undo', 'local_passerelle'),
            {triggerElement: pressed}
        ).then(function() {
            return this.call({action: 'undo', rollover: this.latest.id});
        }.bind(this)).then(function(answer) {
            return answer.refusal ? Desk.showRefusal(this.region, answer.refusal) : this.show(answer.latest);
        }.bind(this)).catch(this.fail.bind(this));
    };

    return {
        /**
         * Bring the button to life.
         *
         * @param {HTMLElement} root the panel
         */
        start: function(root) {
            return new LastYear(root);
        }
    };
});
