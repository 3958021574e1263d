"""The story of a course: saved, published, found, brought home, changed and offered again (P1–P18)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from passerelle.domain.backups.upload import CourseLine
from passerelle.domain.publishing.publication import Publication
from passerelle.domain.states import PublicationState
from passerelle.ports import World
from passerelle_laptop.laptop import Laptop
from passerelle_laptop.packaging import House
from passerelle_laptop.site_client import Answered, SiteClient
from passerelle_laptop.telling import NotAsTold, Teller
from passerelle_laptop.twin import Site

FORM = {
    "title": "Chimie générale",
    "summary": "Atomes, liaisons, premières réactions.",
    "language": "fr",
    "level": "L1",
    "licence": "cc-by-sa",
    "declaration": True,
}


def backups() -> Path:
    """Real backups of a real Moodle 4.5."""
    return House.here().root / "tests" / "mbz"


class CourseStory:
    def __init__(self, laptop: Laptop, teller: Teller) -> None:
        self.laptop = laptop
        self.tell = teller
        self.world: World = laptop.world()
        self.a, self.b, self.hub = (laptop.site(name) for name in ("lycee-a", "lycee-b", "hub"))

    def run(self) -> None:
        self.people()
        saved = self.save()
        first = self.publish(saved)
        self._deliver_twice(saved, first)
        self._people_inside()
        self._not_his_business(saved)
        home = self._bring_home(first)
        self._offer_again(home, first)
        self._new_version(first)
        self._where_everything_is()

    # -- the scenes --------------------------------------------------------------------------------

    def people(self) -> None:
        for site in (self.a, self.hub):
            site.add_user("ada", "Ada", "Lovelace", lang=self.tell.lang)
        for site in (self.b, self.hub):
            site.add_user("grace", "Grace", "Hopper", lang=self.tell.lang)
        self.course = self.a.import_mbz(
            backups() / "chimie-nousers-tgz.mbz", category="sciences", teachers=["ada"], idnumber="CHIM-L1"
        )
        self.a.enrol(self.course, "ada", "editingteacher")

    def save(self) -> str:
        self.tell.scene(
            "1. Ada, au lycée Ada-Lovelace, clique sur « Sauvegarder » dans son cours de chimie.",
            "1. Ada, at Lycée Ada-Lovelace, presses “Back up” in her chemistry course.",
        )
        archive = backups() / "chimie-nousers-tgz.mbz"
        size = archive.stat().st_size / 1000
        upload = _client(self.a).upload(
            archive, intent="share", course=self._described(self.a, self.course), person=self.a.person("ada")
        )
        self.tell.line(
            f"sa vraie sauvegarde Moodle ({size:.0f} ko) part vers S3 par adresses signées",
            f"her real Moodle backup ({size:.0f} kB) goes to S3 by signed addresses",
        )
        backup = self.tell.until(
            lambda: self._backup(upload, "accepted"),
            "lue en entier : personne n’est inscrit dedans ; prête à mutualiser",
            "read through: nobody enrolled inside; ready to be shared",
        )
        for note in backup["scrubbed"]:
            self.tell.line(note["message"], note["message"])
        self.tell.proved(
            not self.hub.log.count("local_passerelle_start_restore"),
            "et rien n’est encore publié",
            "and nothing is published yet",
        )
        return upload

    def publish(self, upload: str) -> Publication:
        self.tell.scene("2. Elle clique sur « Mutualiser ».", "2. She presses “Share”.")
        asked = self._ask_publication(self.a, "ada", "CHIM-L1", self.course)
        publication = self.tell.until(
            lambda: self._published(asked["publication"]),
            "le cours est sur la plateforme de mutualisation",
            "the course is on the hub",
        )
        self.tell.proved(publication.upload == upload, "depuis cette sauvegarde", "from that backup")
        copy = self.hub.course("lycee-a:CHIM-L1")
        self.tell.proved(
            self._outline(self.hub, copy.id) == self._outline(self.a, self.course.id),
            f"mêmes sections, mêmes activités ({len(copy.content.modules)}) qu’à la source",
            f"same sections, same activities ({len(copy.content.modules)}) as the source",
        )
        people = self._people_of(self.hub, copy.id)
        self.tell.proved(
            people == ["ada"],
            "une seule personne inscrite : l’autrice, qui voit et ne modifie pas",
            "one person enrolled: the author, who views and does not edit",
        )
        message = self.tell.until(
            lambda: next(iter(self.a.messages_to("ada")), None),
            "Ada reçoit un message avec les deux liens",
            "Ada gets a message with both links",
        )
        self.tell.proved(
            publication.hub_url in json.dumps(_words(message)),
            f"Aller au nouveau parcours créé : {publication.hub_url}",
            f"Go to the new course: {publication.hub_url}",
        )
        return publication

    def _deliver_twice(self, upload: str, publication: Publication) -> None:
        self.tell.scene(
            "3. Le même envoi est livré deux fois de plus, et Ada clique encore sur « Mutualiser ».",
            "3. The same upload is delivered twice more, and “Share” pressed again.",
        )
        sqs = self.laptop.emulator.client("sqs")
        bucket = self.laptop.stack.outputs["BackupsBucket"]
        event = {
            "version": "0",
            "id": "00000000-0000-0000-0000-000000000000",
            "detail-type": "Object Created",
            "source": "aws.s3",
            "detail": {"bucket": {"name": bucket}, "object": {"key": f"uploads/lycee-a/{upload}.mbz"}},
        }
        for _ in range(2):
            sqs.send_message(QueueUrl=self.laptop.stack.queue("uploads"), MessageBody=json.dumps(event))
        self._ask_publication(self.a, "ada", "CHIM-L1", self.course)
        self.tell.until(self._at_rest, "les files sont vides", "the queues are empty")
        self.tell.proved(
            self._restores(self.hub) == 1 and self._line("lycee-a:CHIM-L1").versions == (publication.id,),
            "un seul cours, une seule publication",
            "one course, one publication",
        )

    def _people_inside(self) -> None:
        self.tell.scene(
            "4. Une sauvegarde avec des étudiants dedans est envoyée (par erreur).",
            "4. A backup with students inside is sent (by mistake).",
        )
        course = self.a.add_course("CHIM-TP", "Chimie, travaux pratiques", "sciences", idnumber="CHIM-TP")
        upload = _client(self.a).upload(
            backups() / "chimie-users-tgz.mbz",
            intent="share",
            course=self._described(self.a, course),
            person=self.a.person("ada"),
        )
        refused = self.tell.until(
            lambda: self._backup(upload, "refused", course.idnumber),
            "refusée :",
            "refused:",
        )
        for reason in refused["reasons"]:
            self.tell.line(reason["message"], reason["message"])
        bucket = self.laptop.stack.outputs["BackupsBucket"]
        self.tell.until(
            lambda: not _exists(self.laptop, bucket, f"uploads/lycee-a/{upload}.mbz"),
            "l’archive qui nomme des personnes a été effacée",
            "the archive that names people has been erased",
        )
        try:
            self._ask_publication(self.a, "ada", course.idnumber, course)
            said = ""
        except Answered as answered:
            said = str(answered.body["message"])
        self.tell.proved(bool(said), f"« Mutualiser » répond : {said}", f"“Share” answers: {said}")

    def _not_his_business(self, upload: str) -> None:
        self.tell.scene(
            "5. Le lycée B, qui signe correctement, demande la sauvegarde du lycée A.",
            "5. Lycée B, which signs correctly, asks for a backup of Lycée A.",
        )
        try:
            _client(self.b).backups(
                "download", self.b.person("grace"), courseid=self.course.id, idnumber="CHIM-L1", upload=upload
            )
            status = 200
        except Answered as answered:
            status = answered.status
        self.tell.proved(status == 404, "elle n’existe pas pour lui (404)", "it does not exist for it (404)")

    def _bring_home(self, publication: Publication) -> str:
        self.tell.scene(
            "6. Grace, au lycée Grace-Hopper, cherche « chimie » au catalogue et rapatrie le cours.",
            "6. Grace, at Lycée Grace-Hopper, finds “chimie” in the catalogue and brings it home.",
        )
        found = _client(self.b).catalogue("chimie generale")["publications"]
        self.tell.proved(
            [p["publication"] for p in found] == [publication.id],
            f"trouvé : « {found[0]['title']} », de {found[0]['author']} ({found[0]['site_name']})"
            if found
            else "trouvé",
            f"found: “{found[0]['title']}”, by {found[0]['author']} ({found[0]['site_name']})"
            if found
            else "found",
        )
        started = _client(self.b).retrievals(
            "start", self.b.person("grace"), publication=publication.id, target={"mode": "new"}
        )
        done = self.tell.until(
            lambda: self._retrieved(started["retrieval"]),
            "le cours est arrivé",
            "the course has arrived",
        )
        course = self.b.course(int(str(done["course_url"]).rpartition("=")[2]))
        self.tell.proved(
            not course.visible and course.idnumber.startswith("psl-"),
            f"caché, avec son propre numéro d’identification ({course.idnumber})",
            f"hidden, with an ID number of its own ({course.idnumber})",
        )
        self.tell.proved(
            self._people_of(self.b, course.id) == ["grace"],
            "Grace en est l’enseignante éditrice, personne d’autre n’y est",
            "Grace is its editing teacher, nobody else is in it",
        )
        self.tell.proved(
            self._outline(self.b, course.id) == self._outline(self.a, self.course.id),
            "le contenu est celui d’Ada",
            "its content is Ada's",
        )
        return str(course.idnumber)

    def _offer_again(self, idnumber: str, ancestor: Publication) -> None:
        self.tell.scene(
            "7. Elle ajoute une page, renomme une section, sauvegarde et mutualise à son tour.",
            "7. She adds a page, renames a section, backs up and shares in her turn.",
        )
        course = self.b.course(idnumber)
        self.b.change_course(course, add="page", name="Exercices corrigés", rename_section="Pour commencer")
        self.b.press_save(course, "grace")
        self.tell.until(
            lambda: self._backup("", "accepted", idnumber, site=self.b),
            "la sauvegarde du cours modifié est prête",
            "the changed course's backup is ready",
        )
        asked = self._ask_publication(
            self.b, "grace", idnumber, course, title="Chimie générale, avec exercices"
        )
        again = self.tell.until(
            lambda: self._published(asked["publication"]),
            "une nouvelle publication, à côté de celle d’Ada",
            "a new publication, beside Ada's",
        )
        self.tell.proved(
            again.ancestor == ancestor.id,
            "elle nomme le cours d’Ada comme ancêtre",
            "it names Ada's as its ancestor",
        )
        copy = self.hub.course(f"lycee-b:{idnumber}")
        names = {module.name for module in copy.content.modules.values()}
        self.tell.proved(
            "Exercices corrigés" in names, "et contient la page ajoutée", "and holds the page she added"
        )

    def _new_version(self, first: Publication) -> None:
        self.tell.scene(
            "8. Ada corrige son cours, clique sur « Rafraîchir » puis « Mutualiser ».",
            "8. Ada corrects her course, presses “Refresh”, then “Share”.",
        )
        self.a.change_course(self.course, add="page", name="Erratum")
        self.a.press_save(self.course, "ada")
        asked = self._ask_when_ready(first)
        second = self.tell.until(
            lambda: self._published(asked["publication"]), "version 2 mutualisée", "version 2 published"
        )
        former = self.hub.course("lycee-a:CHIM-L1@v1")
        self.tell.proved(
            second.version == 2 and not former.visible,
            "la version 1 reste, cachée, sous lycee-a:CHIM-L1@v1",
            "version 1 remains, hidden, as lycee-a:CHIM-L1@v1",
        )
        self.tell.until(
            self._at_rest,
            "les files sont vides",
            "the queues are empty",
        )
        queues = ("uploads", "publications", "retrievals", "jobs")
        dead = {name: self.laptop.stack.waiting(name, dead=True) for name in queues}
        self.tell.proved(
            not any(dead.values()),
            "aucun message n’est resté en souffrance",
            "no message is in the dead letters",
        )

    def _where_everything_is(self) -> None:
        self.tell.scene("Ce qui se trouve où :", "What is where:")
        for site in (self.a, self.b, self.hub):
            print(f"  {site.settings.title} — {site.base_url}/")
            for course in sorted(site.state.courses.values(), key=lambda c: c.id):
                hidden = "" if course.visible else self.tell.say(" (caché)", " (hidden)")
                print(f"      {course.idnumber or '—':34} {course.fullname}{hidden}")

    # -- looking -----------------------------------------------------------------------------------

    def _described(self, site: Site, course: Any) -> dict[str, Any]:
        return {
            "courseid": course.id,
            "idnumber": course.idnumber,
            "fullname": course.fullname,
            "shortname": course.shortname,
            "lastchange": site.now(),
        }

    def _ask_publication(
        self, site: Site, username: str, idnumber: str, course: Any, **changes: Any
    ) -> dict[str, Any]:
        return _client(site).publications(
            "publish",
            site.person(username),
            courseid=course.id,
            idnumber=idnumber,
            course_url=f"{site.base_url}/course/view.php?id={course.id}",
            **{**FORM, **changes},
        )

    def _ask_when_ready(self, first: Publication) -> dict[str, Any]:
        """*Mutualiser* once the refreshed backup is proved: before, it would be the former one's answer."""
        self.tell.until(
            lambda: (self._backup("", "accepted") or {}).get("upload") not in (None, first.upload),
            "la sauvegarde rafraîchie est prête",
            "the refreshed backup is ready",
        )
        return self._ask_publication(self.a, "ada", "CHIM-L1", self.course)

    def _backup(
        self, upload: str, state: str, idnumber: str = "CHIM-L1", *, site: Site | None = None
    ) -> dict[str, Any] | None:
        site = site or self.a
        course = site.course(idnumber)
        person = site.person("ada" if site is self.a else "grace")
        status = _client(site).publications("status", person, courseid=course.id, idnumber=idnumber)
        backup: dict[str, Any] | None = status["backup"]
        if backup is None or backup["state"] != state or (upload and backup["upload"] != upload):
            return None
        return backup

    def _published(self, publication: str) -> Publication | None:
        record = self.world.records.get(Publication, publication)
        if record is not None and record.state == PublicationState.FAILED:
            raise NotAsTold(record.message.code if record.message else "failed")
        return record if record is not None and record.state == PublicationState.PUBLISHED else None

    def _retrieved(self, retrieval: str) -> dict[str, Any] | None:
        answer = _client(self.b).retrievals("status", self.b.person("grace"), retrieval=retrieval)
        if answer["state"] in ("refused", "failed"):
            raise NotAsTold(str(answer["message"]))
        return answer if answer["state"] == "done" else None

    def _line(self, network_id: str) -> CourseLine:
        line = self.world.records.get(CourseLine, network_id)
        if line is None:
            raise NotAsTold(network_id)
        return line

    def _at_rest(self) -> bool:
        return not any(
            self.laptop.stack.waiting(name) for name in ("uploads", "publications", "retrievals", "jobs")
        )

    @staticmethod
    def _restores(site: Site) -> int:
        return sum(1 for job in site.state.jobs.values() if job.kind == "restore")

    @staticmethod
    def _outline(site: Site, course: int) -> list[tuple[str, list[tuple[str, str]]]]:
        contents = site.call("core_course_get_contents", courseid=course)
        return [(s["name"], [(m["modname"], m["name"]) for m in s["modules"]]) for s in contents]

    @staticmethod
    def _people_of(site: Site, course: int) -> list[str]:
        enrolled = site.call("core_enrol_get_enrolled_users", courseid=course)
        return sorted(str(person["username"]) for person in enrolled)


def _client(site: Site) -> SiteClient:
    if site.client is None:
        raise NotAsTold(f"{site.name} is not connected")
    return site.client


def _exists(laptop: Laptop, bucket: str, key: str) -> bool:
    listed = laptop.emulator.client("s3").list_objects_v2(Bucket=bucket, Prefix=key)
    return bool(listed.get("KeyCount"))


def _words(message: Any) -> str:
    return " ".join(str(getattr(message, name)) for name in message.__slots__)
