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
 * The change of year in a panel: how last year's course comes over, what is checked, undone, or not wanted at all.
 *
 * @module     local_passerelle/last_year
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
define(['core/notification', 'core/str', 'local_passerelle/desk', 'local_passerelle/year_wish'],
function(Notification, Str, Desk, YearWish) {
    /**
     * The change of year of one panel.
     *
     * @param {HTMLElement} root
     */
    function LastYear(root) {
        this.root = root;
        this.courseid = parseInt(root.dataset.courseid, 10);
        this.region = root.querySelector('[data-region="rollover"]');
        this.checked = root.querySelector('[data-region="check"]');
        this.state = {latest: null, check: null, traps: [], freshstart: false, mayoverride: false};
        this.drawn = {};
        this.checking = false;
        this.wish = new YearWish(this);
        var actions = {
            rollover: this.look,
            undorollover: this.undo,
            checkcourse: this.check,
            freshstart: this.startAfresh.bind(this, true),
            nofreshstart: this.startAfresh.bind(this, false)
        };
        root.addEventListener('click', function(event) {
            var pressed = event.target.closest('button[data-action]');
            if (pressed && !pressed.disabled && actions[pressed.dataset.action]) {
                actions[pressed.dataset.action].call(this, pressed);
            }
        }.bind(this));
        // Asked once the page stands. Somebody who asked for nothing is not told of refusals.
        this.call({action: 'status'}).then(function(answer) {
            return answer.refusal ? answer : this.show(answer);
        }.bind(this)).catch(this.fail.bind(this));
    }

    /**
     * The button of an action.
     *
     * @param {String} action
     * @returns {HTMLElement|null}
     */
    LastYear.prototype.button = function(action) {
        return this.root.querySelector('[data-action="' + action + '"]');
    };

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
     * An id for one press: repeated, it is the same request.
     *
     * @returns {String}
     */
    LastYear.prototype.press = function() {
        return Math.random().toString(36).slice(2) + Date.now().toString(36);
    };

    /**
     * Let all buttons be pressed, or none while an answer is awaited.
     *
     * @param {Boolean} busy
     */
    LastYear.prototype.busy = function(busy) {
        this.root.querySelectorAll('[data-region="year"] button[data-action]').forEach(function(button) {
            button.disabled = busy;
        });
    };

    /**
     * Something went wrong that is not a refusal; "Cancel" arrives here without a message.
     *
     * @param {Error} error
     */
    LastYear.prototype.fail = function(error) {
        this.busy(false);
        if (error && error.message) {
            Notification.exception(error);
        }
    };

    /**
     * Show why not, where the answer would have stood.
     *
     * @param {HTMLElement} region
     * @param {Object} refusal
     * @returns {Promise}
     */
    LastYear.prototype.refuse = function(region, refusal) {
        this.drawn[region.dataset.region] = '';
        return Desk.showRefusal(region, refusal);
    };

    /**
     * Look what there is, then ask what is wished.
     *
     * @returns {Promise}
     */
    LastYear.prototype.look = function() {
        this.busy(true);
        return this.call({action: 'status'}).then(function(answer) {
            this.busy(false);
            if (answer.refusal) {
                return this.refuse(this.region, answer.refusal);
            }
            this.show(answer);
            return answer.latest && answer.latest.running ? answer : this.wish.open(answer, {});
        }.bind(this)).catch(this.fail.bind(this));
    };

    /**
     * Show how things stand, and look again while something goes on. What an answer does not speak of stays.
     *
     * @param {Object} answer
     * @returns {Promise}
     */
    LastYear.prototype.show = function(answer) {
        if (this.state.latest && this.state.latest.running && answer.latest && answer.latest.done) {
            // The page was drawn while the course held something else: its hints are made anew when it is next opened.
            this.root.querySelectorAll('[data-region="hint"]').forEach(function(hint) {
                hint.remove();
            });
        }
        var state = this.state = Object.assign({}, this.state, answer);
        window.clearTimeout(this.timer);
        if ([state.latest, state.check].some(function(one) {
            return one && one.running;
        })) {
            var pause = Desk.pause(this, JSON.stringify([state.latest, state.check]));
            this.timer = window.setTimeout(this.lookAgain.bind(this), pause);
        }
        this.arrange();
        if (answer.latest && answer.latest.reporturl) {
            // Said anew below, with the state: once is enough.
            this.root.querySelectorAll('[data-region="aftermath"]').forEach(function(line) {
                line.remove();
            });
        }
        var came = state.check && state.latest && (state.latest.running || state.latest.done);
        var shown = [this.draw(this.checked, 'check_state', {
            // What was found before is no news once the course has come: its own report says more.
            check: came && !state.check.running && !this.checking ? null : this.described(state.check),
            choosing: this.wish.awaited()
        })];
        if (this.region) {
            shown.push(this.draw(this.region, 'rollover_state', {
                latest: this.described(state.latest),
                // What one should know beforehand is no news afterwards.
                traps: state.freshstart || (state.latest && (state.latest.running || state.latest.done)) ? [] : state.traps,
                freshstart: state.freshstart
            }));
        }
        return Promise.all(shown).then(function() {
            return this.wish.goOn(state);
        }.bind(this));
    };

    /**
     * Look again at what goes on.
     *
     * @returns {Promise}
     */
    LastYear.prototype.lookAgain = function() {
        return this.call({action: 'status'}).then(function(answer) {
            return this.show(answer.refusal ? {} : answer);
        }.bind(this)).catch(this.fail.bind(this));
    };

    /**
     * Show the buttons that mean something now.
     */
    LastYear.prototype.arrange = function() {
        var latest = this.state.latest;
        var came = latest && (latest.running || latest.done);
        var afresh = this.button('freshstart');
        if (afresh) {
            // What has been done is no longer what the page is for.
            var least = Boolean(came || this.button('publish'));
            this.button('rollover').classList.toggle('btn-primary', !least);
            this.button('rollover').classList.toggle('btn-secondary', least);
            afresh.classList.toggle('d-none', this.state.freshstart || Boolean(came));
            this.button('rollover').classList.toggle('d-none', this.state.freshstart);
        }
        this.button('checkcourse').classList.toggle('d-none', this.state.freshstart);
    };

    /**
     * A request as its template wants it, with a mail to the help desk already begun.
     *
     * @param {Object|null} one
     * @returns {Object|null}
     */
    LastYear.prototype.described = function(one) {
        return one && Object.assign({}, one, one.reference ? {mailto: Desk.refusalContext({
            message: one.notundone || one.message,
            reference: one.reference,
            assistance: one.assistance
        }).mailto} : {});
    };

    /**
     * Draw a region. A screen reader hears it again only where something has changed.
     *
     * @param {HTMLElement} region
     * @param {String} template
     * @param {Object} context
     * @returns {Promise}
     */
    LastYear.prototype.draw = function(region, template, context) {
        var drawn = JSON.stringify(context);
        if (drawn === this.drawn[region.dataset.region]) {
            return Promise.resolve();
        }
        this.drawn[region.dataset.region] = drawn;
        return Desk.show(region, template, context);
    };

    /**
     * *Vérifier mon cours*.
     *
     * @param {HTMLElement} pressed
     * @param {String} [source] number of another course than the one that matches
     * @returns {Promise}
     */
    LastYear.prototype.check = function(pressed, source) {
        this.busy(true);
        this.checking = true;
        return this.call({action: 'check', wish: {source: source || ''}, request: this.press()}).then(function(answer) {
            this.busy(false);
            if (answer.refusal) {
                return this.refuse(this.checked, answer.refusal);
            }
            return this.show({check: answer.check});
        }.bind(this)).catch(this.fail.bind(this));
    };

    /**
     * *Je repars de zéro*, or not any more.
     *
     * @param {Boolean} wanted
     * @param {HTMLElement} pressed
     */
    LastYear.prototype.startAfresh = function(wanted, pressed) {
        var sure = wanted ? Notification.saveCancelPromise(
            Str.get_string('freshstart', 'local_passerelle'),
            Str.get_string('freshstart_ask', 'local_passerelle'),
            Str.get_string('freshstart', 'local_passerelle'),
            {triggerElement: pressed}
        ) : Promise.resolve();
        sure.then(function() {
            this.busy(true);
            return this.call({action: 'freshstart', wanted: wanted});
        }.bind(this)).then(function(answer) {
            this.busy(false);
            return answer.refusal ? this.refuse(this.region, answer.refusal) : this.show({freshstart: answer.freshstart});
        }.bind(this)).then(function() {
            // Who goes by the keyboard is not left on a button that has gone.
            var next = this.button(wanted ? 'nofreshstart' : 'rollover');
            if (next) {
                next.focus(); // A refusal has made no other button.
            }
        }.bind(this)).catch(this.fail.bind(this));
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
            return this.call({action: 'undo', rollover: this.state.latest.id});
        }.bind(this)).then(function(answer) {
            return answer.refusal ? this.refuse(this.region, answer.refusal) : this.show({latest: answer.latest});
        }.bind(this)).catch(this.fail.bind(this));
    };

    return {
        /**
         * Bring the change of year to life.
         *
         * @param {HTMLElement} root the panel
         */
        start: function(root) {
            return new LastYear(root);
        }
    };
});
