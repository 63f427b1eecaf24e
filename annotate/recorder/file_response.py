"""JSON and file responses, with headers against caching and content sniffing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from annotate.recorder.http_range import parse_range
from annotate.recorder.protocol import Json


def send_json(body: Json, status: int = 200) -> HttpResponse:
    """An object as JSON."""
    return no_store(JsonResponse(body, status=status))


def send_bytes(request: HttpRequest, data: bytes, media_type: str, name: str) -> HttpResponse:
    """A file, whole or the requested byte range.

    Raises:
        RequestError: 416 `bad_range`.
    """
    byte_range = parse_range(request.META.get("HTTP_RANGE"), len(data))
    start, end = byte_range or (0, len(data))
    status = 200 if byte_range is None else 206
    response = HttpResponse(data[start:end], content_type=media_type, status=status)
    if byte_range is not None:
        response["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
    response["Accept-Ranges"] = "bytes"
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return no_store(response)


def no_store(response: HttpResponse) -> HttpResponse:
    """Add headers that forbid caching, other origins and content sniffing."""
    response["Cache-Control"] = "private, no-store"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response
