"""What people read of a night that did not go as asked; French, English."""

from __future__ import annotations

from collections.abc import Mapping

NIGHT: Mapping[str, tuple[str, str]] = {
    "no_night": (
        "Aucune synchronisation nocturne n’est prévue pour {site}. "
        "Ajoutez « night: » au site dans network.yaml, puis publiez-le.",
        "No nightly synchronisation is set up for {site}. "
        "Add “night:” to the site in network.yaml, then push it.",
    ),
    "repair_nobody": (
        "Personne ne répond à « {asked} » dans les dernières extractions. Vérifiez le code, ou déposez des "
        "extractions où la personne figure.",
        "Nobody answers to “{asked}” in the newest extracts. Check the code, or deliver extracts that hold "
        "the "
        "person.",
    ),
    "repair_several": (
        "Plusieurs personnes répondent à « {asked} » : {people}. Donnez le code.",
        "Several people answer to “{asked}”: {people}. Give the code.",
    ),
    "repair_course": (
        "Aucun cours ne répond à « {asked} », ou plusieurs y répondent. Donnez le code de l’élément.",
        "No course, or several, answer to “{asked}”. Give the element's code.",
    ),
    "repair_sources": (
        "Les extractions de la nuit du {night} ne sont pas complètes : rien n’est réparé d’après elles. "
        "Déposez-les à nouveau (passerelle sync check, puis deposit).",
        "The extracts of the night of {night} are not whole: nothing is repaired from them. Deliver them "
        "again "
        "(passerelle sync check, then deposit).",
    ),
    "run_unknown": (
        "Aucune nuit de ce nom : {run}. Voyez passerelle sync status.",
        "There is no night of that name: {run}. See passerelle sync status.",
    ),
    "night_plan_unknown": (
        "La nuit {run} n’a pas de plan. Calculez-le : passerelle sync plan --keep.",
        "The night {run} has no plan. Make it: passerelle sync plan --keep.",
    ),
    "night_held": (
        "Le plan {run} est retenu. Lisez-le (passerelle sync show), "
        "puis libérez-le (passerelle sync release).",
        "The plan {run} is held. Read it (passerelle sync show), then release it (passerelle sync release).",
    ),
    "night_busy": (
        "La nuit {run} est en cours ailleurs. Attendez qu’elle finisse ; si ce travail a été interrompu, "
        "relancez dans {minutes:# minute|# minutes}.",
        "The night {run} is being worked on elsewhere. Wait for its end; if that work was cut off, "
        "run again in {minutes:# minute|# minutes}.",
    ),
    "night_frozen": (
        "La nuit {run} est gelée : le plan dit ce qu’elle aurait fait. "
        "Levez le gel : passerelle sync freeze --lift.",
        "The night {run} is frozen: its plan says what it would have done. "
        "Lift the freeze: passerelle sync freeze --lift.",
    ),
    "night_not_held": (
        "La nuit {run} n’est pas retenue : il n’y a rien à libérer.",
        "The night {run} is not held: there is nothing to release.",
    ),
    "night_overtaken": (
        "Le plan {run} a été remplacé par celui d’une nuit plus récente, {later}. Regardez celui-là.",
        "The plan {run} was replaced by that of a later night, {later}. Look at that one.",
    ),
    "night_plan_damaged": (
        "Une partie du plan de cette nuit ne se lit plus : le reste est fait. Recalculez : passerelle sync plan.",
        "A part of this night’s plan cannot be read any more: the rest is done. Plan again: passerelle sync plan.",
    ),
    "night_unfinished": (
        "La nuit {run} n’est pas terminée : il reste {chunks:# lot|# lots}. "
        "Reprenez-la : passerelle sync apply {run}.",
        "The night {run} is not over: {chunks:# chunk is|# chunks are} left. Go on with it: passerelle sync "
        "apply {run}.",
    ),
    "night_sources_stopped": (
        "Des extractions manquent, sont coupées ou datent d’avant la nuit : {files}. Déposez-les à nouveau.",
        "Extracts are missing, cut, or older than the night: {files}. Deliver them again.",
    ),
    "stage_needs": (
        "L’étape {stage} attend l’étape {needs}, qui ne s’est pas bien terminée. "
        "Voyez passerelle sync status, puis relancez.",
        "The stage {stage} rests on {needs}, which did not end well. "
        "See passerelle sync status, then run again.",
    ),
    "stage_waited": (
        "L’étape dont celle-ci a besoin ne s’est pas terminée à temps. Voyez passerelle sync status.",
        "The stage that this one needs did not end in time. See passerelle sync status.",
    ),
    "freeze_dates": (
        "Le gel finirait avant de commencer. Corrigez les dates.",
        "The freeze would end before it begins. Correct the dates.",
    ),
    "run_state": (
        "La nuit ne peut pas passer de l’état {state} à {wanted}. Voyez passerelle sync status.",
        "The night cannot go from {state} to {wanted}. See passerelle sync status.",
    ),
    "night_missing": (
        "Des étapes de la nuit ont échoué ou n’ont pas eu lieu : {runs}. Voyez passerelle sync status.",
        "Stages of the night failed or did not take place: {runs}. See passerelle sync status.",
    ),
    "night_report_link": ("Rapport complet : {link}", "Full report: {link}"),
    "night_report_command": (
        "Rapport complet : passerelle sync report --site {site} --night {night} --to DOSSIER",
        "Full report: passerelle sync report --site {site} --night {night} --to FOLDER",
    ),
    "no_directory": (
        "Aucun annuaire n’est configuré pour ce site. Complétez « night: ldap: » dans network.yaml.",
        "No directory is set up for this site. Complete “night: ldap:” in network.yaml.",
    ),
    # --- a night's folder that came as one zip ---
    "zip_unreadable": (
        "{file} n’est pas un zip lisible. Refaites l’archive, puis déposez-la à nouveau.",
        "{file} is not a zip that can be read. Make the archive again, then deliver it again.",
    ),
    "zip_encrypted": (
        "{file} est protégé par un mot de passe. Refaites l’archive sans.",
        "{file} is protected by a password. Make the archive again without one.",
    ),
    "zip_file_twice": (
        "{file} contient deux fichiers nommés {name}. Gardez-en un, puis refaites l’archive.",
        "{file} holds two files named {name}. Keep one, then make the archive again.",
    ),
    "zip_too_many_files": (
        "{file} contient plus de {limit} fichiers. N’y mettez que les extractions d’une nuit.",
        "{file} holds more than {limit} files. Put only one night's extracts into it.",
    ),
    "zip_too_large": (
        "{file} se déploie au-delà de 4 Go. N’y mettez que les extractions d’une nuit.",
        "{file} unpacks to more than 4 GB. Put only one night's extracts into it.",
    ),
}
