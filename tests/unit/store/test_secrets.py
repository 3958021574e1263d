from __future__ import annotations

from datetime import timedelta

import pytest
from botocore.stub import Stubber

from passerelle.errors import NotFound, TryAgain
from passerelle.store.secrets import SsmSecrets

NAME = "/passerelle/signing/caen"


@pytest.fixture
def secrets(aws, clock):
    aws.ssm.put_parameter(Name=NAME, Value="whsec_one", Type="SecureString")
    return SsmSecrets(aws.ssm, clock)


def rotate(aws, value):
    aws.ssm.put_parameter(Name=NAME, Value=value, Type="SecureString", Overwrite=True)


def test_a_secure_string_is_read_decrypted(secrets):
    assert secrets.get(NAME) == "whsec_one"


def test_a_changed_secret_is_read_anew_after_five_minutes(aws, clock, secrets):
    secrets.get(NAME)
    rotate(aws, "whsec_two")
    clock.tick(timedelta(minutes=5, seconds=-1))
    assert secrets.get(NAME) == "whsec_one"
    clock.tick(timedelta(seconds=1))
    assert secrets.get(NAME) == "whsec_two"


def test_a_refused_secret_is_read_again_at_once_and_not_again_within_ten_seconds(aws, clock, secrets):
    secrets.get(NAME)
    rotate(aws, "whsec_two")
    assert secrets.get_now(NAME) == "whsec_two"
    rotate(aws, "whsec_three")
    clock.tick(timedelta(seconds=9))
    assert secrets.get_now(NAME) == secrets.get(NAME) == "whsec_two"
    clock.tick(timedelta(seconds=1))
    assert secrets.get_now(NAME) == secrets.get(NAME) == "whsec_three"


def test_a_missing_secret_is_named(secrets):
    with pytest.raises(NotFound) as missing:
        secrets.get("/passerelle/caen/none")
    assert missing.value.details == {"name": "/passerelle/caen/none"}


def test_a_throttled_reading_is_worth_another_try_and_is_not_held(aws, secrets):
    with Stubber(aws.ssm) as stub:
        stub.add_client_error("get_parameter", "ThrottlingException")
        with pytest.raises(TryAgain):
            secrets.get(NAME)
    assert secrets.get(NAME) == "whsec_one"


def test_its_text_shows_no_secret(secrets):
    secrets.get(NAME)
    assert "whsec" not in f"{secrets!r} {secrets}"


def test_what_is_put_is_read_at_once_and_what_is_deleted_is_gone(aws, secrets):
    secrets.get(NAME)
    secrets.put(NAME, "whsec_two")
    assert secrets.get(NAME) == "whsec_two"
    assert aws.ssm.get_parameter(Name=NAME)["Parameter"]["Type"] == "SecureString"
    secrets.delete(NAME)
    secrets.delete(NAME)
    with pytest.raises(NotFound):
        secrets.get(NAME)


def test_forgotten_secrets_are_read_again(aws, secrets):
    secrets.get(NAME)
    rotate(aws, "whsec_two")
    secrets.forget()
    assert secrets.get(NAME) == "whsec_two"
