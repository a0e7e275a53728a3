"""The command ``speech``: recordings in, results out."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import typer

from speech_endpoints.cli.doctor import doctor
from speech_endpoints.cli.gateway import gateway
from speech_endpoints.cli.options import given, parameters
from speech_endpoints.cli.run import run
from speech_endpoints.cli.wanted import COMMANDS, Wanted

app = typer.Typer(
    no_args_is_help=True,
    help="Speech endpoints on RunPod, from a terminal.",
    pretty_exceptions_show_locals=False,  # which may be a key, or what was said
)

_EPILOG = (
    "With -o, a journal in that folder knows what was sent: the same command again goes on where "
    "it was stopped. Exit codes: 0 all done, 1 some failed, 2 wrong usage."
)


def command(wanted: type[Wanted]) -> Callable[..., None]:
    """The command of one service: its options are those of a run, and the service's own."""
    of_the_run = inspect.signature(wanted, eval_str=True).parameters
    of_the_service = list(parameters(wanted.kind.request))

    def answer(**values: Any) -> None:  # noqa: ANN401 - of all kinds
        told = {name: values.pop(name) for name in of_the_run}
        run(wanted(**told), given(values))

    signature = [*of_the_run.values(), *of_the_service]
    answer.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
    answer.__annotations__ = {parameter.name: parameter.annotation for parameter in signature}
    answer.__doc__ = wanted.__doc__
    return answer


for _verb, _wanted in COMMANDS.items():
    app.command(_verb, epilog=_EPILOG)(command(_wanted))
app.command("doctor")(doctor)
app.command("gateway")(gateway)
