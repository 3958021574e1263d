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
 * Calls to this site's own services, and what is shown where one is refused.
 *
 * @module     local_passerelle/desk
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
define(['core/ajax', 'core/templates', 'core/notification'], function(Ajax, Templates, Notification) {
    return {
        /**
         * Call one of the page services.
         *
         * @param {String} name after local_passerelle_page_
         * @param {Object} args
         * @returns {Promise<Object>}
         */
        call: function(name, args) {
            return Ajax.call([{methodname: 'local_passerelle_page_' + name, args: args}])[0];
        },

        /**
         * A refusal with a mail to the help desk already begun.
         *
         * @param {Object} refusal
         * @returns {Object} template context
         */
        refusalContext: function(refusal) {
            var mailto = '';
            var reference = refusal.reference ? ' ' + refusal.reference : '';
            if (refusal.assistance && refusal.assistance.indexOf('@') > 0) {
                mailto = 'mailto:' + encodeURIComponent(refusal.assistance).replace('%40', '@') +
                    '?subject=' + encodeURIComponent('Passerelle' + reference) +
                    '&body=' + encodeURIComponent(refusal.message + '\n' + window.location.href);
            }
            return {message: refusal.message, reference: refusal.reference, mailto: mailto};
        },

        /**
         * How long to wait before looking again at what goes on: briefly after something moved, longer the longer it stands.
         *
         * @param {Object} looker remembers how often it looked
         * @param {String} seen what it saw now
         * @returns {Number} milliseconds, a quarter of the time that has passed, between two seconds and ten
         */
        pause: function(looker, seen) {
            looker.looks = looker.seen === seen ? looker.looks + 1 : 0;
            looker.seen = seen;
            return Math.min(10000, 2000 * Math.pow(1.25, looker.looks));
        },

        /**
         * Put a template's output into a region.
         *
         * @param {HTMLElement} region
         * @param {String} template
         * @param {Object} context
         * @returns {Promise}
         */
        show: function(region, template, context) {
            return Templates.renderForPromise('local_passerelle/' + template, context).then(function(rendered) {
                return Templates.replaceNodeContents(region, rendered.html, rendered.js);
            }).catch(Notification.exception);
        },

        /**
         * Show a refusal in a region.
         *
         * @param {HTMLElement} region
         * @param {Object} refusal
         * @returns {Promise}
         */
        showRefusal: function(region, refusal) {
            return this.show(region, 'refusal', this.refusalContext(refusal));
        }
    };
});
