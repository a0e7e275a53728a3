"""Every task of the project. Sessions are thin: their logic is in tools/.

The folders below services/ make sessions of their own (run-vad, test-vad, ...).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent))

from tools.environment import Layer, prepare
from tools.workspace import CLIENT, EMULATOR, FETCHED_MODELS, service_names

nox.needs_version = ">=2024.10.9"
nox.options.sessions = ["demo"]
nox.options.default_venv_backend = "none"


def python(session: nox.Session, *command: str, layer: Layer = "host") -> None:
    """Run a Python module in the shared environment, with the session's own arguments behind."""
    packages = os.pathsep.join(map(str, (EMULATOR, CLIENT)))
    # nox would mix both streams; a result printed on stdout must stay alone there.
    session.run(
        *(str(prepare(layer)), "-m", *command, *session.posargs),
        env={"INVOKED_FROM": session.invoked_from, "PYTHONPATH": packages},
        external=True,
        stderr=sys.stderr,
    )


@nox.session
def demo(session: nox.Session) -> None:
    """Find the speech in a bundled recording, offline."""
    python(session, "tools.demo")


@nox.session
def test(session: nox.Session) -> None:
    """Run the whole test suite, and check that tests read only what they declare."""
    python(session, "tools.suite", layer="dev")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types and scripts."""
    python(session, "tools.lint", layer="dev")


@nox.session
def doctor(session: nox.Session) -> None:
    """Say what this machine can run, and what to do about the rest."""
    python(session, "tools.doctor")


@nox.session
def lock(session: nox.Session) -> None:
    """Resolve the requirements anew."""
    python(session, "tools.lock", layer="dev")


@nox.session
def generate(session: nox.Session) -> None:
    """Write the files that are made from others: JSON Schemas, .dockerignore, NOTICE, the Hub's."""
    python(session, "tools.generate")


@nox.session
def affected(session: nox.Session) -> None:
    """Say what a change touches: images to build, endpoints to deploy, tests to run."""
    python(session, "tools.workspace.affected")


@nox.session
def targets(session: nox.Session) -> None:
    """List what can be built, deployed or tested, each with the digest of its inputs."""
    python(session, "tools.workspace.listing")


@nox.session
def pending(session: nox.Session) -> None:
    """Say which services are not deployed as they are committed, and why."""
    python(session, "tools.deploy.pending")


@nox.session
def scan(session: nox.Session) -> None:
    """Look for known vulnerabilities in all that is deployed."""
    python(session, "tools.scan", layer="dev")


@nox.session
def models(session: nox.Session) -> None:
    """Fetch and verify the models of all services."""
    for name in service_names():
        python(session, f"services.{name}.download_models", "--to", str(FETCHED_MODELS))


@nox.session
def volume(session: nox.Session) -> None:
    """Fill a network volume, or a folder, with the models of all services."""
    python(session, "provision.volume")


@nox.session
def base(session: nox.Session) -> None:
    """Make a base image from Debian and torch's CPU build, where none can be pulled."""
    python(session, "tools.images.base")


@nox.session(name="pin-base")
def pin_base(session: nox.Session) -> None:
    """Write the base image's digest into the Dockerfiles."""
    python(session, "tools.images.pin")


@nox.session
def size(session: nox.Session) -> None:
    """Say where the megabytes of the images go, beside the images people write."""
    python(session, "bench.images.size", layer="dev")


@nox.session(name="bench-images")
def bench_images(session: nox.Session) -> None:
    """Measure how long images take to build and to start, and what is pushed after a change."""
    python(session, "bench.images", layer="dev")


@nox.session
def watch(session: nox.Session) -> None:
    """Hold the ratios to the peers against the least that they may be."""
    python(session, "bench.watch", layer="dev")


@nox.session
def plots(session: nox.Session) -> None:
    """Draw what was measured."""
    python(session, "bench.plot", layer="dev")


@nox.session(name="bench-emulator")
def bench_emulator(session: nox.Session) -> None:
    """Measure the RunPod emulator, or try it with thousands of jobs and faults."""
    python(session, "bench.emulator", layer="dev")


