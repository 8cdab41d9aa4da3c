"""One plain HTML page from an OpenAPI schema: it needs no network and no script."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

__all__ = ["PAGE_POLICY", "docs_page"]

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:1rem auto;"
    "padding:0 1rem}code,pre{background:#f2f4f6;color:#111}pre{padding:.5rem;"
    "overflow-x:auto}h2{margin-top:2rem;overflow-wrap:anywhere}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
#: The page may use its own style and nothing else.
PAGE_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'"


def docs_page(schema: Mapping[str, Any]) -> str:
    """Write the page of an OpenAPI schema.

    Parameters
    ----------
    schema : mapping
        As FastAPI's ``app.openapi()`` gives it.

    Returns
    -------
    str
        HTML. All that comes from the schema is escaped.

    Examples
    --------
    >>> "<h1>A &lt; B</h1>" in docs_page({"info": {"title": "A < B"}, "paths": {}})
    True
    """
    title = escape(schema["info"]["title"])
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{title}</h1>",
        f"<p>{escape(schema['info'].get('description', ''))}</p>",
        '<p>The same for programs: <a href="/openapi.json">openapi.json</a>.</p>',
    ]
    for path, methods in schema["paths"].items():
        for method, endpoint in methods.items():
            parts += _endpoint(method.upper(), path, endpoint, schema)
    return "\n".join([*parts, "</main></body></html>"])


def _endpoint(
    method: str, path: str, endpoint: Mapping[str, Any], schema: Mapping[str, Any]
) -> Iterator[str]:
    yield f"<h2>{method} <code>{escape(path)}</code></h2>"
    yield f"<p>{escape(endpoint.get('description', endpoint.get('summary', '')))}</p>"
    fields = [_field(one) for one in endpoint.get("parameters", [])]
    if fields:
        yield "<h3>Takes</h3><ul>" + "".join(fields) + "</ul>"
    if "requestBody" in endpoint:
        reference = endpoint["requestBody"]["content"]["application/json"]["schema"]
        body = schema["components"]["schemas"][reference["$ref"].rsplit("/", 1)[1]]
        example = json.dumps(body["examples"][0], indent=2)
        yield f"<h3>Takes a body, for example</h3><pre>{escape(example)}</pre>"
    answers = [
        f"<li><code>{escape(status)}</code> {escape(answer['description'])}</li>"
        for status, answer in endpoint["responses"].items()
    ]
    yield "<h3>Answers</h3><ul>" + "".join(answers) + "</ul>"


def _field(parameter: Mapping[str, Any]) -> str:
    kind = parameter["schema"]
    facts = [kind.get("type", "")]
    if "minimum" in kind:
        facts.append(f"{kind['minimum']} to {kind['maximum']}")
    if "default" in kind:
        facts.append(f"default {json.dumps(kind['default'])}")
    about = escape(parameter.get("description", ""))
    return (
        f"<li><code>{escape(parameter['name'])}</code> "
        f"({escape(', '.join(facts))}) {about}</li>"
    )
