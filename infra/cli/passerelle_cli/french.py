"""What --help says, in French: by the English that stands at each command. A test holds it complete."""

from __future__ import annotations

import re
import weakref

import click

from passerelle.words.formatter import fill
from passerelle.words.typesetting import typeset
from passerelle_cli.click_in_french import METAVARS
from passerelle_cli.exit_codes import FINDINGS
from passerelle_cli.terminal import language

HELP: dict[str, str] = {
    # --- the program ---
    "Passerelle connects the Moodles of a network.": "Passerelle relie les Moodle d’un réseau.",
    "Exit codes: 0 done; 1 could not be done; 2 wrongly written; 3 done, and something is refused or to correct.": "Codes de sortie : 0 fait ; 1 n’a pas pu être fait ; 2 mal écrit ; 3 fait, et quelque chose est refusé ou à corriger.",
    "File of addresses that `passerelle up` wrote (default: .passerelle/stack.json, here or above).": "Fichier d’adresses écrit par `passerelle up` (par défaut : .passerelle/stack.json, ici ou au-dessus).",
    "Name of the CloudFormation stack on AWS (default: PASSERELLE_STACK_NAME).": "Nom de la pile CloudFormation sur AWS (par défaut : PASSERELLE_STACK_NAME).",
    "One JSON object instead of lines.": "Un objet JSON au lieu de lignes.",
    "Print the JSON schema of what COMMAND prints with --json; without one, list the commands that do.": "Affiche le schéma JSON de ce que COMMAND imprime avec --json ; sans nom, donne la liste des commandes concernées.",
    "Who decides (default: you).": "Qui décide (par défaut : vous).",
    "Who decides.": "Qui décide.",
    "Name of the site in network.yaml.": "Nom du site dans network.yaml.",
    "The program's version, and that of the installation it finds.": "La version du programme, et celle de l’installation qu’il trouve.",
    # --- the laptop ---
    "Start the embedded AWS and its Moodles with something in them, and leave them running until Ctrl-C.": "Démarre l’AWS embarqué et ses Moodle avec du contenu, et les laisse tourner jusqu’à Ctrl-C.",
    "Port of the embedded AWS (default: any free one).": "Port de l’AWS embarqué (par défaut : un port libre).",
    "Tell the stories first, for those who read.": "Raconter d’abord les histoires, pour qui lit.",
    "Open the start page in a browser.": "Ouvrir la page d’accueil dans un navigateur.",
    "Tell the stories of Passerelle on this machine; without a name, all of them.\n\nExit status: 0 if everything was as told, 1 if anything was not.": "Raconte les histoires de Passerelle sur cette machine ; sans nom, toutes.\n\nCode de sortie : 0 si tout s’est passé comme raconté, sinon 1.",
    "Leave everything running after the stories, to look around.": "Tout laisser tourner après les histoires, pour regarder.",
    # --- mbz ---
    "Moodle backups: inspect one, or scrub what it says of people.": "Sauvegardes de Moodle : en examiner une, ou effacer ce qu’elle dit des personnes.",
    "Say what a backup holds and whether it may be published.\n\nARCHIVE is a file or s3://bucket/key.": "Dit ce que contient une sauvegarde et si elle peut être mutualisée.\n\nARCHIVE est un fichier ou s3://bucket/clé.",
    "The Moodle that is to take it, such as 4.5.": "Le Moodle qui doit la recevoir, par exemple 4.5.",
    "Of a zip, read only its XML: no hash of contents or archive.": "D’un zip, ne lire que le XML : aucune empreinte des contenus ni de l’archive.",
    "people.bin, as the site's plugin writes it (P20).": "people.bin, comme l’écrit le plugin du site (P20).",
    "Write IN to OUT without what it says of people: same members, sizes and index.\n\nIN is a file or s3://bucket/key, OUT a file. Nothing is written unless IN is a sound backup without\nusers.": "Écrit IN dans OUT sans ce qu’elle dit des personnes : mêmes membres, tailles et index.\n\nIN est un fichier ou s3://bucket/clé, OUT un fichier. Rien n’est écrit si IN n’est pas une sauvegarde saine et sans utilisateurs.",
    "Write over OUT if it is there.": "Écraser OUT s’il existe.",
    "Keep passwords of quizzes, lessons and meetings.": "Garder les mots de passe des tests, leçons et réunions.",
    # --- network ---
    "The network's file: check it, publish it, show what is in force.": "Le fichier du réseau : le vérifier, le publier, montrer ce qui est en vigueur.",
    "Write the Moodle NAME into network.yaml, publish it, and print a code that connects it.\n\nThe code works once, within an hour. For a Moodle that is there already it prints a new one, with\nwhich it is connected again.": "Écrit le Moodle NAME dans network.yaml, publie le fichier et affiche un code pour le relier.\n\nLe code sert une fois, dans l’heure. Pour un Moodle déjà présent, un nouveau code le relie à nouveau.",
    "The Moodle's wwwroot. Needed where NAME is new.": "Le wwwroot du Moodle. Nécessaire si NAME est nouveau.",
    "What people read (default: NAME).": "Ce que les gens lisent (par défaut : NAME).",
    "It is the sharing platform.": "C’est la plateforme de mutualisation.",
    "network.yaml (default: network.yaml here; where there is none, the one in force, or a new one).": "network.yaml (par défaut : celui d’ici ; à défaut celui en vigueur, ou un nouveau).",
    "Read FILE (network.yaml) and ask every Moodle whether it fits.\n\nWithout FILE: network.yaml here, else what is in force.": "Lit FILE (network.yaml) et demande à chaque Moodle s’il convient.\n\nSans FILE : le network.yaml d’ici, sinon celui qui est en vigueur.",
    "Print the JSON schema of network.yaml, with which an editor completes and checks it.": "Affiche le schéma JSON de network.yaml, avec lequel un éditeur complète et vérifie.",
    "Read the file only; ask no Moodle.": "Lire le fichier seulement ; ne rien demander aux Moodle.",
    "Publish FILE (network.yaml): functions follow it within a minute.\n\nA secret that lies outside the folder of its kind is copied there first, and FILE is changed to name it\nthere. The old parameter stays, and works with functions of the release before.": "Publie FILE (network.yaml) : les fonctions le suivent dans la minute.\n\nUn secret rangé hors du dossier de son espèce y est d’abord copié, et FILE est modifié pour le nommer là. L’ancien paramètre reste, et sert aux fonctions de la version précédente.",
    "Make the secrets of FILE (network.yaml) that Passerelle can make, and list those that it cannot.\n\nWith --rotate the site gets a second one and is told by a code, as when it was added; the older one\nholds until the next rotation.": "Crée les secrets de FILE (network.yaml) que Passerelle peut créer, et liste les autres.\n\nAvec --rotate, le site en reçoit un second par un code, comme à son ajout ; l’ancien vaut jusqu’à la rotation suivante.",
    "Give SITE a new secret beside the one it has.": "Donner au SITE un nouveau secret à côté de celui qu’il a.",
    "Print the file that is in force.": "Affiche le fichier en vigueur.",
    "IAM policies to give to others, as JSON.": "Droits IAM à donner à d’autres, en JSON.",
    "May deploy, update and delete the stack; what it makes, it makes under the stack's name.\n\nIts own roles are made by CloudFormation: iam:PassRole stays with them.": "Peut déployer, mettre à jour et supprimer la pile ; ce qu’elle crée porte le nom de la pile.\n\nSes rôles sont créés par CloudFormation : iam:PassRole se limite à eux.",
    "May run every command on this installation: its table, buckets, queues and secrets; deploys nothing.": "Peut lancer chaque commande sur cette installation : sa table, ses buckets, ses files et ses secrets ; ne déploie rien.",
    "May answer `passerelle why` and read reports: reads the table and the state bucket, writes nothing.\n\nNo secret, so no Moodle is asked: the page in Moodle does that.": "Peut répondre par `passerelle why` et lire les rapports : lit la table et le bucket d’état, n’écrit rien.\n\nAucun secret, donc aucun Moodle n’est consulté : la page dans Moodle le fait.",
    "May write this site's extracts: reads nothing, deletes nothing, and touches no other site's.": "Peut écrire les extractions de ce site : ne lit rien, ne supprime rien, ne touche à aucun autre site.",
    # --- restore ---
    "What is kept, put back to a moment: the table from a copy, papers from their versions.": "Ce qui est gardé, remis à un moment : la table d’après une copie, les documents d’après leurs versions.",
    "Make the installation's table equal to COPY, the table that DynamoDB restored to a moment.\n\nHold nights and stop deliveries first. Cut, it is simply given again.": "Rend la table de l’installation égale à COPY, la table que DynamoDB a restaurée à un moment.\n\nRetenez d’abord les nuits et arrêtez les livraisons. Interrompue, la commande se relance telle quelle.",
    "Do it; without, it is only said what would be done.": "Le faire ; sans cela, ce qui serait fait est seulement dit.",
    "Put the state bucket's papers (network.yaml, plans, reports, manifests) back to what they were then.\n\nNothing is lost: what stands now stays as an older version. Archives of courses have no versions.": "Remet les documents du bucket d’état (network.yaml, plans, rapports, manifestes) comme ils étaient alors.\n\nRien n’est perdu : ce qui est en place reste, comme version plus ancienne. Les archives de cours n’ont pas de versions.",
    "The moment, in this machine's time: 2026-10-06T04:00.": "Le moment, à l’heure de cette machine : 2026-10-06T04:00.",
    "Only what lies under this: config/, nights/caen/ …": "Seulement ce qui est sous ce chemin : config/, nights/caen/…",
    # --- people ---
    "List what an earlier release wrote by the people it names, so that the console finds it.\n\nEvery night does some of it by itself. Stopped, it goes on where it was.": "Indexe ce qu’une version antérieure a écrit par les personnes qu’elle nomme, pour que la console le trouve.\n\nChaque nuit en fait une partie d’elle-même. Interrompue, elle reprend où elle en était.",
    "What is held of a person: shown, or forgotten.": "Ce qui est détenu sur une personne : le montrer, ou l’oublier.",
    "All that is held of PERSON (e-mail or username) in table and documents, as JSON, for whoever asks.\n\nNobody else is named in it. Archives are not searched: they are scrubbed of people before they are kept\n(P4). Queues hold no names.": "Tout ce qui est détenu sur PERSON (adresse ou identifiant) dans la table et les documents, en JSON, pour qui le demande.\n\nPersonne d’autre n’y est nommé. Les archives ne sont pas fouillées : les personnes en sont effacées avant qu’elles soient gardées (P4). Les files ne contiennent aucun nom.",
    "Let nothing that is held name PERSON (e-mail or username) any more.\n\nWhat an order, a night or a change of year in progress still needs stays, and is listed with its reason. Look at `show` first: it lists all the names that are theirs. Cut, it is simply given again.": "Fait que rien de ce qui est détenu ne nomme plus PERSON (adresse ou identifiant).\n\nCe dont une commande, une nuit ou un changement d’année en cours a encore besoin reste, avec son motif. Regardez d’abord `show` : tous ses noms y sont listés. Interrompue, la commande se relance telle quelle.",
    "Why: it is written down, without the name.": "Pourquoi : c’est noté, sans le nom.",
    # --- publications ---
    "Prove, scrub and publish a backup at hand, once.\n\nWith it you declare that its works of third parties may be shared.": "Prouve, nettoie et mutualise une sauvegarde que l’on a, une fois.\n\nVous déclarez par là que les œuvres de tiers peuvent être partagées.",
    "Whose course it is, as named in network.yaml.": "À qui est le cours, par son nom dans network.yaml.",
    "Username there of whoever answers for it.": "Identifiant, là-bas, de qui en répond.",
    "Default: the course's full name.": "Par défaut : le nom complet du cours.",
    "Default: the course's own.": "Par défaut : celui du cours.",
    "Source category: the hub's table says where the copy goes.": "Catégorie d’origine : la table du hub dit où va la copie.",
    "Prove, scrub and keep it; publish nothing.": "Prouver, nettoyer et garder ; ne rien mutualiser.",
    "Wait until it is published (default), ten minutes at most.": "Attendre la mutualisation (par défaut), dix minutes au plus.",
    "What was published: list, show, withdraw, tell holders of older versions.": "Ce qui a été mutualisé : lister, montrer, retirer, prévenir qui a une version plus ancienne.",
    "One line a publication, newest last.": "Une ligne par publication, la plus récente en dernier.",
    "Only in this state.": "Seulement dans cet état.",
    "Only of this site.": "Seulement de ce site.",
    "Only copies still where the hub puts new ones (P8).": "Seulement les copies encore là où la plateforme de mutualisation reçoit les nouvelles (P8).",
    "Take a publication that is requested or restoring another step, as its queue would.": "Fait avancer d’un pas une publication demandée ou en cours, comme le ferait sa file.",
    "All that is known of one: card, contents, history, family, who brought it home.": "Tout ce que l’on sait d’une publication : fiche, contenu, histoire, famille, qui l’a rapatriée.",
    "Tell whoever brought an older version home that this one exists; each is told once.": "Prévient qui a rapatrié une version plus ancienne que celle-ci existe ; chaque personne une fois.",
    "Out of the catalogue and hidden on the hub; copies already brought home stay.": "Hors du catalogue et cachée sur la plateforme de mutualisation ; les copies déjà rapatriées restent.",
    "Kept in the publication's history.": "Gardé dans l’histoire de la publication.",
    "What teachers would find.": "Ce que les enseignants trouveraient.",
    "Ask each Moodle whether every product of the shops can be delivered; one line each.": "Demande à chaque Moodle si chaque produit des boutiques peut être livré ; une ligne chacun.",
    "Only the products of this shop.": "Seulement les produits de cette boutique.",
    "Search title, summary, author, sections and activities; accents and case do not matter.": "Cherche dans titre, résumé, auteur, sections et activités ; accents et casse n’importent pas.",
    "Of the course: fr, en …": "Du cours : fr, en…",
    "Holding an activity of this kind: quiz, forum …": "Avec une activité de ce type : quiz, forum…",
    "From this site.": "De ce site.",
    "Bring a published course home, for a teacher: a new hidden course on their site.": "Rapatrie un cours mutualisé, pour un enseignant : un nouveau cours caché sur son site.",
    "Where it goes, as named in network.yaml.": "Où il va, par le nom dans network.yaml.",
    "Username there of the new course's editing teacher.": "Identifiant, là-bas, de l’enseignant éditeur du nouveau cours.",
    "idnumber of a category there (default: the configured one).": "Numéro d’identification d’une catégorie, là-bas (par défaut : celle qui est configurée).",
    "Wait until it is there (default), at most ten minutes.": "Attendre qu’il y soit (par défaut), dix minutes au plus.",
    # --- rollover ---
    "Last year's courses on this year's platform.": "Les cours de l’an dernier sur la plateforme de cette année.",
    "Do what a plan says, a few at a time. Stopped (Ctrl-C) and started again, it goes on.": "Fait ce que dit un plan, quelques cours à la fois. Arrêté (Ctrl-C) puis relancé, il continue.",
    "Username of who asks, on that platform.": "Identifiant de qui demande, sur cette plateforme.",
    "*Vérifier mon cours*: a backup of last year's course, and what to repair in it.": "*Vérifier mon cours* : une sauvegarde du cours de l’an dernier, et ce qu’il faut y corriger.",
    "This year's platform, by its name in network.yaml.": "La plateforme de cette année, par son nom dans network.yaml.",
    "Id of the course to check.": "Id du cours à vérifier.",
    "Sections, activities and groups of the archive of a check or request, for --exclude.\n\nGroups marked (·) are the night's: they do not come, year N has its own of the same code.": "Sections, activités et groupes de l’archive d’une vérification ou d’une demande, pour --exclude.\n\nLes groupes marqués (·) sont ceux de la nuit : ils ne viennent pas, l’année N a les siens du même code.",
    "Allow the one transfer that a link names (its `permit=…`), as its N-1 teacher or an administrator.": "Autorise le seul transfert que nomme un lien (son `permit=…`), comme enseignant N-1 ou administrateur.",
    "Say what would be done of a faculty, what not and why. Changes nothing.": "Dit ce qui serait fait d’une composante, ce qui ne le serait pas et pourquoi. Ne change rien.",
    "ID number of the category, with all below it.": "Numéro d’identification de la catégorie, avec tout ce qui est dessous.",
    "What to repair after (or before) a request; or, of a plan, what became of each course.": "Ce qu’il faut corriger après (ou avant) une demande ; ou, d’un plan, ce que chaque cours est devenu.",
    "Write it as a page.": "L’écrire comme une page.",
    "Ask for last year's course, as its teacher would.": "Demande le cours de l’an dernier, comme le ferait son enseignant.",
    "Id of this year's course.": "Id du cours de cette année.",
    "ID number of last year's course (default: the same).": "Numéro d’identification du cours de l’an dernier (par défaut : le même).",
    "Bring the groups that were made by hand.": "Prendre aussi les groupes faits à la main.",
    "Leave the dates inside activities as they are.": "Laisser les dates des activités telles quelles.",
    "section:ID, activity:ID or group:ID; may be repeated.": "section:ID, activity:ID ou group:ID ; peut être répété.",
    "Answer a question by its code (shared, merge, …).": "Répondre à une question par son code (shared, merge…).",
    "Why to go past a refusal; administrators only, recorded.": "Pourquoi passer outre un refus ; administrateurs seulement, gardé par écrit.",
    "How a request (its id) or a plan stands.": "Où en est une demande (son id) ou un plan.",
    "Put the course back as it was, once, while nobody has changed it since.": "Remet le cours comme il était, une fois, tant que personne ne l’a modifié depuis.",
    # --- orders ---
    "Orders of the shops: list, show, explain, missed, replay, park, release, assign, reschedule.": "Commandes des boutiques : lister, montrer, expliquer, retrouver, rejouer, mettre de côté, valider, attribuer, décaler.",
    "Give free seats to the people of a table: last name, first name, e-mail (`-` reads standard input).": "Donne des places libres aux personnes d’un tableau : nom, prénom, adresse (`-` lit l’entrée standard).",
    "Of the table, such as iso-8859-1.": "Du tableau, par exemple iso-8859-1.",
    "Which line of the order.": "Quelle ligne de la commande.",
    "They supervise rather than learn.": "Ces personnes encadrent, elles ne suivent pas la formation.",
    'Say what deliveries mean, in their order, without storing or touching anything.\n\nA file holds a body, {"topic": …, "body": …}, or a list of these. It is assumed that the Moodle has the\ncourses and knows nobody, and that the shop cannot be asked.': 'Dit ce que signifient des livraisons, dans leur ordre, sans rien garder ni toucher.\n\nUn fichier contient un corps, {"topic": …, "body": …}, ou une liste de ceux-ci. Le Moodle est supposé avoir les cours et ne connaître personne, et la boutique ne pas pouvoir être interrogée.',
    "Whose deliveries these are, as network.yaml names it.": "À quelle boutique sont ces livraisons, par son nom dans network.yaml.",
    "A network.yaml.": "Un network.yaml.",
    "One line an order: its id, state, seats done, and why it is not done.": "Une ligne par commande : son id, son état, les places faites et pourquoi elle n’est pas faite.",
    "Only those of this shop.": "Seulement celles de cette boutique.",
    "Only those in this state.": "Seulement celles dans cet état.",
    "Only unpaid ones that are older than the shop's overdue_days.": "Seulement les impayées plus anciennes que overdue_days de la boutique.",
    "Only paid ones that wait for a person, with what helps.": "Seulement les payées qui attendent quelqu’un, avec ce qui aide.",
    "Ask a shop what it never delivered, and show what would be taken. Changes nothing.": "Demande à une boutique ce qu’elle n’a jamais livré, et montre ce qui serait pris. Ne change rien.",
    "Which shop is asked.": "Quelle boutique est interrogée.",
    "How far back.": "Jusqu’où remonter.",
    "Do nothing more for an order until it is released; what stands stays.": "Ne fait plus rien d’une commande jusqu’à sa validation ; ce qui est fait reste.",
    "The reason, kept with the order.": "La raison, gardée avec la commande.",
    "Let a parked or unpaid order through, whatever its amounts say; recorded.\n\nRefused where the order waits for something else: the sentence says what.": "Laisse passer une commande mise de côté ou impayée, quoi que disent ses montants ; gardé par écrit.\n\nRefusé si la commande attend autre chose : la phrase dit quoi.",
    "The reason (order form, transfer seen), kept.": "La raison (bon de commande, virement vu), gardée.",
    "Work on orders again, now; an unreadable delivery is read again.": "Reprend des commandes, maintenant ; une livraison illisible est relue.",
    "Move the dates of everything an order gives.": "Décale les dates de tout ce que donne une commande.",
    "From what its products say: +7D, -12H, 0D.": "À partir de ce que disent ses produits : +7D, -12H, 0D.",
    "Make the buyer's link to the seats open nothing any more; the new one is printed.": "Le lien de l’acheteur vers ses places n’ouvre plus rien ; le nouveau s’affiche.",
    "Send a signed delivery, as the shop itself would, to a running stack.\n\nPayPal signs with a key of its own: use the simulator of its dashboard for that one.": "Envoie une livraison signée, comme le ferait la boutique, à une installation qui tourne.\n\nPayPal signe avec sa propre clé : utilisez le simulateur de son tableau de bord.",
    "Reference, as network.yaml has it.": "Référence, comme dans network.yaml.",
    "Of one.": "D’une unité.",
    "The buyer's.": "De l’acheteur.",
    "“Last;First;e-mail”; may be repeated.": "« Nom;Prénom;adresse » ; peut être répété.",
    "The event's id, to send the same one twice.": "L’id de l’événement, pour envoyer deux fois le même.",
    "Everything about one order: lines, people, reasons, history, the buyer's link.": "Tout d’une commande : lignes, personnes, raisons, histoire, lien de l’acheteur.",
    "Print an address that opens the console once, within ten minutes, signed in.": "Affiche une adresse qui ouvre la console une fois, dans les dix minutes, session ouverte.",
    "site:identity, one of network.yaml's; default: its first operator.": "site:identité, l’un de network.yaml ; par défaut : son premier exploitant.",
    "Shops of the network: show.": "Boutiques du réseau : montrer.",
    "Where the shop's webhook goes, what it must send, where its secret and key lie; then prove the way.\n\nA signed delivery that is about no order is sent to the address, as the shop itself would.": "Où va le webhook de la boutique, ce qu’il doit envoyer, où sont son secret et sa clé ; puis prouve le chemin.\n\nUne livraison signée qui ne parle d’aucune commande est envoyée à l’adresse, comme le ferait la boutique.",
    "Only say it; send nothing.": "Le dire seulement ; ne rien envoyer.",
    "Print a guide; without a name, list them.": "Affiche un guide ; sans nom, en donne la liste.",
    "Print the rules with these numbers, such as N13 or D8; all of them without one.": "Affiche les règles de ces numéros, par exemple N13 ou D8 ; toutes sans numéro.",
    "Move the dead letters of QUEUE back into it; those of `undelivered` to whom they were for.\n\nEach is sent before it is deleted: cut in between, a message is delivered twice, which every consumer\nbears. (SQS's own StartMessageMoveTask is missing on the laptop.)": "Remet dans la file QUEUE ses messages en souffrance ; ceux de `undelivered`, à qui ils étaient destinés.\n\nChacun est envoyé avant d’être supprimé : coupé entre les deux, un message est livré deux fois, ce que chaque fonction supporte.",
    # --- sync ---
    "The night: offer, groups and enrolments from the university's systems.": "La nuit : offre, groupes et inscriptions d’après les systèmes de l’université.",
    "Take over a living Moodle: what bears a desired code becomes the night's, and is never made twice.": "Reprend un Moodle en service : ce qui porte un code voulu devient celui de la nuit, et n’est jamais fait deux fois.",
    "Folder of extracts, or a zip of it; default: what landed in the state bucket.": "Dossier d’extractions, ou son zip ; par défaut : ce qui a été déposé dans le bucket d’état.",
    "Its morning; default: this one's.": "Son matin ; par défaut : celui-ci.",
    "Enrolment plugin whose rows are remade as the night's: database, …": "Méthode d’inscription dont les lignes deviennent celles de la nuit : database…",
    "Accounts of people of the sources become the night's too.": "Les comptes des personnes des sources deviennent aussi ceux de la nuit.",
    "Cohorts of the sources become the night's too, members included: who is in no row leaves them.": "Les cohortes des sources deviennent aussi celles de la nuit, membres compris : qui n’est dans aucune ligne les quitte.",
    "Apply it; without, the plan is printed.": "L’appliquer ; sans cela, le plan s’affiche.",
    "Apply a kept plan from where it stopped; or, with --site, plan and apply. What is held stays held.": "Applique un plan gardé, là où il s’était arrêté ; ou, avec --site, planifie et applique. Ce qui est retenu le reste.",
    "Plan this site's night now, and apply it.": "Planifier la nuit de ce site maintenant, et l’appliquer.",
    "One stage of the night; default: all.": "Une étape de la nuit ; par défaut : toutes.",
    "Say every mistake in extracts.": "Dit chaque faute des extractions.",
    "Folder of extracts or OneRoster files, or a zip of it.": "Dossier d’extractions ou de fichiers OneRoster, ou son zip.",
    "Of the files, such as iso-8859-1; default: the site's, else utf-8.": "Des fichiers, par exemple iso-8859-1 ; par défaut : celui du site, sinon utf-8.",
    "With the site's rules, and against its last good night.": "Avec les règles du site, et face à sa dernière bonne nuit.",
    "Check extracts, make their manifest, upload them for the night, the manifest last.": "Vérifie les extractions, fait leur manifeste et les dépose pour la nuit, le manifeste en dernier.",
    "2026 for 2026/2027; default: that of the folder's own manifest.json.": "2026 pour 2026/2027 ; par défaut : celle du manifest.json du dossier.",
    "Its morning; default: the coming one.": "Son matin ; par défaut : le prochain.",
    "Check and say what would be uploaded.": "Vérifier et dire ce qui serait déposé.",
    "Deliver though there is something to correct.": "Déposer malgré des points à corriger.",
    "The files of a night: columns, keys, values, encodings. FILE: one of them, such as people.csv.": "Les fichiers d’une nuit : colonnes, clés, valeurs, encodages. FILE : l’un d’eux, par exemple people.csv.",
    "One Markdown table of all files.": "Un tableau Markdown de tous les fichiers.",
    "A Data Package with Table Schemas (frictionless), to check with your tools.": "Un Data Package avec ses Table Schemas (frictionless), pour vérifier avec vos outils.",
    "Print what Moodle should hold, from the sources alone: asks and changes no Moodle.": "Affiche ce que Moodle devrait contenir, d’après les seules sources : ne demande ni ne change rien aux Moodle.",
    "Of the files; Apogée: iso-8859-1.": "Des fichiers ; Apogée : iso-8859-1.",
    "What the plan of one run has and another's has not.": "Ce que le plan d’un passage a et qu’un autre n’a pas.",
    "Write a small valid set that holds every case of the rules, and a README beside it.": "Écrit un petit jeu valable qui contient chaque cas des règles, avec un README.",
    "Folder.": "Dossier.",
    "As large as a faculty: 4,000 students.": "Aussi grand qu’une composante : 4 000 étudiants.",
    "Default: the year that began last.": "Par défaut : l’année commencée en dernier.",
    "Courses, groups and enrolments stand still; nights are planned and reported all the same.": "Cours, groupes et inscriptions ne bougent plus ; les nuits sont planifiées et racontées quand même.",
    "First night; default: the next one.": "Première nuit ; par défaut : la prochaine.",
    "Last night; default: until it is lifted.": "Dernière nuit ; par défaut : jusqu’à la levée.",
    "Only nights on extracts of this year (2026 is 2026/2027).": "Seulement les nuits sur les extractions de cette année (2026 : 2026/2027).",
    "Only this category (idnumber) and all under it.": "Seulement cette catégorie (numéro d’identification) et tout ce qui est dessous.",
    "Only this course (idnumber).": "Seulement ce cours (numéro d’identification).",
    "Accounts stand still as well.": "Les comptes ne bougent plus non plus.",
    "Cohorts stand still as well.": "Les cohortes ne bougent plus non plus.",
    "Said to whoever looks.": "Dit à qui regarde.",
    "End the freezes set here; the next night shows its plan first.": "Lever les gels posés ici ; la nuit suivante montre d’abord son plan.",
    "Stop a plan that waits or is on its way; or every night of a site.": "Arrête un plan qui attend ou qui est en cours ; ou toutes les nuits d’un site.",
    "Hold all nights of this site from now on.": "Retenir désormais toutes les nuits de ce site.",
    "What the night would do, and why. Changes no Moodle; keeps nothing without --keep.": "Ce que ferait la nuit, et pourquoi. Ne change aucun Moodle ; ne garde rien sans --keep.",
    "Keep it as the night's plan, so that it can be applied.": "Le garder comme plan de la nuit, pour pouvoir l’appliquer.",
    "Print every operation.": "Afficher chaque opération.",
    "Let a held plan be applied as it stands; who and when stays written.": "Laisse appliquer tel quel un plan retenu ; qui et quand reste écrit.",
    "Let the nights of this site go again.": "Laisser repartir les nuits de ce site.",
    "And apply it now.": "Et l’appliquer maintenant.",
    "Make the report of a night again: figures, plots, what to correct and by whom.": "Refait le rapport d’une nuit : chiffres, courbes, ce qu’il faut corriger et qui le corrige.",
    "Folder for pages, the CSV of each faculty and the JSON; else they go to the state bucket.": "Dossier pour les pages, le CSV de chaque composante et le JSON ; sinon ils vont dans le bucket d’état.",
    "A kept plan, such as caen/2026-10-06/offer, and the operations that Moodle refused.": "Un plan gardé, par exemple caen/2026-10-06/offer, et les opérations que Moodle a refusées.",
    "Plan one person alone, from the newest extracts, and apply it at once; removals under the guard.\n\nWHO: code, login, e-mail or name.": "Planifie une seule personne, d’après les dernières extractions, et l’applique aussitôt ; les retraits sous la garde.\n\nWHO : code, identifiant, adresse ou nom.",
    "In this course only: code, idnumber or a part of its name.": "Dans ce cours seulement : code, numéro d’identification ou partie du nom.",
    "Do it; without, the plan is printed.": "Le faire ; sans cela, le plan s’affiche.",
    "0: nothing to do, 2: changes, 3: removals above the guard.": "0 : rien à faire, 2 : des changements, 3 : des retraits au-delà de la garde.",
    "The last nights of a site: what ran, what is held, what is frozen.": "Les dernières nuits d’un site : ce qui a tourné, ce qui est retenu, ce qui est gelé.",
    "How many back.": "Combien en arrière.",
    "Why PERSON is, or is not, in COURSE: cause, rows, who repairs it, when it takes effect.\n\nPERSON: login, e-mail, code or name. COURSE: code, idnumber, short name or a part of its name.\nWith one argument: what the REFERENCE that somebody quotes was about.": "Pourquoi PERSON est, ou n’est pas, dans COURSE : cause, lignes, qui corrige, quand cela prend effet.\n\nPERSON : identifiant, adresse, code ou nom. COURSE : code, numéro d’identification, nom abrégé ou partie du nom.\nAvec un seul argument : de quoi parlait la RÉFÉRENCE que quelqu’un donne.",
    "Folder of extracts or OneRoster files, or a zip of it; without it, the site's newest.": "Dossier d’extractions ou de fichiers OneRoster, ou son zip ; à défaut, les plus récentes du site.",
    "Name of the site in network.yaml: its Moodle is looked at as well.": "Nom du site dans network.yaml : son Moodle est consulté aussi.",
}

