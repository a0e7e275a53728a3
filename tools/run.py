"""Runs a service's real handler on audio files: ``nox -s run-vad -- my.wav``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console

from shared.contract import Response
from shared.errors import SpeechError
from tools.local import LocalWorker, service
from tools.options import add_options, given
from tools.timeline import show
from tools.workspace import from_the_user


def main() -> int:
    """Answer one job per file; 0 when all of them succeeded."""
    name = sys.argv[1]
    requests = [contract.request for contract in service(name).contracts]
    parser = argparse.ArgumentParser(prog=f"nox -s run-{name} --")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="audio files")
    parser.add_argument("--json", action="store_true", help="print only JSON, a line per file")
    add_options(parser, *requests)
    arguments = parser.parse_args(sys.argv[2:])
    files = [from_the_user(file) for file in arguments.files]
    for file, named in zip(files, arguments.files, strict=True):
        if not file.is_file():
            parser.error(f"no such audio file: {named}")
    try:
        worker = LocalWorker(name)
    except SpeechError as error:
        print(error, file=sys.stderr)
        return 1
    return run(worker, files, given(arguments, *requests), as_json=arguments.json)


def run(
    worker: LocalWorker, files: list[Path], options: dict[str, object], *, as_json: bool
) -> int:
    """Print each file's answer: as JSON lines, in the format asked for, or as a timeline."""
    console = Console(highlight=False)
    failed = False
    for file in files:
        answer = worker.answer(file, options, print_part)
        failed = failed or "error" in answer
        if as_json:
            print(json.dumps(answer, ensure_ascii=False))
        elif "error" in answer:
            print(f"{file.name}: {answer['error']}", file=sys.stderr)
        elif "formatted" in answer:
            print(answer["formatted"], end="")
        else:
            show(console, file, answer)
    return int(failed)


def print_part(_: int, part: Response) -> None:
    """Print a part of a result that is still being made, as a JSON line."""
    print(part.model_dump_json(exclude_unset=True), flush=True)


if __name__ == "__main__":
    sys.exit(main())
