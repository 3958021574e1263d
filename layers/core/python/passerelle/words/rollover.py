"""The sentences of the change of year (R1–R13), French and English side by side; see `words.sentences`."""

from __future__ import annotations

from collections.abc import Mapping

ROLLOVER: Mapping[str, tuple[str, str]] = {
    "no_previous": (
        "Aucune plateforme de l’année précédente n’est configurée pour ce site. Prévenez l’assistance.",
        "No platform of the year before is configured for this site. Tell the help desk.",
    ),
    "no_source": (
        "Aucun cours de {year} ne porte le numéro d’identification « {idnumber} ». Choisissez vous-même "
        "le cours "
        "à récupérer, par son numéro d’identification ou son adresse.",
        "No course of {year} has the ID number “{idnumber}”. Choose the course to take yourself, "
        "by its ID number or address.",
    ),
    "source_unknown": (
        "Le cours choisi n’existe pas sur la plateforme {year}. Vérifiez son numéro ou son adresse.",
        "The course you chose does not exist on the {year} platform. Check its number or address.",
    ),
    "source_empty": (
        "Le cours « {source} » de {year} est vide : il n’y a rien à récupérer.",
        "The course “{source}” of {year} is empty: there is nothing to take.",
    ),
    "not_source_teacher": (
        "Vous n’êtes pas enseignant du cours « {source} » de {year}. Une demande d’autorisation, "
        "pour ce seul "
        "transfert, a été envoyée à : {asked}. Un message vous dira quand cliquer à nouveau.",
        "You are not a teacher of the course “{source}” of {year}. A request to allow this one transfer was "
        "sent to: {asked}. You will be told; then press the button again.",
    ),
    "permit_unknown": (
        "Cette demande d’autorisation n’existe pas pour ce site.",
        "This request does not exist for this site.",
    ),
    "permit_not_yours": (
        "Seul un enseignant éditeur de ce cours ou un administrateur peut autoriser ce transfert.",
        "Only an editing teacher of this course or an administrator can allow this transfer.",
    ),
    "rollover_not_empty": (
        "Votre cours n’est pas vide : il contient {holds}. Le remplacer effacerait ce contenu. Videz-le, "
        "choisissez « Fusionner » ou « Déposer dans ma zone privée », ou écrivez à l’assistance.",
        "Your course is not empty: it holds {holds}. Replacing it would erase that. Empty it, choose “Merge” "
        "or “Put into my private area”, or write to the help desk.",
    ),
    "rollover_restored": (
        "Votre cours a déjà été restauré depuis {origin}. Le refaire effacerait ou doublerait ce travail. "
        "Annulez d’abord cette restauration, ou écrivez à l’assistance.",
        "Your course was restored already from {origin}. Doing it again would erase or double that work. "
        "Undo that restore first, or write to the help desk.",
    ),
    "rollover_busy": (
        "Une restauration de ce cours est déjà en cours, demandée par quelqu’un d’autre. "
        "Attendez qu’elle se termine : un message vous le dira.",
        "A restore of this course is under way already, asked for by somebody else. "
        "Wait until it has ended: you will be told.",
    ),
    "override_not_allowed": (
        "Seul un administrateur désigné peut passer outre ce refus. Écrivez à l’assistance.",
        "Only a named administrator may go past this refusal. Write to the help desk.",
    ),
    "rollover_or_plan_unknown": (
        "« {id} » n’est ni une demande ni un plan. Donnez l’identifiant qu’ont affiché « passerelle rollover "
        "request » ou « passerelle rollover plan ».",
        "“{id}” is neither a request nor a plan. Give the id that “passerelle rollover request” or “passerelle "
        "rollover plan” printed.",
    ),
    "plan_not_yours": (
        "{user} ne figure pas parmi les administrateurs de {site} : ajoutez cet identifiant dans network.yaml "
        "(sites, {site}, administrators), ou donnez-en un qui y est.",
        "{user} is not among the administrators of {site}: add that username to network.yaml "
        "(sites, {site}, administrators), or give one that is there.",
    ),
    "rollover_unknown": (
        "Cette demande n’existe pas pour ce site.",
        "This request does not exist for this site.",
    ),
    "report_not_ready": (
        "Le rapport n’est pas encore prêt. Réessayez dans quelques minutes.",
        "The report is not ready yet. Try again in a few minutes.",
    ),
    "contents_not_ready": (
        "La liste du contenu n’est pas encore prête : la sauvegarde est en cours. Réessayez dans "
        "quelques minutes.",
        "The list of contents is not ready yet: the backup is being made. Try again in a few minutes.",
    ),
    "groupmissing": ("Groupe absent cette année : {detail}", "Group missing this year: {detail}"),
    "groupingmissing": ("Groupement absent cette année : {detail}", "Grouping missing this year: {detail}"),
    # --- questions, each answered once (R5, R6, D18) ---
    "shared": (
        "D’autres enseignent dans ce cours : {teachers}. Un message {count:lui|leur} dira ce qui a été fait, "
        "avec le moyen d’annuler. Continuer ?",
        "You are not alone in this course: {teachers} {count:teaches|teach} in it too and will be told, with "
        "a way to undo. Go on?",
    ),
    "plugins_lacking": (
        "Ce Moodle n’a pas {plugins} : {count:une activité ne viendra pas|# activités ne viendront pas}. "
        "Continuer sans {count:elle|elles} ?",
        "This Moodle lacks {plugins}: {count:one activity|# activities} will not come. "
        "Go on without {count:it|them}?",
    ),
    "merge": (
        "Fusionner ne supprime rien : {doubled:# ressource|# ressources} que votre cours contient déjà "
        "{doubled:sera doublée|seront doublées}. Continuer ?",
        "Merging deletes nothing: {doubled:# resource|# resources} that your course already holds will be "
        "doubled. Go on?",
    ),
    "foad_differs": (
        "L’un des deux cours est un cours à distance (FOAD), l’autre non : « {source} » vers « {target} ». "
        "Est-ce bien ce que vous voulez ?",
        "One of the two courses is a distance course (FOAD), the other is not: “{source}” to “{target}”. "
        "Is this what you want?",
    ),
    "other_code": (
        "Le cours choisi n’a pas le même code : « {source} » vers « {target} ». Est-ce bien ce que "
        "vous voulez ?",
        "The course you chose has another code: “{source}” to “{target}”. Is this what you want?",
    ),
    # --- undo (R11) ---
    "undo_too_late": (
        "Cette restauration ne peut plus être annulée : sa sauvegarde de sécurité n’est gardée que 30 jours.",
        "This restore can no longer be undone: its safety backup is kept for 30 days only.",
    ),
    "undo_nothing": (
        "Il n’y a rien à annuler : la demande est à l’état « {state} ».",
        "There is nothing to undo: the state of the request is “{state}”.",
    ),
    "undo_failed": (
        "L’annulation n’a pas abouti. Cliquez à nouveau sur « Annuler cette restauration » ; si cela se "
        "répète, écrivez à l’assistance : la sauvegarde de sécurité est toujours là.",
        "The undo did not succeed. Press “Undo this restore” again; if it happens again, write to the help "
        "desk: the safety backup is still there.",
    ),
    "changed": (
        "Le cours a été modifié depuis la restauration : l’annuler effacerait ce travail. Écrivez à "
        "l’assistance.",
        "The course was changed since the restore: undoing would erase that work. Write to the help desk.",
    ),
    "alreadyundone": (
        "Cette restauration a déjà été annulée.",
        "This restore was undone already.",
    ),
    "nosafety": (
        "La sauvegarde de sécurité de cette restauration n’existe plus. Écrivez à l’assistance.",
        "The safety backup of this restore no longer exists. Write to the help desk.",
    ),
    "notempty": (
        "Moodle a trouvé du contenu dans le cours au moment de le restaurer ({detail}) : rien n’a été fait.",
        "Moodle found content in the course when about to restore it ({detail}): nothing was done.",
    ),
    "courseunknown": (
        "Le cours n’existe plus sur la plateforme. Vérifiez qu’il n’a pas été supprimé.",
        "The course no longer exists on the platform. Check that it was not deleted.",
    ),
    "backup_failed": (
        "La sauvegarde du cours de {year} n’a pas pu être faite. Réessayez ; si cela se répète, "
        "écrivez à l’assistance. Votre cours n’a pas été touché.",
        "The backup of the {year} course could not be made. Try again; if it happens again, "
        "write to "
        "the help desk. Your course was not touched.",
    ),
    "source_backup_refused": (
        "La sauvegarde du cours de {year} a été refusée : {reason} Votre cours n’a pas été touché.",
        "The backup of the {year} course was refused: {reason} Your course was not touched.",
    ),
    # --- known traps about a rollover (D17, D18, D20) ---
    "D17_not_empty": (
        "Le cours de destination n’est pas vide : {holds}.",
        "The target course is not empty: {holds}.",
    ),
    "D17_restored": (
        "Le cours de destination a déjà été restauré depuis {origin}.",
        "The target course was restored already from {origin}.",
    ),
    "D17_teachers": (
        "Le cours de destination a {count:# autre enseignant éditeur|# autres enseignants éditeurs}.",
        "The target course has {count:# other editing teacher|# other editing teachers}.",
    ),
    "D18_none": (
        "Il n’y a pas encore de sauvegarde de ce cours : elle sera faite d’abord.",
        "There is no backup of this course yet: one will be made first.",
    ),
    "D18_older": (
        "La dernière sauvegarde est plus ancienne que la dernière modification du cours : une nouvelle sera "
        "faite d’abord.",
        "The latest backup is older than the course's last change: a new one will be made first.",
    ),
    "D20_not_before": (
        "{count:# enseignant de cette année n’enseignait|# enseignants de cette année n’enseignaient} pas "
        "dans le cours de {year}.",
        "{count:# teacher|# teachers} of this year did not teach in the course of {year}.",
    ),
    "D20_not_now": (
        "{count:# enseignant|# enseignants} du cours de {year} {count:n’y est|n’y sont} pas cette année.",
        "{count:# teacher|# teachers} of the {year} course {count:is|are} not in it this year.",
    ),
    # --- a faculty's plan (R13) ---
    "plan_fresh_start": (
        "Un enseignant a choisi « Je repars de zéro ».",
        "A teacher chose to start afresh.",
    ),
    "plan_asked": (
        "Un enseignant l’a déjà demandé ({detail}).",
        "A teacher asked for it already ({detail}).",
    ),
    "plan_no_idnumber": ("Le cours n’a pas de numéro d’identification.", "The course has no ID number."),
    "plan_idnumber_twice": (
        "Plusieurs cours de l’année précédente portent le numéro {detail}.",
        "Several courses of last year have the ID number {detail}.",
    ),
    "plan_no_source": (
        "Aucun cours de l’année précédente ne porte ce numéro.",
        "No course of last year has this ID number.",
    ),
    "plan_restored": ("Déjà restauré depuis {detail}.", "Restored already from {detail}."),
    "plan_not_empty": (
        "Un enseignant y a travaillé : {holds}.",
        "A teacher has worked in it: {holds}.",
    ),
    "plan_source_empty": (
        "Le cours de l’année précédente est vide.",
        "The course of last year is empty.",
    ),
    "plan_unknown": (
        "Ce plan n’existe pas. Refaites-le avec « passerelle rollover plan ».",
        "This plan does not exist. Make it again with “passerelle rollover plan”.",
    ),
    "plan_category_empty": (
        "La catégorie « {category} » n’existe pas ou ne contient aucun cours.",
        "The category “{category}” does not exist or holds no course.",
    ),
    # --- messages ---
    "told_done_subject": ("Cours récupéré : {title}", "Course taken over: {title}"),
    "told_done": (
        "Le contenu de {year} a été restauré dans « {title} » : {courseurl}\n{todo:# point|# points} à "
        "vérifier dans le rapport. Vous pouvez annuler pendant 30 jours, tant que personne n’a modifié le "
        "cours : {undourl}",
        "The content of {year} was restored into “{title}”: {courseurl}\n{todo:# point|# points} to check "
        "in the report. You can undo it for 30 days, while nobody has changed the course: {undourl}",
    ),
    "told_shared_subject": ("Votre cours a été restauré : {title}", "Your course was restored: {title}"),
    "told_shared": (
        "{who} a restauré le contenu de {year} dans « {title} » : {courseurl}\nSi cela ne convient pas, "
        "annulez pendant que personne n’a modifié le cours : {undourl}",
        "{who} restored the content of {year} into “{title}”: {courseurl}\nIf this is not right, "
        "undo it while "
        "nobody has changed the course: {undourl}",
    ),
    "told_stashed_subject": ("Sauvegarde déposée : {title}", "Backup delivered: {title}"),
    "told_stashed": (
        "La sauvegarde {year} de « {title} » est dans votre zone de sauvegarde privée, sous le nom "
        "{filename}.",
        "The {year} backup of “{title}” is in your private backup area, named {filename}.",
    ),
    "told_failed_subject": ("Cours non récupéré : {title}", "Course not taken over: {title}"),
    "told_failed": (
        "Le contenu de {year} n’a pas été restauré dans « {title} ». {message} Référence : {reference}",
        "The content of {year} was not restored into “{title}”. {message} Reference: {reference}",
    ),
    "told_undone_subject": ("Restauration annulée : {title}", "Restore undone: {title}"),
    "told_undone": (
        "« {title} » est de nouveau comme avant la restauration : {courseurl}",
        "“{title}” is again as it was before the restore: {courseurl}",
    ),
    "told_checked_subject": ("Rapport prêt : {title}", "Report ready: {title}"),
    "told_checked": (
        "La vérification de « {title} » ({year}) est terminée : {todo:rien|# point|# points} à corriger.",
        "The check of “{title}” ({year}) is done: {todo:nothing|# point|# points} to correct.",
    ),
    "told_permit_subject": ("Autorisation demandée : {title}", "Permission asked: {title}"),
    "told_permit": (
        "{who} enseigne cette année « {title} » et demande à y récupérer le contenu de votre cours "
        "de {year}. "
        "Pour autoriser ce seul transfert : {permiturl}",
        "{who} teaches “{title}” this year and asks to take over the content of your course of {year}. "
        "To allow this one transfer: {permiturl}",
    ),
    "told_permitted_subject": ("Transfert autorisé : {title}", "Transfer allowed: {title}"),
    "told_permitted": (
        "Vous pouvez récupérer le contenu de {year} dans « {title} » : cliquez à nouveau sur le bouton. "
        "{courseurl}",
        "You may take the content of {year} into “{title}”: press the button again. {courseurl}",
    ),
    "button_rollover": ("Récupérer la sauvegarde {year}", "Take the {year} backup"),
}
