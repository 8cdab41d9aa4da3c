"""What stands before the endpoints: limits, headers, and a net for what goes wrong."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from recsys_helpers.serving.problems import problem

__all__ = ["BODY_SECONDS", "MOST_BYTES", "Guard"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: Five hundred ratings are 20 KB.
MOST_BYTES = 64 * 1024
#: A body that takes longer holds a place that somebody else could have.
BODY_SECONDS = 10.0

POLICY = b"content-security-policy"
HEADERS = {
    b"cache-control": b"no-store",
    POLICY: b"default-src 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}
logger = logging.getLogger("recsys_helpers.serving")


class _RefusedError(Exception):
    pass


class _GoneError(Exception):
    pass


class Guard:
    """ASGI middleware: reads the whole body first, within limits.

    An exception that nobody has handled goes into the log with its traceback, and the
    client learns only that the server has failed.

    Parameters
    ----------
    app : ASGI application
    most_bytes : int
        Of a body.
    body_seconds : float
        In which a body must have come.
    """

    def __init__(
        self,
        app: Callable,
        most_bytes: int = MOST_BYTES,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self.app, self.most_bytes, self.body_seconds = app, most_bytes, body_seconds

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                own = list(message.get("headers", []))
                names = {name.lower() for name, _ in own}
                more = [pair for pair in HEADERS.items() if pair[0] not in names]
                message = {**message, "headers": [*own, *more]}
            await send(message)

        try:
            async with asyncio.timeout(self.body_seconds):
                body = await self._body(scope, receive)
        except _GoneError:
            return
        except TimeoutError:
            answer = problem(408, f"A body must come within {self.body_seconds:g} s.")
            await answer(scope, receive, send_guarded)
            return
        except _RefusedError:
            detail = (
                f"A body has at most {self.most_bytes:,} bytes. Send fewer ratings."
            )
            await problem(413, detail)(scope, receive, send_guarded)
            return
        try:
            await self.app(scope, _replayed(body, receive), send_guarded)
        except Exception:
            logger.exception("%s %s failed", scope["method"], _route(scope))
            if started:
                raise
            detail = "The reason is in the server's log. Try again later."
            await problem(500, detail)(scope, receive, send_guarded)

    async def _body(self, scope: Message, receive: Receive) -> bytes:
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared[:20]) > self.most_bytes:
            raise _RefusedError
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _GoneError
            body += message.get("body", b"")
            if len(body) > self.most_bytes:
                raise _RefusedError
            more = message.get("more_body", False)
        return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


def _route(scope: Message) -> str:
    """Name the endpoint as it was declared, without anybody's id."""
    return getattr(scope.get("route"), "path", "unknown address")
