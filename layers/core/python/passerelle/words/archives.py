"""What is wrong with an archive, and what to do. The keys are those of domain.backups.refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from passerelle.domain.backups.manifest import Means

_AGAIN_FR = "Refaites la sauvegarde avec Moodle."
_AGAIN_EN = "Make the backup again with Moodle."
_SEND_FR = "Envoyez de nouveau l’archive ; si cela se reproduit, refaites la sauvegarde."
_SEND_EN = "Send the archive again; if that does not help, make the backup again."
_TAMPERED_FR = (
    "Aucun Moodle n’écrit ainsi : refaites la sauvegarde avec Moodle, et prévenez l’assistance si vous ne "
    "savez pas d’où vient ce fichier."
)
_TAMPERED_EN = (
    "No Moodle writes so: make the backup again with Moodle, and tell the help desk if you do not know "
    "where this file comes from."
)

ARCHIVES: Mapping[str, tuple[str, str]] = {
    "not_an_archive": (
        "Ce fichier n’est pas une sauvegarde Moodle : ce n’est ni une archive tgz, ni une archive zip. "
        "Choisissez un fichier .mbz fait par Moodle.",
        "This file is no Moodle backup: it is neither a tgz nor a zip archive. "
        "Choose an .mbz file that Moodle made.",
    ),
    "no_tar_inside": (
        "Ce fichier compressé n’est pas une sauvegarde Moodle : il ne contient pas d’archive tar. "
        "Choisissez un fichier .mbz fait par Moodle.",
        "This compressed file is no Moodle backup: no tar archive is inside. "
        "Choose an .mbz file that Moodle made.",
    ),
    "foreign_tar": (
        "L’archive tar est d’un format que Moodle ne lit pas. " + _AGAIN_FR,
        "The tar archive is in a format that Moodle does not read. " + _AGAIN_EN,
    ),
    "no_moodle_backup": (
        "Ce n’est pas une sauvegarde Moodle : moodle_backup.xml n’y est pas. "
        "Choisissez un fichier .mbz fait par Moodle.",
        "This is no Moodle backup: moodle_backup.xml is not inside. Choose an .mbz file that Moodle made.",
    ),
    "moodle_1_backup": (
        "Cette sauvegarde a été faite par Moodle 1.9 ou plus ancien. Restaurez-la dans un Moodle plus "
        "récent, "
        "puis sauvegardez-y le cours.",
        "This backup was made by Moodle 1.9 or older. Restore it in a newer Moodle and back the course up "
        "there.",
    ),
    "common_cartridge": (
        "C’est un paquet IMS Common Cartridge ou SCORM, pas une sauvegarde Moodle. "
        "Importez-le dans un cours, puis sauvegardez ce cours.",
        "This is an IMS Common Cartridge or a SCORM package, no Moodle backup. "
        "Import it into a course and back that course up.",
    ),
    "packed_in_a_folder": (
        "La sauvegarde a été décompressée puis recompressée à la main avec son dossier « {folder} » : "
        "Moodle ne la lirait pas. Choisissez le fichier .mbz d’origine, ou compressez le contenu du dossier "
        "sans le dossier lui-même.",
        "The backup was unpacked and packed again by hand together with its folder “{folder}”: "
        "Moodle would not read it. Choose the original .mbz file, or pack what is in the folder "
        "without the folder itself.",
    ),
    "archive_in_archive": (
        "La sauvegarde est dans une autre archive (« {member} ») : décompressez celle-ci et choisissez "
        "le fichier .mbz qu’elle contient.",
        "The backup lies inside another archive (“{member}”): unpack that one and choose the .mbz file in "
        "it.",
    ),
    "other_format": (
        "C’est un export dans un autre format que celui de Moodle. " + _AGAIN_FR,
        "This is an export in another format than Moodle’s. " + _AGAIN_EN,
    ),
    "part_of_a_course": (
        "C’est la sauvegarde d’une seule activité ou d’une seule section. Sauvegardez le cours entier.",
        "This is the backup of a single activity or section, not of a course. Back up the whole course.",
    ),
    "users_inside": (
        "La sauvegarde contient des personnes inscrites ou leurs travaux ({member}). "
        "Refaites-la sans les utilisateurs inscrits.",
        "Enrolled people or their work are inside ({member}). Make the backup again without enrolled users.",
    ),
    "activity_writes_people": (
        "L’activité « {title} » (module {module}) écrit les personnes qui l’utilisent dans toute sauvegarde, "
        "même faite sans utilisateurs. Refaites la sauvegarde sans cette activité : le reste du cours peut "
        "partir sans elle.",
        "The activity “{title}” (module {module}) writes the people who use it into every backup, even "
        "one made "
        "without users. Make the backup again without that activity: the rest of the course can go "
        "without it.",
    ),
    "cut": (
        "L’archive s’arrête au milieu : elle est incomplète. " + _SEND_FR,
        "The archive stops in the middle: it is not complete. " + _SEND_EN,
    ),
    "cut_before_contents": (
        "L’archive s’arrête avant sa table des matières : elle est incomplète. " + _SEND_FR,
        "The archive stops before its table of contents: it is not complete. " + _SEND_EN,
    ),
    "promised_by_index": (
        "« {member} » manque, que l’index de l’archive annonce. " + _SEND_FR,
        "“{member}”, which the archive’s index promises, is not inside. " + _SEND_EN,
    ),
    "part_missing": (
        "« {member} » manque, que la sauvegarde annonce. " + _AGAIN_FR,
        "“{member}”, which the backup promises, is not inside. " + _AGAIN_EN,
    ),
    "activity_part_missing": (
        "Il manque « {member} » à l’activité « {title} » : Moodle s’arrêterait là en restaurant le cours. "
        + _AGAIN_FR,
        "“{member}” of the activity “{title}” is not inside: Moodle would stop there when it restores the "
        "course. " + _AGAIN_EN,
    ),
    "files_off": (
        "La sauvegarde a été faite sans ses fichiers : le cours arriverait avec des trous. "
        "Refaites-la avec les fichiers.",
        "The backup was made without its files: the course would arrive with holes. Make it again with "
        "files.",
    ),
    "content_not_inside": (
        "Le contenu d’un fichier du cours manque ({member}). " + _AGAIN_FR,
        "The content of one of the course’s files is not inside ({member}). " + _AGAIN_EN,
    ),
    "content_without_hash": (
        "Un fichier du cours est inscrit sans empreinte valable ({member}). " + _AGAIN_FR,
        "One of the course’s files is listed without a valid hash ({member}). " + _AGAIN_EN,
    ),
    "content_of_other_size": (
        "Un fichier du cours n’a pas la taille annoncée ({member}). " + _AGAIN_FR,
        "One of the course’s files does not have the size that is told ({member}). " + _AGAIN_EN,
    ),
    "content_of_other_hash": (
        "Le contenu d’un fichier n’est pas celui dont il porte l’empreinte ({member}). " + _SEND_FR,
        "A file’s content does not have the hash that it is named after ({member}). " + _SEND_EN,
    ),
    "content_misnamed": (
        "« {member} » est parmi les contenus sans porter le nom d’une empreinte. " + _AGAIN_FR,
        "“{member}” lies among the contents without being named after a hash. " + _AGAIN_EN,
    ),
    "checksum": (
        "L’archive est abîmée : une somme de contrôle est fausse. " + _SEND_FR,
        "The archive is damaged: a checksum does not hold. " + _SEND_EN,
    ),
    "bytes_outside": (
        "L’archive contient des octets qui n’appartiennent à aucun fichier. " + _SEND_FR,
        "The archive has bytes that belong to no member. " + _SEND_EN,
    ),
    "header_damaged": (
        "L’en-tête d’un fichier de l’archive est abîmé. " + _SEND_FR,
        "The header of a member is damaged. " + _SEND_EN,
    ),
    "index_lies": (
        "L’index de l’archive ne dit pas ce qu’elle contient ({member}) : elle a été changée après coup. "
        + _AGAIN_FR,
        "The archive’s index does not tell what is inside ({member}): it was changed afterwards. "
        + _AGAIN_EN,
    ),
    "contents_damaged": (
        "La table des matières de l’archive est abîmée. " + _SEND_FR,
        "The archive’s table of contents is damaged. " + _SEND_EN,
    ),
    "sizes_differ": (
        "Les tailles d’un fichier se contredisent ({member}). " + _SEND_FR,
        "The sizes of a member contradict each other ({member}). " + _SEND_EN,
    ),
    "other_than_contents_say": (
        "« {member} » n’est pas ce qu’en dit la table des matières de l’archive. " + _SEND_FR,
        "“{member}” is not what the archive’s table of contents says. " + _SEND_EN,
    ),
    "name_absolute": (
        "« {member} » porte un chemin absolu : il serait écrit hors du dossier de la sauvegarde. "
        + _TAMPERED_FR,
        "“{member}” has an absolute path: it would be written outside the backup’s folder. " + _TAMPERED_EN,
    ),
    "name_absurd": (
        "Un fichier de l’archive n’a pas de nom, ou un nom d’une longueur absurde. " + _TAMPERED_FR,
        "A member has no name, or an absurdly long one. " + _TAMPERED_EN,
    ),
    "name_leaves_folder": (
        "« {member} » sortirait du dossier de la sauvegarde. " + _TAMPERED_FR,
        "“{member}” would leave the backup’s folder. " + _TAMPERED_EN,
    ),
    "name_cleaned": (
        "Le nom « {member} » contient des caractères que Moodle retire : il l’écrirait sous un autre nom. "
        + _TAMPERED_FR,
        "The name “{member}” has characters that Moodle removes: it would be written under another name. "
        + _TAMPERED_EN,
    ),
    "name_not_utf8": (
        "Le nom d’un fichier de l’archive n’est pas en UTF-8. " + _TAMPERED_FR,
        "A member’s name is not UTF-8. " + _TAMPERED_EN,
    ),
    "name_after_nul": (
        "Le nom « {member} » continue après un octet nul : Moodle lirait un autre nom. " + _TAMPERED_FR,
        "The name “{member}” goes on after a NUL byte: Moodle would read another name. " + _TAMPERED_EN,
    ),
    "name_hidden_in_fields": (
        "L’en-tête d’un fichier a des champs que Moodle prendrait pour son nom. " + _TAMPERED_FR,
        "A member’s header has fields that Moodle would read as its name. " + _TAMPERED_EN,
    ),
    "name_in_unicode_field": (
        "« {member} » porte un second nom dans un champ « Unicode Path » : Moodle lirait celui-là. "
        + _TAMPERED_FR,
        "“{member}” has a second name in a Unicode-path field: Moodle would read that one. " + _TAMPERED_EN,
    ),
    "names_differ": (
        "« {member} » porte un nom dans la table des matières de l’archive et un autre devant ses données. "
        + _TAMPERED_FR,
        "“{member}” has one name in the archive’s table of contents and another one before its data. "
        + _TAMPERED_EN,
    ),
    "after_the_end": (
        "Des fichiers suivent la fin de l’archive : Moodle les déploierait. " + _TAMPERED_FR,
        "Members follow the end of the archive: Moodle would unpack them. " + _TAMPERED_EN,
    ),
    "extended_header": (
        "« {member} » a un en-tête étendu (pax ou GNU : {kind}) que Moodle prendrait pour un fichier. "
        + _AGAIN_FR,
        "“{member}” has an extended header (pax or GNU: {kind}) that Moodle would take for a file. "
        + _AGAIN_EN,
    ),
    "size_unreadable": (
        "La taille de « {member} » est écrite d’une façon que Moodle ne sait pas lire. " + _TAMPERED_FR,
        "The size of “{member}” is written in a way that Moodle cannot read. " + _TAMPERED_EN,
    ),
    "link_or_device": (
        "« {member} » n’est pas un fichier mais un lien ou un périphérique ({kind}). " + _TAMPERED_FR,
        "“{member}” is no file but a link or a device ({kind}). " + _TAMPERED_EN,
    ),
    "kind_unknown": (
        "« {member} » est d’un genre qu’aucune sauvegarde ne contient. " + _TAMPERED_FR,
        "“{member}” is of a kind that no backup has. " + _TAMPERED_EN,
    ),
    "folder_with_content": (
        "« {member} » est un dossier, un lien ou un périphérique qui prétend avoir un contenu. "
        + _TAMPERED_FR,
        "“{member}” is a folder, link or device that claims to have content. " + _TAMPERED_EN,
    ),
    "encrypted": (
        "« {member} » est chiffré : Moodle ne pourrait pas le lire. " + _AGAIN_FR,
        "“{member}” is encrypted: Moodle could not read it. " + _AGAIN_EN,
    ),
    "method_unknown": (
        "« {member} » est compressé d’une façon que Moodle ne sait pas lire. " + _AGAIN_FR,
        "“{member}” is packed in a way that Moodle cannot read. " + _AGAIN_EN,
    ),
    "zip64_uncalled_for": (
        "L’archive porte un enregistrement zip64 que sa taille ne demande pas : Moodle lirait une autre "
        "table "
        "des matières. " + _TAMPERED_FR,
        "The archive has a zip64 record that its size does not call for: Moodle would read another table of "
        "contents. " + _TAMPERED_EN,
    ),
    "zip_comment": (
        "La table des matières de l’archive porte un commentaire ({member}), où une autre peut se cacher. "
        + _TAMPERED_FR,
        "The archive’s table of contents has a comment ({member}), in which another one can hide. "
        + _TAMPERED_EN,
    ),
    "two_tables_of_contents": (
        "L’archive a deux tables des matières : Moodle pourrait lire l’autre. " + _TAMPERED_FR,
        "The archive has two tables of contents: Moodle might read the other one. " + _TAMPERED_EN,
    ),
    "module_disagrees": (
        "« {member} » dit être d’un autre module ({told}) que le dossier ou la liste des activités "
        "({module}). " + _TAMPERED_FR,
        "“{member}” says that it is of another module ({told}) than its folder or the list of activities "
        "({module}). " + _TAMPERED_EN,
    ),
    "twice": (
        "L’archive contient deux fois « {member} ». " + _AGAIN_FR,
        "“{member}” comes twice in the archive. " + _AGAIN_EN,
    ),
    "twice_but_for_writing": (
        "« {member} » ne diffère d’un autre fichier que par les majuscules ou l’écriture des accents. "
        + _AGAIN_FR,
        "“{member}” differs from another member by case or by the writing of its accents only. " + _AGAIN_EN,
    ),
    "unpacks_too_far": (
        "L’archive se déploie bien au-delà de ce que permet sa taille. Refaites la sauvegarde ; "
        "prévenez l’assistance si le cours est vraiment ainsi.",
        "The archive unpacks to far more than its size allows. Make the backup again; "
        "tell the help desk if the course really is like that.",
    ),
    "too_many_members": (
        "L’archive contient un nombre absurde de fichiers. Prévenez l’assistance.",
        "The archive has absurdly many members. Tell the help desk.",
    ),
    "too_many_gzip_members": (
        "L’archive est faite d’un nombre absurde de morceaux compressés. " + _AGAIN_FR,
        "The archive is made of absurdly many compressed pieces. " + _AGAIN_EN,
    ),
    "too_many_things": (
        "La sauvegarde énumère un nombre absurde d’éléments. Prévenez l’assistance.",
        "The backup lists absurdly many things. Tell the help desk.",
    ),
    "index_too_large": (
        "L’index de l’archive est d’une taille absurde. " + _AGAIN_FR,
        "The archive’s index is of absurd size. " + _AGAIN_EN,
    ),
    "xml_too_large": (
        "« {member} » est d’une taille absurde pour un fichier XML. Prévenez l’assistance.",
        "“{member}” is of absurd size for an XML file. Tell the help desk.",
    ),
    "value_too_large": (
        "« {member} » contient une balise ou une valeur d’une taille absurde. Prévenez l’assistance.",
        "“{member}” has one tag or value of absurd size. Tell the help desk.",
    ),
    "members_overlap": (
        "Des fichiers de l’archive se recouvrent ({member}). " + _TAMPERED_FR,
        "Members of the archive overlap ({member}). " + _TAMPERED_EN,
    ),
    "xml_broken": (
        "Un fichier XML est cassé : « {member} », ligne {line}. " + _AGAIN_FR,
        "An XML file is broken: “{member}”, line {line}. " + _AGAIN_EN,
    ),
    "xml_unreadable": (
        "Un fichier XML ne peut pas être lu : « {member} ». " + _AGAIN_FR,
        "An XML file cannot be read: “{member}”. " + _AGAIN_EN,
    ),
    "xml_encoding": (
        "« {member} » n’est pas en UTF-8, ou dit ne pas l’être ({encoding}) : Moodle lirait autre chose. "
        + _AGAIN_FR,
        "“{member}” is not UTF-8, or says that it is not ({encoding}): Moodle would read something else. "
        + _AGAIN_EN,
    ),
    "xml_not_scrubbable": (
        "« {member} » est écrit de telle façon que ce qui nomme des personnes ne peut pas en être retiré. "
        + _AGAIN_FR,
        "“{member}” is written in such a way that what names people cannot be taken out. " + _AGAIN_EN,
    ),
    "xml_entities": (
        "« {member} » déclare un type de document ou des entités, ce qu’aucun Moodle n’écrit. "
        + _TAMPERED_FR,
        "“{member}” declares a document type or entities, which no Moodle writes. " + _TAMPERED_EN,
    ),
    "xml_too_deep": (
        "« {member} » est imbriqué à une profondeur absurde. Prévenez l’assistance.",
        "“{member}” is nested absurdly deep. Tell the help desk.",
    ),
    # --- what is told of an archive that is accepted ---
    "traces_scrubbed": (
        "Mentions de personnes effacées de la sauvegarde : {count}.",
        "Mentions of people scrubbed from the backup: {count}.",
    ),
    "traces_left": (
        "{place} : le champ « {element} » pourrait nommer des personnes (nombre de valeurs : {count}). "
        "Il est laissé tel quel : vérifiez-le.",
        "{place}: the field “{element}” may name people (number of values: {count}). "
        "It is left as it is: check it.",
    ),
    "addresses_in_texts": (
        "{place} : adresses électroniques dans un texte (« {element} », nombre : {count}). "
        "Elles sont laissées telles quelles : retirez celles qui ne doivent pas être partagées.",
        "{place}: e-mail addresses in a text (“{element}”, number: {count}). "
        "They are left as they are: remove those that are not to be shared.",
    ),
    "people_in_unknown_fields": (
        "{place} : Moodle y signale des personnes (nombre : {count}) dans des champs que nous ne connaissons "
        "pas. Ils sont laissés tels quels : vérifiez cette activité.",
        "{place}: Moodle says that it refers to people (number: {count}) in fields that we do not know. "
        "They are left as they are: check this activity.",
    ),
    "people_of_the_site": (
        "{place} : le champ « {element} » contient le nom ou l’adresse d’une personne de votre plateforme "
        "(nombre de fois : {count}). Il est laissé tel quel : vérifiez-le.",
        "{place}: the field “{element}” holds the name or address of a person of your platform "
        "(number of times: {count}). It is left as it is: check it.",
    ),
    "keys_emptied": (
        "{place} : le mot de passe ou l’adresse d’accès (« {element} ») a été effacé. "
        "Qui reprend le cours en met un nouveau.",
        "{place}: the password or access address (“{element}”) was emptied. "
        "Whoever takes the course sets a new one.",
    ),
    "keys_kept": (
        "{place} : le mot de passe ou l’adresse d’accès (« {element} ») est conservé.",
        "{place}: the password or access address (“{element}”) is kept.",
    ),
    "members_left_out": (
        "Fichiers que Moodle n’écrit jamais, laissés de côté (nombre : {count}) : {names}.",
        "Files that Moodle never writes, left out (number: {count}): {names}.",
    ),
    "drop_refused": (
        "Cette archive n’a pas été publiée :",
        "This archive was not published:",
    ),
    "drop_not_allowed": (
        "Le réseau n’a pas de dossier de dépôt pour « {site} ». Demandez à l’administration du réseau "
        "d’ajouter « drop » à ce site dans network.yaml.",
        "The network has no drop folder for “{site}”. Ask the network’s administrators to add “drop” to that "
        "site in network.yaml.",
    ),
    "drop_older": (
        "Cette sauvegarde date du {made}, et une plus récente du même cours ({newer}) a déjà été prise. "
        "Retirez cette archive du dossier.",
        "This backup was made on {made}, and a newer one of the same course ({newer}) was taken already. "
        "Take this archive out of the folder.",
    ),
    "drop_taken_before": (
        "Cette archive a déjà été prise, puis supprimée des sauvegardes du réseau. "
        "Déposez une sauvegarde plus récente du cours.",
        "This archive was taken before, and deleted from the network’s backups since. "
        "Drop a newer backup of the course.",
    ),
    "drop_author_unknown": (
        "Le compte « {author} », qui doit répondre de ces archives, n’existe pas sur ce site ou y est "
        "suspendu. Corrigez « author » sous « drop » dans network.yaml, puis redéposez l’archive.",
        "The account “{author}”, which is to answer for these archives, does not exist on that site or is "
        "suspended there. Correct “author” below “drop” in network.yaml, then drop the archive again.",
    ),
    "card_unreadable": (
        "La fiche (.yaml) à côté de l’archive n’est pas lisible à la ligne {line}. "
        "Écrivez « clé: valeur », avec pour clés : {keys}. Puis redéposez l’archive.",
        "The card (.yaml) beside the archive cannot be read at line {line}. "
        "Write “key: value”, the keys being: {keys}. Then drop the archive again.",
    ),
    "people_off": (
        "Les textes du cours n’ont pas été comparés aux personnes de votre plateforme : "
        "elle a désactivé cette comparaison.",
        "The course’s texts were not compared with the people of your platform: it has switched that off.",
    ),
    "people_older": (
        "Les textes du cours n’ont pas été comparés aux personnes de votre plateforme : "
        "le plugin local_passerelle y est trop ancien.",
        "The course’s texts were not compared with the people of your platform: "
        "its plugin local_passerelle is older.",
    ),
    "people_missing": (
        "Les textes du cours n’ont pas été comparés aux personnes de votre plateforme : "
        "leurs empreintes ne sont pas arrivées. Relancez la sauvegarde pour qu’ils le soient.",
        "The course’s texts were not compared with the people of your platform: "
        "their hashes did not arrive. Start the backup again to have them compared.",
    ),
    "people_unreadable": (
        "Le fichier des empreintes de personnes (people.bin) n’est pas de la forme que le plugin écrit. "
        "Mettez le plugin local_passerelle à jour, puis relancez la sauvegarde.",
        "The file of people’s hashes (people.bin) is not of the form that the plugin writes. "
        "Bring the plugin local_passerelle up to date, then start the backup again.",
    ),
}

# By the values of Means: only their names are needed here, at the start of every function.
_MEANS: Mapping[str, tuple[str, str]] = {
    "place": ("champ de Moodle", "field of Moodle"),
    "plugin": ("champ connu de ce plugin", "known field of this plugin"),
    "value": ("adresse électronique", "e-mail address"),
    "text": ("adresse électronique dans un texte", "e-mail address in a text"),
    "name": ("nom du champ", "name of the field"),
    "inforef": (
        "personnes citées par Moodle, dans des champs inconnus",
        "people that Moodle lists, in unknown fields",
    ),
    "people": ("personne de ce site", "person of this site"),
    "key": ("mot de passe", "password"),
}


def means_word(means: Means, lang: str) -> str:
    """By what something was recognised, in a few words."""
    french, english = _MEANS[means]
    return french if lang.startswith("fr") else english
