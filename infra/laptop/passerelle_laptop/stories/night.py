"""The story of the nights: from nothing, changes, a *why*, a repair, a cut export, a freeze, an adoption, a
deposit by day."""

from __future__ import annotations

import base64
import copy
import json
import secrets
import time
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from passerelle.domain.night.plan.adoption import Takeover
from passerelle.domain.night.plan.run import Run, run_id
from passerelle.domain.night.policy import Freeze, NightRules
from passerelle.domain.offer.model import Because
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState, state_word
from passerelle.ports import World
from passerelle.sources.mistakes import Kind, survey
from passerelle.usecases.night import adopt, apply, documents, plan_stage
from passerelle.usecases.night import desk as night_desk
from passerelle.usecases.night import report as night_report
from passerelle.usecases.night.deposit import DEPOSIT
from passerelle_laptop.laptop import Laptop
from passerelle_laptop.stories.living import METHOD, fill_as_database_enrolment, methods, picture
from passerelle_laptop.stories.university import a_university, change_a_dozen, cut_short
from passerelle_laptop.telling import NotAsTold, Teller
from passerelle_laptop.twin import Site

NEW, LIVING = "univ", "univ-2020"
TITLES = {NEW: "Université, plateforme neuve", LIVING: "Université, en service depuis 2020"}
LINK = "https://intranet.univ.example/nights/{site}/{night}/report/{lang}.html"
FIRST_TIME = 120.0  # seconds: the state machine's functions start cold
REPAIRED_WITHIN = 60.0  # seconds
# A small university: a handful of rows is already a third of it.
RULES = {
    "guard": {
        "all": {"percent": 50, "absolute": 500, "at_least": 20},
        "category": {"percent": 60, "absolute": 500, "at_least": 20},
        "course": {"percent": 60, "absolute": 500, "at_least": 20},
        "source": {"percent": 10, "absolute": 500, "at_least": 3},
    }
}


