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
 * *Rapatrier un cours*: search, preview, bring home.
 *
 * @module     local_passerelle/catalogue
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
define(['core/notification', 'core/str', 'core/templates', 'local_passerelle/desk'],
function(Notification, Str, Templates, Desk) {
    /**
     * One page of the catalogue.
     *
     * @param {HTMLElement} root
     */
    function Catalogue(root) {
        this.root = root;
        this.courseid = parseInt(root.dataset.courseid, 10);
        this.merges = root.dataset.merges === '1';
        this.activities = parseInt(root.dataset.activities, 10);
        this.form = root.querySelector('form');
        this.results = root.querySelector('[data-region="results"]');
        this.status = root.querySelector('[data-region="status"]');
        this.next = '';
        this.turn = 0;
        // A press that is repeated because nothing seemed to happen is the same request.
        this.requests = {};
        this.form.addEventListener('submit', function(event) {
            event.preventDefault();
            this.search('');
        }.bind(this));
        root.addEventListener('click', this.onClick.bind(this));
        this.search('');
    }

    /**
     * Search.
     *
     * @param {String} after a page's next, or nothing to begin
     * @returns {Promise}
     */
    Catalogue.prototype.search = function(after) {
        var asked = {courseid: this.courseid, after: after};
        new FormData(this.form).forEach(function(value, name) {
            if (name !== 'id') {
                asked[name] = value;
            }
        });
        // An answer to what was asked before does not cover the answer to what is asked now.
        var turn = ++this.turn;
        this.results.setAttribute('aria-busy', 'true');
        return Desk.call('catalogue', asked).then(function(answer) {
            if (turn !== this.turn) {
                return null;
            }
            if (answer.refusal) {
                return Desk.showRefusal(this.results, answer.refusal);
            }
            this.next = answer.next;
            var context = {
                publications: answer.publications.map(function(one) {
                    one.merges = this.merges;
                    one.offered = one.cannotcome.length === 0;
                    return one;
                }.bind(this)),
                none: !after && answer.publications.length === 0,
                more: answer.next !== ''
            };
            if (!after) {
                return Desk.show(this.results, 'catalogue_results', context);
            }
            var more = this.results.querySelector('[data-action="more"]');
            if (more) {
                more.remove();
            }
            return Templates.renderForPromise('local_passerelle/catalogue_results', context).then(function(rendered) {
                return Templates.appendNodeContents(this.results, rendered.html, rendered.js);
            }.bind(this));
        }.bind(this)).catch(Notification.exception).then(function() {
            // Only what is drawn may be pressed: a later answer would draw it anew.
            if (turn === this.turn) {
                this.results.setAttribute('aria-busy', 'false');
            }
            return null;
        }.bind(this));
    };

    /**
     * A button was pressed.
     *
     * @param {Event} event
     */
    Catalogue.prototype.onClick = function(event) {
        var button = event.target.closest('button[data-action]');
        if (!button) {
            return;
        }
        var card = button.closest('[data-publication]');
        if (button.dataset.action === 'more') {
            this.search(this.next);
        } else if (button.dataset.action === 'preview') {
            this.preview(card, button);
        } else if (button.dataset.action === 'new' || button.dataset.action === 'merge') {
            this.bring(card, button);
        }
    };

    /**
     * Open or close a preview.
     *
     * @param {HTMLElement} card
     * @param {HTMLElement} button
     */
    Catalogue.prototype.preview = function(card, button) {
        var region = card.querySelector('[data-region="preview"]');
        var opening = region.hidden;
        region.hidden = !opening;
        button.setAttribute('aria-expanded', opening ? 'true' : 'false');
        if (!opening || region.dataset.loaded) {
            return;
        }
        Desk.call('catalogue', {courseid: this.courseid, publication: card.dataset.publication}).then(function(answer) {
            if (answer.refusal) {
                return Desk.showRefusal(region, answer.refusal);
            }
            region.dataset.loaded = '1';
            var one = answer.publications[0] || {};
            one.hassections = (one.sections || []).length > 0;
            one.hasactivities = (one.activities || []).length > 0;
            one.haschanges = (one.changes || []).length > 0;
            // A course without relatives is no family.
            one.hasfamily = (one.family || []).length > 1;
            one.family = tree(one.family || []);
            return Desk.show(region, 'catalogue_preview', one);
        }).catch(Notification.exception);
    };

    /**
     * Bring home, after asking.
     *
     * @param {HTMLElement} card
     * @param {HTMLElement} button
     */
    Catalogue.prototype.bring = function(card, button) {
        var mode = button.dataset.action;
        var key = mode + card.dataset.publication;
        this.requests[key] = this.requests[key] || Math.random().toString(36).slice(2) + Date.now().toString(36);
        Notification.saveCancelPromise(
            Str.get_string(mode === 'new' ? 'catalogue_bring' : 'catalogue_merge', 'local_passerelle'),
            mode === 'new'
                ? Str.get_string('catalogue_bring_ask', 'local_passerelle', card.dataset.title)
                : Str.get_string('catalogue_merge_ask', 'local_passerelle',
                    {title: card.dataset.title, activities: this.activities}),
            Str.get_string(mode === 'new' ? 'catalogue_bring' : 'catalogue_merge', 'local_passerelle'),
            {triggerElement: button}
        ).then(function() {
            button.disabled = true;
            return Desk.call('retrieve', {
                courseid: this.courseid,
                publication: card.dataset.publication,
                mode: mode,
                confirmed: mode === 'merge',
                request: this.requests[key]
            });
        }.bind(this)).then(this.follow.bind(this, card, button, key)).catch(function(error) {
            button.disabled = false;
            if (error && error.message) {
                Notification.exception(error);
            }
        });
    };

    /**
     * Where the answer about a course is read: in its card, or above the list once another search has taken that away.
     *
     * @param {HTMLElement} card
     * @returns {HTMLElement}
     */
    Catalogue.prototype.answerRegion = function(card) {
        var here = document.contains(card) ? card
            : this.results.querySelector('[data-publication="' + card.dataset.publication + '"]');
        return here ? here.querySelector('[data-region="answer"]') : this.status;
    };

    /**
     * Show how a retrieval stands, beside what was pressed, until it has ended.
     *
     * @param {HTMLElement} card
     * @param {HTMLElement} button
     * @param {String} key
     * @param {Object} answer
     * @returns {Promise}
     */
    Catalogue.prototype.follow = function(card, button, key, answer) {
        var running = !answer.refusal && ['requested', 'restoring'].indexOf(answer.state) >= 0;
        var passing = answer.refusal && answer.refusal.passing && this.retrieval;
        if (!answer.refusal) {
            this.retrieval = answer.retrieval;
        }
        if (running || passing) {
            window.setTimeout(function() {
                Desk.call('retrieve', {courseid: this.courseid, retrieval: this.retrieval})
                    .then(this.follow.bind(this, card, button, key)).catch(Notification.exception);
            }.bind(this), Desk.pause(button, answer.state));
        } else {
            button.disabled = false;
            delete this.requests[key];
        }
        if (passing) {
            return Promise.resolve();
        }
        if (answer.refusal) {
            return Desk.showRefusal(this.answerRegion(card), answer.refusal);
        }
        var ended = !running && answer.state !== 'done';
        var asked = Desk.refusalContext(answer);
        return Desk.show(this.answerRegion(card), 'retrieval', {
            reference: ended ? asked.reference : '',
            mailto: ended ? asked.mailto : '',
            title: card.dataset.title,
            word: answer.word,
            running: running,
            done: answer.state === 'done',
            courseurl: answer.courseurl,
            message: answer.message,
            warnings: answer.warnings
        });
    };

    /**
     * The lines of a family, oldest first, as a tree.
     *
     * @param {Object[]} lines with their depth
     * @returns {Object[]}
     */
    function tree(lines) {
        var above = [{children: []}];
        lines.forEach(function(line) {
            var one = Object.assign({children: [], haschildren: false}, line);
            above.length = Math.min(above.length, line.depth + 1);
            var parent = above[above.length - 1];
            parent.children.push(one);
            parent.haschildren = true;
            above.push(one);
        });
        return above[0].children;
    }

    return {
        /**
         * Bring the page to life.
         *
         * @param {String} id
         */
        init: function(id) {
            new Catalogue(document.getElementById(id));
        }
    };
});
