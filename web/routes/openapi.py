"""The OpenAPI 3.1 document, written from the route table that is being served.

Laws: nothing is described by hand; bodies and answers are msgspec's JSON Schema of the very types that decode
and encode them. Rows without types (sockets, WHIP, pages) are listed with their summary.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from aiohttp import web

from web.routes.edge import SESSION_COOKIE, encode_answer
from web.routes.table import ROUTES_KEY, Call, Nothing, Route, endpoint

_REF: Final = "#/components/schemas/{name}"
_SECURITY: Final[dict[str, list[dict[str, list[str]]]]] = {
    "session": [{"session": []}],
    "ticket": [{"ticket": []}, {"session": []}],
    "none": [],
}
_FILE: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
_VARIABLE: Final = re.compile(r"\{([a-z_]+)(?::[^{}]*(?:\{[^{}]*\}[^{}]*)*)?\}")


class Problem(msgspec.Struct, frozen=True):
    """RFC 9457; act on `code`, show `detail`."""

    type: str
    title: str
    status: int
    code: str
    detail: str


def build_openapi(routes: Sequence[Route]) -> dict[str, Any]:
    """Build the document for these routes."""
    types = [kind for route in routes for kind in (route.request, route.response) if kind is not None]
    unique = list(dict.fromkeys([*types, Problem]))
    schemas, components = msgspec.json.schema_components(unique, ref_template=_REF)
    schema_of = dict(zip(unique, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = _VARIABLE.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, path, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Kreide", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
                "ticket": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(route: Route, path: str, schema_of: dict[Any, Any]) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done"}
    if route.response is not None:
        success["content"] = {"application/json": {"schema": schema_of[route.response]}}
    elif route.gives:
        success["content"] = dict.fromkeys(route.gives, _FILE)
    operation: dict[str, Any] = {
        "summary": route.summary,
        "security": _SECURITY[route.auth],
        "responses": {str(route.status): success, **_errors(route, schema_of)},
    }
    named = {"in": "path", "required": True, "schema": {"type": "string"}}
    parameters = [{"name": name, **named} for name in _VARIABLE.findall(path)] + _query(route)
    if parameters:
        operation["parameters"] = parameters
    if route.takes:
        operation["requestBody"] = {"required": True, "content": dict.fromkeys(route.takes, _FILE)}
    if route.request is not None:
        content = {"application/json": {"schema": schema_of[route.request]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _query(route: Route) -> list[dict[str, Any]]:
    """The fields of the query's type, each a parameter."""
    if route.query is None:
        return []
    _, components = msgspec.json.schema_components([route.query], ref_template=_REF)
    shape = components[route.query.__name__]
    needed = shape.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": schema}
        for name, schema in shape["properties"].items()
    ]


def _errors(route: Route, schema_of: dict[Any, Any]) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": schema_of[Problem]}}
    statuses = {*route.errors, 401} if route.auth != "none" else set(route.errors)
    return {str(status): {"description": "Problem", "content": content} for status in sorted(statuses)}


async def openapi(call: Call[Nothing]) -> web.Response:
    """Describe what this server serves."""
    return encode_answer(build_openapi(call.request.app[ROUTES_KEY]))


ROUTES: tuple[Route, ...] = (endpoint("GET", "/api/v1/openapi.json", openapi, "This document", auth="none"),)
