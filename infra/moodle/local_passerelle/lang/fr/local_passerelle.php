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
 * French strings.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['address'] = 'Adresse de Passerelle';
$string['address_desc'] = 'Telle que l’administrateur du réseau vous l’a donnée, par exemple https://passerelle.example.org.';
$string['asked'] = 'Demandé';
$string['backups_delete_ask'] = 'Supprimer la sauvegarde du {$a} ?';
$string['backups_deleted'] = 'La sauvegarde est supprimée.';
$string['backups_download'] = 'Télécharger';
$string['backups_intro'] = 'Ces sauvegardes sont conservées par Passerelle pour la mutualisation, à part de celles de Moodle.';
$string['backups_made'] = 'Faite le';
$string['backups_none'] = 'Aucune sauvegarde n’est conservée pour ce cours.';
$string['backups_protected'] = 'Une mutualisation repose dessus';
$string['backups_scrubbed'] = 'Retiré de la sauvegarde';
$string['backups_state'] = 'État';
$string['cachedef_reachable'] = 'Passerelle a-t-elle été jointe';
$string['catalogue_activities'] = 'Activités';
$string['catalogue_anylanguage'] = 'Toutes les langues';
$string['catalogue_bring'] = 'Rapatrier dans un nouveau cours';
$string['catalogue_bring_ask'] = '« {$a} » deviendra un nouveau cours masqué sur ce site, dont vous serez l’enseignant.';
$string['catalogue_bringof'] = 'Rapatrier {$a} dans un nouveau cours';
$string['catalogue_goto'] = 'Aller au cours';
$string['catalogue_merge'] = 'Rapatrier dans ce cours';
$string['catalogue_merge_ask'] = 'Le contenu de « {$a} » sera ajouté à ce cours. Rien n’est supprimé ; les ressources déjà présentes seront doublées.';
$string['catalogue_mergeof'] = 'Rapatrier {$a} dans ce cours';
$string['catalogue_more'] = 'Plus de résultats';
$string['catalogue_none'] = 'Aucun cours mutualisé ne correspond.';
$string['catalogue_onhub'] = 'Le voir sur la plate-forme de mutualisation';
$string['catalogue_preview'] = 'Aperçu';
$string['catalogue_previewof'] = 'Aperçu de {$a}';
$string['catalogue_running'] = 'Rapatriement : {$a}';
$string['catalogue_search'] = 'Chercher dans le catalogue';
$string['catalogue_sections'] = 'Sections';
$string['check_address'] = 'Passerelle : adresse et secret';
$string['check_address_odd'] = 'Passerelle répond, mais pas comme attendu.';
$string['check_address_ok'] = 'Passerelle répond et accepte le secret.';
$string['check_cron'] = 'Passerelle : cron';
$string['check_cron_late'] = '{$a} travaux attendent cron depuis plus d’un quart d’heure.';
$string['check_cron_ok'] = 'Cron prend les travaux en charge.';
$string['check_cron_silent'] = 'Cron n’a pas tourné depuis un quart d’heure.';
$string['check_disk'] = 'Passerelle : place sur le disque';
$string['check_disk_low'] = 'Seulement {$a} sont libres : de gros cours ne pourront pas être récupérés.';
$string['check_disk_ok'] = '{$a} sont libres.';
$string['check_settings'] = 'Passerelle : réglages';
$string['check_settings_enrol'] = 'La méthode d’inscription « Inscriptions Passerelle » est désactivée : les personnes qu’elle inscrit n’ont pas accès.';
$string['check_settings_ok'] = 'Les réglages sont complets.';
$string['check_settings_sources'] = 'Aucun hôte d’archives n’est nommé : rien ne peut être récupéré ni envoyé.';
$string['check_settings_vars'] = 'max_input_vars est inférieur à 5000 : de longs appels arriveraient tronqués.';
$string['error_alreadyundone'] = 'La restauration a déjà été annulée.';
$string['error_backupfailed'] = 'Moodle n’a pas pu sauvegarder le cours.';
$string['error_cancelled'] = 'Le travail a été annulé.';
$string['error_categoryunknown'] = 'La catégorie n’existe pas sur ce site.';
$string['error_changed'] = 'Quelqu’un a modifié le cours depuis : la restauration n’est pas annulée.';
$string['error_courseunknown'] = 'Le cours n’existe pas sur ce site.';
$string['error_diskfull'] = 'Il n’y a pas assez de place sur le disque du site.';
$string['error_download'] = 'L’archive n’a pas pu être récupérée.';
$string['error_hostnotallowed'] = 'L’archive se trouve sur un hôte que ce site n’autorise pas.';
$string['error_idnumbertaken'] = 'Un autre cours a ce numéro d’identification.';
$string['error_invalid'] = 'Ce qui est demandé ne peut pas être fait.';
$string['error_killed'] = 'Le travail a été coupé plusieurs fois et abandonné ; le cours est comme avant.';
$string['error_nosafety'] = 'Il n’y a pas de sauvegarde de sûreté à laquelle revenir.';
$string['error_notempty'] = 'Le cours n’est pas vide : {$a}.';
$string['error_peopleinside'] = 'L’archive contient des personnes : elle n’est pas restaurée.';
$string['error_restorefailed'] = 'Moodle n’a pas pu restaurer l’archive ; le cours est comme avant.';
$string['error_sha256'] = 'L’archive n’est pas celle qui était annoncée.';
$string['error_shortnametaken'] = 'Un autre cours a ce nom abrégé.';
$string['error_size'] = 'L’archive n’a pas la taille annoncée, ou elle est trop grande.';
$string['error_upload'] = 'La sauvegarde n’a pas pu être envoyée à Passerelle.';
$string['form_declaration'] = 'Déclaration';
$string['form_declaration_needed'] = 'Un cours ne peut être mutualisé qu’avec cette déclaration.';
$string['form_declaration_text'] = 'J’ai le droit de partager les œuvres de tiers que contient ce cours, et ses fichiers ne contiennent pas de données personnelles.';
$string['form_language'] = 'Langue';
$string['form_level'] = 'Niveau';
$string['form_licence'] = 'Licence';
$string['form_summary'] = 'Résumé';
$string['form_title'] = 'Titre';
$string['getlastyear'] = 'Récupérer le cours de l’année précédente';
$string['getyear'] = 'Récupérer la sauvegarde {$a}';
$string['holds_activities'] = '{$a} activités';
$string['holds_badges'] = '{$a} badges';
$string['holds_contentbank'] = '{$a} éléments dans la banque de contenus';
$string['holds_discussions'] = '{$a} annonces';
$string['holds_questions'] = '{$a} questions';
$string['holds_restored'] = 'il a déjà été restauré';
$string['holds_summaries'] = '{$a} résumés de section';
$string['jobkey'] = 'Clé';
$string['jobs'] = 'Travaux';
$string['kind'] = 'Nature';
$string['kind_backup'] = 'Sauvegarde';
$string['kind_restore'] = 'Restauration';
$string['kind_stash'] = 'Dépôt';
$string['kind_undo'] = 'Annulation';
$string['lastyear'] = 'Année précédente';
$string['lastyear_desc'] = 'Comme le bouton la nomme, par exemple 24/25.';
$string['managebackups'] = 'Gérer les sauvegardes';
$string['messageprovider:outcome'] = 'Issue de ce que vous avez demandé à Passerelle';
$string['nojobs'] = 'Il n’y a pas de travaux.';
$string['notabackup'] = 'L’archive n’est pas une sauvegarde de cours Moodle.';
$string['notconfigured'] = 'Passerelle n’est pas configurée sur ce site : il faut l’adresse, le nom du site et le secret.';
$string['notify_message'] = '{$a->text}';
$string['notify_message_subject'] = '{$a->subject}';
$string['notify_new_version'] = 'La version {$a->version} de « {$a->title} » vient d’être mutualisée : {$a->huburl}' . "\n" . "\n" . 'Votre copie n’a pas changé : {$a->courseurl}';
$string['notify_new_version_subject'] = 'Une nouvelle version de « {$a->title} » existe';
$string['notify_publication_failed'] = 'Votre cours « {$a->title} » n’a pas pu être mutualisé.' . "\n" . "\n" . '{$a->message}' . "\n" . "\n" . 'Votre cours : {$a->courseurl}' . "\n" . 'Référence pour l’assistance : {$a->reference}';
$string['notify_publication_failed_subject'] = '« {$a->title} » n’a pas pu être mutualisé';
$string['notify_published'] = 'Votre cours « {$a->title} » est mutualisé (version {$a->version}).' . "\n" . "\n" . 'Aller au nouveau parcours créé : {$a->huburl}' . "\n" . 'Revenir : {$a->courseurl}';
$string['notify_published_subject'] = '« {$a->title} » est mutualisé';
$string['notify_retrieval_failed'] = 'Le cours « {$a->title} » n’a pas pu être rapatrié sur votre site.' . "\n" . "\n" . '{$a->message}' . "\n" . "\n" . 'Référence pour l’assistance : {$a->reference}';
$string['notify_retrieval_failed_subject'] = '« {$a->title} » n’a pas pu être rapatrié';
$string['notify_retrieved'] = 'Le cours « {$a->title} » a été rapatrié sur votre site, masqué. Vous en êtes l’enseignant : {$a->courseurl}';
$string['notify_retrieved_subject'] = '« {$a->title} » est sur votre site';
$string['offerpublish'] = 'Proposer « Mutualiser »';
$string['offerpublish_desc'] = 'Les enseignants peuvent proposer leurs cours au réseau.';
$string['offerretrieve'] = 'Proposer « Rapatrier un cours »';
$string['offerretrieve_desc'] = 'Les enseignants peuvent chercher dans le catalogue et rapatrier ici des cours mutualisés.';
$string['offerrollover'] = 'Proposer le cours de l’année précédente';
$string['offerrollover_desc'] = 'Les enseignants peuvent faire restaurer le cours de l’année précédente dans celui de cette année.';
$string['ownerunknown'] = 'Le compte {$a} n’existe pas sur ce site.';
$string['panel_assistance'] = 'Écrire à l’assistance';
$string['panel_backup'] = 'Sauvegarder';
$string['panel_backupasked'] = 'La sauvegarde est demandée ; elle se fait en arrière-plan.';
$string['panel_gotocopy'] = 'Aller au nouveau parcours créé';
$string['panel_lastbackup'] = 'Sauvegarde :';
$string['panel_loading'] = 'Chargement de l’état…';
$string['panel_nobackup'] = 'Il n’y a pas encore de sauvegarde : appuyez d’abord sur « Sauvegarder », puis sur « Mutualiser ».';
$string['panel_publication'] = 'Mutualisation :';
$string['panel_publish'] = 'Mutualiser';
$string['panel_publishasked'] = 'La mutualisation est demandée. Vous recevrez un message quand elle sera terminée.';
$string['panel_publishwaiting'] = 'La mutualisation est demandée. Elle commencera quand la sauvegarde sera vérifiée.';
$string['panel_reference'] = 'Référence : {$a}';
$string['panel_refresh'] = 'Rafraîchir';
$string['panel_refreshfirst'] = 'Le cours a changé depuis sa sauvegarde. Rafraîchir d’abord si ces changements doivent être mutualisés.';
$string['panel_return'] = 'Revenir';
$string['panel_rollover_ask'] = 'Demander la restauration ici du cours de l’année précédente ?';
$string['panel_rollover_asked'] = 'La demande est envoyée.';
$string['panel_version'] = 'version {$a}';
$string['panel_withdraw'] = 'Retirer la mutualisation';
$string['panel_withdraw_ask'] = 'Le cours mutualisé sera masqué et sortira du catalogue. Les copies rapatriées restent. Vous pourrez le mutualiser de nouveau.';
$string['panel_withdrawn'] = 'La mutualisation a été retirée.';
$string['passerelle:apply'] = 'Services : appliquer des opérations';
$string['passerelle:canceljob'] = 'Services : arrêter un travail';
$string['passerelle:export'] = 'Services : exporter personnes, lieux et inscriptions';
$string['passerelle:findusers'] = 'Services : trouver des personnes';
$string['passerelle:getcoursestates'] = 'Services : demander ce que contiennent les cours';
$string['passerelle:getjobs'] = 'Services : demander où en sont les travaux';
$string['passerelle:getsite'] = 'Services : demander ce qu’est ce site';
$string['passerelle:listchangedcourses'] = 'Services : lister les cours modifiés';
$string['passerelle:managebackups'] = 'Gérer les sauvegardes conservées pour un cours';
$string['passerelle:notify'] = 'Services : envoyer des messages';
$string['passerelle:publish'] = 'Sauvegarder un cours pour le réseau et le mutualiser';
$string['passerelle:reclassify'] = 'Voir les cours mutualisés à reclasser';
$string['passerelle:retrieve'] = 'Rapatrier des cours mutualisés';
$string['passerelle:rollover'] = 'Demander le cours de l’année précédente';
$string['passerelle:startbackup'] = 'Services : lancer une sauvegarde';
$string['passerelle:startrestore'] = 'Services : lancer une restauration';
$string['passerelle:stashbackup'] = 'Services : déposer une archive dans la zone de sauvegarde privée d’une personne';
$string['passerelle:undorestore'] = 'Services : annuler une restauration';
$string['passerelle:viewjobs'] = 'Voir les travaux du site';
$string['phase'] = 'Phase';
$string['phase_backup'] = 'Sauvegarde du cours';
$string['phase_check'] = 'Vérification de la cible';
$string['phase_complete'] = 'Achèvement';
$string['phase_done'] = 'Terminé';
$string['phase_download'] = 'Récupération de l’archive';
$string['phase_open'] = 'Ouverture de l’envoi';
$string['phase_owners'] = 'Finition';
$string['phase_precheck'] = 'Vérification de l’archive';
$string['phase_putback'] = 'Remise en état';
$string['phase_queued'] = 'En attente de cron';
$string['phase_restore'] = 'Restauration';
$string['phase_safety'] = 'Sauvegarde de sûreté';
$string['phase_send'] = 'Envoi';
$string['phase_store'] = 'Dépôt';
$string['pluginname'] = 'Passerelle';
$string['privacy:metadata:core_files'] = 'Les sauvegardes de sûreté des cours, avec ce que les personnes y ont fait, restent 30 jours sur ce site.';
$string['privacy:metadata:job'] = 'Qui a demandé quelle sauvegarde ou restauration.';
$string['privacy:metadata:job:courseid'] = 'Pour quel cours.';
$string['privacy:metadata:job:params'] = 'Ce qui a été demandé, y compris les noms d’utilisateur des propriétaires du cours.';
$string['privacy:metadata:job:userid'] = 'Qui a demandé.';
$string['privacy:metadata:owned'] = 'Quels comptes ont été créés ou adoptés par la synchronisation de nuit.';
$string['privacy:metadata:owned:itemid'] = 'Le compte.';
$string['privacy:metadata:passerelle'] = 'Quand une personne appuie sur un bouton, Passerelle apprend qui, pour en faire l’auteur ou le propriétaire du cours obtenu et lui répondre.';
$string['privacy:metadata:passerelle:email'] = 'Adresse électronique.';
$string['privacy:metadata:passerelle:firstname'] = 'Prénom.';
$string['privacy:metadata:passerelle:idnumber'] = 'Numéro d’identification.';
$string['privacy:metadata:passerelle:lang'] = 'Langue.';
$string['privacy:metadata:passerelle:lastname'] = 'Nom.';
$string['privacy:metadata:passerelle:username'] = 'Nom d’utilisateur.';
$string['privacy:metadata:sent'] = 'Quels messages ont été envoyés à qui, pour qu’aucun ne parte deux fois.';
$string['privacy:metadata:sent:notifykey'] = 'Quel message.';
$string['privacy:metadata:sent:userid'] = 'À qui.';
$string['privacy:metadata:timecreated'] = 'Quand.';
$string['publishcourse'] = 'Mutualiser ce cours';
$string['refusal'] = '{$a}';
$string['retrievecategory'] = 'Catégorie des cours rapatriés';
$string['retrievecategory_desc'] = 'Où arrive un cours si Passerelle ne nomme pas de catégorie.';
$string['retrievecourse'] = 'Rapatrier un cours';
$string['roleunknown'] = 'Le rôle {$a} n’existe pas sur ce site.';
$string['secret'] = 'Secret';
$string['secret2'] = 'Second secret';
$string['secret2_desc'] = 'Seulement pendant un changement de secret : les deux servent jusqu’au retrait de l’ancien.';
$string['secret_desc'] = 'Signe ce que ce site dit à Passerelle. Il commence par whsec_.';
$string['secretrefused'] = 'Passerelle n’accepte pas le secret de ce site. L’administrateur doit le vérifier.';
$string['settings'] = 'Réglages';
$string['site'] = 'Nom de ce site';
$string['site_desc'] = 'Le nom court sous lequel le réseau connaît ce Moodle.';
$string['sources'] = 'Hôtes des archives';
$string['sources_desc'] = 'Les archives viennent de ces hôtes et y partent, d’aucun autre. Un par ligne : un nom d’hôte signifie https sur le port 443, sous le blocage d’adresses de Moodle ; une origine entière comme http://127.0.0.1:4566 autorise exactement ce protocole, cet hôte et ce port, même si Moodle les bloquerait.';
$string['status_cancelled'] = 'Annulé';
$string['status_done'] = 'Terminé';
$string['status_failed'] = 'En échec';
$string['status_queued'] = 'En attente';
$string['status_running'] = 'En cours';
$string['taskcleanup'] = 'Passerelle : supprimer ce qui a fait son temps';
$string['taskrunjob'] = 'Passerelle : faire un travail';
$string['taskwatchjobs'] = 'Passerelle : surveiller les travaux';
$string['took'] = 'Durée';
$string['unreachable'] = 'Passerelle ne répond pas pour le moment. Réessayez dans quelques minutes.';
