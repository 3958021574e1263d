"""`passerelle publish FILE`: the same walk as a drop folder, for an archive at hand (P21)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from moto import mock_aws

from passerelle.domain.backups.manifest import Inspection, Reason, Why
from passerelle.domain.states import BackupState
from passerelle.runtime.wiring import aws_client
from passerelle_cli.main import cli
from passerelle_cli.publish import send
from passerelle_cli.stack import Stack
from tests.scenes.publishing import ADA
from tests.unit.publishing.test_drop_folder import DropScene, a_backup

pytestmark = pytest.mark.rule("P21")
KEY = "given/caen/chimie.mbz"


class Here:
    """A stack whose bucket is the scene's."""

    backups_bucket = "backups"

    def __init__(self, scene: DropScene) -> None:
        self.scene = scene

    def world(self) -> Any:
        return self.scene.world

    def client(self, _service: str) -> Any:
        return self.scene.archives


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> DropScene:
    scene = DropScene()
    monkeypatch.setattr(Stack, "load", lambda *_: Here(scene))
    monkeypatch.setattr(
        "passerelle_cli.publish.send", lambda to, file, _, key: to.put(key, file.read_bytes())
    )
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    return scene


def publish(tmp_path: Path, *options: str, author: str = ADA.username, site: str = "caen") -> Any:
    file = tmp_path / "chimie.mbz"
    file.write_bytes(b"an archive")
    return CliRunner().invoke(
        cli, ["publish", str(file), "--site", site, "--author", author, "--no-wait", *options]
    )


def test_an_archive_at_hand_is_published_with_the_card_that_is_given(
    scene: DropScene, tmp_path: Path
) -> None:
    scene.backups.found[KEY] = a_backup(KEY)
    result = publish(tmp_path, "--title", "Chimie pour tous", "--licence", "cc-by")
    assert result.exit_code == 0, result.output
    (publication,) = scene.publications()
    assert (publication.card.title, publication.card.licence) == ("Chimie pour tous", "cc-by")
    assert publication.id in result.output
    assert not [key for key in scene.archives if key.startswith("given/")]


def test_what_is_refused_is_said_and_nothing_of_it_stays(scene: DropScene, tmp_path: Path) -> None:
    scene.backups.found[KEY] = Inspection(False, (Reason(Why.TRUNCATED, "x", None, "cut"),), None)
    result = publish(tmp_path)
    assert result.exit_code == 3
    assert "s’arrête au milieu" in result.output
    assert list(scene.archives) == []


def test_an_unknown_author_or_site_is_told(scene: DropScene, tmp_path: Path) -> None:
    scene.backups.found[KEY] = a_backup(KEY)
    assert "nobody" in publish(tmp_path, author="nobody").output
    assert "caen" in publish(tmp_path, site="nowhere").output
    assert scene.uploads() == []


def test_it_may_be_checked_and_kept_only(scene: DropScene, tmp_path: Path) -> None:
    scene.backups.found[KEY] = a_backup(KEY)
    assert publish(tmp_path, "--only-check").exit_code == 0
    assert [upload.state for upload in scene.uploads()] == [BackupState.ACCEPTED]
    assert scene.publications() == []


def test_an_archive_is_sent_whole_by_the_client_that_commands_have(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    file = tmp_path / "a.mbz"
    file.write_bytes(bytes(range(256)) * 40_000)  # more than one part
    with mock_aws():
        s3 = aws_client("s3", region="eu-west-3")
        place = {"LocationConstraint": "eu-west-3"}
        s3.create_bucket(Bucket="backups", CreateBucketConfiguration=place)
        send(s3, file, "backups", "given/a.mbz")
        assert s3.get_object(Bucket="backups", Key="given/a.mbz")["Body"].read() == file.read_bytes()