_SPACES = re.compile(r"[ \t\n]+")
_English = tuple[str | None, str | None, str | None]  # help, epilog, metavar
_ENGLISH: weakref.WeakKeyDictionary[click.Command | click.Option, _English] = weakref.WeakKeyDictionary()


def key_of(text: str) -> str:
    """Of a help text, whatever the width it is written at."""
    return "\n\n".join(_SPACES.sub(" ", part).strip() for part in text.split("\n\n"))


_BY_KEY = {key_of(english): french for english, french in HELP.items()}


def known(text: str) -> bool:
    return key_of(text) in _BY_KEY


def in_readers_language(command: click.Command, path: str = "", *, deep: bool = True) -> click.Command:
    """The same command, its help and its options' (`deep`: and its subcommands') in the reader's language.

    `path`: what is typed after `passerelle`.
    """
    french = language() == "fr"
    english, epilog, _ = _ENGLISH.setdefault(command, (command.help, command.epilog, None))
    command._help_option = None  # noqa: SLF001 - click keeps the option, with its help, in the language of its first use
    command.help, command.epilog = _said(english, french=french), _said(epilog, french=french)
    command.short_help = _first_sentence(command.help) if command.help else None
    if isinstance(command, click.Group):
        command.subcommand_metavar = "COMMANDE [ARGUMENTS]..." if french else "COMMAND [ARGS]..."
    if path in FINDINGS:
        found = fill(FINDINGS[path], language())
        command.epilog = f"Code de sortie 3\u00a0: {found}." if french else f"Exit code 3: {found}."
    for one in command.params:
        if not isinstance(one, click.Option):
            continue
        english, _, metavar = _ENGLISH.setdefault(one, (one.help, None, one.metavar))
        one.help = _said(english, french=french)
        if metavar is None and not one.is_flag:
            one.metavar = METAVARS.get(one.type.name.upper()) if french else None
    if deep and isinstance(command, click.Group):
        for name, below in command.commands.items():
            in_readers_language(below, f"{path} {name}".strip())
    return command


def _first_sentence(text: str) -> str:
    """For lists of commands, whole: click would cut it at 45 letters."""
    paragraph = " ".join(text.strip().split("\n\n")[0].split())
    return re.split(r"(?<=[^A-Z]\.) ", paragraph)[0]


def _said(english: str | None, *, french: bool) -> str | None:
    if english is None or not french:
        return english
    return typeset(_BY_KEY.get(key_of(english), english), "fr")
