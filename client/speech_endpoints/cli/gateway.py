"""``speech gateway``: an endpoint for programs that know OpenAI's API."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Annotated

import typer

from speech_endpoints.cli.wanted import WHERE, IsBundle
from speech_endpoints.failures import SpeechError


def gateway(  # noqa: PLR0913, PLR0917 - the options of the command
    endpoint: Annotated[
        str, typer.Option("--endpoint", "-e", envvar="SPEECH_ASR_ENDPOINT", help=WHERE)
    ],
    bundle: IsBundle = False,
    diarization_endpoint: Annotated[
        str | None,
        typer.Option(help="for diarized_json: id or URL; a bundle needs none"),
    ] = None,
    host: Annotated[str, typer.Option(help="where it listens")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free")] = 8080,
    parallel: Annotated[int, typer.Option(min=1, max=200, help="requests at a time")] = 8,
    largest_mb: Annotated[int, typer.Option(min=1, help="of an upload")] = 200,
    timeout_s: Annotated[float, typer.Option(min=1, help="until a result")] = 600,
) -> None:
    """Serve OpenAI's transcription API on this machine, from a recognition endpoint.

    Callers need another base URL, and no more. Elsewhere than on 127.0.0.1 they give what
    SPEECH_GATEWAY_TOKEN holds as their API key.
    """
    try:
        import python_multipart  # noqa: F401 - what Starlette reads forms with

        from speech_endpoints.gateway.callers import Limits
        from speech_endpoints.gateway.endpoints import Endpoints
        from speech_endpoints.gateway.serving import TOKEN, listener, serve, url_of
    except ImportError:
        raise typer.BadParameter(
            "the gateway needs more: pip install 'speech-endpoints[gateway]'"
        ) from None
    token = os.environ.get(TOKEN) or None
    try:
        endpoints = Endpoints.named(
            endpoint, diarization_endpoint, bundle=bundle, timeout_s=timeout_s
        )
        bound = listener(host, port, token)
    except SpeechError as error:
        raise typer.BadParameter(str(error)) from None
    except OSError as error:
        raise typer.BadParameter(f"{host} {port}: {error.strerror or error}") from None
    typer.echo(f"OpenAI's transcription API is at {url_of(bound)} until Ctrl-C", err=True)
    limits = Limits(token=token, parallel=parallel, largest_mb=largest_mb)
    with suppress(KeyboardInterrupt):
        serve(endpoints, limits, bound)
