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

/**
 * English strings.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['address'] = 'Address of Passerelle';
$string['address_desc'] = 'As the network\'s administrator gave it to you, for instance https://passerelle.example.org.';
$string['asked'] = 'Asked';
$string['backups_delete_ask'] = 'Delete the backup of {$a}?';
$string['backups_deleted'] = 'The backup has been deleted.';
$string['backups_download'] = 'Download';
$string['backups_intro'] = 'These backups are kept by Passerelle for sharing, apart from Moodle\'s own.';
$string['backups_made'] = 'Made';
$string['backups_none'] = 'No backup is kept for this course.';
$string['backups_protected'] = 'A publication rests on it';
$string['backups_scrubbed'] = 'Taken out of the backup';
$string['backups_state'] = 'State';
$string['cachedef_reachable'] = 'Whether Passerelle was reached';
$string['catalogue_activities'] = 'Activities';
$string['catalogue_anylanguage'] = 'Any language';
$string['catalogue_bring'] = 'Bring home as a new course';
$string['catalogue_bring_ask'] = '“{$a}” will become a new hidden course on this site, with you as its teacher.';
$string['catalogue_bringof'] = 'Bring {$a} home as a new course';
$string['catalogue_goto'] = 'Go to the course';
$string['catalogue_merge'] = 'Bring into this course';
$string['catalogue_merge_ask'] = 'The content of “{$a}” will be added to this course. Nothing is deleted; resources that exist already will be doubled.';
$string['catalogue_mergeof'] = 'Bring {$a} into this course';
$string['catalogue_more'] = 'More results';
$string['catalogue_none'] = 'No published course fits.';
$string['catalogue_onhub'] = 'See it on the hub';
$string['catalogue_preview'] = 'Preview';
$string['catalogue_previewof'] = 'Preview of {$a}';
$string['catalogue_running'] = 'Bringing home: {$a}';
$string['catalogue_search'] = 'Search the catalogue';
$string['catalogue_sections'] = 'Sections';
$string['check_address'] = 'Passerelle: address and secret';
$string['check_address_odd'] = 'Passerelle answers, but not as expected.';
$string['check_address_ok'] = 'Passerelle answers and accepts the secret.';
$string['check_cron'] = 'Passerelle: cron';
$string['check_cron_late'] = '{$a} jobs have waited for cron for more than a quarter of an hour.';
$string['check_cron_ok'] = 'Cron takes jobs up.';
$string['check_cron_silent'] = 'Cron has not run for a quarter of an hour.';
$string['check_disk'] = 'Passerelle: room on the disk';
$string['check_disk_low'] = 'Only {$a} are free: large courses cannot be fetched.';
$string['check_disk_ok'] = '{$a} are free.';
$string['check_settings'] = 'Passerelle: settings';
$string['check_settings_enrol'] = 'The enrolment method “Passerelle enrolments” is disabled: the people it enrols have no access.';
$string['check_settings_ok'] = 'The settings are complete.';
$string['check_settings_sources'] = 'No host of archives is named: nothing can be fetched or sent.';
$string['check_settings_vars'] = 'max_input_vars is below 5000: long calls would arrive cut.';
$string['error_alreadyundone'] = 'The restore has been undone already.';
$string['error_backupfailed'] = 'Moodle could not back the course up.';
$string['error_cancelled'] = 'The job was cancelled.';
$string['error_categoryunknown'] = 'The category does not exist on this site.';
$string['error_changed'] = 'Somebody has changed the course since: the restore is not undone.';
$string['error_courseunknown'] = 'The course does not exist on this site.';
$string['error_diskfull'] = 'There is not enough room on the site\'s disk.';
$string['error_download'] = 'The archive could not be fetched.';
$string['error_hostnotallowed'] = 'The archive lies on a host that this site does not allow.';
$string['error_idnumbertaken'] = 'Another course has this ID number.';
$string['error_invalid'] = 'What was asked cannot be done.';
$string['error_killed'] = 'The job was cut several times and has been given up; the course is as it was before.';
$string['error_nosafety'] = 'There is no safety backup to go back to.';
$string['error_notempty'] = 'The course is not empty: {$a}.';
$string['error_peopleinside'] = 'The archive holds people: it is not restored.';
$string['error_restorefailed'] = 'Moodle could not restore the archive; the course is as it was before.';
$string['error_sha256'] = 'The archive is not the one that was announced.';
$string['error_shortnametaken'] = 'Another course has this short name.';
$string['error_size'] = 'The archive does not have the size that was announced, or is too large.';
$string['error_upload'] = 'The backup could not be sent to Passerelle.';
$string['form_declaration'] = 'Declaration';
$string['form_declaration_needed'] = 'A course can be published only with this declaration.';
$string['form_declaration_text'] = 'I have the right to share the works of others that this course holds, and its files contain no personal data.';
$string['form_language'] = 'Language';
$string['form_level'] = 'Level';
$string['form_licence'] = 'Licence';
$string['form_summary'] = 'Summary';
$string['form_title'] = 'Title';
$string['getlastyear'] = 'Get last year\'s course';
$string['getyear'] = 'Get the {$a} backup';
$string['holds_activities'] = '{$a} activities';
$string['holds_badges'] = '{$a} badges';
$string['holds_contentbank'] = '{$a} items in the content bank';
$string['holds_discussions'] = '{$a} announcements';
$string['holds_questions'] = '{$a} questions';
$string['holds_restored'] = 'it was restored already';
$string['holds_summaries'] = '{$a} section summaries';
$string['jobkey'] = 'Key';
$string['jobs'] = 'Jobs';
$string['kind'] = 'Kind';
$string['kind_backup'] = 'Backup';
$string['kind_restore'] = 'Restore';
$string['kind_stash'] = 'Deposit';
$string['kind_undo'] = 'Undoing';
$string['lastyear'] = 'Last year';
$string['lastyear_desc'] = 'How the button names it, for instance 24/25.';
$string['managebackups'] = 'Manage backups';
$string['messageprovider:outcome'] = 'Outcome of what you asked of Passerelle';
$string['nojobs'] = 'There are no jobs.';
$string['notabackup'] = 'The archive is not a Moodle course backup.';
$string['notconfigured'] = 'Passerelle is not configured on this site: address, site name and secret are needed.';
$string['notify_message'] = '{$a->text}';
$string['notify_message_subject'] = '{$a->subject}';
$string['notify_new_version'] = 'Version {$a->version} of “{$a->title}” has been published: {$a->huburl}' . "\n" . "\n" . 'Your own copy has not changed: {$a->courseurl}';
$string['notify_new_version_subject'] = 'A newer version of “{$a->title}” exists';
$string['notify_publication_failed'] = 'Your course “{$a->title}” could not be published.' . "\n" . "\n" . '{$a->message}' . "\n" . "\n" . 'Your course: {$a->courseurl}' . "\n" . 'Reference for the help desk: {$a->reference}';
$string['notify_publication_failed_subject'] = '“{$a->title}” could not be published';
$string['notify_published'] = 'Your course “{$a->title}” is published (version {$a->version}).' . "\n" . "\n" . 'Go to the new course: {$a->huburl}' . "\n" . 'Return: {$a->courseurl}';
$string['notify_published_subject'] = '“{$a->title}” is published';
$string['notify_retrieval_failed'] = 'The course “{$a->title}” could not be brought to your site.' . "\n" . "\n" . '{$a->message}' . "\n" . "\n" . 'Reference for the help desk: {$a->reference}';
$string['notify_retrieval_failed_subject'] = '“{$a->title}” could not be brought home';
$string['notify_retrieved'] = 'The course “{$a->title}” has been brought to your site, hidden. You are its teacher: {$a->courseurl}';
$string['notify_retrieved_subject'] = '“{$a->title}” is on your site';
$string['offerpublish'] = 'Offer “Publish this course”';
$string['offerpublish_desc'] = 'Teachers may offer their courses to the network.';
$string['offerretrieve'] = 'Offer “Bring a course home”';
$string['offerretrieve_desc'] = 'Teachers may search the catalogue and bring published courses here.';
$string['offerrollover'] = 'Offer last year\'s course';
$string['offerrollover_desc'] = 'Teachers may have last year\'s course restored into this year\'s.';
$string['ownerunknown'] = 'The account {$a} does not exist on this site.';
$string['panel_assistance'] = 'Write to the help desk';
$string['panel_backup'] = 'Back up';
$string['panel_backupasked'] = 'The backup has been asked for; it will be made in the background.';
$string['panel_gotocopy'] = 'Go to the new course';
$string['panel_lastbackup'] = 'Backup:';
$string['panel_loading'] = 'Loading the state…';
$string['panel_nobackup'] = 'There is no backup yet: press “Back up” first, then “Publish”.';
$string['panel_publication'] = 'Publication:';
$string['panel_publish'] = 'Publish';
$string['panel_publishasked'] = 'The publication has been asked for. You will get a message when it is done.';
$string['panel_publishwaiting'] = 'The publication has been asked for. It begins when the backup has been checked.';
$string['panel_reference'] = 'Reference: {$a}';
$string['panel_refresh'] = 'Refresh the backup';
$string['panel_refreshfirst'] = 'The course has changed since its backup. Refresh first if the changes are to be published.';
$string['panel_return'] = 'Return';
$string['panel_rollover_ask'] = 'Ask for last year\'s course to be restored here?';
$string['panel_rollover_asked'] = 'The request has been sent.';
$string['panel_version'] = 'version {$a}';
$string['panel_withdraw'] = 'Withdraw the publication';
$string['panel_withdraw_ask'] = 'The published course will be hidden and leave the catalogue. Copies brought home stay. You can publish again later.';
$string['panel_withdrawn'] = 'The publication has been withdrawn.';
$string['passerelle:apply'] = 'Services: apply operations';
$string['passerelle:canceljob'] = 'Services: stop a job';
$string['passerelle:export'] = 'Services: export people, places and enrolments';
$string['passerelle:findusers'] = 'Services: find users';
$string['passerelle:getcoursestates'] = 'Services: ask what courses hold';
$string['passerelle:getjobs'] = 'Services: ask how jobs stand';
$string['passerelle:getsite'] = 'Services: ask what this site is';
$string['passerelle:listchangedcourses'] = 'Services: list changed courses';
$string['passerelle:managebackups'] = 'Manage the backups kept for a course';
$string['passerelle:notify'] = 'Services: send messages';
$string['passerelle:publish'] = 'Back up a course for the network and publish it';
$string['passerelle:reclassify'] = 'See the published courses to be reclassified';
$string['passerelle:retrieve'] = 'Bring published courses home';
$string['passerelle:rollover'] = 'Ask for last year\'s course';
$string['passerelle:startbackup'] = 'Services: start a backup';
$string['passerelle:startrestore'] = 'Services: start a restore';
$string['passerelle:stashbackup'] = 'Services: put an archive into a person\'s private backup area';
$string['passerelle:undorestore'] = 'Services: undo a restore';
$string['passerelle:viewjobs'] = 'See the jobs of the site';
$string['phase'] = 'Phase';
$string['phase_backup'] = 'Making the backup';
$string['phase_check'] = 'Checking the target';
$string['phase_complete'] = 'Completing';
$string['phase_done'] = 'Done';
$string['phase_download'] = 'Fetching the archive';
$string['phase_open'] = 'Opening the upload';
$string['phase_owners'] = 'Finishing';
$string['phase_precheck'] = 'Checking the archive';
$string['phase_putback'] = 'Putting back';
$string['phase_queued'] = 'Waiting for cron';
$string['phase_restore'] = 'Restoring';
$string['phase_safety'] = 'Safety backup';
$string['phase_send'] = 'Sending';
$string['phase_store'] = 'Storing';
$string['pluginname'] = 'Passerelle';
$string['privacy:metadata:core_files'] = 'Safety backups of courses, with what people did in them, are kept on this site for 30 days.';
$string['privacy:metadata:job'] = 'Who asked for which backup or restore.';
$string['privacy:metadata:job:courseid'] = 'For which course.';
$string['privacy:metadata:job:params'] = 'What was asked, the usernames of the course\'s owners included.';
$string['privacy:metadata:job:userid'] = 'Who asked.';
$string['privacy:metadata:owned'] = 'Which accounts were made or adopted by the nightly synchronisation.';
$string['privacy:metadata:owned:itemid'] = 'The account.';
$string['privacy:metadata:passerelle'] = 'When somebody presses a button, Passerelle is told who, to make him the author or owner of the course that results and to answer him.';
$string['privacy:metadata:passerelle:email'] = 'E-mail address.';
$string['privacy:metadata:passerelle:firstname'] = 'First name.';
$string['privacy:metadata:passerelle:idnumber'] = 'ID number.';
$string['privacy:metadata:passerelle:lang'] = 'Language.';
$string['privacy:metadata:passerelle:lastname'] = 'Last name.';
$string['privacy:metadata:passerelle:username'] = 'Username.';
$string['privacy:metadata:sent'] = 'Which messages were sent to whom, so that none is sent twice.';
$string['privacy:metadata:sent:notifykey'] = 'Which message.';
$string['privacy:metadata:sent:userid'] = 'To whom.';
$string['privacy:metadata:timecreated'] = 'When.';
$string['publishcourse'] = 'Publish this course';
$string['refusal'] = '{$a}';
$string['retrievecategory'] = 'Category of courses brought home';
$string['retrievecategory_desc'] = 'Where a course lands if Passerelle names no category.';
$string['retrievecourse'] = 'Bring a course home';
$string['roleunknown'] = 'The role {$a} does not exist on this site.';
$string['secret'] = 'Secret';
$string['secret2'] = 'Second secret';
$string['secret2_desc'] = 'Only while the secret is being changed: both are used until the old one is withdrawn.';
$string['secret_desc'] = 'Signs what this site says to Passerelle. It begins with whsec_.';
$string['secretrefused'] = 'Passerelle does not accept this site\'s secret. The administrator has to check it.';
$string['settings'] = 'Settings';
$string['site'] = 'Name of this site';
$string['site_desc'] = 'The short name under which the network knows this Moodle.';
$string['sources'] = 'Hosts of archives';
$string['sources_desc'] = 'Archives are fetched from these hosts and sent to them, and to no other. One a line: a host name means https on port 443, under Moodle\'s own blocking of addresses; a whole origin such as http://127.0.0.1:4566 allows exactly that scheme, host and port, even where Moodle would block it.';
$string['status_cancelled'] = 'Cancelled';
$string['status_done'] = 'Done';
$string['status_failed'] = 'Failed';
$string['status_queued'] = 'Waiting';
$string['status_running'] = 'Running';
$string['taskcleanup'] = 'Passerelle: delete what has outlived its time';
$string['taskrunjob'] = 'Passerelle: run a job';
$string['taskwatchjobs'] = 'Passerelle: watch jobs';
$string['took'] = 'Took';
$string['unreachable'] = 'Passerelle does not answer at the moment. Try again in a few minutes.';