class NightStory:
    def __init__(self, laptop: Laptop, teller: Teller) -> None:
        self.laptop = laptop
        self.tell = teller
        self.university = a_university()
        self.states = laptop.emulator.client("stepfunctions")
        self.day = _today() - timedelta(days=2)  # the third night's morning is the one on which people ask

    def run(self) -> None:
        self.open_sites()
        self._first_night()
        self._nothing_new()
        self._a_dozen_changes()
        self._why()
        self._report()
        self._repair()
        self._cut_export()
        self._freeze()
        self._adopt()
        self._deposit_by_day()

    # -- the scenes ------------------------------------------------------------------------------------

    def open_sites(self, *names: str) -> None:
        document = self.laptop.document
        for name in names or TITLES:
            title = TITLES[name]
            site = self.laptop.twin.add_site(name, title)
            site.settings.max_input_vars = 5000
            ssm = self.laptop.emulator.client("ssm")
            secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
            site.connect(self.laptop.stack.api, secret)
            for kind, value in (("tokens", site.token), ("signing", secret)):
                ssm.put_parameter(
                    Name=f"/passerelle/{kind}/{name}", Value=value, Type="SecureString", Overwrite=True
                )
            document["sites"][name] = {
                "title": title,
                "url": site.base_url,
                "token": f"/passerelle/tokens/{name}",
                "secrets": [f"/passerelle/signing/{name}"],
                "calls_per_second": 500.0,
            }
        document["sites"][NEW]["night"] = {**RULES, "report_to": ["nadmin"], "report_link": LINK}
        self.laptop.publish()
        self.site: Site = self.laptop.site(NEW)
        self.site.add_user("nadmin", "Nadia", "Min", auth="manual")
        self.world: World = self.laptop.world()

    def _put(self, key: str, body: bytes) -> None:
        bucket = self.laptop.stack.outputs["StateBucket"]
        self.laptop.emulator.client("s3").put_object(Bucket=bucket, Key=key, Body=body)

    def _first_night(self) -> None:
        self.tell.scene(
            "1. Première nuit, sur un Moodle vide : cinq étapes, par la machine à états.",
            "1. The first night, on an empty Moodle: five stages, by the state machine.",
        )
        self.deliver()
        for stage in Stage:
            self._stage(stage)
        names = sorted(c.idnumber for c in self.site.state.courses.values() if c.idnumber)
        self.tell.proved(
            names == ["CHI101", "CHI102", "FOAD-CHI102", "LET201", "LET202"],
            "quatre éléments non portés, dont un à distance : cinq cours, cachés et vides",
            "four elements that nobody carries, one of them distance: five courses, hidden and empty",
        )
        self.tell.proved(
            not any(c.visible for c in self.site.state.courses.values() if c.idnumber),
            "aucun n’est visible : c’est à l’enseignant de l’ouvrir",
            "none is visible: opening one is the teacher's business",
        )
        self.tell.proved(
            self._roles("CHI101", "curie") == ["student"]
            and self._roles("FOAD-CHI102", "lamarr") == ["student"],
            "l’élément porté mène au cours du porteur, qui étudie à distance au cours FOAD",
            "the carried element leads to the carrier's course, the distance student to the FOAD course",
        )

    def _nothing_new(self) -> None:
        self.tell.scene("2. La nuit suivante, rien n’a changé.", "2. The next night nothing has changed.")
        self.next_night()
        before = self.site.log.count("local_passerelle_apply")
        for stage in Stage:
            self._stage(stage, quiet=True)
        self.tell.proved(
            self.site.log.count("local_passerelle_apply") == before,
            "Moodle est lu, pas une écriture",
            "Moodle is read, not one write",
        )

    def _a_dozen_changes(self) -> None:
        self.tell.scene(
            "3. Une nuit avec une douzaine de changements de toutes sortes.",
            "3. A night with a dozen changes of every kind.",
        )
        number = self.site.user("germain").id
        self.site.change_course(self.site.course("LET202"), add="page", name="Programme")
        change_a_dozen(self.university)
        self.next_night()
        for stage in Stage:
            self._stage(stage)
        course = self.site.course("CHI101")
        self.tell.proved(
            course.fullname == "(CHI101) Chimie générale et minérale",
            f"renommé : {course.fullname}",
            f"renamed: {course.fullname}",
        )
        archived = self.site.course("ex_LET202")
        self.tell.proved(
            bool(archived.content.modules),
            f"sorti de l’offre, archivé avec son contenu : {archived.fullname}",
            f"left the offer, archived with its content: {archived.fullname}",
        )
        self.tell.proved(
            self.site.user("sgermain").id == number,
            "un identifiant changé : le même compte",
            "a changed login: the same account",
        )
        self.tell.proved(
            self._status("LET201", "agnesi") == "suspended",
            "qui quitte un cours est suspendu, groupes et notes gardés, et désinscrit après 14 nuits",
            "who leaves a course is suspended, groups and grades kept, and unenrolled after 14 nights",
        )

    def _why(self) -> None:
        self.tell.scene(
            "4. Le bureau d’aide demande, dans Moodle, pourquoi une étudiante n’est pas dans un cours.",
            "4. The help desk asks, in Moodle, why a student is not in a course.",
        )
        answer = self._asked("agnesi", "LET201")
        for line in str(answer["text"]).splitlines():
            if line.strip():
                self.tell.line(line, line)
        causes = [reason["cause"] for place in answer["places"] for reason in place["reasons"]]
        self.tell.proved(
            "in_grace" in causes,
            "la réponse se colle dans un courriel : suspendue, jusqu’à quand, qui y peut quelque chose",
            "fit to paste into a mail: suspended, until when, and who can change it",
        )
        self.site.enrol("CHI103", "franklin", "student")
        answer = self._asked("franklin", "CHI103")
        causes = [reason["cause"] for place in answer["places"] for reason in place["reasons"]]
        self.tell.proved(
            "by_hand" in causes,
            "une inscription faite à la main se voit, et n’est pas touchée",
            "an enrolment made by hand is seen, and is not touched",
        )

    def _asked(self, person: str, course: str, repair: str = "") -> dict[str, Any]:
        """As the page *Pourquoi ?* asks: signed, through the door, answered by the deployed function."""
        client = self.site.client
        if client is None:
            raise NotAsTold("why")
        desk = {"username": "nadmin", "lang": self.tell.lang}
        asked = {"who": person, "course": course, "person": desk}
        return client.ask("why", "why", {**asked, "repair": repair} if repair else asked)

    def _report(self) -> None:
        self.tell.scene(
            "5. À six heures et demie, le rapport de la nuit.",
            "5. At half past six, the night's report.",
        )
        invoked = self.laptop.emulator.client("lambda").invoke(
            FunctionName=f"{self.laptop.stack.name}-report_nights", Payload=b"{}"
        )
        self.tell.proved(
            "FunctionError" not in invoked and json.loads(invoked["Payload"].read()) == {"count": 1},
            "un rapport est fait pour chaque plateforme qui a une nuit",
            "a report is made for each platform that has a night",
        )
        where = night_report.report_key(NEW, self.day, f"{self.tell.lang}.html")
        bucket = self.laptop.stack.outputs["StateBucket"]
        page = self.laptop.emulator.client("s3").get_object(Bucket=bucket, Key=where)["Body"].read().decode()
        sent = [m for m in self.site.state.messages if m.values.get("subject")]
        link = LINK.format(site=NEW, night=self.day.isoformat(), lang="fr")
        self.tell.proved(
            "<html" in page and any(message.values["text"].endswith(link) for message in sent),
            f"l’administratrice a le résumé et l’adresse de la page : {link}",
            f"the administrator has the summary and the page's address: {link}",
        )
        report = night_report.load_report(self.world, NEW, self.day)
        checks = sorted({line["check"] for line in report["lines"]}, key=lambda check: int(check[1:]))
        self.tell.line(f"à corriger : {', '.join(checks)}", f"to correct: {', '.join(checks)}")
        self.tell.proved(
            "D9" not in checks,
            "le cours archivé cette nuit n’est pas pris pour un cours qui vit encore",
            "the course archived this night is not taken for one that is still alive",
        )

    def _repair(self) -> None:
        self.tell.scene(
            "6. Une inscription mal saisie : vue au dépôt, expliquée au bureau, réparée dans la minute.",
            "6. A registration mistyped: seen in the deposit, explained at the desk, repaired in a minute.",
        )
        self.university.add("ip.csv", ("2205", "CHI103", "G51"))  # a zero is missing
        self.next_night()
        self.tell.proved(
            self._mistakes() == [Kind.UNKNOWN_PERSON],
            "sync check, avant le dépôt : une inscription de quelqu’un que people.csv n’a pas",
            "sync check, before the deposit: a registration of someone whom people.csv lacks",
        )
        answer = self._asked("hypatie", "CHI103")
        self.tell.proved(
            answer["verdict"] == "out", "au bureau : rien ne l’inscrit", "at the desk: nothing enrols her"
        )
        self.university.drop("ip.csv", "2205")
        self.university.add("ip.csv", ("22005", "CHI103", "G51"))
        self.deliver()
        self.tell.proved(not self._mistakes(), "corrigé, redéposé : rien à dire", "corrected: nothing to say")
        started = time.monotonic()
        for line in str(self._asked("hypatie", "CHI103", repair="plan")["text"]).splitlines():
            self.tell.line(line, line)
        done = self._asked("hypatie", "CHI103", repair="apply")
        self.tell.proved(
            done["refused"] == 0
            and self._roles("CHI103", "hypatie") == ["student"]
            and time.monotonic() - started < REPAIRED_WITHIN,
            "Hypatie est dans le cours, sans attendre la nuit",
            "Hypatie is in the course, without waiting for the night",
        )

    def _mistakes(self) -> list[Kind | Because]:
        found = survey(self.world.sources.recall(NEW, self.day)).mistakes
        return [one.kind for one in found if not one.is_note]

    def _cut_export(self) -> None:
        self.tell.scene(
            "7. L’export des inscriptions s’est arrêté au tiers ; son manifeste ne le dit pas.",
            "7. The export of registrations broke off at a third; its manifest does not say so.",
        )
        whole = copy.deepcopy(self.university)
        cut_short(self.university)
        self.next_night()
        members = len(self.site.state.members)
        for stage in (Stage.USERS, Stage.COHORTS, Stage.OFFER, Stage.ENROLMENTS):
            held = self._stage(stage, quiet=stage is not Stage.ENROLMENTS)
        for hold in held.holds:
            self.tell.line(f"garde : {hold}", f"guard: {hold}")
        self.tell.proved(
            held.state is RunState.HELD and len(self.site.state.members) == members,
            "le plan est retenu, personne n’a rien perdu",
            "the plan is held, nobody lost anything",
        )
        groups = self._stage(Stage.GROUPS, quiet=True)
        self.tell.proved(
            groups.state is RunState.FAILED and groups.error == "stage_needs",
            "l’étape des groupes ne commence pas après une étape retenue",
            "the groups refuse to start after a stage that is held",
        )
        self.university = whole
        self.next_night()
        for stage in Stage:
            self._stage(stage, quiet=True)
        again = self.world.records.get(Run, run_id(NEW, self.day, Stage.ENROLMENTS))
        self.tell.proved(
            again is not None and again.state is RunState.DONE and not again.counts,
            "la nuit d’après, l’export est entier : rien à faire, rien à réparer",
            "the night after, the export is whole: nothing to do, nothing to repair",
        )

    def _freeze(self) -> None:
        self.tell.scene(
            "8. Gel : on prépare l’année suivante. Puis dégel.",
            "8. A freeze, while the next year is prepared. Then a thaw.",
        )
        night_desk.freeze(self.world, NEW, Freeze(since=self.day, by="admin", why="2027"))
        self.university.add("ip.csv", ("22009", "LET201", "G31"))
        self.next_night()
        for stage in Stage:
            run = self._stage(stage, quiet=stage is not Stage.ENROLMENTS)
            if stage is Stage.ENROLMENTS:
                would = list(documents.load_lines(self.world.papers, run, withheld=True))
                self.tell.proved(
                    run.state is RunState.FROZEN and [line["op"] for line in would] == ["enrol"],
                    "gelé : le plan dit ce qui aurait été fait (une inscription)",
                    "frozen: the plan says what would have been done (one enrolment)",
                )
        night_desk.thaw(self.world, NEW, self.day)
        self.next_night()
        for stage in (Stage.USERS, Stage.COHORTS, Stage.OFFER, Stage.ENROLMENTS):
            thawed = self._stage(stage, quiet=True)
        self.tell.proved(
            thawed.state is RunState.HELD and thawed.holds[0].startswith("thaw"),
            "au dégel le plan se montre d’abord",
            "after the thaw the plan shows itself first",
        )
        night_desk.release(self.world, thawed.id, "admin")
        apply.apply_run(self.world, thawed.id)
        self.tell.proved(
            self._roles("LET201", "shapley") == ["student"],
            "libéré par admin : l’inscription est faite",
            "released by admin: the enrolment is made",
        )

    def _adopt(self) -> None:
        self.tell.scene(
            "9. Un Moodle en service, rempli par l’inscription « base de données » : il est adopté.",
            "9. A Moodle in service, filled by Moodle's database enrolment: it is adopted.",
        )
        self.laptop.document["sites"][LIVING]["night"] = RULES
        self.laptop.publish()
        world = self.laptop.world()
        site = self.laptop.site(LIVING)
        self.university.drop("cohort_members.csv")
        self.university.drop("cohorts.csv")
        self.deliver(LIVING)
        extracts = world.sources.read(LIVING, self.day)
        fill_as_database_enrolment(site, extracts)
        before = picture(site)
        plan = adopt.adoption_from(world, LIVING, self.day, extracts, Takeover(method=METHOD))
        run = apply.apply_run(world, adopt.keep_adoption(world, plan).id)
        self.tell.line(f"plan d’adoption : {_counted(run)}", f"the plan of adoption: {_counted(run)}")
        self.tell.proved(
            run.state is RunState.DONE and run.failed == 0 and picture(site) == before,
            "aucun cours écrit, aucun groupe, membre ou rôle perdu",
            "no course written; no group, member or role lost",
        )
        self.tell.proved(
            methods(site) == {"passerelle"},
            "les inscriptions sont celles de la nuit",
            "the enrolments are the night's",
        )
        self.day += timedelta(days=1)
        self.deliver(LIVING)
        self.site = site
        again = self._whole(world)
        self.tell.proved(
            again.state is RunState.DONE and not again.counts,
            "et le plan de la nuit suivante est vide",
            "and the next night's plan is empty",
        )

    def _deposit_by_day(self) -> None:
        self.tell.scene(
            "10. Un dépôt complet en pleine journée : ajouts faits aussitôt, retraits gardés pour la nuit.",
            "10. A complete deposit during the day: additions at once, removals kept for the night.",
        )
        self.laptop.document["sites"][LIVING]["night"] = {**RULES, "on_deposit": "additions"}
        self.laptop.publish()
        self.university.add("ip.csv", ("22004", "CHI103", "G51"))
        self.university.drop("ip.csv", "22005", "CHI103")
        run = self._deposited()
        self.tell.line(f"dépôt : {_counted(run)}", f"deposit: {_counted(run)}")
        self.tell.proved(
            run.state is RunState.DONE and self._roles("CHI103", "agnesi") == ["student"],
            "S3 l’annonce, la machine à états l’applique : Agnesi est dans le cours",
            "S3 announces it, the state machine applies it: Agnesi is in the course",
        )
        self.tell.proved(
            self._status("CHI103", "hypatie") == "active",
            "ce que le dépôt retire, la nuit le dira, sous sa garde",
            "what the deposit takes away is the night's to say, under its guard",
        )

    # -- acting ----------------------------------------------------------------------------------------

    def next_night(self) -> None:
        self.day += timedelta(days=1)
        self.deliver()

    def deliver(self, site: str = NEW) -> None:
        """The extracts land in the bucket on the eve."""
        for name, body in self.university.files(self.day).items():
            self._put(f"sis/{site}/{self.day.isoformat()}/{name}", body)

    def _deposited(self) -> Run:
        """Nothing is started by hand: the bucket's own event does it. A function that is warm knows what the
        site decided ten seconds later; the manifest is then put again, which changes nothing."""
        deadline = time.monotonic() + FIRST_TIME
        while time.monotonic() < deadline:
            self.deliver(LIVING)
            again = time.monotonic() + 15
            while time.monotonic() < again:
                runs = [run for run in night_desk.runs_of(self.world, LIVING) if run.stage == DEPOSIT]
                if runs and not runs[0].under_way:
                    return runs[0]
                time.sleep(0.2)
        raise NotAsTold(f"{DEPOSIT} {self.day}")

    def _stage(self, stage: Stage, *, quiet: bool = False) -> Run:
        """As the schedule starts it, at its hour."""
        (arn,) = [
            machine["stateMachineArn"]
            for machine in self.states.list_state_machines()["stateMachines"]
            if machine["name"].endswith("-night")
        ]
        started = self.states.start_execution(
            stateMachineArn=arn,
            input=json.dumps({"stage": stage.value, "at": f"{self.day.isoformat()}T03:00:00Z"}),
        )["executionArn"]
        run = self._ended(started, stage)
        if not quiet:
            words = state_word(run.state, self.tell.lang)
            self.tell.line(
                f"{stage.value} : {words}, {_counted(run)}", f"{stage.value}: {words}, {_counted(run)}"
            )
        return run

    def _ended(self, execution: str, stage: Stage) -> Run:
        said = f"{stage.value} {self.day}"
        deadline = time.monotonic() + FIRST_TIME
        while time.monotonic() < deadline:
            if self.states.describe_execution(executionArn=execution)["status"] != "RUNNING":
                break
            time.sleep(0.1)
        run = self.world.records.get(Run, run_id(NEW, self.day, stage))
        if run is None or run.under_way:
            raise NotAsTold(said)
        return run

    def _whole(self, world: World) -> Run:
        run = plan_stage.plan_stage(world, LIVING, self.day)
        return apply.apply_run(world, run.id)

    # -- looking ---------------------------------------------------------------------------------------

    def _enrolment(self, course: str, username: str) -> dict[str, Any] | None:
        rows = json.loads(
            self.site.call("local_passerelle_export", table="enrolments", after=0, limit=50_000)["rows"]
        )
        found = [row for row in rows if row["course"] == course and row["username"] == username]
        return found[0] if found else None

    def _roles(self, course: str, username: str) -> list[str]:
        found = self._enrolment(course, username)
        return list(found["roles"]) if found else []

    def _status(self, course: str, username: str) -> str:
        found = self._enrolment(course, username)
        return str(found["status"]) if found else ""


def _today() -> date:
    return datetime.now(ZoneInfo(NightRules().timezone)).date()


def _counted(run: Run) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(run.counts.items())) or "0"
