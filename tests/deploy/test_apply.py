"""An endpoint becomes what the repository says, or stays what it was; callers notice neither."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest

from runpod_emulator.faults import Fault
from runpod_emulator.testing import EmulatedAccount
from tests.deploy.conftest import QUICK, SPEC, Images, sent, wanted
from tests.waiting import until
from tools.deploy.api import Document, RunPod
from tools.deploy.apply import CANDIDATE, Deployment, previous_image
from tools.deploy.errors import DeployError, NotReady, Refused, Superseded
from tools.deploy.jobs import Jobs
from tools.deploy.smoke import example

SHORT = replace(QUICK, rollout_s=4)


@contextmanager
def a_caller(api: RunPod, endpoint: Document) -> Iterator[list[Document]]:
    """Somebody who sends jobs all the time; what became of them, when that ends."""
    jobs, over, done = Jobs(api, endpoint, QUICK), threading.Event(), list[Document]()

    def call() -> None:
        while not over.is_set():
            done.append(jobs.run(example("vad")))

    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield done
    finally:
        over.set()
        thread.join()


def only(api: RunPod) -> Document:
    """The one endpoint there is: nothing was left behind."""
    (found,) = api.endpoints()
    return found


def test_the_first_time_it_is_made_and_tried(
    deployment: Deployment, api: RunPod, images: Images, account: EmulatedAccount
) -> None:
    image = images.push()
    applied = deployment.apply(wanted(image), tried=True)
    assert only(api)["image"] == image
    assert applied.changed
    assert applied.waited_s is not None
    candidate, endpoint = (body for body in sent(account, "POST") if "type" in body)
    assert candidate["name"].startswith(f"vad{CANDIDATE}")
    assert candidate["workers"]["max"] == 1
    assert endpoint["flashboot"] == "FLASHBOOT"
    assert endpoint["timeout"] == 600_000


def test_the_second_time_there_is_nothing_to_do(
    deployment: Deployment, api: RunPod, images: Images, account: EmulatedAccount
) -> None:
    then = wanted(images.push())
    deployment.apply(then)
    account.events.clear()
    assert not deployment.apply(then).changed
    until(lambda: account.events)  # they are written when the answer has been sent
    assert {event["method"] for event in account.events} == {"GET"}


def test_settings_are_changed_without_another_image(
    deployment: Deployment, api: RunPod, images: Images, account: EmulatedAccount
) -> None:
    image = images.push()
    deployment.apply(wanted(image))
    deployment.apply(wanted(image, SPEC.model_copy(update={"workers_max": 2, "timeout_s": 60})))
    assert sent(account, "PATCH") == [
        {"workers": {"min": 0, "max": 2, "idleTimeout": 10}, "timeout": 60_000}
    ]


def test_a_new_image_takes_over_while_a_caller_goes_on(
    deployment: Deployment, api: RunPod, images: Images
) -> None:
    old, new = images.push(), images.push()
    endpoint = deployment.apply(wanted(old)).endpoint
    with a_caller(api, endpoint) as done:
        deployment.apply(wanted(new), tried=True)
    assert only(api)["image"] == new
    assert {job["status"] for job in done} == {"COMPLETED"}


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("broken", "smoke: speech is found: FAILED: internal_error"),
        ("wrong", "segments is not as the contract says"),
        ("crash", "no worker of vad-candidate-"),
    ],
)
def test_an_image_that_does_not_work_never_meets_a_caller(
    api: RunPod, images: Images, mode: str, words: str
) -> None:
    deployment = Deployment(api, "vad", replace(QUICK, rollout_s=8))
    old = images.push()
    endpoint = deployment.apply(wanted(old)).endpoint
    with (
        a_caller(api, endpoint) as done,
        pytest.raises(NotReady, match=f"{words}(.|\n)*vad was not touched"),
    ):
        deployment.apply(wanted(images.push(mode)), tried=True)
    assert only(api)["image"] == old
    assert {job["status"] for job in done} == {"COMPLETED"}


@pytest.mark.parametrize("mode", ["broken", "silent"])
def test_what_fails_on_the_endpoint_itself_is_rolled_back(
    deployment: Deployment, api: RunPod, images: Images, mode: str
) -> None:
    old, new = images.push(), images.push(mode)
    deployment.apply(wanted(old))
    impatient = Deployment(api, "vad", SHORT if mode == "silent" else QUICK)
    with pytest.raises(NotReady, match="vad is what it was before, .*, and that works") as error:
        impatient.apply(wanted(new), tried=True, candidate=False)
    assert ("no worker of vad is ready after 4 s" in str(error.value)) == (mode == "silent")
    assert only(api)["image"] == old
    assert Jobs(api, only(api), QUICK).run(example("vad"))["status"] == "COMPLETED"


def test_a_change_is_taken_back_with_all_that_belonged_to_it(
    deployment: Deployment, api: RunPod, images: Images
) -> None:
    spec = SPEC.model_copy(update={"gpu_excluded": ("NVIDIA L4",), "cuda_min": "12.4"})
    deployment.apply(wanted(images.push(), spec))
    before = only(api)
    other = spec.model_copy(update={"gpu": ("ADA_24",), "gpu_excluded": (), "cuda_min": ""})
    with pytest.raises(NotReady):
        deployment.apply(wanted(images.push("broken"), other), tried=True, candidate=False)
    assert only(api) == before


def test_a_first_deployment_that_fails_leaves_nothing(api: RunPod, images: Images) -> None:
    with pytest.raises(NotReady, match="there was nothing before it"):
        Deployment(api, "vad", SHORT).apply(wanted(images.push("silent")))
    assert api.endpoints() == []


def test_a_place_without_capacity_is_named_as_what_it_is(api: RunPod, images: Images) -> None:
    spec = SPEC.model_copy(update={"data_centers": ("US-TX-3",)})
    with pytest.raises(NotReady, match=r"1 THROTTLED\)\. RunPod has no capacity"):
        Deployment(api, "vad", SHORT).apply(wanted(images.push(), spec))


def test_two_pushes_at_once_end_with_one_endpoint_that_works(
    deployment: Deployment, api: RunPod, images: Images
) -> None:
    deployment.apply(wanted(images.push()))
    new = [images.push(), images.push()]
    with ThreadPoolExecutor(2) as both:
        runs = [both.submit(deployment.apply, wanted(image), tried=True) for image in new]
        errors = [run.exception() for run in runs]
    assert all(error is None or isinstance(error, Superseded) for error in errors)
    assert None in errors
    assert only(api)["image"] in new
    assert Jobs(api, only(api), QUICK).run(example("vad"))["status"] == "COMPLETED"


def test_somebody_elses_deployment_is_not_undone(
    deployment: Deployment, api: RunPod, images: Images
) -> None:
    endpoint = deployment.apply(wanted(images.push())).endpoint
    theirs, ours = images.push(), images.push("silent")
    with ThreadPoolExecutor(1) as thread:
        run = thread.submit(deployment.apply, wanted(ours))
        while only(api)["image"] != ours:
            time.sleep(0.1)
        api.update(endpoint["id"], {"image": theirs})
        assert isinstance(run.exception(), Superseded)
    assert only(api)["image"] == theirs


def test_an_api_that_fails_in_the_middle_is_waited_for(
    deployment: Deployment, api: RunPod, images: Images, account: EmulatedAccount
) -> None:
    deployment.apply(wanted(images.push()))
    image = images.push()
    account.schedule.faults += [
        Fault("update-endpoint", drop="after", limit=1),
        Fault("list-workers", status=500, limit=2),
        Fault("delete-endpoint", status=500, limit=1),
    ]
    deployment.apply(wanted(image), tried=True)
    assert len(account.schedule.happened) == 4
    assert only(api)["image"] == image


def test_a_change_whose_answer_never_comes_is_taken_back(
    deployment: Deployment, api: RunPod, images: Images, account: EmulatedAccount
) -> None:
    old = images.push()
    deployment.apply(wanted(old))
    tries = 4  # one, and one after each pause
    account.schedule.faults.append(Fault("update-endpoint", drop="after", limit=tries))
    with pytest.raises(NotReady, match="does not answer(.|\n)*vad is what it was before"):
        deployment.apply(wanted(images.push()))
    assert len(account.schedule.happened) == tries
    assert only(api)["image"] == old


def test_an_api_that_goes_on_failing_is_an_error_that_says_how_it_was_left(
    deployment: Deployment, api: RunPod, images: Images, account: EmulatedAccount
) -> None:
    deployment.apply(wanted(images.push()))
    account.schedule.faults.append(Fault("list-workers", status=500))
    with pytest.raises(NotReady, match="could not be taken back, look after it"):
        deployment.apply(wanted(images.push()))


def test_without_room_for_a_candidate_it_is_deployed_at_once(
    deployment: Deployment, api: RunPod, images: Images, capsys: pytest.CaptureFixture[str]
) -> None:
    all_there_are = SPEC.model_copy(update={"workers_max": 5})
    deployment.apply(wanted(images.push(), all_there_are))
    image = images.push()
    deployment.apply(wanted(image, all_there_are), tried=True)
    assert (
        "no candidate, it is deployed at once: Bad Request: Max workers" in capsys.readouterr().out
    )
    assert only(api)["image"] == image


def test_the_last_worker_is_waited_for_where_anothers_candidate_has_it(
    deployment: Deployment, api: RunPod, images: Images, account: EmulatedAccount
) -> None:
    deployment.apply(wanted(images.push(), SPEC.model_copy(update={"workers_max": 4})))
    theirs = api.create({**wanted(images.push()), "name": f"asr{CANDIDATE}12345678"})
    image = images.push()
    then = wanted(image, SPEC.model_copy(update={"workers_max": 4}))
    with ThreadPoolExecutor(1) as thread:
        run = thread.submit(deployment.apply, then, tried=True)
        until(lambda: len(sent(account, "POST")) > 4)  # it was refused, and asks again
        assert (api.find("vad") or {})["image"] != image
        api.delete(theirs["id"])
        run.result()
    assert only(api)["image"] == image
    assert any(body["name"].startswith(f"vad{CANDIDATE}") for body in sent(account, "POST"))


def test_more_workers_than_the_account_may_have_are_refused_and_nothing_is_changed(
    deployment: Deployment, api: RunPod, images: Images
) -> None:
    image = images.push()
    deployment.apply(wanted(image))
    before = only(api)
    with pytest.raises(DeployError, match=r"quota \(5\)"):
        deployment.apply(wanted(image, SPEC.model_copy(update={"workers_max": 6})))
    assert only(api) == before


def test_a_gpu_endpoint_does_not_become_a_cpu_one(deployment: Deployment, images: Images) -> None:
    image = images.push()
    deployment.apply(wanted(image))
    cpu = SPEC.model_validate(
        SPEC.model_dump() | {"gpu": (), "cpu": [{"flavor": "cpu5c", "vcpus": 4}]}
    )
    with pytest.raises(DeployError, match="destroy the endpoint, then apply"):
        deployment.apply(wanted(image, cpu))


def test_workers_that_runpod_took_away_are_given_back(
    deployment: Deployment, api: RunPod, images: Images
) -> None:
    then = wanted(images.push())
    endpoint = deployment.apply(then).endpoint
    api.update(endpoint["id"], {"workers": {"max": 0}})
    deployment.apply(then, tried=True)
    assert only(api)["workers"]["max"] == SPEC.workers_max


def test_the_image_before_is_known_from_the_releases(
    deployment: Deployment, api: RunPod, images: Images
) -> None:
    first, second = images.push(), images.push()
    deployment.apply(wanted(first))
    with pytest.raises(DeployError, match="rollback --to"):
        previous_image(api, only(api))
    deployment.apply(wanted(second))
    assert previous_image(api, only(api)) == first


def test_a_refused_body_names_the_field(deployment: Deployment, images: Images) -> None:
    with pytest.raises(Refused, match="unknown GPU pool A100"):
        deployment.apply(wanted(images.push(), SPEC.model_copy(update={"gpu": ("A100",)})))
