"""What stands before the endpoints: limits, headers, and errors in one shape.

A client can act on an error, and nothing of the inside shows. Needs the extra serve,
and imports nothing of it before a request comes or an application is made.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from recsys_helpers.serving.recommender import Movie

if TYPE_CHECKING:  # only a server needs it
    from fastapi import FastAPI
    from starlette.responses import Response

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: Five hundred ratings are 20 KB.
MOST_BYTES = 64 * 1024
#: A body that takes longer holds a place that somebody else could have.
BODY_SECONDS = 10.0
HEADERS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}
PROBLEM_JSON = "application/problem+json"
#: Each status that an endpoint can answer with, and what it means here.
TITLES = {
    400: "The request cannot be read",
    404: "Not found",
    405: "This address does not do that",
    408: "The request came too slowly",
    413: "The request is too large",
    422: "Something in the request is wrong",
    500: "The server has failed",
}
_MOST_FAULTS = 10
_SEE_DOCS = "GET /docs lists what there is."

logger = logging.getLogger("recsys_helpers.serving")


class ProblemError(Exception):
    """Why a request is not fulfilled, what to do, and what may have been meant."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        faults: Sequence[dict[str, str]] = (),
        nearest: Sequence[Movie] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.headers = status, headers
        self.content = {
            "title": TITLES.get(status, "Refused"),
            "status": status,
            "detail": detail,
            "faults": list(faults),
            "nearest": [asdict(movie) for movie in nearest],
        }

    def answer(self) -> "Response":
        """Build the answer, which is itself an ASGI application."""
        from starlette.responses import Response

        text = json.dumps(self.content, ensure_ascii=False)
        body = text.encode("utf-8", "replace")
        return Response(body, self.status, self.headers, PROBLEM_JSON)


class Guard:
    """ASGI middleware: reads the whole body first, within limits.

    An exception that nobody has handled goes into the log with its traceback, and the
    client learns only that the server has failed.
    """

    def __init__(self, app: Callable, body_seconds: float = BODY_SECONDS) -> None:
        self.app, self.body_seconds = app, body_seconds

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
            body = await self._body(scope, receive)
            if body is not None:
                await self.app(scope, _replayed(body, receive), send_guarded)
        except ProblemError as problem:
            await problem.answer()(scope, receive, send_guarded)
        except Exception:
            logger.exception("%s %s failed", scope["method"], _route(scope))
            if started:
                raise
            detail = "The reason is in the server's log. Try again later."
            await ProblemError(500, detail).answer()(scope, receive, send_guarded)

    async def _body(self, scope: Message, receive: Receive) -> bytes | None:
        """Read the body; None if the client has hung up."""
        too_large = ProblemError(
            413, f"A body has at most {MOST_BYTES:,} bytes. Send fewer ratings."
        )
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared[:20]) > MOST_BYTES:
            raise too_large
        body, more = bytearray(), True
        try:
            async with asyncio.timeout(self.body_seconds):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    body += message.get("body", b"")
                    if len(body) > MOST_BYTES:
                        raise too_large
                    more = message.get("more_body", False)
        except TimeoutError as error:
            detail = f"A body must come within {self.body_seconds:g} s."
            raise ProblemError(408, detail) from error
        return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


def _route(scope: Message) -> str:
    """Name the endpoint as it was declared, without anybody's id."""
    return getattr(scope.get("route"), "path", "unknown address")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe errors to OpenAPI, as the ``responses=`` of an endpoint."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": TITLES[status],
            "content": {PROBLEM_JSON: {"schema": schema}},
        }
        for status in statuses
    }


def add_handlers(app: "FastAPI") -> None:
    """Give the endpoints' errors and the framework's own the same shape."""
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException
    from starlette.requests import Request

    @app.exception_handler(ProblemError)
    def not_fulfilled(request: Request, problem: ProblemError) -> "Response":
        return problem.answer()

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> "Response":
        detail = {
            400: "The body is no JSON in UTF-8, or is nested too deeply.",
            404: f"There is nothing at this address. {_SEE_DOCS}",
            405: f"This address does not answer {request.method}. {_SEE_DOCS}",
        }.get(error.status_code, "The request is refused.")
        return ProblemError(error.status_code, detail, headers=error.headers).answer()

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> "Response":
        faults = [_fault(one) for one in error.errors()]
        first, more = faults[0], len(faults) - 1
        others = f" (And {more} more.)" if more else ""
        detail = f"{first['where']}: {first['message']}.{others}"
        return ProblemError(422, detail, faults=faults[:_MOST_FAULTS]).answer()


def _fault(error: dict[str, Any]) -> dict[str, str]:
    """Say where and what, and repeat nothing of what was sent but the names."""
    where = ".".join(str(part)[:40] for part in error["loc"][:6])
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "json_invalid":
        where, message = "body", "this is no valid JSON"
    if error["type"] == "extra_forbidden":
        message = "there is no such field; check its spelling"
    if error["type"] == "string_pattern_mismatch":
        message = "there is nothing in it but spaces"
    return {"where": where, "message": message}
