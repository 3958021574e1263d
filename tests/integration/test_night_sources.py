"""Nights whose people come from a real directory and whose offer comes as OneRoster files in the bucket."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from passerelle.domain.night.plan.run import Run, run_id
from passerelle.domain.night.policy import Ldap, NightRules
from passerelle.domain.offer.model import FileFault, Table
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState
from passerelle.errors import TryAgain
from passerelle.runtime.sources import S3Sources
from passerelle.store.secrets import SsmSecrets
from passerelle.usecases.night.plan_stage import SourcesIncomplete
from tests.integration.slapd import BASE, MISSING, PASSWORD, READER, SLAPD, RunningSlapd, person, run_slapd
from tests.scenes.night import OPEN, NightScene, a_night_network, members, people
from tests.unit.sources.test_oneroster import SESSIONS, enrollment, lesson, org, roster, user

pytestmark = pytest.mark.skipif(SLAPD is None, reason=MISSING)

REGION = "eu-west-3"
DIRECTORY = [
    person("ada", supannEtuId="u1", givenName="Ada", mail="ada@univ.example", eduPersonAffiliation="student"),
    person("bo", supannEtuId="u2", givenName="Bo", mail="bo@univ.example", eduPersonAffiliation="student"),
    person("tim", supannEmpId="t1", givenName="Tim", mail="tim@univ.example", eduPersonAffiliation="faculty"),
]


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSlapd]:
    with run_slapd(tmp_path_factory.mktemp("slapd"), DIRECTORY) as running:
        yield running


@dataclass
class Aws:
    """Making clients takes longer than a night: one set for all tests, a bucket for each."""

    s3: Any
    ssm: Any
    fetched: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def count(self, params: dict[str, Any], **_: Any) -> None:
        self.fetched.append(params["url_path"])


@pytest.fixture(scope="module")
def aws(slapd: RunningSlapd) -> Iterator[Aws]:
    with mock_aws():
        session = boto3.Session("test", "test", region_name=REGION)
        made = Aws(session.client("s3"), session.client("ssm"))
        made.s3.meta.events.register("before-call.s3.GetObject", made.count)
        for name, value in (("caen", PASSWORD), ("caen-ca", Path(slapd.ca_file).read_text())):
            made.ssm.put_parameter(Name=f"/passerelle/directories/{name}", Value=value, Type="SecureString")
        yield made


class Nights(NightScene):
    """Nights that read the bucket and the directory through what a deployed stage is wired with."""

    def opened(self, aws: Aws, bucket: str, ldap: Ldap) -> Nights:
        self.s3, self.ssm, self.bucket = aws.s3, aws.ssm, bucket
        self.fetched = aws.fetched
        self.rules = replace(self.rules, ldap=ldap)
        self.base = self.world = replace(self.base, network=a_night_network(self.rules), sources=self.wired())
        return self

    def wired(self) -> S3Sources:
        """As a function is that starts cold."""
        secrets = SsmSecrets(self.ssm, self.clock)
        return S3Sources(self.s3, self.bucket, lambda: self.base.network, secrets.get)

    def delivers(self, files: dict[str, Any], day: date | None = None) -> Nights:
        for name, stream in files.items():
            key = f"sis/caen/{(day or self.day).isoformat()}/{name}"
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=io.BytesIO(stream.read()))
        return self


@pytest.fixture
def nights(aws: Aws, slapd: RunningSlapd) -> Nights:
    bucket = f"state-{next(aws.numbers)}"
    aws.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    directory = Ldap(
        url=slapd.secure,
        base=BASE,
        bind_dn=READER,
        page_size=2,
        password="/passerelle/directories/caen",
        ca="/passerelle/directories/caen-ca",
    )
    return Nights(rules=NightRules(guard=OPEN)).opened(aws, bucket, directory)


def whole(version: str = "1.1") -> dict[str, Any]:
    """The same offer in both versions: 1.2 names the roles in a file of their own."""
    users = [user("u1"), user("u2"), user("t1", "teacher")]
    more = {}
    if version == "1.2":
        users = [f"{code},,,true,{code.upper()},,First,Last,," for code in ("u1", "u2", "t1")]
        roles = (("u1", "student"), ("u2", "student"), ("t1", "teacher"))
        more = {"roles": [f"r-{code},,,{code},primary,{role},,,O1," for code, role in roles]}
    return roster(
        version=version,
        orgs=[org("O1"), org("O2", "O1")],
        users=users,
        classes=[lesson("k1"), lesson("k2", title="Droit")],
        academicSessions=SESSIONS,
        enrollments=[enrollment("e1", "k1", "u1"), enrollment("e2", "k1", "t1", "teacher")],
        **more,
    )


def all_stages(nights: Nights) -> None:
    for stage in Stage:
        assert nights.night(stage).state is RunState.DONE


@pytest.mark.rule("N1")
@pytest.mark.rule("N17")
@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_five_stages_bring_people_from_the_directory_and_the_offer_from_oneroster(nights, version) -> None:
    nights.delivers(whole(version))

    all_stages(nights)

    assert nights.moodle.site.user("ada").idnumber == "u1"
    assert nights.moodle.site.user("ada").firstname == "Ada"  # the directory's, not the file's
    assert nights.moodle.site.user("bo").email == "bo@univ.example"
    assert people(nights, "k1") == [
        ("ada", "passerelle", "active", "student"),
        ("tim", "passerelle", "active", "editingteacher"),
    ]
    assert members(nights, "k1") == [("k1", "ada")]
    nights.tomorrow()
    nights.delivers(whole(version))
    for stage in Stage:
        assert nights.night(stage).counts == {}


@pytest.mark.rule("N19")
def test_a_plan_names_the_directory_among_its_inputs(nights) -> None:
    nights.delivers(whole())
    nights.night(Stage.USERS)
    run = nights.records.get(Run, run_id("caen", nights.day, Stage.USERS))
    heading = nights.papers[f"{run.folder}/plan.json"]
    assert {"source:LDAP", "source:users.csv"} <= set(heading["inputs"])
    assert run.source_rows["LDAP"] == 3  # the guard compares it with the next night's


@pytest.mark.rule("N12")
@pytest.mark.rule("N24")
def test_nights_on_which_only_differences_are_delivered_rest_on_the_whole_before(nights) -> None:
    nights.delivers(whole())
    all_stages(nights)
    nights.tomorrow()
    nights.delivers(roster("delta", enrollments=[enrollment("e3", "k2", "u2")]))
    all_stages(nights)
    assert people(nights, "k2") == [("bo", "passerelle", "active", "student")]
    assert people(nights, "k1")[0] == ("ada", "passerelle", "active", "student")
    nights.tomorrow(2)  # no school on a Sunday
    nights.delivers(roster("delta", enrollments=[enrollment("e1", "k1", "u1", status="tobedeleted")]))
    all_stages(nights)
    assert people(nights, "k1")[0] == ("ada", "passerelle", "suspended", "student")
    assert people(nights, "k2") == [("bo", "passerelle", "active", "student")]


@pytest.mark.rule("N20")
def test_differences_without_the_whole_stop_the_stage(nights) -> None:
    nights.delivers(roster("delta", enrollments=[enrollment("e3", "k2", "u2")]))
    with pytest.raises(SourcesIncomplete) as stopped:
        nights.plan()
    faults = {problem.fault for problem in stopped.value.problems}
    assert FileFault.DELTA_WITHOUT_BULK in faults


@pytest.mark.rule("N20")
def test_files_delivered_before_the_night_are_too_old(nights) -> None:
    late = datetime.now().date().replace(year=datetime.now().year + 1)  # noqa: DTZ005 - S3's own clock
    nights.delivers(whole(), late)
    extracts = nights.world.sources.read("caen", late, Stage.OFFER)
    assert [problem.fault for problem in extracts.problems] == [FileFault.TOO_OLD]
    assert Table.ELEMENTS in extracts.stopped


def test_a_site_whose_sources_are_named_is_told_of_the_right_manifest(nights) -> None:
    nights.delivers(whole())
    nights.rules = replace(nights.rules, sources="extracts")
    nights.base = replace(nights.base, network=a_night_network(nights.rules))
    (problem,) = nights.world.sources.read("caen", nights.day, Stage.OFFER).problems
    assert (problem.file, problem.fault) == ("manifest.json", FileFault.MISSING_FILE)
    nights.rules = replace(nights.rules, sources="oneroster")
    nights.base = replace(nights.base, network=a_night_network(nights.rules))
    nights.tomorrow()
    problems = nights.world.sources.read("caen", nights.day, Stage.OFFER).problems
    assert ("manifest.csv", FileFault.NO_ROSTER_MANIFEST) in {(one.file, one.fault) for one in problems}


@pytest.mark.rule("N22")
def test_what_the_directory_answered_is_recalled_without_asking_it_again(nights) -> None:
    nights.delivers(whole())
    read = nights.world.sources.read("caen", nights.day)
    gone = replace(nights.rules.ldap, url="ldaps://127.0.0.1:9")
    nights.base = replace(nights.base, network=a_night_network(replace(nights.rules, ldap=gone)))
    with pytest.raises(TryAgain):
        nights.world.sources.read("caen", nights.day, Stage.USERS)

    sources = nights.wired()
    recalled = sources.recall("caen", nights.day)

    assert recalled.people == read.people
    assert recalled.sha256 == read.sha256
    assert recalled.registrations == read.registrations
    nights.fetched.clear()
    assert sources.recall("caen", nights.day) is recalled
    assert nights.fetched == []  # one look at what lies there, and nothing fetched
    nights.delivers(roster("bulk", orgs=[org("O9")]))
    assert sources.recall("caen", nights.day) is not recalled


@pytest.mark.rule("N21")
def test_the_same_files_delivered_again_are_judged_by_when_they_came(nights) -> None:
    nights.delivers(whole())
    sources = nights.wired()
    recalled = sources.recall("caen", nights.day)
    assert FileFault.TOO_OLD not in [one.fault for one in recalled.problems]
    lying = sources._lying
    sources._lying = lambda prefix: [
        one._replace(since=one.since - timedelta(days=400)) for one in lying(prefix)
    ]
    assert FileFault.TOO_OLD in [one.fault for one in sources.recall("caen", nights.day).problems]


@pytest.mark.rule("N21")
def test_a_night_whose_directory_nobody_asked_knows_no_people_and_says_so(nights) -> None:
    nights.delivers(whole())
    recalled = nights.world.sources.recall("caen", nights.day)
    assert recalled.people == ()
    assert [(one.file, one.fault) for one in recalled.problems] == [("LDAP", FileFault.MISSING_FILE)]
    assert Table.PEOPLE in recalled.stopped


@pytest.mark.rule("N19")
def test_a_dry_look_asks_the_directory_and_writes_nothing(nights) -> None:
    nights.delivers(whole())
    before = nights.s3.list_objects_v2(Bucket=nights.bucket)["KeyCount"]

    looked = nights.world.sources.read("caen", nights.day, keep=False)

    assert {one.username for one in looked.people} == {"ada", "bo", "tim"}
    assert nights.s3.list_objects_v2(Bucket=nights.bucket)["KeyCount"] == before


def test_neither_password_nor_certificate_is_kept_with_what_it_answered(nights) -> None:
    nights.delivers(whole())
    nights.world.sources.read("caen", nights.day, Stage.USERS)
    key = f"nights/caen/{nights.day.isoformat()}/directory.json"
    kept = nights.s3.get_object(Bucket=nights.bucket, Key=key)["Body"].read().decode()
    assert "ada" in kept
    assert PASSWORD not in kept
    assert "CERTIFICATE" not in kept


@pytest.mark.rule("N17")
def test_a_directory_that_is_away_lets_the_stage_try_again_at_once(nights) -> None:
    nights.delivers(whole())
    good = nights.base
    gone = replace(nights.rules.ldap, url="ldaps://127.0.0.1:9")
    nights.base = replace(nights.base, network=a_night_network(replace(nights.rules, ldap=gone)))
    with pytest.raises(TryAgain):
        nights.plan(Stage.USERS)
    nights.base = good
    assert nights.night(Stage.USERS).counts == {"user_create": 3}
