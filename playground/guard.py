"""Who may talk to the program, and what the page may do.

The program holds an API key, and other pages in the same browser could send it requests: by its
address, or by a name of theirs that they let point to it (DNS rebinding). So it answers by its own
names alone, and does something only for pages that come from itself.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = ("127.0.0.1", "localhost")
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def policy(nonce: str | None = None) -> str:
    """What a page may load, as ``Content-Security-Policy`` says it: what comes from here.

    Args:
        nonce: of styles that scripts may add.
    """
    styles = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    return (
        f"default-src 'none'; script-src 'self'; style-src {styles}; img-src 'self'; "
        "media-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


class Guard:
    """Refuses what comes from elsewhere, and sets the headers that every answer has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", policy())
            await send(message)

        if scope["method"] in {"GET", "HEAD"} or _from_here(Headers(scope=scope)):
            await self._app(scope, receive, sending)
        else:
            await PlainTextResponse("not from this page", 403)(scope, receive, sending)


def _from_here(headers: Headers) -> bool:
    return headers.get("origin") == f"http://{headers.get('host')}"
