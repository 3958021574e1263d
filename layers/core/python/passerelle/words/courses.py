"""What teachers read of backups, publications and courses brought home (P1–P18, R5, R6)."""

from __future__ import annotations

COURSES: dict[str, tuple[str, str]] = {
    # --- backups of a course (P2–P6) ---
    "no_backup": (
        "Ce cours n’a pas encore de sauvegarde pour la mutualisation. "
        "Cliquez d’abord sur « Sauvegarder », puis sur « Mutualiser ».",
        "This course has no backup for sharing yet. Press “Back up” first, then “Share”.",
    ),
    "backup_uploading": (
        "La sauvegarde est encore en cours d’envoi. Attendez qu’elle soit « prête à mutualiser », "
        "puis cliquez à nouveau sur « Mutualiser ».",
        "The backup is still being sent. Wait until it is ready, then press “Share” again.",
    ),
    "backup_refused": (
        "La dernière sauvegarde a été refusée : {reason} Corrigez le cours, puis cliquez sur « Rafraîchir ».",
        "The latest backup was refused: {reason} Correct the course, then press “Refresh”.",
    ),
    "backup_outdated": (
        "Cette sauvegarde est plus ancienne que la dernière version mutualisée de ce cours. "
        "Cliquez sur « Rafraîchir », puis sur « Mutualiser ».",
        "This backup is older than the version of this course that was shared last. "
        "Press “Refresh”, then “Share”.",
    ),
    "backup_unknown": (
        "Cette sauvegarde n’existe pas (ou plus) pour ce cours. Rechargez la page pour voir la liste à jour.",
        "This backup does not exist (any more) for this course. Reload the page to see the current list.",
    ),
    "backup_protected": (
        "Cette sauvegarde ne peut pas être supprimée : une publication en cours repose sur elle. "
        "Retirez d’abord la publication.",
        "This backup cannot be deleted: a live publication rests on it. Withdraw the publication first.",
    ),
    "backup_serves": (
        "Cette sauvegarde ne peut pas être supprimée maintenant : un changement d’année en cours s’en sert. "
        "Réessayez quand il sera terminé.",
        "This backup cannot be deleted now: a change of year that is under way uses it. "
        "Try again when it has ended.",
    ),
    "backup_not_ready": (
        "Cette sauvegarde ne peut pas être téléchargée : elle est à l’état « {state} ». "
        "Rechargez la page pour voir la liste à jour.",
        "This backup cannot be downloaded: its state is “{state}”. Reload the page to see the current list.",
    ),
    "too_large": (
        "La sauvegarde ({size}) dépasse la limite du réseau ({limit}). "
        "Déposez les vidéos sur la médiathèque, puis recommencez.",
        "The backup ({size}) is over the network's limit ({limit}). "
        "Move the videos to the media library, then try again.",
    ),
    "idnumber_too_long": (
        "Le numéro d’identification du cours a {size:# caractère|# caractères} ; le réseau en accepte "
        "{limit}. Raccourcissez-le dans les paramètres du cours, puis recommencez.",
        "The course's ID number has {size:# character|# characters}; the network takes {limit}. "
        "Shorten it in the course settings, then try again.",
    ),
    "upload_unknown": (
        "Cet envoi n’existe pas pour ce site. Relancez la sauvegarde du cours.",
        "This upload does not exist for this site. Start the course backup again.",
    ),
    "upload_not_open": (
        "Cet envoi est terminé : il n’accepte plus de données. Relancez la sauvegarde si nécessaire.",
        "This upload is over and takes no more data. Start the backup again if needed.",
    ),
    "part_unknown": (
        "La partie {part} n’existe pas : cet envoi en compte {parts}.",
        "Part {part} does not exist: this upload has {parts}.",
    ),
    "parts_missing": (
        "Il manque {count:une partie|# parties} à cet envoi. Envoyez-{count:la|les}, puis terminez à "
        "nouveau.",
        "{count:A part|# parts} of this upload {count:is|are} missing. Send {count:it|them}, then complete "
        "again.",
    ),
    "size_differs": (
        "La sauvegarde reçue n’a pas la taille annoncée : l’envoi est incomplet ou mêlé. "
        "Relancez la sauvegarde du cours.",
        "The backup received does not have the announced size: the upload is incomplete or mixed up. "
        "Start the course backup again.",
    ),
    "sha256_differs": (
        "La sauvegarde reçue n’est pas celle qui a été annoncée (empreinte différente). "
        "Relancez la sauvegarde du cours.",
        "The backup received is not the one announced (different checksum). Start the course backup again.",
    ),
    # --- verdicts of the reader; the codes of domain.backups.manifest.Why ---
    "people_inside": (
        "La sauvegarde contient des utilisateurs. Relancez-la sans les utilisateurs inscrits.",
        "The backup holds users. Make it again without enrolled users.",
    ),
    "not_a_backup": (
        "Le fichier n’est pas une sauvegarde Moodle. Choisissez un fichier .mbz fait par Moodle.",
        "The file is not a Moodle backup. Choose an .mbz file made by Moodle.",
    ),
    "not_a_course": (
        "C’est la sauvegarde d’une activité ou d’une section. Sauvegardez le cours entier.",
        "This is the backup of an activity or a section. Back up the whole course.",
    ),
    "truncated": (
        "La sauvegarde est incomplète (fichier coupé). Relancez-la.",
        "The backup is incomplete (cut short). Make it again.",
    ),
    "damaged": (
        "La sauvegarde est abîmée (somme de contrôle fausse). Relancez-la.",
        "The backup is damaged (wrong checksum). Make it again.",
    ),
    "files_left_out": (
        "La sauvegarde a été faite sans les fichiers : le cours arriverait avec des trous. "
        "Relancez-la avec les fichiers.",
        "The backup was made without files: the course would arrive with holes. Make it again with files.",
    ),
    "content_missing": (
        "Il manque à la sauvegarde des fichiers du cours. Relancez-la.",
        "Course files are missing from the backup. Make it again.",
    ),
    "content_altered": (
        "Des fichiers de la sauvegarde ne sont pas ceux du cours. Relancez-la.",
        "Files in the backup are not those of the course. Make it again.",
    ),
    "unsafe_member": (
        "La sauvegarde contient un fichier dangereux (il sortirait de son dossier). "
        "Prévenez l’assistance ; relancez la sauvegarde depuis Moodle.",
        "The backup holds a dangerous file (it would leave its folder). "
        "Tell the help desk; make the backup again from Moodle.",
    ),
    "duplicate_member": (
        "La sauvegarde contient deux fois le même fichier. Relancez-la depuis Moodle.",
        "The backup holds the same file twice. Make it again from Moodle.",
    ),
    "out_of_proportion": (
        "La sauvegarde se déploie hors de toute proportion. Prévenez l’assistance.",
        "The backup unpacks out of all proportion. Tell the help desk.",
    ),
    "unsafe_xml": (
        "La sauvegarde contient un XML piégé (entités). Prévenez l’assistance.",
        "The backup holds dangerous XML (entities). Tell the help desk.",
    ),
    "bad_xml": (
        "Un fichier XML de la sauvegarde est illisible. Relancez-la.",
        "An XML file of the backup cannot be read. Make it again.",
    ),
    # --- publishing (P5, P7–P10, P16–P18) ---
    "declaration_needed": (
        "Cochez la déclaration sur les œuvres de tiers et les données personnelles avant de mutualiser.",
        "Tick the declaration on third-party works and personal data before sharing.",
    ),
    "title_needed": (
        "Donnez un titre à la publication.",
        "Give the publication a title.",
    ),
    "publication_unknown": (
        "Cette publication n’existe pas ou n’est plus au catalogue. Cherchez-la à nouveau.",
        "This publication does not exist or is no longer in the catalogue. Search for it again.",
    ),
    "not_yours": (
        "Seul l’auteur de la publication ou un gestionnaire du réseau peut le faire. Demandez à l’un d’eux.",
        "Only the author of the publication or a manager of the network can do this. Ask one of them.",
    ),
    "hub_only": (
        "Cette liste n’est disponible que sur la plateforme de mutualisation.",
        "This list is available on the sharing platform only.",
    ),
    "withdraw_too_early": (
        "Cette publication ne peut pas être retirée : elle est à l’état « {state} ».",
        "This publication cannot be withdrawn: its state is “{state}”.",
    ),
    "newer_release": (
        "Le cours vient d’un Moodle {release}, plus récent que celui de la plateforme de destination "
        "({target}). Il pourra être restauré quand elle aura été mise à jour.",
        "The course comes from Moodle {release}, newer than the target platform ({target}). "
        "It can be restored once that one has been upgraded.",
    ),
    "plugins_missing": (
        "La plateforme de destination n’a pas ces plugins : {plugins}. "
        "Retirez ce qui s’en sert, ou demandez leur installation.",
        "The target platform lacks these plugins: {plugins}. "
        "Remove what uses them, or ask for their installation.",
    ),
    "too_large_for_target": (
        "Le cours ({size}) dépasse ce que la plateforme de destination accepte ({limit}). Allégez-le.",
        "The course ({size}) is over what the target platform accepts ({limit}). Make it lighter.",
    ),
    "author_unknown": (
        "L’auteur n’a pas de compte sur la plateforme de mutualisation : son nom reste au "
        "catalogue, sans inscription.",
        "The author has no account on the sharing platform: the name stays in the "
        "catalogue, without an enrolment.",
    ),
    "author_ambiguous": (
        "Plusieurs comptes de la plateforme de mutualisation correspondent à l’auteur : "
        "aucun n’a été inscrit. Prévenez l’assistance.",
        "Several accounts of the sharing platform match the author: none was enrolled. Tell the help desk.",
    ),
    "not_on_offer": (
        "« {title} » n’est pas au catalogue ({state}) : rien n’est annoncé. Donnez l’identifiant de la version "
        "mutualisée.",
        "“{title}” is not in the catalogue ({state}): nothing is announced. Give the id of the version that is "
        "published.",
    ),
    "owner_unknown": (
        "Votre compte n’a pas été trouvé sur votre site : le cours ne peut pas vous être confié.",
        "Your account was not found on your site: the course cannot be given to you.",
    ),
    "later_published": (
        "Une version plus récente de ce cours est déjà mutualisée.",
        "A later version of this course is already published.",
    ),
    # --- retrieving (P11, R3, R5, R6) ---
    "retrieval_unknown": (
        "Cette demande de rapatriement n’existe pas pour votre site.",
        "This retrieval does not exist for your site.",
    ),
    "target_unknown": (
        "Le cours de destination n’existe pas sur votre site.",
        "The target course does not exist on your site.",
    ),
    "not_editing_teacher": (
        "Vous n’êtes pas enseignant éditeur du cours de destination. Demandez-le à son responsable.",
        "You are not an editing teacher of the target course. Ask whoever is in charge of it.",
    ),
    "target_not_empty": (
        "Le cours de destination n’est pas vide : {holds}. Choisissez « Fusionner », ou un cours vide.",
        "The target course is not empty: {holds}. Choose “Merge”, or an empty course.",
    ),
    "target_restored": (
        "Un cours a déjà été restauré dans celui-ci. Un nouvel essai doublerait ou effacerait ce travail : "
        "adressez-vous à l’assistance.",
        "A course was restored into this one already. Another try would double or erase that work: "
        "ask the help desk.",
    ),
    "target_busy": (
        "Une autre restauration de ce cours est en cours. Attendez qu’elle se termine.",
        "Another restore of this course is under way. Wait until it has ended.",
    ),
    "merge_unconfirmed": (
        "Rien ne sera supprimé, mais {activities:# activité déjà présente pourrait|# activités déjà "
        "présentes pourraient} se trouver en double. Confirmez pour fusionner.",
        "Nothing will be deleted, but {activities:# activity|# activities} already there might be doubled. "
        "Confirm to merge.",
    ),
    # --- how a job on a Moodle ended ---
    "precheck": (
        "Le Moodle de destination refuse cette sauvegarde : {detail}",
        "The target Moodle refuses this backup: {detail}",
    ),
    "download": (
        "Le Moodle de destination n’a pas pu télécharger la sauvegarde. Réessayez ; "
        "si cela se répète, prévenez l’assistance.",
        "The target Moodle could not fetch the backup. Try again; if it happens again, tell the help desk.",
    ),
    "sha256": (
        "La sauvegarde téléchargée par le Moodle de destination est abîmée. Réessayez.",
        "The backup fetched by the target Moodle is damaged. Try again.",
    ),
    "size": (
        "La sauvegarde téléchargée par le Moodle de destination est incomplète. Réessayez.",
        "The backup fetched by the target Moodle is incomplete. Try again.",
    ),
    "hostnotallowed": (
        "Le Moodle de destination n’est pas autorisé à télécharger depuis cette adresse. "
        "Son administrateur doit l’autoriser dans les réglages de Passerelle.",
        "The target Moodle may not fetch from this address. "
        "Its administrator must allow it in Passerelle's settings.",
    ),
    "diskfull": (
        "Le disque du Moodle de destination est plein. Prévenez son administrateur, puis réessayez.",
        "The disk of the target Moodle is full. Tell its administrator, then try again.",
    ),
    "cancelled": (
        "La restauration a été annulée sur le Moodle de destination.",
        "The restore was cancelled on the target Moodle.",
    ),
    "killed": (
        "La restauration s’est interrompue sur le Moodle de destination ; rien n’y reste. Réessayez.",
        "The restore broke off on the target Moodle; nothing of it remains there. Try again.",
    ),
    "backupfailed": (
        "Moodle n’a pas réussi à sauvegarder le cours. Réessayez ; si cela se répète, prévenez l’assistance.",
        "Moodle could not back the course up. Try again; if it happens again, tell the help desk.",
    ),
    "restorefailed": (
        "La restauration a échoué sur le Moodle de destination : {detail} Prévenez l’assistance.",
        "The restore failed on the target Moodle: {detail} Tell the help desk.",
    ),
    "categoryunknown": (
        "La catégorie d’arrivée n’existe pas sur le Moodle de destination. "
        "Son administrateur doit la créer ou corriger network.yaml.",
        "The arrival category does not exist on the target Moodle. "
        "Its administrator must create it or correct network.yaml.",
    ),
    "idnumbertaken": (
        "Un autre cours du Moodle de destination porte déjà ce numéro d’identification. Prévenez "
        "l’assistance.",
        "Another course of the target Moodle already has this ID number. Tell the help desk.",
    ),
    "shortnametaken": (
        "Un autre cours du Moodle de destination porte déjà ce nom abrégé. Prévenez l’assistance.",
        "Another course of the target Moodle already has this short name. Tell the help desk.",
    ),
    "peopleinside": (
        "Le Moodle de destination a trouvé des utilisateurs dans la sauvegarde : rien n’a été restauré. "
        "Cliquez sur « Rafraîchir » dans le cours d’origine, puis recommencez.",
        "The target Moodle found users in the backup: nothing was restored. "
        "Press “Refresh” in the source course, then try again.",
    ),
    "invalid": (
        "Le Moodle de destination n’a pas compris la demande. Prévenez l’assistance.",
        "The target Moodle did not understand the request. Tell the help desk.",
    ),
    "precheck_warned": (
        "Le Moodle de destination avait une réserve et a restauré quand même : {detail}",
        "The target Moodle had a reservation and restored all the same: {detail}",
    ),
    "newerrelease": (
        "La sauvegarde vient d’un Moodle plus récent, et a été restaurée quand même : {detail}",
        "The backup comes from a newer Moodle, and was restored all the same: {detail}",
    ),
    "pluginmissing": (
        "Le Moodle de destination n’a pas ce plugin : {detail}. Ses activités n’ont pas été restaurées.",
        "The target Moodle lacks this plugin: {detail}. Its activities were not restored.",
    ),
    "roleunknown": (
        "Le rôle prévu n’existe pas sur le Moodle de destination ({detail}). Prévenez son administrateur.",
        "The intended role does not exist on the target Moodle ({detail}). Tell its administrator.",
    ),
    # The plugin's own sentence says it all.
    "overridesleftout": ("{detail}", "{detail}"),
    "h5plibraries": ("{detail}", "{detail}"),
    "h5pnotshown": ("{detail}", "{detail}"),
    "questionsmoved": ("{detail}", "{detail}"),
    "job_said": (
        "Le Moodle de destination signale : {detail}",
        "The target Moodle says: {detail}",
    ),
    "copy_gone": (
        "La copie a été supprimée de la plateforme de mutualisation dès son arrivée. "
        "Cliquez à nouveau sur « Mutualiser » si elle doit y être.",
        "The copy was deleted from the sharing platform as soon as it arrived. "
        "Press “Share” again if it should be there.",
    ),
    "silent": (
        "Le Moodle de destination ne donne plus de nouvelles de cette restauration. "
        "Vérifiez que son cron tourne, puis réessayez.",
        "The target Moodle no longer says anything about this restore. "
        "Check that its cron is running, then try again.",
    ),
    "moodle_refused": (
        "Le Moodle « {site} » a refusé la demande ({errorcode}). Prévenez l’assistance.",
        "Moodle “{site}” refused the request ({errorcode}). Tell the help desk.",
    ),
    "job_unknown": (
        "Ce travail n’existe pas pour ce site.",
        "This job does not exist for this site.",
    ),
    # --- what cannot be read any more (S12) ---
    "broken_yours_subject": (
        "Passerelle : votre demande est interrompue",
        "Passerelle: your request stopped",
    ),
    "broken_yours": (
        "Une de vos demandes ne se lit plus et n’ira pas plus loin d’elle-même. Rien d’autre n’est touché, et "
        "qui gère le réseau est au courant. Vous pouvez attendre sa réparation, ou refaire la demande. "
        "Référence : {what}.",
        "One of your requests cannot be read any more and goes no further by itself. Nothing else is touched, "
        "and whoever runs the network knows. You can wait until it is repaired, or ask again. "
        "Reference: {what}.",
    ),
    "broken_ask": ("Une question ? Écrivez à {email}.", "A question? Write to {email}."),
}
