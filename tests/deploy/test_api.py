"""RunPod's API fails, is asked too often, loses answers: nothing happens twice, no key is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from runpod_emulator.faults import Fault
from runpod_emulator.testing import EmulatedAccount
from tests.deploy.conftest import KEY, Images, sent, wanted
from tools.deploy.api import RunPod
from tools.deploy.errors import DeployError, Refused, Unanswered


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_fails_for_a_while_is_asked_again(
    api: RunPod, account: EmulatedAccount, images: Images, status: int
) -> None:
    made = api.create(wanted(images.push()))
    account.schedule.faults.append(Fault("*", status=status, nth=(1, 2)))
    assert api.update(made["id"], {"timeout": 7000})["timeout"] == 7000
    assert len(account.schedule.happened) == 2


def test_what_goes_on_failing_is_an_error(api: RunPod, account: EmulatedAccount) -> None:
    account.schedule.faults.append(Fault("*", status=500))
    with pytest.raises(Unanswered, match="RunPod fails"):
        api.endpoints()
    assert len(account.schedule.happened) == 4, "a try, and one after each pause"


LOST: list[dict[str, Any]] = [
    {"drop": "before"}, {"drop": "after"}, {"status": 500}, {"status": 429},
]  # fmt: skip


@pytest.mark.parametrize("how", LOST, ids=str)
def test_an_endpoint_is_made_once_whatever_becomes_of_the_answer(
    api: RunPod, account: EmulatedAccount, images: Images, how: dict[str, Any]
) -> None:
    account.schedule.faults.append(Fault("create-endpoint", limit=1, **how))
    made = api.create(wanted(images.push()))
    assert [one["id"] for one in api.endpoints()] == [made["id"]]
    assert len(sent(account, "POST")) == (1 if how == {"drop": "after"} else 2)


def test_two_who_make_it_at_the_same_moment_have_one(api: RunPod, images: Images) -> None:
    body = wanted(images.push())
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(api.create, [body, body])
    (left,) = api.named("vad")
    assert left["id"] in {first["id"], second["id"]}


def test_of_several_with_a_name_none_is_chosen(
    api: RunPod, account: EmulatedAccount, images: Images
) -> None:
    body = wanted(images.push())
    ids = [api.job("POST", f"{account.url}/serverless", body)["id"] for _ in range(2)]
    with pytest.raises(DeployError, match="2 endpoints named vad") as error:
        api.find("vad")
    assert all(each in str(error.value) for each in ids)


def test_a_suffix_of_the_console_is_no_other_name(api: RunPod, images: Images) -> None:
    api.create({**wanted(images.push()), "name": "vad -fb"})
    assert api.find("vad")
    assert api.find("va") is None


def test_a_refusal_has_runpods_words_and_the_field(api: RunPod, images: Images) -> None:
    body = wanted(images.push())
    with pytest.raises(Refused, match="additional properties 'bogus' not allowed"):
        api.create({**body, "bogus": 1})
    with pytest.raises(Refused, match=r"quota \(5\)"):
        api.create({**body, "workers": {"max": 6}})


def test_a_wrong_key_is_said_and_not_shown(account: EmulatedAccount) -> None:
    with (
        RunPod("secret-of-the-test", account.url, pauses_s=()) as api,
        pytest.raises(Refused, match="RUNPOD_API_KEY") as error,
    ):
        api.endpoints()
    assert "secret-of-the-test" not in str(error.value)


def test_no_key_is_an_error_that_says_where_there_are_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("RUNPOD_API_KEY", raising=False)
    with pytest.raises(DeployError, match="set RUNPOD_API_KEY"):
        RunPod.of_environment()


def test_nobody_at_that_address_is_an_error_without_the_key() -> None:
    with (
        RunPod(KEY, "http://127.0.0.1:9/v2", pauses_s=()) as api,
        pytest.raises(Unanswered, match="does not answer") as error,
    ):
        api.endpoints()
    assert KEY not in str(error.value)


def test_to_delete_what_is_gone_is_no_error(api: RunPod, images: Images) -> None:
    made = api.create(wanted(images.push()))
    api.delete(made["id"])
    api.delete(made["id"])
    assert api.endpoints() == []
