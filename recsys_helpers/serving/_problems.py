"""Errors in one shape: a client can act on them, and nothing of the inside shows."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # only a server needs it
    from fastapi import FastAPI
    from starlette.responses import Response

__all__ = [
    "PROBLEM_JSON",
    "TITLES",
    "add_handlers",
    "documented",
    "problem",
]

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


def problem(
    status: int,
    detail: str,
    *,
    faults: Iterable[dict[str, str]] = (),
    nearest: Iterable[tuple[int, str]] = (),
    headers: dict[str, str] | None = None,
) -> "Response":
    """Build the answer to a request that is not fulfilled.

    Parameters
    ----------
    status : int
    detail : str
        What is wrong and what to do.
    faults : iterable of dict with `where` and `message`
    nearest : iterable of (movie_id, title)
        What may have been meant.
    headers : dict, optional

    Returns
    -------
    starlette.responses.Response
    """
    from starlette.responses import Response

    content = {
        "title": TITLES.get(status, "Refused"),
        "status": status,
        "detail": detail,
        "faults": list(faults),
        "nearest": [{"movie_id": one, "title": title} for one, title in nearest],
    }
    body = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
    return Response(body, status, headers, PROBLEM_JSON)


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
    """Give the framework's own errors the same shape."""
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException
    from starlette.requests import Request

    def refused(request: Request, error: HTTPException):
        detail = {
            400: "The body is no JSON in UTF-8, or is nested too deeply.",
            404: f"There is nothing at this address. {_SEE_DOCS}",
            405: f"This address does not answer {request.method}. {_SEE_DOCS}",
        }.get(error.status_code, "The request is refused.")
        return problem(error.status_code, detail, headers=error.headers)

    def invalid(request: Request, error: RequestValidationError):
        faults = [_fault(one) for one in error.errors()]
        first, more = faults[0], len(faults) - 1
        others = f" (And {more} more.)" if more else ""
        detail = f"{first['where']}: {first['message']}.{others}"
        return problem(422, detail, faults=faults[:_MOST_FAULTS])

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, invalid)


_SEE_DOCS = "GET /docs lists what there is."


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
