"""The sentences people read: what happened, to what, and what to do, in French and English.

A code stands once, with both languages side by side. `{names}` are filled from the details that the
decision carries; one that is missing stays visible as `…` rather than breaking the sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any

from passerelle.domain.wording_house import HOUSE
from passerelle.domain.wording_night import NIGHT
from passerelle.domain.wording_rollover import ROLLOVER
from passerelle.domain.wording_why import WHY

SENTENCES: Mapping[str, tuple[str, str]] = {
    # --- backups of a course (P2–P6) ---
    "no_backup": (
        "Ce cours n'a pas encore de sauvegarde pour la mutualisation. "
        "Cliquez d'abord sur « Sauvegarder », puis sur « Mutualiser ».",
        "This course has no backup for sharing yet. Press “Back up” first, then “Share”.",
    ),
    "backup_uploading": (
        "La sauvegarde est encore en cours d'envoi. Attendez qu'elle soit « prête à mutualiser », "
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
        "Cette sauvegarde n'existe pas (ou plus) pour ce cours. Rechargez la page pour voir la liste à jour.",
        "This backup does not exist (any more) for this course. Reload the page to see the current list.",
    ),
    "backup_protected": (
        "Cette sauvegarde ne peut pas être supprimée : une publication en cours repose sur elle. "
        "Retirez d'abord la publication.",
        "This backup cannot be deleted: a live publication rests on it. Withdraw the publication first.",
    ),
    "backup_not_ready": (
        "Cette sauvegarde ne peut pas être téléchargée : elle est à l'état « {state} ».",
        "This backup cannot be downloaded: its state is “{state}”.",
    ),
    "too_large": (
        "La sauvegarde ({size}) dépasse la limite du réseau ({limit}). "
        "Déposez les vidéos sur la médiathèque, puis recommencez.",
        "The backup ({size}) is over the network's limit ({limit}). "
        "Move the videos to the media library, then try again.",
    ),
    "idnumber_too_long": (
        "Le numéro d'identifiant du cours a {size} caractères ; le réseau en accepte {limit}. "
        "Raccourcissez-le dans les paramètres du cours, puis recommencez.",
        "The course's ID number has {size} characters; the network takes {limit}. "
        "Shorten it in the course settings, then try again.",
    ),
    "upload_unknown": (
        "Cet envoi n'existe pas pour ce site. Relancez la sauvegarde du cours.",
        "This upload does not exist for this site. Start the course backup again.",
    ),
    "upload_not_open": (
        "Cet envoi est terminé : il n'accepte plus de données. Relancez la sauvegarde si nécessaire.",
        "This upload is over and takes no more data. Start the backup again if needed.",
    ),
    "part_unknown": (
        "La partie {part} n'existe pas : cet envoi en compte {parts}.",
        "Part {part} does not exist: this upload has {parts}.",
    ),
    "parts_missing": (
        "Il manque des parties à cet envoi ({count}). Envoyez-les, puis terminez à nouveau.",
        "Parts of this upload are missing ({count}). Send them, then complete it again.",
    ),
    "size_differs": (
        "La sauvegarde reçue n'a pas la taille annoncée : l'envoi est incomplet ou mêlé. "
        "Relancez la sauvegarde du cours.",
        "The backup received does not have the announced size: the upload is incomplete or mixed up. "
        "Start the course backup again.",
    ),
    "sha256_differs": (
        "La sauvegarde reçue n'est pas celle qui a été annoncée (empreinte différente). "
        "Relancez la sauvegarde du cours.",
        "The backup received is not the one announced (different checksum). Start the course backup again.",
    ),
    # --- verdicts of the reader; the codes of domain.backup.Why ---
    "people_inside": (
        "La sauvegarde contient des utilisateurs. Relancez-la sans les utilisateurs inscrits.",
        "The backup holds users. Make it again without enrolled users.",
    ),
    "not_a_backup": (
        "Le fichier n'est pas une sauvegarde Moodle. Choisissez un fichier .mbz fait par Moodle.",
        "The file is not a Moodle backup. Choose an .mbz file made by Moodle.",
    ),
    "not_a_course": (
        "C'est la sauvegarde d'une activité ou d'une section. Sauvegardez le cours entier.",
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
        "Prévenez l'assistance ; relancez la sauvegarde depuis Moodle.",
        "The backup holds a dangerous file (it would leave its folder). "
        "Tell the help desk; make the backup again from Moodle.",
    ),
    "duplicate_member": (
        "La sauvegarde contient deux fois le même fichier. Relancez-la depuis Moodle.",
        "The backup holds the same file twice. Make it again from Moodle.",
    ),
    "out_of_proportion": (
        "La sauvegarde se déploie hors de toute proportion. Prévenez l'assistance.",
        "The backup unpacks out of all proportion. Tell the help desk.",
    ),
    "unsafe_xml": (
        "La sauvegarde contient un XML piégé (entités). Prévenez l'assistance.",
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
        "Cette publication n'existe pas ou n'est plus au catalogue. Cherchez-la à nouveau.",
        "This publication does not exist or is no longer in the catalogue. Search for it again.",
    ),
    "not_yours": (
        "Seul l'auteur de la publication ou un gestionnaire du réseau peut le faire. Demandez à l'un d'eux.",
        "Only the author of the publication or a manager of the network can do this. Ask one of them.",
    ),
    "hub_only": (
        "Cette liste n'est disponible que sur la plate-forme de mutualisation.",
        "This list is available on the sharing platform only.",
    ),
    "withdraw_too_early": (
        "Cette publication ne peut pas être retirée : elle est à l'état « {state} ».",
        "This publication cannot be withdrawn: its state is “{state}”.",
    ),
    "newer_release": (
        "Le cours vient d'un Moodle {release}, plus récent que celui de la plate-forme de destination "
        "({target}). Il pourra être restauré quand elle aura été mise à jour.",
        "The course comes from Moodle {release}, newer than the target platform ({target}). "
        "It can be restored once that one has been upgraded.",
    ),
    "plugins_missing": (
        "La plate-forme de destination n'a pas ces modules : {plugins}. "
        "Retirez ces activités, ou demandez leur installation.",
        "The target platform lacks these plugins: {plugins}. "
        "Remove those activities, or ask for their installation.",
    ),
    "too_large_for_target": (
        "Le cours ({size}) dépasse ce que la plate-forme de destination accepte ({limit}). Allégez-le.",
        "The course ({size}) is over what the target platform accepts ({limit}). Make it lighter.",
    ),
    "author_unknown": (
        "L'auteur n'a pas de compte sur la plate-forme de mutualisation : il n'y est pas inscrit, "
        "son nom reste au catalogue.",
        "The author has no account on the sharing platform: he is not enrolled there, "
        "his name stays in the catalogue.",
    ),
    "author_ambiguous": (
        "Plusieurs comptes de la plate-forme de mutualisation correspondent à l'auteur : "
        "aucun n'a été inscrit. Prévenez l'assistance.",
        "Several accounts of the sharing platform match the author: none was enrolled. Tell the help desk.",
    ),
    "owner_unknown": (
        "Votre compte n'a pas été trouvé sur votre site : le cours ne peut pas vous être confié.",
        "Your account was not found on your site: the course cannot be given to you.",
    ),
    "later_published": (
        "Une version plus récente de ce cours est déjà mutualisée.",
        "A later version of this course is already published.",
    ),
    # --- retrieving (P11, R3, R5, R6) ---
    "retrieval_unknown": (
        "Cette demande de rapatriement n'existe pas pour votre site.",
        "This retrieval does not exist for your site.",
    ),
    "target_unknown": (
        "Le cours de destination n'existe pas sur votre site.",
        "The target course does not exist on your site.",
    ),
    "not_editing_teacher": (
        "Vous n'êtes pas enseignant éditeur du cours de destination. Demandez-le à son responsable.",
        "You are not an editing teacher of the target course. Ask whoever is in charge of it.",
    ),
    "target_not_empty": (
        "Le cours de destination n'est pas vide : {holds}. Choisissez « Fusionner », ou un cours vide.",
        "The target course is not empty: {holds}. Choose “Merge”, or an empty course.",
    ),
    "target_restored": (
        "Le cours de destination a déjà été restauré. Un nouvel essai effacerait ce travail : "
        "adressez-vous à l'assistance.",
        "The target course was restored already. Another try would erase that work: ask the help desk.",
    ),
    "target_busy": (
        "Une autre restauration de ce cours est en cours. Attendez qu'elle se termine.",
        "Another restore of this course is under way. Wait until it has ended.",
    ),
    "merge_unconfirmed": (
        "Rien ne sera supprimé, mais {activities} activités déjà présentes pourraient se trouver en double. "
        "Confirmez pour fusionner.",
        "Nothing will be deleted, but {activities} activities already there might be doubled. "
        "Confirm to merge.",
    ),
    # --- how a job on a Moodle ended ---
    "precheck": (
        "Le Moodle de destination refuse cette sauvegarde : {detail}",
        "The target Moodle refuses this backup: {detail}",
    ),
    "download": (
        "Le Moodle de destination n'a pas pu télécharger la sauvegarde. Réessayez ; "
        "si cela se répète, prévenez l'assistance.",
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
        "Le Moodle de destination n'est pas autorisé à télécharger depuis cette adresse. "
        "Son administrateur doit l'autoriser dans les réglages de Passerelle.",
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
        "La restauration s'est interrompue sur le Moodle de destination ; rien n'y reste. Réessayez.",
        "The restore broke off on the target Moodle; nothing of it remains there. Try again.",
    ),
    "backupfailed": (
        "Moodle n'a pas réussi à sauvegarder le cours. Réessayez ; si cela se répète, prévenez l'assistance.",
        "Moodle could not back the course up. Try again; if it happens again, tell the help desk.",
    ),
    "restorefailed": (
        "La restauration a échoué sur le Moodle de destination : {detail} Prévenez l'assistance.",
        "The restore failed on the target Moodle: {detail} Tell the help desk.",
    ),
    "categoryunknown": (
        "La catégorie d'arrivée n'existe pas sur le Moodle de destination. "
        "Son administrateur doit la créer ou corriger network.yaml.",
        "The arrival category does not exist on the target Moodle. "
        "Its administrator must create it or correct network.yaml.",
    ),
    "idnumbertaken": (
        "Un autre cours du Moodle de destination porte déjà ce numéro d'identifiant. Prévenez l'assistance.",
        "Another course of the target Moodle already has this ID number. Tell the help desk.",
    ),
    "shortnametaken": (
        "Un autre cours du Moodle de destination porte déjà ce nom abrégé. Prévenez l'assistance.",
        "Another course of the target Moodle already has this short name. Tell the help desk.",
    ),
    "peopleinside": (
        "Le Moodle de destination a trouvé des utilisateurs dans la sauvegarde : rien n'a été restauré. "
        "Cliquez sur « Rafraîchir » dans le cours d'origine, puis recommencez.",
        "The target Moodle found users in the backup: nothing was restored. "
        "Press “Refresh” in the source course, then try again.",
    ),
    "invalid": (
        "Le Moodle de destination n'a pas compris la demande. Prévenez l'assistance.",
        "The target Moodle did not understand the request. Tell the help desk.",
    ),
    "precheck_warned": (
        "Le Moodle de destination avait une réserve et a restauré quand même : {detail}",
        "The target Moodle had a reservation and restored all the same: {detail}",
    ),
    "newerrelease": (
        "La sauvegarde vient d'un Moodle plus récent, et a été restaurée quand même : {detail}",
        "The backup comes from a newer Moodle, and was restored all the same: {detail}",
    ),
    "pluginmissing": (
        "Le Moodle de destination n'a pas ce module : {detail}. Ses activités n'ont pas été restaurées.",
        "The target Moodle lacks this plugin: {detail}. Its activities were not restored.",
    ),
    "roleunknown": (
        "Le rôle prévu n'existe pas sur le Moodle de destination ({detail}). Prévenez son administrateur.",
        "The intended role does not exist on the target Moodle ({detail}). Tell its administrator.",
    ),
    "job_said": (
        "Le Moodle de destination signale : {detail}",
        "The target Moodle says: {detail}",
    ),
    "copy_gone": (
        "La copie a été supprimée de la plate-forme de mutualisation dès son arrivée. "
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
        "Le Moodle « {site} » a refusé la demande ({errorcode}). Prévenez l'assistance.",
        "Moodle “{site}” refused the request ({errorcode}). Tell the help desk.",
    ),
    "job_unknown": (
        "Cette tâche n'existe pas pour ce site.",
        "This job does not exist for this site.",
    ),
    # --- orders and seats (S1–S15) ---
    "order_unknown": (
        "Cette commande n'existe pas ici : {order}. Vérifiez son numéro avec « passerelle orders list ».",
        "This order does not exist here: {order}. Check its number with “passerelle orders list”.",
    ),
    "order_gone": (
        "La commande {order} a été annulée ou remboursée : elle ne peut pas être validée.",
        "Order {order} was cancelled or refunded: it cannot be released.",
    ),
    "shop_unknown": (
        "La boutique « {shop} » n'est pas (ou plus) dans network.yaml. Ajoutez-la, puis rejouez la commande.",
        "Shop “{shop}” is not (or no longer) in network.yaml. Add it, then replay the order.",
    ),
    "payload_unreadable": (
        "La boutique a envoyé une commande, bien signée, mais illisible ({where}). "
        "Elle est gardée : prévenez l'assistance, puis rejouez-la.",
        "The shop sent an order that is well signed but unreadable ({where}). "
        "It is kept: tell the help desk, then replay it.",
    ),
    "lines_unknown": (
        "La boutique n'a pas dit ce qui a été acheté, et ne peut pas être interrogée. "
        "Donnez une clé de lecture dans network.yaml (api.key), puis rejouez la commande.",
        "The shop did not say what was bought, and cannot be asked. "
        "Give a read-only key in network.yaml (api.key), then replay the order.",
    ),
    "product_unknown": (
        "Le produit « {product} » n'est pas dans network.yaml. Ajoutez-le, puis rejouez la commande.",
        "Product “{product}” is not in network.yaml. Add it, then replay the order.",
    ),
    "handler_unknown": (
        "Le produit « {product} » demande un gestionnaire inconnu : {handler}. Corrigez network.yaml.",
        "Product “{product}” asks for an unknown handler: {handler}. Correct network.yaml.",
    ),
    "handler_needs_plugin": (
        "Le produit « {product} » ({handler}) demande un module que ce Moodle n'a pas ({plugin}). "
        "Traitez la commande à la main.",
        "Product “{product}” ({handler}) needs a plugin that this Moodle lacks ({plugin}). "
        "Handle the order by hand.",
    ),
    "parameter_unknown": (
        "Le produit « {product} » a un paramètre inconnu : {parameter}. Corrigez network.yaml.",
        "Product “{product}” has an unknown parameter: {parameter}. Correct network.yaml.",
    ),
    "parameter_missing": (
        "Il manque un paramètre au produit « {product} » : {parameter}. Corrigez network.yaml.",
        "Product “{product}” lacks a parameter: {parameter}. Correct network.yaml.",
    ),
    "parameter_twice": (
        "Le produit « {product} » donne deux fois le paramètre {parameter}. Corrigez network.yaml.",
        "Product “{product}” gives the parameter {parameter} twice. Correct network.yaml.",
    ),
    "parameter_unreadable": (
        "Le paramètre {parameter} du produit « {product} » est illisible. Corrigez network.yaml.",
        "Parameter {parameter} of product “{product}” cannot be read. Correct network.yaml.",
    ),
    "amount_differs": (
        "Le total de la commande n'est pas la somme de ses lignes. Rien n'a été fait : "
        "vérifiez-la dans la boutique, puis validez-la ou annulez-la.",
        "The order's total is not the sum of its lines. Nothing was done: "
        "check it in the shop, then release or cancel it.",
    ),
    "price_differs": (
        "Le produit « {product} » a été payé moins que son prix dans network.yaml. Rien n'a été fait : "
        "vérifiez la commande dans la boutique.",
        "Product “{product}” was paid less than its price in network.yaml. Nothing was done: "
        "check the order in the shop.",
    ),
    "amount_unreadable": (
        "Un montant envoyé par la boutique est illisible. Prévenez l'assistance.",
        "An amount sent by the shop cannot be read. Tell the help desk.",
    ),
    "too_many_people": (
        "{people} personnes ont été déclarées pour {seats} place(s) de « {product} ». Rien n'a été fait : "
        "corrigez la commande ou vendez les places manquantes.",
        "{people} people were declared for {seats} seat(s) of “{product}”. Nothing was done: "
        "correct the order or sell the missing seats.",
    ),
    "parked_by_hand": (
        "Mise de côté par {by} : {why}",
        "Put aside by {by}: {why}",
    ),
    "course_unknown": (
        "Le cours « {course} » n'existe pas sur « {site} ». Créez-le ou corrigez le produit, "
        "puis rejouez la commande.",
        "Course “{course}” does not exist on “{site}”. Create it or correct the product, "
        "then replay the order.",
    ),
    "category_unknown": (
        "La catégorie « {category} » n'existe pas sur « {site} ». Créez-la, puis rejouez la commande.",
        "Category “{category}” does not exist on “{site}”. Create it, then replay the order.",
    ),
    "context_unknown": (
        "Ce qui est désigné ({level} {instance}) n'existe pas. Corrigez le produit, puis rejouez la commande.",
        "What is named ({level} {instance}) does not exist. Correct the product, then replay the order.",
    ),
    "place_refused": (
        "Moodle a refusé de créer le cours ou la catégorie ({errorcode}). Prévenez l'assistance.",
        "Moodle refused to make the course or category ({errorcode}). Tell the help desk.",
    ),
    "role_unknown": (
        "Le rôle « {role} » n'existe pas sur « {site} ». Créez-le ou corrigez network.yaml.",
        "Role “{role}” does not exist on “{site}”. Create it or correct network.yaml.",
    ),
    "role_refused": (
        "Moodle a refusé d'attribuer le rôle « {role} » ({errorcode}). Vérifiez qu'il peut l'être à ce niveau.",
        "Moodle refused to assign role “{role}” ({errorcode}). Check that it can be at that level.",
    ),
    "role_missing": (
        "Personne n'est encore désigné pour le rôle « {role} » de « {product} ». "
        "L'acheteur peut le faire par le lien de ses places.",
        "Nobody is named yet for the role “{role}” of “{product}”. The buyer can do so by his seats link.",
    ),
    "nothing_to_extend": (
        "Il n'y a pas d'inscription de la boutique à prolonger dans « {course} ». "
        "Traitez la commande à la main.",
        "There is no enrolment of the shop to extend in “{course}”. Handle the order by hand.",
    ),
    "nothing_to_prorogate": (
        "L'acheteur n'a pas de produit à proroger. Traitez la commande à la main.",
        "The buyer has no product to prorogate. Handle the order by hand.",
    ),
    "course_ended": (
        "Le cours « {course} » est terminé (sa date de fin est passée). Changez-la ou retirez le produit.",
        "Course “{course}” has ended. Change its end date or withdraw the product.",
    ),
    "course_hidden": (
        "Le cours « {course} » est caché : les inscrits ne le verront pas.",
        "Course “{course}” is hidden: those enrolled will not see it.",
    ),
    "course_without_idnumber": (
        "Le cours « {course} » n'a pas de numéro d'identifiant : l'inscription se fera à la main de Moodle. "
        "Donnez-lui en un.",
        "Course “{course}” has no ID number: enrolments will be Moodle's manual ones. Give it one.",
    ),
    "groups_not_separate": (
        "Le cours « {course} » n'est pas en groupes séparés : les sessions se verront entre elles.",
        "Course “{course}” is not in separate groups: sessions would see each other.",
    ),
    "no_enrolment_method": (
        "Le cours « {course} » n'a pas de méthode d'inscription utilisable. Installez enrol_passerelle "
        "ou activez l'inscription manuelle.",
        "Course “{course}” has no usable enrolment method. Install enrol_passerelle or enable manual enrolment.",
    ),
    "role_not_there": (
        "Le rôle « {role} » ne peut pas être attribué à ce niveau ({level}). "
        "Changez ses niveaux de contexte dans Moodle.",
        "Role “{role}” cannot be assigned at that level ({level}). Change its context levels in Moodle.",
    ),
    "role_takes_over": (
        "Le rôle « {role} » permettrait de modifier ou d'emprunter des comptes existants. "
        "Choisissez un rôle qui ne fait que voir.",
        "Role “{role}” would allow editing or taking over existing accounts. Choose a role that only views.",
    ),
    "cannot_sign": (
        "Passerelle ne peut pas signer comme {kind} : utilisez le simulateur de la boutique.",
        "Passerelle cannot sign as {kind} does: use the shop's own simulator.",
    ),
    "email_invalid": (
        "cette adresse électronique n'est pas valable. Corrigez-la.",
        "this e-mail address is not valid. Correct it.",
    ),
    "email_missing": (
        "il manque l'adresse électronique.",
        "the e-mail address is missing.",
    ),
    "email_repeated": (
        "cette adresse est déjà donnée plus haut.",
        "this address is already given above.",
    ),
    "email_seated": (
        "cette personne a déjà une place.",
        "this person already has a seat.",
    ),
    "email_twice": (
        "deux comptes de la plate-forme ont cette adresse. L'assistance doit dire lequel est le bon.",
        "two accounts of the site have this address. The help desk must say which is the right one.",
    ),
    "name_missing": (
        "il manque le nom ou le prénom.",
        "the last or first name is missing.",
    ),
    "rows_unreadable": (
        "cette ligne est illisible : nom, prénom, adresse électronique.",
        "this row cannot be read: last name, first name, e-mail.",
    ),
    "too_many_rows": (
        "trop de lignes à la fois : 2 000 au plus.",
        "too many rows at a time: 2,000 at most.",
    ),
    "account_suspended": (
        "son compte est suspendu. L'assistance peut le rétablir, puis rejouer la commande.",
        "this account is suspended. The help desk can restore it, then replay the order.",
    ),
    "account_deleted": (
        "son compte a été supprimé. L'assistance doit dire s'il faut en faire un nouveau.",
        "this account was deleted. The help desk must say whether a new one is to be made.",
    ),
    "account_refused": (
        "Moodle a refusé de créer le compte ({errorcode}). Prévenez l'assistance.",
        "Moodle refused to make the account ({errorcode}). Tell the help desk.",
    ),
    "enrol_refused": (
        "Moodle a refusé l'inscription ({errorcode}). Prévenez l'assistance.",
        "Moodle refused the enrolment ({errorcode}). Tell the help desk.",
    ),
    "group_refused": (
        "Moodle a refusé le groupe ou son membre ({errorcode}). Prévenez l'assistance.",
        "Moodle refused the group or its member ({errorcode}). Tell the help desk.",
    ),
    "seats_free": (
        "Il reste {count} place(s) à attribuer.",
        "{count} seat(s) are still free.",
    ),
    "choose_seats": (
        "{count} place(s) de « {product} » ont été remboursées alors que toutes sont attribuées. "
        "L'acheteur doit dire lesquelles rendre.",
        "{count} seat(s) of “{product}” were refunded while all are taken. The buyer must say which to give back.",
    ),
    "refund_of_amount": (
        "Un montant a été remboursé sans rien retirer : les places restent.",
        "An amount was refunded and nothing taken away: the seats stay.",
    ),
    "seat_started": (
        "Cette personne a déjà commencé : sa place ne peut plus être changée.",
        "This person has already started: the seat can no longer be changed.",
    ),
    "no_free_seat": (
        "Il n'y a pas assez de places libres : {free}.",
        "There are not enough free seats: {free}.",
    ),
    "seat_unknown": (
        "Cette place n'existe pas (ou plus). Rechargez la page.",
        "This seat does not exist (any more). Reload the page.",
    ),
    "shop_refused": (
        "La boutique « {shop} » a refusé la demande de Passerelle ({status}). Vérifiez sa clé.",
        "Shop “{shop}” refused Passerelle's request ({status}). Check its key.",
    ),
    "seats_link_dead": (
        "Ce lien n'est plus valable. Demandez-en un nouveau à votre boutique.",
        "This link is no longer valid. Ask your shop for a new one.",
    ),
    "too_often": (
        "Trop d'essais à la fois. Attendez quelques minutes, puis recommencez.",
        "Too many tries at a time. Wait a few minutes, then try again.",
    ),
    "order_welcome_subject": (
        "Votre inscription : {course}",
        "Your enrolment: {course}",
    ),
    "order_welcome": (
        "Vous êtes inscrit(e) à « {course} », {dates}.\nLe cours : {url}",
        "You are enrolled in “{course}”, {dates}.\nThe course: {url}",
    ),
    "order_new_account": (
        "Un compte a été créé pour vous sur {site}. Vous recevez à part, de {site}, de quoi vous connecter.",
        "An account was made for you on {site}. {site} sends you separately what you need to log in.",
    ),
    "order_summary_subject": (
        "Commande {order} : ce qui a été fait",
        "Order {order}: what was done",
    ),
    "order_summary": (
        "Votre commande {order} a été traitée.",
        "Your order {order} was dealt with.",
    ),
    "order_created": (
        "Inscrits, avec un nouveau compte :",
        "Enrolled, with a new account:",
    ),
    "order_found": (
        "Inscrits, avec le compte qu'ils avaient :",
        "Enrolled, with the account they had:",
    ),
    "order_stopped": (
        "Pas encore inscrits :",
        "Not enrolled yet:",
    ),
    "order_free_seats": (
        "Il reste {count} place(s) à attribuer : {url}",
        "{count} seat(s) are still free: {url}",
    ),
    "order_seats_link": (
        "Vos places : {url}",
        "Your seats: {url}",
    ),
    "order_unseen": (
        "Ces personnes ne se sont encore jamais connectées :",
        "These people have never logged in yet:",
    ),
    "order_reminder_subject": (
        "Commande {order} : rappel",
        "Order {order}: reminder",
    ),
    "order_for_shop": (
        "Passerelle : {state} ({done} inscription(s) sur {count}).",
        "Passerelle: {state} ({done} of {count} enrolled).",
    ),
    # --- the door ---
    "signature": (
        "Signature refusée.",
        "Signature refused.",
    ),
    "field": (
        "Le champ « {field} » ne convient pas : {problem}.",
        "The field “{field}” does not fit: {problem}.",
    ),
    "not_found": (
        "L'adresse demandée n'existe pas.",
        "The address asked for does not exist.",
    ),
    "body_too_large": (
        "La demande est trop volumineuse.",
        "The request is too large.",
    ),
    "other_body": (
        "Cette demande a déjà été reçue avec un autre contenu.",
        "This request was already received with another content.",
    ),
    "conflict": (
        "Quelqu'un d'autre vient d'agir sur le même objet. Rechargez la page, puis recommencez.",
        "Somebody else has just acted on the same thing. Reload the page, then try again.",
    ),
    "away": (
        "Le service ou un des Moodle ne répond pas pour le moment. Réessayez dans quelques minutes.",
        "The service or one of the Moodles does not answer just now. Try again in a few minutes.",
    ),
    "internal": (
        "Une erreur inattendue s'est produite. Transmettez la référence à l'assistance.",
        "Something unexpected went wrong. Give the reference to the help desk.",
    ),
    "bad_cursor": (
        "La page demandée n'existe plus. Reprenez la recherche au début.",
        "The page asked for is no longer there. Start the search again.",
    ),
    "traces_scrubbed": (
        "{count} mention(s) de personnes ont été effacées de la sauvegarde.",
        "{count} mention(s) of people were scrubbed from the backup.",
    ),
    "traces_left": (
        "{count} champ(s) « {element} » de {member} pourraient nommer des personnes : vérifiez-les.",
        "{count} field(s) “{element}” of {member} may name people: check them.",
    ),
    "ownerunknown": (
        "Une personne à inscrire n'a pas de compte sur le Moodle de destination.",
        "A person to be enrolled has no account on the target Moodle.",
    ),
    **HOUSE,
    **ROLLOVER,
    **NIGHT,
    **WHY,
}


class _Forgiving(Formatter):
    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:  # noqa: ARG002 - Formatter's own
        return kwargs.get(key, "…") if isinstance(key, str) else "…"


def known(code: str) -> bool:
    return code in SENTENCES


def sentence(code: str, lang: str, details: Mapping[str, object] | None = None) -> str:
    """The sentence for `code` in French if `lang` begins with `fr`, else in English.

    An unknown code answers the sentence of `internal` with the code, so that nothing is swallowed.
    """
    if code not in SENTENCES:
        return f"{sentence('internal', lang)} ({code})"
    french, english = SENTENCES[code]
    return _Forgiving().format(french if lang.startswith("fr") else english, **(details or {}))
