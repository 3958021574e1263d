"""`passerelle mbz`, as a person or a script runs it."""

import json
import os

import pytest
from click.testing import CliRunner

from passerelle.domain.backups.manifest import Why
from passerelle_cli.mbz import mbz
from tests.factories.mbz import REAL, Backup, real_backup, unpack


def run(*arguments, lang="en_GB.UTF-8"):
    env = {"LC_ALL": "", "LC_MESSAGES": "", "LANG": lang}
    return CliRunner().invoke(mbz, [str(argument) for argument in arguments], env=env)


def real(name):
    return REAL / f"{name}.mbz"


def test_an_accepted_backup_ends_with_status_0():
    result = run("inspect", real("chimie-nousers-tgz"), "--target-release", "4.5")
    assert result.exit_code == 0
    assert "L1 Chimie générale — EC2" in result.output
    assert result.output.rstrip().endswith("Verdict: accepted.")


@pytest.mark.rule("P3")
def test_a_refused_backup_ends_with_status_3_and_says_why_and_what_to_do():
    result = run("inspect", real("chimie-users-zip"))
    assert result.exit_code == 3
    assert "people_inside: " in result.output
    assert "without enrolled users" in result.output


def test_the_output_is_in_french_where_the_person_speaks_french():
    result = run("inspect", real("chimie-users-zip"), lang="fr_FR.UTF-8")
    assert "Verdict\u00a0: refusée." in result.output
    assert "sans les utilisateurs inscrits" in result.output


@pytest.mark.rule("P16")
def test_a_newer_release_than_the_targets_is_named_with_both_releases():
    result = run("inspect", real("chimie-nousers-tgz"), "--target-release", "4.4")
    assert result.exit_code == 3
    assert "4.5" in result.output
    assert "4.4" in result.output


def test_json_has_the_verdict_the_reasons_and_the_manifest():
    accepted = json.loads(run("inspect", real("chimie-nousers-tgz"), "--json").output)
    assert accepted["accepted"] is True
    assert accepted["reasons"] == []
    assert accepted["manifest"]["origin"]["course_id"] == 5
    refused = json.loads(run("inspect", real("chimie-nofiles-nousers-tgz"), "--json").output)
    assert refused["accepted"] is False
    assert [reason["code"] for reason in refused["reasons"]] == ["files_left_out"]
    assert set(refused["reasons"][0]) == {"code", "what", "message", "member", "details"}


def test_a_damaged_content_of_a_zip_is_found_without_being_asked_for(tmp_path):
    from tests.factories.mbz import StoredFile

    file = StoredFile()
    path = tmp_path / "a.mbz"
    path.write_bytes(Backup(files=(file,)).with_member(file.member, b"un contenX").zip())
    assert run("inspect", path).exit_code == 3
    assert run("inspect", path, "--quick").exit_code == 0


@pytest.mark.parametrize("as_json", [True, False])
def test_a_file_that_is_not_there_ends_with_status_1_and_a_sentence(tmp_path, as_json):
    result = run("inspect", tmp_path / "nowhere.mbz", *(["--json"] if as_json else []))
    assert result.exit_code == 1
    assert "not found. Check the name." in result.output
    if as_json:
        assert json.loads(result.stdout)["accepted"] is False


def test_a_folder_ends_with_status_1(tmp_path):
    assert run("inspect", tmp_path).exit_code == 1


def test_a_release_that_is_none_is_a_mistake_of_usage():
    assert run("inspect", real("empty-nousers-tgz"), "--target-release", "new").exit_code == 2


def test_every_reason_has_a_french_sentence():
    from passerelle.words.sentences import known

    assert [why for why in Why if not known(why)] == []


@pytest.mark.rule("P4")
def test_scrub_writes_a_clean_archive_and_says_what_it_took_out(tmp_path):
    out = tmp_path / "clean.mbz"
    result = run("scrub", real("chimie-nousers-tgz"), out)
    assert result.exit_code == 0
    assert "files.xml: author × 1" in result.output
    assert "Curie" not in result.output
    assert b"Curie" not in unpack(out.read_bytes())["files.xml"]
    assert run("inspect", out).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["clean.mbz"]
    assert out.stat().st_mode & 0o777 == 0o666 & ~current_umask()


def current_umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_scrub_of_an_unsound_backup_writes_nothing_and_keeps_what_was_there(tmp_path):
    out = tmp_path / "clean.mbz"
    out.write_bytes(b"before")
    result = run("scrub", "--force", real("chimie-users-tgz"), out)
    assert result.exit_code == 3
    assert "people_inside" in result.output
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("clean.mbz", b"before")]


def test_scrub_never_overwrites_its_original(tmp_path):
    original = tmp_path / "a.mbz"
    original.write_bytes(real_backup("chimie-nousers-tgz"))
    (tmp_path / "same.mbz").hardlink_to(original)
    for out in (original, tmp_path / "same.mbz", tmp_path / ".." / tmp_path.name / "a.mbz"):
        assert run("scrub", original, out).exit_code == 1
    assert original.read_bytes() == real_backup("chimie-nousers-tgz")


def test_scrub_towards_a_folder_or_a_missing_folder_ends_with_status_1(tmp_path):
    assert run("scrub", real("chimie-nousers-tgz"), tmp_path).exit_code == 1
    assert run("scrub", real("chimie-nousers-tgz"), tmp_path / "no" / "where.mbz").exit_code == 1


def test_an_address_in_s3_that_names_no_object_ends_with_status_1():
    assert run("inspect", "s3://bucket").exit_code == 1


def test_an_archive_in_s3_is_inspected(monkeypatch):
    import boto3
    from moto import mock_aws

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
        client.put_object(Bucket="bucket", Key="a/b.mbz", Body=real_backup("chimie-nousers-zip"))
        assert run("inspect", "s3://bucket/a/b.mbz").exit_code == 0
        assert run("inspect", "s3://bucket/a/c.mbz").exit_code == 1
