"""The OpenAPI document: what FastAPI derives, and every error of every operation."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.auth import CUSTOMER_SCHEME, STAFF_SCHEME
from app.errors import PROBLEM_TYPES, problem_body
from app.models.problem import Problem

Responses = dict[int | str, dict[str, Any]]

METHODS = {"get", "put", "post", "delete", "patch"}
SCHEMA_REF = "#/components/schemas/{model}"
BODY_PROBLEMS = ("malformed_json", "body_too_large", "unsupported_media_type", "invalid_request")
EVERYWHERE = ("internal_error",)
IN_THE_API = ("store_unavailable", "too_many_requests")
RETRY_HEADER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}
VERSION_HEADER = {"ETag": {"description": "The version, in quotes.", "schema": {"type": "string"}}}
PLACED_HEADERS = {**VERSION_HEADER, "Location": {"description": "Where the order is.", "schema": {"type": "string"}}}


def problems(*codes: str) -> Responses:
    """Document errors, by status; each code gets an example."""
    responses: Responses = {}
    for code in codes:
        status, title = PROBLEM_TYPES[code]
        response = responses.setdefault(status, _problem_response(status))
        response["content"]["application/problem+json"]["examples"][code] = {
            "summary": title,
            "value": problem_body(code, f"{title}."),
        }
        response["description"] = " · ".join(response["content"]["application/problem+json"]["examples"])
    return responses


def with_headers(headers: dict[str, Any], status: int = 200) -> Responses:
    return {status: {"headers": headers}}


def _problem_response(status: int) -> dict[str, Any]:
    schema = {"$ref": SCHEMA_REF.format(model="Problem")}
    content = {"application/problem+json": {"schema": schema, "examples": {}}}
    return {"content": content} | ({"headers": RETRY_HEADER} if status == 503 else {})


def build_openapi(app: FastAPI) -> dict[str, Any]:
    """Make the document once. What follows from an operation's shape (a body, a guard) is added here for all."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
        )
        _add_problem_schema(document)
        for path, operation in _operations(document):
            _complete(path, operation)
        app.openapi_schema = document
    return app.openapi_schema


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, operation


def _complete(path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for response in responses.values():
        _drop_empty_content(response)
    for parameter in operation.get("parameters", ()):
        _drop_null(parameter["schema"])
    schemes = {name for requirement in operation.get("security", ()) for name in requirement}
    if CUSTOMER_SCHEME in schemes:
        operation["security"].append({STAFF_SCHEME: []})
    for status, response in problems(*_implied(path, operation, bool(schemes))).items():
        known = responses.setdefault(str(status), _problem_response(int(status)) | {"description": ""})
        _merge(known, response)
    operation["responses"] = dict(sorted(responses.items()))


def _implied(path: str, operation: dict[str, Any], guarded: bool) -> Iterator[str]:
    yield from EVERYWHERE
    if guarded:
        yield from ("unauthorized", "forbidden")
    if "requestBody" in operation:
        yield from BODY_PROBLEMS
    if any(parameter["in"] == "query" for parameter in operation.get("parameters", ())):
        yield "invalid_request"
    if path.startswith("/api/"):
        yield from IN_THE_API


def _drop_empty_content(response: dict[str, Any]) -> None:
    """Where the answer is no JSON, FastAPI adds JSON of no shape."""
    content = response.get("content", {})
    if len(content) > 1 and content.get("application/json") == {"schema": {}}:
        del content["application/json"]


def _drop_null(schema: dict[str, Any]) -> None:
    """A header or a query parameter is left out, never null."""
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        del schema["anyOf"]
        schema.update(options[0])


def _merge(known: dict[str, Any], more: dict[str, Any]) -> None:
    examples = known["content"]["application/problem+json"]["examples"]
    examples.update(more["content"]["application/problem+json"]["examples"])
    known["description"] = " · ".join(examples)


def _add_problem_schema(document: dict[str, Any]) -> None:
    schema = Problem.model_json_schema(by_alias=True, ref_template=SCHEMA_REF, mode="serialization")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(schema.pop("$defs", {}))
    schemas["Problem"] = schema
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
