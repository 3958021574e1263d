"""The story of a year: last year's course on this year's platform, with one button (R1–R13)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from passerelle.domain.rollover.rollover import Rollover
from passerelle.domain.states import RolloverState
from passerelle.ports import World
from passerelle_laptop.laptop import Laptop
from passerelle_laptop.packaging import House
from passerelle_laptop.site_client import Answered, SiteClient
from passerelle_laptop.telling import NotAsTold, Teller
from passerelle_laptop.twin import Site

BLEU, VERT = "ecampus-bleu", "ecampus-vert"
CODE = "Y2AN8A-EC2"
PATIENT = 120.0  # seconds: functions start cold behind each first step, on a machine that may be busy
LAST_START, THIS_START = 1_756_677_600, 1_788_213_600  # 1 September of either year


def chemistry() -> Path:
    """A real backup of a real Moodle 4.5: links, a quiz, groups, a video."""
    return House.here().root / "tests" / "mbz" / "chimie-nousers-tgz.mbz"


class RolloverStory:
    def __init__(self, laptop: Laptop, teller: Teller) -> None:
        self.laptop = laptop
        self.tell = teller
        self.bleu, self.vert = laptop.site(BLEU), laptop.site(VERT)
        self.world: World = laptop.world()

    def run(self) -> None:
        self.people()
        self._look()
        self._check()
        done = self._one_button()
        self._report(done)
        self._refuse()
        self._undo(done)
        self._killed()
        self._private_area()
        self._night()
        self._at_rest()

    # -- the scenes --------------------------------------------------------------------------------

    def people(self) -> None:
        for site in (self.bleu, self.vert):
            site.add_user("ada", "Ada", "Lovelace", lang=self.tell.lang)
            site.add_user("grace", "Grace", "Hopper", lang=self.tell.lang)
            site.add_category("Sciences", "sciences")
        self.source = self.bleu.import_mbz(
            chemistry(), category="sciences", idnumber=CODE, startdate=LAST_START
        )
        self.bleu.enrol(self.source, "ada", "editingteacher")
        self.other = self.bleu.add_course("TP", "Chimie, travaux pratiques", "sciences", idnumber="TP")
        address = f"{self.bleu.base_url}/course/view.php?id={self.other.id}"
        self.bleu.change_course(
            self.source, add="page", name="Bibliographie", content=f'<p><a href="{address}">TP</a></p>'
        )
        self.target = self.vert.add_course(
            CODE, "Chimie générale", "sciences", idnumber=CODE, startdate=THIS_START
        )
        self.vert.enrol(self.target, "ada", "editingteacher")
        self.vert.enrol(self.target, "grace", "editingteacher")
        self.vert.state.change_course(self.target, visible=False)
        self.kept = (self.target.fullname, self.target.shortname, self.target.startdate, self.target.visible)

    def _look(self) -> None:
        self.tell.scene(
            "1. Ada ouvre son cours vide de cette année.", "1. Ada opens her empty course of this year."
        )
        status = self._ask("status")
        self.tell.proved(
            "24/25" in status["button"],
            f"le bouton : « {status['button']} »",
            f"the button: “{status['button']}”",
        )
        self.tell.proved(
            status["source"]["idnumber"] == CODE,
            f"son cours de l’an passé est reconnu : {status['source']['fullname']} ({CODE})",
            f"her course of last year is recognised: {status['source']['fullname']} ({CODE})",
        )
        for trap in status["traps"]:
            self.tell.line(f"{trap['check']} : {trap['message']}", f"{trap['check']}: {trap['message']}")

    def _check(self) -> None:
        self.tell.scene("2. « Vérifier mon cours », avant tout.", "2. “Check my course”, first of all.")
        asked = self._ask("check")
        checked = self.tell.until(
            lambda: self._reported(asked["rollover"]),
            "le cours de l’an passé est sauvegardé, prouvé, lu en entier",
            "last year's course is backed up, proved, read through",
            patience=PATIENT,
        )
        report = self._ask("report", rollover=checked.id)["report"]
        for row in report["findings"]:
            self.tell.line(f"{row['place']} : {row['what']}", f"{row['place']}: {row['what']}")
        self.tell.proved(
            any(f"view.php?id={self.other.id}" in row["what"] for row in report["findings"]),
            "le lien vers un autre cours de cette plateforme est trouvé",
            "the link to another course of that platform is found",
        )
        self.tell.proved(
            not self.target.content.modules
            or all(m.kind == "news" for m in self.target.content.modules.values()),
            "et rien n’a été touché",
            "and nothing was touched",
        )

    def _one_button(self) -> Rollover:
        self.tell.scene("3. Elle appuie sur le bouton.", "3. She presses the button.")
        asked = self._ask("start")
        for question in asked["questions"]:
            self.tell.line(f"question : {question['message']}", f"question: {question['message']}")
        self.tell.proved(
            [q["code"] for q in asked["questions"]] == ["shared"] and not self._restores(),
            "elle n’est pas seule dans ce cours : on le lui demande d’abord",
            "she is not alone in this course: she is asked first",
        )
        asked = self._ask("start", confirmed=["shared"])
        done = self.tell.until(
            lambda: self._ended(asked["rollover"]),
            "le cours est récupéré",
            "the course is taken over",
            patience=PATIENT,
        )
        self.tell.proved(
            (self.target.fullname, self.target.shortname, self.target.startdate, self.target.visible)
            == self.kept,
            "caché, sous les noms et les dates de cette année",
            "hidden, under this year's names and dates",
        )
        names = {module.name for module in self.target.content.modules.values()}
        self.tell.proved(
            {"Plan du cours", "Bibliographie"} <= names,
            f"avec le contenu de l’an passé ({len(names)} activités)",
            f"with last year's content ({len(names)} activities)",
        )
        self.tell.proved(
            done.upload != "" and self._backups() == 1,
            "une seule sauvegarde a été faite, pour la vérification et pour la restauration",
            "one backup was made, for the check and for the restore",
        )
        told = self.tell.until(
            lambda: next(iter(self.vert.messages_to("grace")), None),
            "Grace, qui enseigne aussi dans ce cours, est prévenue, avec le moyen d’annuler",
            "Grace, who teaches in this course too, is told, with a way to undo",
        )
        self.tell.proved(
            "passerelle-rollover" in told.values["text"], told.values["subject"], told.values["subject"]
        )
        return done

    def _report(self, done: Rollover) -> None:
        self.tell.scene("4. Ce qui reste à corriger.", "4. What is left to correct.")
        report = self._ask("report", rollover=done.id)["report"]
        for row in report["findings"]:
            self.tell.line(f"{row['place']} → {row['todo']}", f"{row['place']} → {row['todo']}")
        self.tell.proved(
            any(row["repair_at"].startswith(self.vert.base_url) for row in report["findings"]),
            "chaque point mène à la page où il se corrige",
            "every point leads to the page where it is corrected",
        )
        page = self._ask("report", rollover=done.id, format="html")["html"]
        self.tell.proved(
            page.startswith("<!DOCTYPE html>"), "le même rapport en page HTML", "the same as an HTML page"
        )

    def _refuse(self) -> None:
        self.tell.scene(
            "5. Grace clique à son tour, sans rien en savoir.", "5. Grace presses in her turn, not knowing."
        )
        before = self._restores()
        said = self._refused("start", "grace", confirmed=["shared"])
        self.tell.proved(
            said["error"] in ("not_source_teacher", "rollover_restored"), said["message"], said["message"]
        )
        said = self._refused("start", "ada", confirmed=["shared"])
        self.tell.proved(said["error"] == "rollover_restored", said["message"], said["message"])
        self.tell.proved(self._restores() == before, "rien n’a bougé", "nothing moved")

    def _undo(self, done: Rollover) -> None:
        self.tell.scene("6. Finalement, on annule.", "6. After all, it is undone.")
        self._ask("undo", rollover=done.id)
        self.tell.until(
            lambda: self._in_state(done.id, RolloverState.UNDONE),
            "le cours est de nouveau comme avant",
            "the course is as before again",
        )
        names = {m.name for m in self.target.content.modules.values() if m.kind != "news"}
        self.tell.proved(not names, "vide, avec ses enseignants", "empty, with its teachers")

    def _killed(self) -> None:
        self.tell.scene(
            "7. Elle recommence, et le serveur est tué au milieu, le cours vidé.",
            "7. She does it again, and the server is killed half-way, the course emptied.",
        )
        self.vert.change_course(self.target, add="page", name="À moi")
        held = set(self._names())
        self.vert.faults.add("killed", "restore", phase="restore", when="during")
        asked = self._ask("start", destination="merge", confirmed=["shared", "merge"])
        self.tell.until(
            lambda: self._ended(asked["rollover"]),
            "repris par le cron, il remet d’abord le cours en place, puis va au bout",
            "taken up by cron, it first puts the course back, then goes to the end",
            patience=PATIENT,
        )
        job = self.vert.state.jobs[f"rol:{asked['rollover']}"]
        self.tell.proved(
            job.attempts == 2 and held < set(self._names()),
            "fusionné : rien de ce qui était là n’a disparu",
            "merged: nothing that was there is gone",
        )
        self.tell.proved(
            self._names().count("Plan du cours") == 1,
            "et rien de l’an passé n’y est deux fois",
            "and nothing of last year is there twice",
        )

    def _names(self) -> list[str]:
        return [m.name for m in self.target.content.modules.values() if m.kind != "news"]

    def _private_area(self) -> None:
        self.tell.scene(
            "8. Ada modifie l’ancien cours et demande la sauvegarde dans sa zone privée.",
            "8. Ada changes the old course and asks for the backup in her private area.",
        )
        self._edit_the_old_course("Erratum")
        self._stash(
            "une sauvegarde fraîche est faite d’abord, puis déposée",
            "a fresh backup is made first, then delivered",
        )
        files = [file.filename for file in self.vert.state.stash.get(self.vert.user("ada").id, [])]
        self.tell.proved(
            len(files) == 1 and files[0].startswith("Y2AN8A-EC2_"), ", ".join(files), ", ".join(files)
        )
        self.tell.proved(
            self._backups() == 2, "parce que le cours avait changé", "because the course had changed"
        )

    def _night(self) -> None:
        self.tell.scene(
            "9. Elle le modifie encore. La nuit passe.", "9. She changes it again. The night goes by."
        )
        self._edit_the_old_course("Second erratum")
        self.laptop.stack.invoke("refresh_backups")
        self.tell.until(
            lambda: self._ask("status")["backup_ready"],
            "la nuit n’a sauvegardé que ce cours, le seul qui avait changé",
            "the night backed up that course only, the one that had changed",
            patience=PATIENT,
        )
        self.tell.proved(self._backups() == 3, "une sauvegarde de plus", "one backup more")
        self._stash("au matin, elle sert telle quelle", "in the morning it serves as it is")
        self.tell.proved(self._backups() == 3, "sans en refaire une", "without another one")

    def _edit_the_old_course(self, name: str) -> None:
        self.bleu.offset += 5
        self.bleu.change_course(self.source, add="page", name=name)

    def _stash(self, french: str, english: str) -> None:
        asked = self._ask("start", destination="stash")
        self.tell.until(
            lambda: self._in_state(asked["rollover"], RolloverState.STASHED),
            french,
            english,
            patience=PATIENT,
        )

    def _at_rest(self) -> None:
        queues = ("uploads", "publications", "retrievals", "rollovers", "jobs")
        self.tell.until(
            lambda: not any(self.laptop.stack.waiting(name) for name in queues),
            "les files sont vides",
            "the queues are empty",
        )
        dead = {name: self.laptop.stack.waiting(name, dead=True) for name in queues}
        self.tell.proved(
            not any(dead.values()),
            "aucun message n’est resté en souffrance",
            "no message is in the dead letters",
        )

    # -- looking -----------------------------------------------------------------------------------

    def _ask(self, action: str, username: str = "ada", **content: Any) -> dict[str, Any]:
        return _client(self.vert).ask(
            "rollovers",
            "rollovers",
            {
                "action": action,
                "person": self.vert.person(username).body(),
                "courseid": self.target.id,
                "idnumber": self.target.idnumber,
                **content,
            },
        )

    def _refused(self, action: str, username: str, **content: Any) -> dict[str, Any]:
        try:
            self._ask(action, username, **content)
        except Answered as answered:
            return answered.body
        return {"error": "", "message": "…"}

    def _record(self, key: str) -> Rollover | None:
        record = self.world.records.get(Rollover, key)
        if record is not None and record.state in (RolloverState.FAILED, RolloverState.REFUSED):
            raise NotAsTold(record.message.code if record.message else record.state.value)
        return record

    def _in_state(self, key: str, state: RolloverState) -> Rollover | None:
        record = self._record(key)
        return record if record is not None and record.state == state else None

    def _reported(self, key: str) -> Rollover | None:
        record = self._record(key)
        return record if record is not None and record.reported else None

    def _ended(self, key: str) -> Rollover | None:
        return self._in_state(key, RolloverState.DONE)

    def _restores(self) -> int:
        return sum(1 for job in self.vert.state.jobs.values() if job.kind == "restore")

    def _backups(self) -> int:
        return sum(1 for job in self.bleu.state.jobs.values() if job.kind == "backup")


def _client(site: Site) -> SiteClient:
    if site.client is None:
        raise NotAsTold(f"{site.name} is not connected")
    return site.client
