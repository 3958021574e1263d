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
 * *Gérer les sauvegardes*: list, download, delete.
 *
 * @module     local_passerelle/backups
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
define(['core/notification', 'core/str', 'core/toast', 'local_passerelle/desk'], function(Notification, Str, Toast, Desk) {
    var courseid = 0;
    var region = null;
    var said = null;

    /**
     * Show the list.
     *
     * @returns {Promise}
     */
    function load() {
        return Desk.call('backups', {courseid: courseid, action: 'list'}).then(function(answer) {
            region.setAttribute('aria-busy', 'false');
            if (answer.refusal) {
                return Desk.showRefusal(region, answer.refusal);
            }
            answer.backups.forEach(function(backup) {
                backup.hasscrubbed = backup.scrubbed.length > 0;
            });
            return Desk.show(region, 'backup_list', {backups: answer.backups, any: answer.backups.length > 0});
        }).catch(Notification.exception);
    }

    /**
     * Download: the address is asked for now, for it does not live long.
     *
     * @param {String} upload
     */
    function download(upload) {
        Desk.call('backups', {courseid: courseid, action: 'download', upload: upload}).then(function(answer) {
            if (answer.refusal) {
                return Desk.showRefusal(said, answer.refusal);
            }
            window.location.assign(answer.url);
            return answer;
        }).catch(Notification.exception);
    }

    /**
     * Delete, after asking.
     *
     * @param {HTMLElement} button
     */
    function remove(button) {
        Notification.deleteCancelPromise(
            Str.get_string('delete', 'core'),
            Str.get_string('backups_delete_ask', 'local_passerelle', button.dataset.made),
            Str.get_string('delete', 'core'),
            {triggerElement: button}
        ).then(function() {
            return Desk.call('backups', {courseid: courseid, action: 'delete', upload: button.dataset.upload});
        }).then(function(answer) {
            if (answer.refusal) {
                return Desk.showRefusal(said, answer.refusal);
            }
            Str.get_string('backups_deleted', 'local_passerelle').then(function(text) {
                return Toast.add(text);
            }).catch(Notification.exception);
            return load();
        }).catch(function(error) {
            if (error && error.message) {
                Notification.exception(error);
            }
        });
    }

    return {
        /**
         * Bring the page to life.
         *
         * @param {String} id of the page's region
         * @param {Number} course
         */
        init: function(id, course) {
            var root = document.getElementById(id);
            region = root.querySelector('[data-region="list"]');
            said = root.querySelector('[data-region="said"]');
            courseid = course;
            region.addEventListener('click', function(event) {
                var button = event.target.closest('button[data-action]');
                said.replaceChildren();
                if (button && button.dataset.action === 'download') {
                    download(button.dataset.upload);
                } else if (button && button.dataset.action === 'delete') {
                    remove(button);
                }
            });
            load();
        }
    };
});
