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
 * The panel of the block: shows how the course stands and keeps it fresh while something runs.
 *
 * @module     local_passerelle/course_panel
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
define(['core/notification', 'core/str', 'core/toast', 'core_form/modalform', 'local_passerelle/desk',
    'local_passerelle/last_year'],
function(Notification, Str, Toast, ModalForm, Desk, LastYear) {
    /** States in which Passerelle is still at it. */
    var WORKING = ['uploading', 'received', 'requested', 'restoring'];

    /**
     * What a backup could be made without, for its template.
     *
     * @param {Object[]} activities
     * @returns {Object|null}
     */
    function leaveOut(activities) {
        return activities.length ? {
            activities: activities,
            cmids: activities.map(function(one) {
                return one.cmid;
            }).join(','),
            several: activities.length > 1
        } : null;
    }

    /**
     * One panel.
     *
     * @param {HTMLElement} root
     */
    function Panel(root) {
        this.root = root;
        this.courseid = parseInt(root.dataset.courseid, 10);
        this.region = root.querySelector('[data-region="state"]');
        this.said = root.querySelector('[data-region="said"]');
        this.timer = null;
        this.publication = null;
        this.nobackup = false;
        this.drawn = '';
        root.addEventListener('click', this.onClick.bind(this));
        if (this.region) {
            this.load();
        }
    }

    /**
     * The button of an action.
     *
     * @param {String} action
     * @returns {HTMLElement|null}
     */
    Panel.prototype.button = function(action) {
        return this.root.querySelector('[data-action="' + action + '"]');
    };

    /**
     * Ask how the course stands, and again later while that may change.
     *
     * @returns {Promise}
     */
    Panel.prototype.load = function() {
        window.clearTimeout(this.timer);
        return Desk.call('state', {courseid: this.courseid}).then(this.draw.bind(this)).catch(function(error) {
            this.region.setAttribute('aria-busy', 'false');
            Notification.exception(error);
        }.bind(this));
    };

    /**
     * Show a state.
     *
     * @param {Object} state
     * @returns {Promise}
     */
    Panel.prototype.draw = function(state) {
        var job = state.job || {};
        var running = job.status === 'queued' || job.status === 'running';
        var working = [state.backup, state.publication].some(function(thing) {
            return thing && WORKING.indexOf(thing.state) >= 0;
        });
        var context = {
            refusal: state.refusal ? Desk.refusalContext(state.refusal) : null,
            running: running ? job : null,
            failed: job.status === 'failed' ? Desk.refusalContext({
                message: job.error || job.words, reference: job.reference, assistance: job.assistance
            }) : null,
            backup: state.backup ? Object.assign({}, state.backup, {leaveout: leaveOut(state.backup.leaveout)}) : null,
            nobackup: !state.refusal && !state.backup && !running,
            refreshfirst: state.changed && state.backup && !running,
            publication: state.publication ? Object.assign({
                said: state.publication.message ? Desk.refusalContext(state.publication) : null
            }, state.publication) : null,
            olderholders: state.olderholders
        };
        this.publication = state.publication;
        this.nobackup = context.nobackup;
        this.arrange(state, running);
        var drawn = JSON.stringify(context);
        if (running || working || (state.refusal && state.refusal.passing)) {
            this.timer = window.setTimeout(this.load.bind(this), Desk.pause(this, drawn));
        }
        this.region.setAttribute('aria-busy', 'false');
        // A screen reader hears the region again only where something has changed.
        if (drawn === this.drawn) {
            return Promise.resolve();
        }
        this.drawn = drawn;
        return Desk.show(this.region, 'panel_state', context);
    };

    /**
     * Enable and name the buttons after the state.
     *
     * @param {Object} state
     * @param {Boolean} running
     */
    Panel.prototype.arrange = function(state, running) {
        var backup = this.button('backup');
        var publish = this.button('publish');
        var withdraw = this.button('withdraw');
        backup.disabled = running;
        // Without a backup the button stays reachable: it says what to do first.
        publish.disabled = running;
        Str.get_string(state.backup ? 'panel_refresh' : 'panel_backup', 'local_passerelle').then(function(label) {
            backup.textContent = label;
            return label;
        }).catch(Notification.exception);
        withdraw.classList.toggle('d-none', !(state.publication && state.publication.state === 'published'));
    };

    /**
     * A button was pressed, by mouse or key.
     *
     * @param {Event} event
     */
    Panel.prototype.onClick = function(event) {
        var button = event.target.closest('button[data-action]');
        if (!button || button.disabled) {
            return;
        }
        var actions = {
            backup: this.backUp, backupwithout: this.backUp, publish: this.publish, withdraw: this.withdraw, tellholders: this.tellHolders
        };
        if (actions[button.dataset.action]) {
            this.said.replaceChildren();
            actions[button.dataset.action].call(this, button);
        }
    };

    /**
     * Say something that has been done, aloud and in a corner.
     *
     * @param {String} key
     * @param {String|Number} about what the sentence needs
     */
    Panel.prototype.say = function(key, about) {
        Str.get_string(key, 'local_passerelle', about).then(function(text) {
            return Toast.add(text);
        }).catch(Notification.exception);
    };

    /**
     * *Sauvegarder*, *Rafraîchir*; without some activities where the button says so.
     *
     * @param {HTMLElement} button
     */
    Panel.prototype.backUp = function(button) {
        var without = (button.dataset.without || '').split(',').filter(Boolean).map(Number);
        button.disabled = true;
        Desk.call('backup', {courseid: this.courseid, without: without}).then(function(answer) {
            if (answer.refusal) {
                button.disabled = false;
                return Desk.show(this.said, 'backup_refused', Object.assign(
                    {leaveout: leaveOut(answer.leaveout)}, Desk.refusalContext(answer.refusal)
                ));
            }
            this.say('panel_backupasked');
            return this.load();
        }.bind(this)).catch(function(error) {
            button.disabled = false;
            Notification.exception(error);
        });
    };

    /**
     * *Mutualiser*: its form, once.
     *
     * @param {HTMLElement} button
     */
    Panel.prototype.publish = function(button) {
        if (this.nobackup) {
            // Nobody fills a form in to hear afterwards what comes first.
            this.say('panel_nobackup');
            this.button('backup').focus();
            return;
        }
        var form = new ModalForm({
            formClass: 'local_passerelle\\form\\publish',
            args: {courseid: this.courseid},
            modalConfig: {title: Str.get_string('publishcourse', 'local_passerelle')},
            saveButtonText: Str.get_string('panel_publish', 'local_passerelle'),
            returnFocus: button
        });
        form.addEventListener(form.events.FORM_SUBMITTED, function(event) {
            var answer = event.detail;
            if (answer.refusal) {
                Desk.showRefusal(this.said, answer.refusal);
                this.load(); // What is shown may be what has changed meanwhile.
                return;
            }
            if (answer.already) {
                this.say('panel_publishalready', answer.version); // Both links stand on the panel.
            } else {
                this.say(answer.waiting ? 'panel_publishwaiting' : 'panel_publishasked');
            }
            this.load();
        }.bind(this));
        form.show();
    };

    /**
     * Withdraw the publication, after asking.
     *
     * @param {HTMLElement} button
     */
    Panel.prototype.withdraw = function(button) {
        Notification.saveCancelPromise(
            Str.get_string('panel_withdraw', 'local_passerelle'),
            Str.get_string('panel_withdraw_ask', 'local_passerelle'),
            Str.get_string('panel_withdraw', 'local_passerelle'),
            {triggerElement: button}
        ).then(function() {
            return Desk.call('withdraw', {courseid: this.courseid, publication: this.publication.id, reason: ''});
        }.bind(this)).then(function(answer) {
            if (answer.refusal) {
                return Desk.showRefusal(this.said, answer.refusal);
            }
            this.say('panel_withdrawn');
            return this.load();
        }.bind(this)).catch(function(error) {
            // Pressing "Cancel" arrives here without an error.
            if (error && error.message) {
                Notification.exception(error);
            }
        });
    };

    /**
     * Have those told who brought an older version home. Whoever was told is not told again.
     *
     * @param {HTMLElement} button
     */
    Panel.prototype.tellHolders = function(button) {
        button.disabled = true;
        Desk.call('tell_holders', {courseid: this.courseid, publication: this.publication.id}).then(function(answer) {
            button.disabled = false;
            if (answer.refusal) {
                return Desk.showRefusal(this.said, answer.refusal);
            }
            this.say('panel_holderstold', answer.told);
            return this.load(); // Nobody is left to be told: the button goes.
        }.bind(this)).catch(function(error) {
            button.disabled = false;
            Notification.exception(error);
        });
    };

    return {
        /**
         * Bring a panel to life.
         *
         * @param {String} id
         */
        init: function(id) {
            var root = document.getElementById(id);
            if (root) {
                new Panel(root);
                if (root.querySelector('[data-region="year"]')) {
                    LastYear.start(root);
                }
            }
        }
    };
});
