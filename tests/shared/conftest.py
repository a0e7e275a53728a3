"""Fixtures of the tests that fetch."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator

import pytest

from shared.errors import SpeechError
from shared.fetch import FetchPolicy, open_url, transfer
from tests.shared.scripted_server import HIDDEN, LOCAL, Refused, Server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(transfer, "BACKOFF_S", 0.001)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(listener)
        threading.Thread(target=server.run, daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def refused(caplog: pytest.LogCaptureFixture) -> Refused:
    """Fetch in vain; whatever the fault, neither the error nor the log gives anything away."""
    caplog.set_level(logging.DEBUG)

    def fetch(url: str, policy: FetchPolicy = LOCAL) -> SpeechError:
        with pytest.raises(SpeechError) as error:
            open_url(url, policy).close()
        for hidden in (*HIDDEN, *policy.resolver("", 0)):
            assert hidden not in str(error.value)
            assert hidden not in caplog.text
        assert error.value.__suppress_context__ or error.value.__context__ is None
        return error.value

    return fetch
