"""One run: recordings are answered, results written, failures told."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

import anyio
import typer
from rich.console import Console

from speech_endpoints.cli import render
from speech_endpoints.cli.batch import Again, Answering, Batch
from speech_endpoints.cli.files import NothingThere, Recording, recordings
from speech_endpoints.cli.journal import NAME, InUse, Journal
from speech_endpoints.cli.progress import shown, summary
from speech_endpoints.cli.wanted import Wanted, WantedText, WithVoices
from speech_endpoints.failures import SpeechError
from speech_endpoints.services import AsyncASR
from speech_endpoints.vendored.prices import PRICES
from speech_endpoints.vendored.services.asr.contract import ASRResult
from speech_endpoints.wire import Json

INTERRUPTED = 130


def run(wanted: Wanted, options: Mapping[str, Any]) -> None:
    """Do it, and end the program with the exit code that says how it went."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if wanted.gpu not in PRICES:
        _wrong(f"no price is known for {wanted.gpu}; there are {', '.join(PRICES)}")
    try:
        found = recordings(wanted.named)
        asked = {**options, **render.asked(wanted.form), **_voices(wanted)}
        endpoint = wanted.called()
        endpoint.check(asked)  # before anything is sent
    except (NothingThere, SpeechError) as error:
        _wrong(str(error))
    try:
        if isinstance(wanted, WantedText) and wanted.stream:
            _stream(wanted, found, asked)
        elif wanted.output is None:
            code = _to_stdout(console, wanted, endpoint, found, asked)
        else:
            code = _to_folder(console, wanted, wanted.output, endpoint, found, asked)
    except KeyboardInterrupt:
        console.print("interrupted; the jobs that ran were cancelled")
        raise typer.Exit(INTERRUPTED) from None
    except SpeechError as error:
        console.print(str(error), markup=False)
        raise typer.Exit(1) from None
    raise typer.Exit(code)


def _to_folder(  # noqa: PLR0913, PLR0917
    console: Console,
    wanted: Wanted,
    folder: Path,
    endpoint: Answering,
    found: Sequence[Recording],
    asked: Json,
) -> int:
    def finish(recording: Recording, result: Json) -> None:
        name = f"{recording.name}.{wanted.form}"
        render.write(folder / name, render.text_of(result, wanted.form, Path(recording.name).name))

    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            journal = Journal(folder / NAME, endpoint.service, asked, endpoint.url)
            stack.enter_context(journal)
        except InUse:
            _wrong(f"another run writes to {folder}, or its journal is damaged")
        except (OSError, sqlite3.Error) as error:
            _wrong(f"{folder}: {getattr(error, 'strerror', None) or error}")
        again = Again(wanted.retry_failed, wanted.resend_unknown)
        batch = Batch(endpoint, asked, finish, journal, again)
        return _run(console, wanted, batch, found)


def _to_stdout(
    console: Console,
    wanted: Wanted,
    endpoint: Answering,
    found: Sequence[Recording],
    asked: Json,
) -> int:
    if len(found) > 1 and wanted.form != "json":
        _wrong(f"{len(found)} recordings as {wanted.form}: give a folder, -o FOLDER")

    def finish(recording: Recording, result: Json) -> None:
        if len(found) > 1:
            text = render.line({"file": recording.shown, **result})
        else:
            text = render.text_of(result, wanted.form, Path(recording.name).name)
        sys.stdout.write(text)
        sys.stdout.flush()

    return _run(console, wanted, Batch(endpoint, asked, finish), found)


def _run(console: Console, wanted: Wanted, batch: Batch, found: Sequence[Recording]) -> int:
    tally, size = batch.tally, sum(recording.size for recording in found)

    async def answer() -> None:
        async with batch.endpoint:
            await batch.run(found, wanted.parallel)

    try:
        with shown(console, tally, len(found), size, wanted.gpu):
            anyio.run(answer)
    finally:
        if len(found) > 1 or wanted.output or tally.failures:
            summary(console, tally, wanted.gpu)
    return int(bool(tally.failures))


def _stream(wanted: WantedText, found: Sequence[Recording], asked: Json) -> None:
    if len(found) != 1 or wanted.output or wanted.form not in {"txt", "json"}:
        _wrong("--stream is for one recording, with --format txt or json, and without -o")

    async def answer() -> None:
        async with AsyncASR(wanted.endpoint, **wanted.settings()) as endpoint:
            async for item in endpoint.stream(found[0].audio, **asked):
                if wanted.form == "json":
                    print(item.model_dump_json(exclude_unset=True), flush=True)
                elif not isinstance(item, ASRResult):
                    print(f"{item.start:.2f}\t{item.end:.2f}\t{item.text}", flush=True)

    anyio.run(answer)
    raise typer.Exit(0)


def _voices(wanted: Wanted) -> Json:
    """The voices to recognise, as the service's option.

    Raises:
        NothingThere: one has no name or no file.
    """
    if not isinstance(wanted, WithVoices) or not wanted.known:
        return {}
    voices = dict(voice.partition("=")[::2] for voice in wanted.known)
    for name, file in voices.items():
        if not name or not Path(file).is_file():
            raise NothingThere(f"--known is NAME=FILE, and there is no file {file or name}")
    return {"known_speakers": voices}


def _wrong(why: str) -> NoReturn:
    raise typer.BadParameter(why)
