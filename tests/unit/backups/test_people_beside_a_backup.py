"""P20: the hashes of a site's people lie beside its backup until the verdict, and no longer."""

from __future__ import annotations

from typing import Any

import pytest

from passerelle.domain.backups.upload import PEOPLE_LARGEST
from passerelle.domain.site_commands import CompleteUpload, SendPeople
from passerelle.domain.states import BackupState
from passerelle.errors import NotFound, Refused
from passerelle.usecases.backups import receive
from passerelle.usecases.backups.inspect import discard
from tests.scenes.publishing import Scene

pytestmark = pytest.mark.rule("P20")


@pytest.fixture
def scene() -> Scene:
    return Scene()


def send(scene: Scene, upload: str, *, sent: bool = True, site: str = "caen") -> Any:
    told = {"sent": True, "filesize": 88, "sha256": "a" * 64} if sent else {"sent": False}
    return receive.send_people(
        scene.world, SendPeople(request=scene.request(), site=site, type="people", upload=upload, **told)
    )


def opened(scene: Scene, **changes: Any) -> str:
    """An upload whose parts have come, and that is not completed."""
    upload = scene.save(complete=False, **changes)
    assert scene.upload(upload).state == BackupState.UPLOADING
    return upload


def complete(scene: Scene, upload: str) -> list[str]:
    """The codes of what the verdict tells."""
    receive.complete(
        scene.world, CompleteUpload(request=scene.request(), site="caen", type="complete", upload=upload)
    )
    scene.arrived.append(scene.upload(upload).raw_key)
    scene.deliver()
    return [note["code"] for note in scene.ask("status")["backup"]["scrubbed"]]


def test_a_site_gets_an_address_beside_the_upload_and_not_where_backups_arrive(scene: Scene) -> None:
    upload = opened(scene)
    answer = send(scene, upload)
    assert f"people/caen/{upload}.bin" in answer["url"]
    assert not scene.upload(upload).people_key.startswith("uploads/")


def test_with_the_verdict_the_hashes_are_gone(scene: Scene) -> None:
    upload = opened(scene)
    send(scene, upload)
    scene.archives.put(scene.upload(upload).people_key, 88)
    assert not [code for code in complete(scene, upload) if code.startswith("people_")]
    assert list(scene.archives) == [scene.upload(upload).accepted_key]


def test_a_site_that_has_switched_it_off_reads_so_in_the_verdict(scene: Scene) -> None:
    upload = opened(scene)
    assert send(scene, upload, sent=False) == {"upload": upload}
    assert "people_off" in complete(scene, upload)


def test_a_site_with_an_older_plugin_reads_so_in_the_verdict(scene: Scene) -> None:
    assert "people_older" in complete(scene, opened(scene))


def test_hashes_that_never_came_do_not_stop_a_backup(scene: Scene) -> None:
    upload = opened(scene)
    send(scene, upload)
    assert "people_missing" in complete(scene, upload)
    assert scene.upload(upload).state == BackupState.ACCEPTED


def test_the_same_call_again_gets_an_address_again(scene: Scene) -> None:
    upload = opened(scene)
    assert send(scene, upload)["url"] == send(scene, upload)["url"]


def test_after_the_upload_is_complete_no_hashes_are_taken(scene: Scene) -> None:
    upload = opened(scene)
    complete(scene, upload)
    with pytest.raises(Refused, match="upload_not_open"):
        send(scene, upload)


def test_another_sites_upload_looks_as_if_it_did_not_exist(scene: Scene) -> None:
    with pytest.raises(NotFound):
        send(scene, opened(scene), site="rouen")


def test_an_upload_that_is_given_up_takes_its_hashes_with_it(scene: Scene) -> None:
    upload = opened(scene)
    send(scene, upload)
    scene.archives.put(scene.upload(upload).people_key, 88)
    discard(scene.world, scene.upload(upload), "never completed")
    assert list(scene.archives) == []


def test_passwords_stay_for_a_change_of_year_and_go_for_a_publication(scene: Scene) -> None:
    for intent, kept in (("share", False), ("rollover", True)):
        upload = scene.upload(scene.save(intent=intent))
        assert scene.backups.kept_keys[upload.raw_key] is kept


@pytest.mark.parametrize(
    "told", [{"filesize": 55}, {"filesize": PEOPLE_LARGEST + 1}, {"sha256": "x"}, {"sha256": ""}]
)
def test_an_absurd_file_is_refused_before_it_is_sent(told: dict[str, Any]) -> None:
    command = {
        "site": "caen",
        "type": "people",
        "upload": "u",
        "sent": True,
        "filesize": 88,
        "sha256": "a" * 64,
    }
    with pytest.raises(ValueError, match=next(iter(told))):
        SendPeople(**{**command, **told})
