"""What an administrator of Passerelle reads: its own settings, AWS, and what a command cannot find."""

from __future__ import annotations

HOUSE: dict[str, tuple[str, str]] = {
    "aws_refused": (
        "AWS refuse l’opération ({operation}, {aws}). Vérifiez les droits de la pile et vos identifiants.",
        "AWS refuses the operation ({operation}, {aws}). Check the stack's rights and your credentials.",
    ),
    "stack_unknown": (
        "Aucune installation de Passerelle ici ({where}). Lancez « passerelle up », "
        "ou nommez-la avec --stack-name.",
        "No installation of Passerelle here ({where}). Run “passerelle up”, or name it with --stack-name.",
    ),
    "network_missing": (
        "Aucun network.yaml n’est publié. Publiez-le : passerelle network push network.yaml.",
        "No network.yaml is published. Publish one: passerelle network push network.yaml.",
    ),
    "network_invalid": (
        "Le network.yaml publié ne convient pas à cette version. "
        "Vérifiez-le (passerelle network check), puis publiez-le à nouveau.",
        "The published network.yaml does not fit this version. "
        "Check it (passerelle network check), then publish it again.",
    ),
    "person_not_held": (
        "Rien de ce qui est gardé ici ne nomme cette personne.",
        "Nothing that is kept here names this person.",
    ),
    "person_too_often": (
        "Trop de données nomment cette personne pour une page : « passerelle people show » les lit toutes.",
        "Too much names this person for one page: “passerelle people show” reads it all.",
    ),
    "because_needed": (
        "Dites pourquoi, avec --because : c’est noté, sans le nom.",
        "Say why, with --because: it is written down, without the name.",
    ),
    "order_in_progress": (
        "une commande en cours en a besoin ; annulez-la ou attendez sa fin.",
        "an order in progress needs it; cancel it or wait for its end.",
    ),
    "access_runs": (
        "un accès payé court encore ; il prend fin avec lui.",
        "paid access still runs; it ends with it.",
    ),
    "rollover_in_progress": (
        "un changement d’année en cours en a besoin ; attendez sa fin.",
        "a change of year in progress needs it; wait for its end.",
    ),
    "night_in_progress": (
        "une nuit en cours ou retenue en a besoin ; attendez sa fin, ou libérez-la.",
        "a night in progress or held needs it; wait for its end, or release it.",
    ),
    "night_remembers": (
        "la nuit doit encore mettre fin à des inscriptions suspendues ; attendez la fin du délai (removal_grace).",
        "the night still has to end suspended enrolments; wait until their grace is over (removal_grace).",
    ),
    "in_extracts": (
        "les extractions en vigueur nomment encore cette personne, et la nuit la recréerait ; "
        "faites-la d’abord retirer de leur source.",
        "the extracts in force still name this person, whom the night would make again; "
        "have them taken out of their source first.",
    ),
    "named_in_network": (
        "network.yaml nomme cette personne, dont les actes restent donc signés ; retirez-la d’abord de "
        "network.yaml.",
        "network.yaml names this person, whose acts stay signed meanwhile; take them out of network.yaml first.",
    ),
    "secret_missing": (
        "Le paramètre SSM {name} n’existe pas. Créez-le (SecureString) ou corrigez network.yaml.",
        "The SSM parameter {name} does not exist. Create it (SecureString) or correct network.yaml.",
    ),
    "site_unknown": (
        "« {site} » n’est pas un site de network.yaml.",
        "“{site}” is not a site of network.yaml.",
    ),
    "site_added": (
        "{site} est inscrit dans {file} et publié.",
        "{site} was written into {file} and published.",
    ),
    "connection_code": (
        "Code de connexion de {site} ({url}), valable une heure, une seule fois. Dans ce Moodle : "
        "Administration du site → Passerelle → Connecter, ou "
        "php local/passerelle/cli/connect.php CODE (public/local/… à partir de Moodle 5.1) :",
        "Connection code of {site} ({url}), for one use within an hour. In that Moodle: "
        "Site administration → Passerelle → Connect, or "
        "php local/passerelle/cli/connect.php CODE (public/local/… from Moodle 5.1 on):",
    ),
    "url_needed": (
        "« {site} » n’est pas encore dans network.yaml : donnez l’adresse de ce Moodle avec --url.",
        "“{site}” is not in network.yaml yet: give that Moodle's address with --url.",
    ),
    "url_differs": (
        "network.yaml donne à « {site} » l’adresse {known}, et non {given}. "
        "Corrigez le fichier, ou choisissez un autre nom.",
        "network.yaml gives “{site}” the address {known}, not {given}. "
        "Correct the file, or choose another name.",
    ),
    "hub_first": (
        "Un réseau commence par sa plateforme de mutualisation : ajoutez-la d’abord, avec --hub.",
        "A network begins with its sharing platform: add that one first, with --hub.",
    ),
    "hub_is_another": (
        "La plateforme de mutualisation de ce réseau est « {hub} ». Retirez --hub, ou changez hub.site.",
        "The sharing platform of this network is “{hub}”. Leave --hub out, or change hub.site.",
    ),
    "network_yaml_needed": (
        "{file} n’existe pas ici, et le réseau en vigueur n’a pas été publié sous cette forme. "
        "Indiquez votre network.yaml avec --file.",
        "{file} is not here, and the network in force was not published in that form. "
        "Name your network.yaml with --file.",
    ),
    "file_not_block": (
        "Ce network.yaml ne peut pas être complété ligne à ligne : ajoutez « {site} » à la main, "
        "puis relancez la commande.",
        "network.yaml cannot be added to here line by line: add “{site}” by hand, then run the command "
        "again.",
    ),
    "secret_made": (
        "{name} est créé ({whose}).",
        "{name} was made ({whose}).",
    ),
    "secret_of_others": (
        "{name} manque ({whose}) : créez ce paramètre SSM (SecureString) avec ce que l’on vous a remis ; "
        "le jeton d’un Moodle y vient par son code de connexion.",
        "{name} is missing ({whose}): create that SSM parameter (SecureString) with what you were given; "
        "a Moodle's token comes by its connection code.",
    ),
    "code_expired": (
        "Ce code de connexion a plus d’une heure. Demandez-en un autre à qui gère le réseau : "
        "passerelle network add {site}.",
        "This connection code is more than an hour old. Ask whoever runs the network for another: "
        "passerelle network add {site}.",
    ),
    "code_used": (
        "Ce code de connexion a déjà servi. Demandez-en un autre à qui gère le réseau : "
        "passerelle network add {site}.",
        "This connection code was used already. Ask whoever runs the network for another: "
        "passerelle network add {site}.",
    ),
    "other_address": (
        "Ce Moodle se trouve à {given} ; network.yaml attend {wanted} sous le nom « {site} ». "
        "Corrigez l’adresse dans network.yaml, ou utilisez le code de ce Moodle.",
        "This Moodle is at {given}; network.yaml expects {wanted} under the name “{site}”. "
        "Correct the address in network.yaml, or use this Moodle's own code.",
    ),
    "record_too_large": (
        "La fiche est trop volumineuse pour être enregistrée. Raccourcissez le titre ou le résumé.",
        "The record is too large to be kept. Shorten its title or summary.",
    ),
    "record_unreadable": (
        "Une fiche enregistrée ne se lit plus avec cette version. Prévenez qui exploite Passerelle.",
        "A stored record cannot be read by this version. Tell whoever runs Passerelle.",
    ),
    "paper_unreadable": (
        "Un document enregistré ne se lit plus avec cette version. Prévenez qui exploite Passerelle.",
        "A stored document cannot be read by this version. Tell whoever runs Passerelle.",
    ),
    "multipart_gone": (
        "Cet envoi n’existe plus dans S3. Relancez la sauvegarde du cours.",
        "This upload no longer exists in S3. Start the course backup again.",
    ),
    "parts_invalid": (
        "Les parties reçues ne forment pas un fichier. Relancez la sauvegarde du cours.",
        "The parts received do not make a file. Start the course backup again.",
    ),
    "speaksotherwise": (
        "« {site} » a répondu à {function} autrement que cette version ne l’attend ({where}). Comparez la "
        "version de son plugin, puis vérifiez ce qui a été fait.",
        "“{site}” answered {function} otherwise than this release expects ({where}). Compare its plugin's "
        "version, then check what was done.",
    ),
    "unencodable": (
        "Un texte contient des caractères que Moodle ne peut pas recevoir. Corrigez-le à la source.",
        "A text has characters that Moodle cannot take. Correct it at its source.",
    ),
    # --- the console (H2) ---
    "waiting_subject": (
        "Passerelle : {count:# point attend|# points attendent} quelqu’un",
        "Passerelle: {count:# thing waits|# things wait} for a person",
    ),
    "waiting_text": (
        "{count:Un point attend|# points attendent} une décision. La console dit {count:lequel|lesquels}, et que faire.",
        "{count:One thing waits|# things wait} for a decision. The console says which, and what to do.",
    ),
    "dead_letters": (
        "{count:# message a|# messages ont} échoué jusqu’au bout dans la file {queue}. "
        "Cherchez la cause dans les journaux, puis : passerelle redrive {queue}.",
        "{count:# message|# messages} failed to the end in the queue {queue}. "
        "Look for the cause in the logs, then: passerelle redrive {queue}.",
    ),
    "network_checked": (
        "{sites:# site vérifié|# sites vérifiés} : {good:# point convient|# points conviennent}, "
        "{warned:# demande|# demandent} votre attention, {bad:# est à corriger|# sont à corriger}.",
        "{sites:# site|# sites} checked: {good:# finding is|# findings are} good, {warned:# wants|# want} "
        "your attention, {bad:# is|# are} to be corrected.",
    ),
    "something_broken": (
        "{what} ne se lit plus : le reste continue sans. Remettez la version précédente du fichier (le bucket "
        "d’état les garde) ou supprimez l’enregistrement.",
        "{what} cannot be read any more: the rest goes on without it. Put the former version of the file back "
        "(the state bucket keeps them), or delete the record.",
    ),
    "broken_here_subject": (
        "Passerelle : une donnée ne se lit plus",
        "Passerelle: something cannot be read any more",
    ),
    "broken_here": (
        "{what} ne se lit plus. Le reste du réseau continue sans. « passerelle network check » et la console "
        "disent ce qu’il faut faire ; l’avis disparaît dès que la donnée se lit de nouveau.",
        "{what} cannot be read any more. The rest of the network goes on without it. “passerelle network "
        "check” and the console say what to do; the notice goes once it can be read again.",
    ),
    "site_silent": (
        "Le Moodle {site} ne répond pas comme il devrait ({code}). Vérifiez-le sur la page des sites.",
        "The Moodle {site} does not answer as it should ({code}). Check it on the page of sites.",
    ),
    "shop_silent": (
        "La boutique {shop} ne répond pas ({code}) : rien ne dit si son webhook est actif.",
        "The shop {shop} does not answer ({code}): nothing tells whether its webhook is on.",
    ),
    "console_night_absent": (
        "Aucune étape de la nuit du {night} n’a commencé : vérifiez que les extractions ont été déposées "
        "et que les nuits sont activées.",
        "No stage of the night of {night} began: check that the extracts were deposited and that nights are "
        "enabled.",
    ),
    "console_entry": (
        "Cette adresse de la console a déjà servi ou a expiré. Rouvrez-la depuis Moodle.",
        "This address of the console was used or has expired. Open it again from Moodle.",
    ),
    "console_not_allowed": (
        "Votre compte n’ouvre pas la console. Demandez à qui gère le réseau de vous y inscrire : "
        "network.yaml, « administrators » du site {site}.",
        "Your account does not open the console. Ask whoever runs the network to add you: "
        "network.yaml, “administrators” of the site {site}.",
    ),
    "person_unknown": (
        "Moodle n’a pas dit qui demande. Reconnectez-vous à Moodle, puis recommencez.",
        "Moodle did not say who asks. Sign in to Moodle again, then try again.",
    ),
    "console_out_of_reach": (
        "Cela n’existe pas, ou n’est pas à votre portée.",
        "There is no such thing, or it is not within your reach.",
    ),
    "console_why": (
        "Dites pourquoi : le motif est gardé avec la décision.",
        "Say why: the reason is kept with the decision.",
    ),
    "date_unreadable": (
        "« {given} » n’est pas une date : écrivez 2026-10-06.",
        "“{given}” is no date: write 2026-10-06.",
    ),
    "span_unreadable": (
        "« {given} » n’est pas une durée : écrivez +7D pour sept jours, -12H pour douze heures.",
        "“{given}” is no length of time: write +7D for seven days, -12H for twelve hours.",
    ),
    "people_none": (
        "Aucune personne n’est lisible : une par ligne, nom ; prénom ; adresse.",
        "Nobody can be read there: one a line, last name ; first name ; e-mail.",
    ),
    "people_row": (
        "La ligne {row} ne convient pas. Rien n’a été enregistré : corrigez-la, puis recommencez.",
        "Row {row} does not fit. Nothing was saved: correct it, then try again.",
    ),
}
