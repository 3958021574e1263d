"""What people read of a cause, in two registers: the finding of a report, and a help desk's reply."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from passerelle.domain.night.why.effects import say_day
from passerelle.domain.offer.causes import Cause, Reason, Repairs
from passerelle.domain.offer.model import Because
from passerelle.words.formatter import Pair, fill, pick
from passerelle.words.offer import ROWS
from passerelle.words.stages import say_error, say_scope, say_stage
from passerelle.words.things import say_role, say_thing

# A reply about one person, whom `{who}` names; a report says the same unless it has words of its own.
REPLIES: Mapping[Cause, Pair] = {
    Cause.GROUP: (
        "{who} a une inscription pédagogique (IP) sur {element} dans le groupe {group} « {label} » : cela "
        "l’inscrit au cours {course}.",
        "{who} has a pedagogical registration (IP) on {element} in the group {group} “{label}”: that enrols "
        "them in the course {course}.",
    ),
    Cause.GROUP_OF_CARRIED: (
        "{who} a une IP sur {element}, porté par {bearer}, dans le groupe {group} « {label} » que les deux "
        "partagent : cela l’inscrit au cours du porteur, {course}.",
        "{who} has an IP on {element}, carried by {bearer}, in the group {group} “{label}” that both share: "
        "that enrols them in the carrier's course, {course}.",
    ),
    Cause.FOAD_CONDITIONS: (
        "Les trois conditions de la FOAD sont réunies pour {who} : {bearer} est à distance, l’IA est en "
        "télé-enseignement, l’IP est dans le groupe CEMU {group}. Cela l’inscrit au cours {foad}.",
        "{who} meets the three FOAD conditions: {bearer} is at a distance, the IA is “télé-enseignement”, "
        "the IP is in the CEMU group {group}. That enrols them in the course {foad}.",
    ),
    Cause.PLANNED: (
        "{who} est planifié dans ADE sur {element}, sur une feuille issue d’Apogée et non obsolète : cela "
        "l’inscrit comme enseignant au cours {course}.",
        "{who} is planned in ADE on {element}, on a current sheet that comes from Apogée: that enrols them "
        "as a teacher in the course {course}.",
    ),
    Cause.PLANNED_ON_CARRIED: (
        "{who} est planifié dans ADE sur {element}, porté par {bearer} : cela l’inscrit comme enseignant au "
        "cours du porteur, {course}.",
        "{who} is planned in ADE on {element}, carried by {bearer}: that enrols them as a teacher in the "
        "carrier's course, {course}.",
    ),
    Cause.NO_IP: (
        "{who} n’a aucune inscription pédagogique (IP) sur {element} dans Apogée. Faites l’IP, jusqu’au "
        "groupe.",
        "{who} has no pedagogical registration (IP) on {element} in Apogée. Make the IP, down to the group.",
    ),
    Cause.OUT_OF_DATES: (
        "L’inscription de {who} à {element} ne vaut qu’entre ses dates (début : {begins} ; fin : {ends}) : "
        "en "
        "dehors, elle ne donne pas accès. Prolongez-la si elle doit durer.",
        "The registration of {who} on {element} holds between its dates only (from: {begins}; to: {ends}): "
        "outside these it gives no access. Extend it if it should last.",
    ),
    Cause.NO_CEMU_GROUP_REACHED: (
        "{who} a une IP sur {element}, mais elle ne mène à aucun groupe. L’IA est en télé-enseignement et "
        "{bearer} est à distance : inscrivez l’étudiant dans le groupe CEMU, et non dans un groupe "
        "ordinaire.",
        "{who} has an IP on {element}, but it leads to no group. The IA is “télé-enseignement” and {bearer} "
        "is at a distance: put the student into the CEMU group, not into an ordinary one.",
    ),
    Cause.GROUP_NOT_SHARED: (
        "{element} est porté par {bearer}, et {who} est dans le groupe {group} « {label} », qui n’est pas "
        "commun aux deux : la collection {collection} n’est pas rattachée à {bearer}. Rattachez-la aux "
        "deux, ou inscrivez l’étudiant dans un groupe commun.",
        "{element} is carried by {bearer}, and {who} is in the group {group} “{label}”, which the two do "
        "not share: the collection {collection} is not attached to {bearer}. Attach it to both, or put the "
        "student into a shared group.",
    ),
    Cause.GROUP_ELSEWHERE: (
        "L’IP de {who} sur {element} est dans le groupe {group} « {label} », dont la collection "
        "{collection} n’est pas rattachée à {element}. Rattachez la collection, ou choisissez un groupe de "
        "{element}.",
        "The IP of {who} on {element} is in the group {group} “{label}”, whose collection {collection} is "
        "not attached to {element}. Attach the collection, or choose a group of {element}.",
    ),
    Cause.GROUP_UNKNOWN: (
        "L’IP de {who} sur {element} nomme le groupe {group}, qui n’existe pas dans Apogée. Choisissez un "
        "groupe de {element}.",
        "The IP of {who} on {element} names the group {group}, which does not exist in Apogée. Choose a "
        "group of {element}.",
    ),
    Cause.IP_WITHOUT_GROUP: (
        "{who} a une IP sur {element}, mais dans aucun groupe : seule une IP dans un groupe inscrit au "
        "cours. Inscrivez l’étudiant dans un groupe de {element}.",
        "{who} has an IP on {element}, but in no group: only an IP in a group enrols. Put the student into "
        "a group of {element}.",
    ),
    Cause.ELEMENT_WITHOUT_GROUP: (
        "{element} n’a aucun groupe dans Apogée : aucune IP n’y inscrit. Rattachez une collection de "
        "groupes à {element}, puis inscrivez-y les étudiants.",
        "{element} has no group in Apogée: no IP enrols there. Attach a collection of groups to {element}, "
        "then put the students into them.",
    ),
    Cause.IN_NO_SHARED_GROUP: (
        "{who}, inscrit au porté {element}, n’est dans aucun groupe partagé avec le porteur {bearer} : pas "
        "d’inscription au cours. Inscrivez l’étudiant dans un groupe commun.",
        "{who}, registered on the carried {element}, is in no group shared with the carrier {bearer}: not "
        "enrolled in the course. Put them into a shared group.",
    ),
    Cause.IA_MISSING: (
        "{who} est dans le groupe CEMU {group} de {element}, mais n’a pas d’inscription administrative (IA) "
        "en télé-enseignement en {year} : cette IP n’inscrit nulle part. Corrigez l’IA, ou mettez "
        "l’étudiant dans un groupe ordinaire.",
        "{who} is in the CEMU group {group} of {element}, but has no “télé-enseignement” administrative "
        "registration (IA) in {year}: this IP enrols nowhere. Correct the IA, or put the student into an "
        "ordinary group.",
    ),
    Cause.CEMU_GROUP_MISSING: (
        "{who} est en télé-enseignement et {bearer} est à distance, mais son IP n’est dans aucun groupe "
        "CEMU : pas d’inscription au cours {foad}. Inscrivez l’étudiant dans le groupe CEMU.",
        "{who} is a “télé-enseignement” student and {bearer} is at a distance, but the IP is in no CEMU "
        "group: not enrolled in {foad}. Put the student into the CEMU group.",
    ),
    Cause.CAMPUS_ONLY: (
        "{who} suit {bearer} sur le campus (ni IA en télé-enseignement, ni groupe CEMU) : le cours {foad} "
        "n’est pas le sien. Il n’y a rien à corriger.",
        "{who} takes {bearer} on campus (no “télé-enseignement” IA, no CEMU group): {foad} is not their "
        "course. There is nothing to correct.",
    ),
    Cause.FOAD_INSTEAD: (
        "Le groupe CEMU {group} de {who} mène au cours à distance {foad}, et non au cours {course}.",
        "The CEMU group {group} of {who} leads to the distance course {foad}, not to {course}.",
    ),
    Cause.NO_FOAD_COURSE: (
        "{bearer} n’est pas coché « Enseignement à distance » dans Apogée : il n’a pas de cours FOAD. S’il "
        "doit en avoir un, cochez-le.",
        "{bearer} is not flagged “Enseignement à distance” in Apogée: it has no FOAD course. If it should "
        "have one, flag it.",
    ),
    Cause.TELE_ON_CAMPUS_ELEMENT: (
        "À vérifier : {who} est en télé-enseignement, mais {bearer} n’est qu’en présentiel. Vérifiez l’IA, "
        "ou la case « Enseignement à distance » de l’élément.",
        "To check: {who} is a “télé-enseignement” student, but {bearer} is on campus only. Check the IA, or "
        "the element's “Enseignement à distance” flag.",
    ),
    Cause.FLAG_MISSING: (
        "À corriger : {who} est en télé-enseignement et dans le groupe CEMU {group}, mais {bearer} n’est "
        "pas coché « Enseignement à distance » : pas de cours FOAD, d’où l’inscription au cours {course}. "
        "Cochez l’élément.",
        "To correct: {who} is a “télé-enseignement” student in the CEMU group {group}, but {bearer} is not "
        "flagged “Enseignement à distance”: there is no FOAD course, hence the enrolment in {course}. Flag "
        "the element.",
    ),
    Cause.IN_BOTH_COURSES: (
        "À corriger : {who} est à la fois dans un groupe CEMU et dans un groupe ordinaire de {bearer}, donc "
        "dans les deux cours. Retirez l’une des deux IP.",
        "To correct: {who} is both in a CEMU group and in an ordinary group of {bearer}, hence in both "
        "courses. Remove one of the two IPs.",
    ),
    Cause.CEMU_GROUP_NOT_DISTANCE: (
        "À corriger : le groupe {group} est libellé CEMU, mais {element} n’est pas coché « Enseignement à "
        "distance ». Cochez l’élément ou renommez le groupe.",
        "To correct: the group {group} is labelled CEMU, but {element} is not flagged “Enseignement à "
        "distance”. Flag the element or rename the group.",
    ),
    Cause.NOT_PLANNED: (
        "{who} n’apparaît pas dans ADE sur {element}. Planifiez ses séances sur une feuille issue d’Apogée.",
        "{who} does not appear in ADE on {element}. Plan their sessions on a sheet that comes from Apogée.",
    ),
    Cause.ASSOCIATED_ONLY: (
        "{who} est associé à {element} dans ADE (feuille {sheet}) mais n’y est pas planifié : associer ne "
        "suffit pas. Planifiez ses séances.",
        "{who} is associated with {element} in ADE (sheet {sheet}) but not planned: associating is not "
        "enough. Plan their sessions.",
    ),
    Cause.SHEET_NOT_APOGEE: (
        "La feuille ADE {sheet} de {who} sur {element} n’est pas issue d’Apogée. Utilisez la feuille "
        "d’Apogée.",
        "The ADE sheet {sheet} of {who} on {element} does not come from Apogée. Use Apogée's sheet.",
    ),
    Cause.SHEET_OBSOLETE: (
        "La feuille ADE {sheet} de {who} sur {element} est obsolète. Utilisez la feuille actuelle.",
        "The ADE sheet {sheet} of {who} on {element} is obsolete. Use the current sheet.",
    ),
    Cause.FOAD_BY_HAND: (
        "Dans les cours FOAD, les enseignants sont inscrits et désinscrits à la main : la synchronisation "
        "n’y touche pas. Pour {foad}, adressez-vous au CEMU.",
        "In FOAD courses teachers are enrolled and unenrolled by hand: the synchronisation leaves them "
        "alone. For {foad}, ask the CEMU.",
    ),
    Cause.NO_USERNAME: (
        "{who} n’a pas encore d’identifiant de connexion : pas de compte, et rien de nouveau tant qu’il "
        "manque. Complétez la fiche.",
        "{who} has no login yet: no account, and nothing new until there is one. Complete the record.",
    ),
    Cause.NO_EMAIL: (
        "{who} n’a pas d’adresse électronique : pas de compte tant qu’elle manque. Complétez la fiche.",
        "{who} has no e-mail address: no account until there is one. Complete the record.",
    ),
    Cause.NO_FIRSTNAME: (
        "{who} n’a pas de prénom dans les sources (firstname, givenName) : pas de compte tant qu’il manque. "
        "Complétez la fiche.",
        "{who} has no first name in the sources (firstname, givenName): no account until there is one. "
        "Complete the record.",
    ),
    Cause.NO_LASTNAME: (
        "{who} n’a pas de nom de famille dans les sources (lastname, familyName, sn) : pas de compte tant "
        "qu’il manque. Complétez la fiche.",
        "{who} has no last name in the sources (lastname, familyName, sn): no account until there is one. "
        "Complete the record.",
    ),
    Cause.PERSON_REFUSED: (
        "La fiche de {who} n’a pas pu être lue cette nuit ({because}) : rien n’est ajouté ni retiré. "
        "Corrigez la fiche.",
        "The record of {who} could not be used last night ({because}): nothing is added or removed. Correct "
        "the record.",
    ),
    Cause.PERSON_UNREADABLE: (
        "Une fiche de {file} n’a pas pu être lue ({because}) : c’est peut-être celle de {who}. Rien n’est "
        "ajouté ni retiré. Corrigez la fiche.",
        "A record of {file} could not be read ({because}): it may be that of {who}. Nothing is added or "
        "removed. Correct the record.",
    ),
    Cause.PERSON_DISABLED: (
        "{who} est hors d’activité selon {file} (enabledUser : false) : aucune inscription ne compte. "
        "Réactivez la fiche si la personne est bien là.",
        "{who} is not active according to {file} (enabledUser: false): no registration counts. Set the "
        "record active again if the person is really here.",
    ),
    Cause.PERSON_UNKNOWN: (
        "{who} ne figure pas parmi les personnes ({file}) : ses inscriptions ne mènent nulle part. Vérifiez "
        "sa fiche dans l’annuaire.",
        "{who} is not among the people ({file}): their registrations lead nowhere. Check their record in "
        "the directory.",
    ),
    Cause.ROW_REFUSED: (
        "Une ligne de {file} qui peut concerner {who} a été refusée ({because}) : rien n’est ajouté ni "
        "retiré. Corrigez la ligne.",
        "A row of {file} that may be about {who} was refused ({because}): nothing is added or removed. "
        "Correct the row.",
    ),
    Cause.ROW_UNREADABLE: (
        "Une ligne de {file} n’a pas pu être lue ({because}), et elle peut concerner {what} : rien n’y est "
        "ajouté ni retiré. Corrigez la ligne.",
        "A row of {file} could not be read ({because}), and it may be about {what}: nothing is added or "
        "removed there. Correct the row.",
    ),
    Cause.GROUP_REFUSED: (
        "La ligne du groupe {group} a été refusée : on ne sait pas où mène l’IP de {who}, rien n’est ajouté "
        "ni retiré. Corrigez le groupe.",
        "The row of the group {group} was refused: where the IP of {who} leads is unknown, nothing is added "
        "or removed. Correct the group.",
    ),
    Cause.ATTACHMENT_REFUSED: (
        "Une ligne de rattachement des collections a été refusée : on ne sait pas si le groupe {group} est "
        "rattaché à {element} et à son porteur, rien n’est ajouté ni retiré. Corrigez la ligne.",
        "A row that attaches collections was refused: whether the group {group} is attached to {element} and "
        "to its carrier is unknown, nothing is added or removed. Correct the row.",
    ),
    Cause.ELEMENT_REFUSED: (
        "La ligne de l’élément {element} a été refusée ({because}) : son cours reste tel qu’il est, "
        "personne n’y est ajouté ni retiré. Corrigez l’élément.",
        "The row of the element {element} was refused ({because}): its course stays as it is, nobody is "
        "added or removed. Correct the element.",
    ),
    Cause.FILE_STOPPED: (
        "Le fichier {file} n’était pas utilisable cette nuit : rien de ce qui en dépend n’a bougé. Déposez "
        "à nouveau les extractions.",
        "The file {file} could not be used last night: nothing that depends on it has moved. Deliver the "
        "extracts again.",
    ),
    Cause.CARRIED: (
        "{element} est porté par {bearer} : il n’a pas de cours à lui, ses étudiants et enseignants sont "
        "dans le cours du porteur, {course}.",
        "{element} is carried by {bearer}: it has no course of its own, its students and teachers are in "
        "the carrier's course, {course}.",
    ),
    Cause.NOT_IN_OFFER: (
        "{element} n’est pas (ou plus) un élément de l’offre dans Apogée : il n’a pas de cours. Vérifiez le "
        "code.",
        "{element} is not (or no longer) an element of the offer in Apogée: it has no course. Check the "
        "code.",
    ),
    Cause.THERE: (
        "{who} est bien inscrit au cours {here} dans Moodle ({roles}).",
        "{who} is indeed enrolled in the course {here} in Moodle ({roles}).",
    ),
    Cause.NOT_THERE_YET: (
        "Les données sont bonnes : l’inscription de {who} au cours {here} se fera d’elle-même.",
        "The data are good: {who} will be enrolled in the course {here} without anything being done.",
    ),
    Cause.LEAVES: (
        "{who} est encore inscrit au cours {here}, mais plus aucune ligne ne le justifie : l’accès sera "
        "suspendu à la prochaine synchronisation (groupes et notes conservés).",
        "{who} is still enrolled in the course {here}, but no row justifies it any more: access will be "
        "suspended at the next synchronisation (groups and grades kept).",
    ),
    Cause.STAYS_UNKNOWN: (
        "{who} garde l’accès au cours {here} : dans le doute, rien n’est retiré.",
        "{who} keeps access to the course {here}: when in doubt, nothing is removed.",
    ),
    Cause.IN_GRACE: (
        "L’accès de {who} au cours {here} est suspendu (groupes et notes conservés) ; sans nouvelle "
        "inscription dans Apogée, la désinscription aura lieu le {until}. Une IP rétablie rend l’accès.",
        "The access of {who} to the course {here} is suspended (groups and grades kept); without a new "
        "registration in Apogée they will be unenrolled on {until}. A restored IP gives access back.",
    ),
    Cause.COMES_BACK: (
        "L’accès de {who} au cours {here} était suspendu, et de nouveau une ligne le justifie : il sera "
        "rétabli de lui-même, groupes et notes compris.",
        "The access of {who} to the course {here} was suspended, and a row justifies it again: it will be "
        "given back without anything being done, groups and grades included.",
    ),
    Cause.BY_HAND: (
        "{who} est inscrit au cours {here} à la main ({method}) : la synchronisation ne touche pas à cette "
        "inscription.",
        "{who} is enrolled in the course {here} by hand ({method}): the synchronisation does not touch this "
        "enrolment.",
    ),
    Cause.HAND_DOUBLES: (
        "{who} est inscrit au cours {here} deux fois : par la synchronisation et à la main ({method}). "
        "Retirez l’inscription faite à la main.",
        "{who} is enrolled in the course {here} twice: by the synchronisation and by hand ({method}). "
        "Remove the enrolment made by hand.",
    ),
    Cause.HAND_CONTRADICTS: (
        "{who} est dans le cours {here} de deux façons : par la synchronisation ({by_night}, ou suspension) "
        "et à la main ({by_hand}). Retirez l’inscription faite à la main si elle n’est pas voulue.",
        "{who} is in the course {here} in two ways: by the synchronisation ({by_night}, or suspended) and "
        "by hand ({by_hand}). Remove the enrolment made by hand if it is not meant.",
    ),
    Cause.NO_ACCOUNT: (
        "{who} n’a pas encore de compte dans Moodle : il sera créé à la prochaine mise à jour des "
        "utilisateurs.",
        "{who} has no account in Moodle yet: it will be made when users are next updated.",
    ),
    Cause.ACCOUNT_SUSPENDED: (
        "Le compte Moodle de {who} est suspendu. Réactivez-le si la personne est bien là.",
        "The Moodle account of {who} is suspended. Reactivate it if the person is really here.",
    ),
    Cause.COURSE_NOT_MADE: (
        "Le cours {here} n’existe pas encore dans Moodle : il sera créé, caché et vide, à la prochaine mise "
        "à jour de l’offre.",
        "The course {here} does not exist in Moodle yet: it will be made, hidden and empty, when the offer "
        "is next updated.",
    ),
    Cause.COURSE_HIDDEN: (
        "Le cours {here} est caché : ses étudiants y sont inscrits mais ne le voient pas. L’enseignant le "
        "rend visible dans les paramètres du cours.",
        "The course {here} is hidden: its students are enrolled but do not see it. The teacher makes it "
        "visible in the course settings.",
    ),
    Cause.ARCHIVED: (
        "Le cours {here} est archivé ({archive}) : son code a quitté l’offre, tout y est figé. Il revient "
        "de lui-même si le code revient dans Apogée.",
        "The course {here} is archived ({archive}): its code left the offer, everything in it stands still. "
        "It comes back by itself if the code comes back in Apogée.",
    ),
    Cause.COMPLEMENTARY: (
        "Le cours {here} n’est pas un cours d’Apogée : c’est un espace complémentaire, que la "
        "synchronisation ne touche jamais. Ses enseignants y inscrivent eux-mêmes.",
        "The course {here} is not one of Apogée's: it is a complementary space, which the synchronisation "
        "never touches. Its teachers enrol people themselves.",
    ),
    Cause.NOT_ADOPTED: (
        "Le cours {here} existe dans Moodle, mais la synchronisation ne l’a ni créé ni adopté : elle n’y "
        "touche pas. Faites-le adopter (passerelle sync adopt) si c’est bien le cours de cet élément.",
        "The course {here} exists in Moodle, but the synchronisation neither made nor adopted it and leaves "
        "it alone. Adopt it (passerelle sync adopt) if it is this element's course.",
    ),
    Cause.HELD_TWICE: (
        "Deux cours de Moodle portent le numéro d’identification {here} : la synchronisation n’en touche "
        "aucun. Corrigez l’un des deux.",
        "Two courses in Moodle hold the idnumber {here}: the synchronisation touches neither. Correct one "
        "of them.",
    ),
    Cause.FROZEN: (
        "Les synchronisations sont gelées (fin : {until}) : rien ne bouge d’ici là, même corrigé. Le dégel "
        "dépend des administrateurs.",
        "Synchronisation is frozen (end: {until}): nothing moves until then, even once corrected. The thaw "
        "is up to the administrators.",
    ),
    Cause.PLAN_HELD: (
        "Le plan de la nuit du {night} est retenu, à cause d’un nombre anormal de retraits ou par quelqu’un "
        ": il attend qu’un administrateur le libère.",
        "The plan of the night of {night} is held, because of an abnormal number of removals or by "
        "somebody: it waits for an administrator to release it.",
    ),
    Cause.STAGE_FAILED: (
        "L’étape de la nuit du {night} n’est pas allée à son terme : la correction attend la prochaine nuit "
        "réussie. Les administrateurs sont prévenus.",
        "The stage of the night of {night} did not finish: the correction waits for the next night that "
        "does. The administrators have been told.",
    ),
}

# What only a report finds, or words otherwise: codes and names of courses stand in the text.
FINDINGS: Mapping[Cause, Pair] = {
    Cause.DISTANCE_WITHOUT_CEMU_GROUP: (
        "{element} est coché « Enseignement à distance » mais n’a aucun groupe CEMU : son cours FOAD reste "
        "sans étudiant. Créez le groupe.",
        "{element} is flagged “Enseignement à distance” but has no CEMU group: its FOAD course gets no "
        "student. Create the group.",
    ),
    Cause.FLAGS_DIFFER: (
        "{element} et son porteur ({bearer}) ne sont pas cochés de même pour l’enseignement à distance. "
        "Cochez les deux ou aucun.",
        "{element} and its carrier ({bearer}) differ in their distance flag. Flag both or neither.",
    ),
    Cause.COLLECTION_NOT_ON_CARRIER: (
        "La collection {collection} est sur le porté {element} mais pas sur son porteur {bearer} : ses "
        "groupes n’existent dans aucun cours. Rattachez-la aux deux.",
        "The collection {collection} is on the carried {element} but not on its carrier {bearer}: its "
        "groups exist in no course. Attach it to both.",
    ),
    Cause.NOTHING_SHARED: (
        "{element} et son porteur {bearer} ne partagent aucune collection de groupes. Rattachez-en une aux "
        "deux.",
        "{element} and its carrier {bearer} share no collection of groups. Attach one to both.",
    ),
    Cause.HAND_DOUBLES: (
        "{who} est inscrit deux fois au cours {course} « {name} » ({by_night}) : par la synchronisation et "
        "à la main. Retirez l’inscription faite à la main.",
        "{who} is enrolled twice in the course {course} “{name}” ({by_night}): by the synchronisation and "
        "by hand. Remove the enrolment made by hand.",
    ),
    Cause.HAND_CONTRADICTS: (
        "{who}, dans le cours {course} « {name} » : à la main {by_hand}, et {by_night} (ou suspendu) selon "
        "la synchronisation. Retirez l’inscription faite à la main si elle n’est pas voulue.",
        "{who}, in the course {course} “{name}”: {by_hand} by hand, and {by_night} (or suspended) by the "
        "synchronisation. Remove the enrolment made by hand if it is not meant.",
    ),
    Cause.FOAD_WITHOUT_TEACHER: (
        "Le cours FOAD {course} « {name} » n’a aucun enseignant inscrit à la main ({students:# étudiant|# "
        "étudiants}). Inscrivez-en un : la synchronisation ne le fera pas.",
        "The FOAD course {course} “{name}” has no teacher enrolled by hand ({students:# student|# "
        "students}). Enrol one: the synchronisation will not.",
    ),
    Cause.BECAME_CARRIED: (
        "{element} est désormais porté par {bearer}, mais son ancien cours {course} a du contenu. Déplacez "
        "le contenu vers le cours de {bearer}, ou retirez le lien porteur.",
        "{element} is now carried by {bearer}, but its former course {course} has content. Move the content "
        "to the course of {bearer}, or remove the carrier.",
    ),
    Cause.CARRIER_CHANGED: (
        "{element} était porté par {before}, il l’est maintenant par {bearer} : étudiants et enseignants "
        "changent de cours. Vérifiez que c’est voulu, et prévenez-les.",
        "{element} was carried by {before} and is now by {bearer}: students and teachers change course. "
        "Check that this is meant, and tell them.",
    ),
    Cause.HIDDEN_WITH_CONTENT: (
        "Le cours {course} « {name} » est encore caché, alors qu’il a commencé le {start}, a du contenu "
        "({activities:# activité|# activités}) et {students:# étudiant|# étudiants}. Rendez-le visible s’il "
        "est prêt.",
        "The course {course} “{name}” is still hidden, though it began on {start}, has content "
        "({activities:# activity|# activities}) and {students:# student|# students}. Make it visible if it "
        "is ready.",
    ),
    Cause.VISIBLE_EMPTY: (
        "Le cours {course} « {name} » est visible, mais vide. Déposez-y un contenu, ou cachez-le.",
        "The course {course} “{name}” is visible but empty. Put content into it, or hide it.",
    ),
    Cause.ARCHIVE_ACTIVE: (
        "Le cours archivé {course} « {name} » a été modifié le {day} : il sert encore. Vérifiez si le code "
        "{code} doit revenir dans l’offre.",
        "The archived course {course} “{name}” was changed on {day}: it is still in use. Check whether the "
        "code {code} should come back to the offer.",
    ),
    Cause.CODE_IS_BACK: (
        "Le code {code} est dans l’offre, et le cours archivé {course} « {name} » est toujours là. "
        "Choisissez lequel des deux cours garder.",
        "The code {code} is in the offer, and the archived course {course} “{name}” is still there. Choose "
        "which of the two courses to keep.",
    ),
    Cause.CATEGORY_KEPT: (
        "La catégorie {category} a quitté l’offre mais n’est pas vide : {keeps}. Videz-la pour qu’elle "
        "disparaisse.",
        "The category {category} left the offer but is not empty: {keeps}. Empty it to have it removed.",
    ),
    Cause.NAME_BY_HAND: (
        "Le nom du cours {course} a été changé à la main (« {keeps} ») : il est remis à « {name} ». Pour le "
        "changer, changez-le dans Apogée.",
        "The name of the course {course} was changed by hand (“{keeps}”): it is put back to “{name}”. To "
        "change it, change it in Apogée.",
    ),
    Cause.IDNUMBER_BY_HAND: (
        "Le numéro d’identification de {key} ({kind}) a été changé ou vidé à la main dans Moodle. Remettez-le, "
        "ou laissez la synchronisation le faire.",
        "The idnumber of {kind} {key} was changed or emptied by hand in Moodle. Put it back, or let the "
        "synchronisation do so.",
    ),
    Cause.NAME_TAKEN: (
        "{key} ({kind}) ne peut pas prendre son nom : il est déjà pris ({keeps}). Renommez l’autre.",
        "{key} ({kind}) cannot take its name: it is taken already ({keeps}). Rename the other.",
    ),
    Cause.NOT_ADOPTED: (
        "{key} ({kind}) existe dans Moodle sans être de la synchronisation : elle n’y touche pas. Faites-le "
        "adopter (passerelle sync adopt), ou changez son numéro d’identification.",
        "{key} ({kind}) exists in Moodle and is not the synchronisation's, which leaves it alone. Adopt it "
        "(passerelle sync adopt), or change its idnumber.",
    ),
    Cause.HELD_TWICE: (
        "Le numéro d’identification {key} est porté deux fois ({kind}) : rien n’y est touché. Corrigez l’un "
        "des deux. {keeps}",
        "The idnumber {key} is held twice ({kind}): neither is touched. Correct one of the two. {keeps}",
    ),
    Cause.SPACE_SAME_NAME: (
        "L’espace complémentaire « {name} » ({space}) porte le même nom que le cours {course} « {twin} ». "
        "Vérifiez qu’il ne fait pas double emploi.",
        "The complementary space “{name}” ({space}) has the same name as the course {course} “{twin}”. "
        "Check that it is not a double.",
    ),
    Cause.SPACE_SAME_PEOPLE: (
        "L’espace complémentaire « {name} » ({space}) a les mêmes enseignants et {common:# étudiant|# "
        "étudiants} en commun avec le cours {course} « {twin} ». Vérifiez qu’il ne fait pas double emploi.",
        "The complementary space “{name}” ({space}) has the same teachers as the course {course} “{twin}”, "
        "and {common:# student|# students} in common with it. Check that it is not a double.",
    ),
    Cause.TOO_MANY: (
        "Nombre anormal ({where}) : {count} sur {there}, au-delà de la limite ({limit}). Le plan est retenu "
        ": examinez-le, puis libérez-le ou corrigez les sources.",
        "Abnormal number ({where}): {count} of {there}, above the limit ({limit}). The plan is held: look "
        "at it, then release it or correct the sources.",
    ),
    Cause.STAGE_FAILED: (
        "L’étape « {stage} » de la nuit du {night} a échoué ({error}). Corrigez, puis relancez-la.",
        "The stage “{stage}” of the night of {night} failed ({error}). Repair, then run it again.",
    ),
    Cause.STAGE_LATE: (
        "L’étape « {stage} » de la nuit du {night} a commencé en retard ({started} au lieu de {due}).",
        "The stage “{stage}” of the night of {night} began late ({started} instead of {due}).",
    ),
    Cause.MEMORY_LOST: (
        "Ce dont l’étape « {stage} » de la nuit du {night} devait se souvenir ne se lit plus ({papers}). Elle "
        "repart de zéro : personne n’est retiré pour autant, les délais comptent à partir de cette nuit.",
        "What the stage “{stage}” of the night of {night} had to remember cannot be read any more ({papers}). "
        "It begins anew: nobody is removed for it, and delays count from this night.",
    ),
    Cause.STAGE_FROZEN: (
        "L’étape « {stage} » de la nuit du {night} n’a rien appliqué : les synchronisations sont gelées.",
        "The stage “{stage}” of the night of {night} applied nothing: synchronisation is frozen.",
    ),
    Cause.STAGE_MISSING: (
        "L’étape « {stage} » de la nuit du {night} n’a pas eu lieu (attendue à {due}). Vérifiez la "
        "planification, puis lancez-la.",
        "The stage “{stage}” of the night of {night} did not run (due at {due}). Check the schedule, then "
        "run it.",
    ),
    Cause.STAGE_UNFINISHED: (
        "L’étape « {stage} » de la nuit du {night} n’est pas terminée et ne donne plus de nouvelles. "
        "Relancez-la : elle reprendra où elle en était.",
        "The stage “{stage}” of the night of {night} is not finished and has gone silent. Run it again: it "
        "goes on where it stopped.",
    ),
}

CHECKS: Mapping[str, Pair] = {
    "D1": ("Inscription (IP) sans groupe", "Registration (IP) without group"),
    "D2": (
        "Enseignement à distance : conditions réunies en partie",
        "Distance learning: conditions met in part",
    ),
    "D3": ("Enseignement à distance : coche et groupes CEMU", "Distance learning: flag and CEMU groups"),
    "D4": ("Cours FOAD sans enseignant", "FOAD course without teacher"),
    "D5": ("Cours avec contenu devenu porté", "Course with content that became carried"),
    "D6": ("Porteur et porté sans groupe commun", "Carrier and carried without shared group"),
    "D7": ("ADE : associé, hors Apogée ou obsolète", "ADE: associated, not Apogée's or obsolete"),
    "D8": ("Cours caché ou vide", "Hidden or empty course"),
    "D9": ("Cours archivé encore actif", "Archived course still active"),
    "D10": ("Catégorie hors offre non vide", "Category out of the offer, not empty"),
    "D11": ("Noms et identifiants changés à la main", "Names and idnumbers changed by hand"),
    "D12": ("Personne sans identifiant, adresse ou nom", "Person without login, e-mail or name"),
    "D13": ("Étape en retard, en échec ou absente", "Stage late, failed or missing"),
    "D14": ("Nombre anormal de retraits", "Abnormal number of removals"),
    "D15": ("Inscription à la main en double", "Enrolment doubled by hand"),
    "D16": ("Espace complémentaire en double", "Complementary space doubled"),
}

REPAIRS: Mapping[Repairs, Pair] = {
    Repairs.NOBODY: ("rien à faire", "nothing to do"),
    Repairs.SCOLARITE: ("la scolarité", "the registrar (scolarité)"),
    Repairs.DEVE: ("la DEVE", "student administration (DEVE)"),
    Repairs.PLANNING: ("le service du planning (ADE)", "the timetable office (ADE)"),
    Repairs.IDENTITY: ("le service des identités", "the identity office"),
    Repairs.CEMU: ("le CEMU", "the CEMU"),
    Repairs.TEACHER: ("l’enseignant du cours", "the course's teacher"),
    Repairs.ADMINISTRATOR: ("les administrateurs de Moodle", "Moodle's administrators"),
}

# What repairs it, or where to look: a command of Passerelle.
COMMANDS: Mapping[Cause, str] = {
    Cause.TOO_MANY: "passerelle sync status --site {site}",
    Cause.STAGE_FAILED: "passerelle sync apply --site {site} --stage {stage}",
    Cause.STAGE_MISSING: "passerelle sync apply --site {site} --stage {stage}",
    Cause.STAGE_UNFINISHED: "passerelle sync apply --site {site} --stage {stage}",
    Cause.STAGE_LATE: "passerelle sync status --site {site}",
    Cause.STAGE_FROZEN: "passerelle sync freeze --site {site} --lift",
    Cause.NOT_ADOPTED: "passerelle sync adopt --site {site}",
    Cause.CATEGORY_KEPT: "passerelle sync plan --site {site} --stage offer",
}
_OF_PERSON: Pair = (
    "une fois corrigé : passerelle sync person {person} --site {site} --apply",
    "once corrected: passerelle sync person {person} --site {site} --apply",
)
_DAYS = ("day", "night", "start", "until", "begins", "ends")
_CLOCKS = ("due", "started")
_NO_DATE: Pair = ("date inconnue", "no date known")


def say_finding(reason: Reason, lang: str, who: str = "") -> str:
    """For a report. `who` stands for the person; else the code does."""
    pair = FINDINGS.get(reason.cause) or REPLIES[reason.cause]
    return _say(pair, reason, who or reason.person, lang)


def say_cause(reason: Reason, who: str, lang: str) -> str:
    """For a reply about one person."""
    return _say(REPLIES.get(reason.cause) or FINDINGS[reason.cause], reason, who, lang)


def _say(pair: Pair, reason: Reason, who: str, lang: str) -> str:
    details: dict[str, object] = {"course": reason.course}
    for name, value in reason.details.items():
        details[name] = _worded(name, value, lang) or (None if name != "keeps" else "")
    if "scope" in reason.details:
        details["where"] = say_scope(reason.details["scope"], reason.details.get("key", ""), lang)
    return fill(pair, lang, {**details, "who": who}).strip()


def _worded(name: str, value: str, lang: str) -> str:
    """A detail as the reader knows it: codes of ours in words, dates and hours as they are written."""
    if name in _DAYS:
        return say_day(date.fromisoformat(value), lang) if value else pick(_NO_DATE, lang)
    if name in _CLOCKS and value:
        moment = datetime.fromisoformat(value)
        return f"{moment.hour}\u00a0h\u00a0{moment.minute:02}" if lang.startswith("fr") else f"{moment:%H:%M}"
    match name:
        case "because":
            return pick(ROWS[Because(value)], lang)
        case "error":
            return say_error(value, lang)
        case "stage":
            return say_stage(value, lang)
        case "kind":
            return say_thing(value, lang)
        case "roles" | "by_night" | "by_hand":
            return ", ".join(say_role(one, lang) for one in value.split(", "))
        case "year" if value.isdigit():
            return f"{value}/{int(value) + 1}"
    return value


def say_command(reason: Reason, site: str, lang: str) -> str:
    """What to run, or nothing: then it is repaired in Apogée, ADE or in the course itself."""
    if reason.cause in COMMANDS:
        return COMMANDS[reason.cause].format(site=site, stage=reason.details.get("stage", ""))
    if reason.person and reason.about.stage is not None:
        return fill(_OF_PERSON, lang, {"person": reason.person, "site": site})
    return ""


def say_repairs(repairs: Repairs, lang: str) -> str:
    return pick(REPAIRS[repairs], lang)