@nox.session(name="bench-capacity")
def bench_capacity(session: nox.Session) -> None:
    """Measure the simulation behind estimates, and compare it with the emulator."""
    python(session, "bench.capacity", layer="dev")


@nox.session
def estimate(session: nox.Session) -> None:
    """Say what an endpoint costs, how long its callers wait, and how it is best run."""
    python(session, "tools.capacity")


@nox.session
def serve(session: nox.Session) -> None:
    """Serve all endpoints on this machine, as RunPod would."""
    python(session, "tools.serve")


@nox.session
def playground(session: nox.Session) -> None:
    """Serve a page to try the endpoints with: these on this machine, or others."""
    python(session, "playground")


def add_service(name: str) -> None:
    """Make the sessions of one service."""

    @nox.session(name=f"run-{name}")
    def run(session: nox.Session) -> None:
        """Run the service's handler on audio files."""
        python(session, "tools.run", name)

    @nox.session(name=f"serve-{name}")
    def serve(session: nox.Session) -> None:
        """Serve the endpoint on this machine, as RunPod would."""
        python(session, "tools.serve", name)

    @nox.session(name=f"models-{name}")
    def models(session: nox.Session) -> None:
        """Fetch and verify the service's models."""
        python(session, f"services.{name}.download_models", "--to", str(FETCHED_MODELS))

    @nox.session(name=f"sbom-{name}")
    def sbom(session: nox.Session) -> None:
        """Write what is in the service's image, and under which licences."""
        python(session, "tools.images.sbom", name, layer="dev")

    @nox.session(name=f"scan-{name}")
    def scan(session: nox.Session) -> None:
        """Look for known vulnerabilities in the image that the service's endpoint runs."""
        python(session, "tools.scan", name, layer="dev")

    @nox.session(name=f"check-{name}")
    def check(session: nox.Session) -> None:
        """Check the service's image against RunPod's rules."""
        python(session, "tools.images.check", name)

    @nox.session(name=f"deploy-{name}")
    def deploy(session: nox.Session) -> None:
        """Make RunPod's endpoint what the repository says: plan, apply, status, rollback, ..."""
        python(session, "tools.deploy.cli", name)

    @nox.session(name=f"compatible-{name}")
    def compatible(session: nox.Session) -> None:
        """Refuse a contract that breaks callers of the deployed one."""
        python(session, "tools.deploy.contract.compatible", name)

    @nox.session(name=f"smoke-{name}")
    def smoke(session: nox.Session) -> None:
        """Send real jobs to the deployed endpoint, or to an image on this machine."""
        python(session, "tools.deploy.smoke", name)

    @nox.session(name=f"test-{name}")
    def test(session: nox.Session) -> None:
        """Run the tests of one service."""
        python(session, "pytest", f"services/{name}", layer="dev")

    @nox.session(name=f"test-gpu-{name}")
    def test_gpu(session: nox.Session) -> None:
        """Run the tests of one service, and of the networks, that need a GPU."""
        where = (f"services/{name}", "tests/shared")
        python(session, "pytest", *where, "-m", "gpu", "-rs", layer="dev")

    @nox.session(name=f"bench-{name}")
    def bench(session: nox.Session) -> None:
        """Measure one service beside its peers."""
        python(session, f"bench.{name}", layer="dev")

    @nox.session(name=f"trace-{name}")
    def trace(session: nox.Session) -> None:
        """Show where the time of the service's start goes."""
        python(session, "tools.trace", name)


def add_image(name: str) -> None:
    """Make the sessions of one image."""

    @nox.session(name=f"build-{name}")
    def build(session: nox.Session) -> None:
        """Build the image."""
        python(session, "tools.images.build", name)

    @nox.session(name=f"push-{name}")
    def push(session: nox.Session) -> None:
        """Push the image to the registry, building it if need be."""
        python(session, "tools.images.push", name)

    @nox.session(name=f"stage-{name}")
    def stage(session: nox.Session) -> None:
        """Write the context that the image is built from."""
        python(session, "tools.images.stage", name)

    @nox.session(name=f"verify-{name}")
    def verify(session: nox.Session) -> None:
        """Build the image twice and say what differs."""
        python(session, "tools.images.verify", name)


for service in service_names():
    add_service(service)
for image in [*service_names(), "provision"]:
    add_image(image)
