"""Authenticated HTTP connection to a server: retried reads, writes sent once, bounded downloads.

Label Studio's API is called through `label_studio_sdk.LabelStudio` with this connection's own HTTP
client. Requests that the SDK doesn't support are sent with that client directly.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import tenacity

from annotate.label_studio import trusted_servers
from annotate.label_studio.auth import TokenAuth
from annotate.model.errors import AnnotateError, RejectedError

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

T = TypeVar("T")

NO_KEY = "TokenAuth signs"
"""Placeholder passed to the SDK as its API key. With a real personal access token the SDK would
renew access tokens in addition to `TokenAuth`, and raise its own error for an expired one."""

ATTEMPTS = 5
MAX_REDIRECTS = 5
TIMEOUT_SECONDS = 120.0
TRANSIENT = frozenset({429, 500, 502, 503, 504})
"""Status codes after which a read is retried."""

MAX_EXPLANATION = 300
"""Maximum length of the server's explanation within an error message, in characters."""

FILE_ERRORS = frozenset({403, 404, 410})
"""Status codes that concern the requested file and not the server."""


class Connection:
    """Requests to one origin, authenticated as one account; may be used from several threads.

    Args:
        url: The server's address.
        token: A legacy token or a personal access token.
        transport: Replaces the network in tests.
        patience: Factor of the pauses between attempts; 0 for no pauses.
    """

    def __init__(
        self, url: str, token: str, transport: httpx.BaseTransport | None, patience: float
    ):
        trusted_servers.origin(url)
        self.url = url.rstrip("/")
        self._base = httpx.URL(self.url + "/")
        self._patience = patience
        self._http = httpx.Client(
            # These retries cover only connections that couldn't be established, which is safe.
            transport=transport or httpx.HTTPTransport(retries=2),
            auth=TokenAuth(self._base, token),
            timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
            event_hooks={"response": [self._remember]},
        )
        self._responses = threading.local()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def read(self, call: Callable[[LabelStudio], T]) -> T:
        """The result of an SDK call that reads; retried after transient errors.

        Raises:
            AnnotateError: If the server can't be reached, rejects the token or responds with an
                error.
        """
        result: T = self._with_retries(lambda: self._called(call))
        return result

    def read_json(self, call: Callable[[LabelStudio], object]) -> Any:
        """The JSON response to an SDK call that sends one request; otherwise as `read`.

        Used for required keys, because a missing key is None in the SDK's classes. Used for tasks,
        because the SDK parses each as the first of three classes that fits, and a field that is
        text in one of them is a time in another.
        """

        def request() -> Any:
            self._called(call)
            return self._responses.last.json()

        return self._with_retries(request)

    def write(self, call: Callable[[LabelStudio], T]) -> T:
        """As `read`, for a write. It is sent once: the server may have applied a failed one."""
        try:
            return self._called(call)
        except httpx.HTTPError as error:
            raise self._as_annotate_error(error) from error

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON response at a path that the SDK doesn't support; otherwise as `read`."""
        return self._with_retries(lambda: self._once("GET", path, params=params))

    def send(self, method: str, path: str, **content: Any) -> Any:
        """A write that the SDK doesn't support; otherwise as `write`."""
        try:
            return self._once(method, path, **content)
        except httpx.HTTPError as error:
            raise self._as_annotate_error(error) from error

    def length(self, path: str) -> int | None:
        """The size of the file at a path in bytes; None if there is none.

        Raises:
            AnnotateError: As `read` does.
        """

        def request() -> httpx.Response:
            # Without compression, which would change the length.
            plain = {"Accept-Encoding": "identity"}
            response = self._http.request("HEAD", self._base.join(path), headers=plain)
            return response if response.status_code == 404 else response.raise_for_status()

        response: httpx.Response = self._with_retries(request)
        length = response.headers.get("Content-Length", "")
        return int(length) if response.status_code != 404 and length.isdecimal() else None

    def put(self, path: str, data: bytes) -> Any:
        """Store bytes at a path derived from their content; retried, because it is idempotent.

        Raises:
            AnnotateError: As `read` does.
        """
        headers = {"Content-Type": "application/octet-stream"}
        return self._with_retries(lambda: self._once("PUT", path, content=data, headers=headers))

    def fetch(self, path_or_url: str, max_bytes: int) -> bytes:
        """The bytes of a file; see `annotate.label_studio.client.Studio.fetch`."""
        url = self._inside(path_or_url)
        for _ in range(MAX_REDIRECTS):
            found = self._stream(url, max_bytes)
            if isinstance(found, bytes):
                return found
            url = self._inside(str(url.join(found)))
        raise RejectedError("not_there", f"{path_or_url}: more than {MAX_REDIRECTS} redirects")

    @functools.cached_property
    def _sdk(self) -> LabelStudio:
        # Imported here: it takes a second and 130 MB, and requests to the recorder don't need it.
        from label_studio_sdk import LabelStudio

        return LabelStudio(  # type: ignore[no-untyped-call]
            base_url=self.url, api_key=NO_KEY, httpx_client=self._http, max_retries=0
        )

    def _remember(self, response: httpx.Response) -> None:
        self._responses.last = response

    def _called(self, call: Callable[[LabelStudio], T]) -> T:
        """The call's result; the SDK's errors are converted to those of httpx.

        Raises:
            httpx.HTTPError: If the server can't be reached or responds with an error.
            AnnotateError: If the response isn't JSON.
        """
        from label_studio_sdk.core.api_error import ApiError
        from label_studio_sdk.core.parse_error import ParsingError

        self._responses.last = None
        try:
            return call(self._sdk)
        except (ApiError, ParsingError, ValueError):  # pydantic's errors are ValueErrors
            response: httpx.Response | None = self._responses.last
            if response is None:
                raise
        # Outside the except block, so that the SDK's error isn't chained: its text contains the
        # response's cookies.
        response.raise_for_status()
        raise self._no_json(response.request.url.path.removeprefix(self._base.path))

    def _no_json(self, path: str) -> AnnotateError:
        return AnnotateError(
            f"{self.url} does not respond to {path} with JSON: is it a Label Studio?"
        )

    def _once(self, method: str, path: str, **content: Any) -> Any:
        response = self._http.request(method, self._base.join(path), **content)
        response.raise_for_status()
        if response.status_code == httpx.codes.NO_CONTENT:
            return None
        try:
            return response.json()
        except ValueError as error:
            raise self._no_json(path) from error

    def _with_retries(self, read: Callable[[], Any]) -> Any:
        tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_transient),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=tenacity.wait_random_exponential(
                multiplier=self._patience, max=20 * self._patience
            ),
            reraise=True,
        )
        try:
            return tries(read)
        except httpx.HTTPError as error:
            raise self._as_annotate_error(error) from error

    def _stream(self, url: httpx.URL, max_bytes: int) -> bytes | str:
        """The body, or the target of a redirect."""
        result: bytes | str = self._with_retries(lambda: self._stream_once(url, max_bytes))
        return result

    def _stream_once(self, url: httpx.URL, max_bytes: int) -> bytes | str:
        # Without compression, so that a small body can't decompress to a large one.
        with self._http.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response:
            if response.has_redirect_location:
                return str(response.headers["Location"])
            if response.status_code in FILE_ERRORS:
                raise RejectedError("not_there", f"{url.path}: HTTP {response.status_code}")
            response.raise_for_status()
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise RejectedError("not_there", f"{url.path} is compressed")
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > max_bytes:
                    detail = f"{url.path}: more than the {max_bytes} bytes that are allowed"
                    raise RejectedError("too_large", detail)
            return bytes(body)

    def _inside(self, path_or_url: str) -> httpx.URL:
        """The absolute URL.

        Raises:
            RejectedError: `other_host`, if it isn't at this server's origin.
        """
        try:
            if path_or_url.startswith("/") and not path_or_url.startswith("//"):
                prefix = self._base.path.rstrip("/")
                if not path_or_url.startswith(prefix + "/"):
                    path_or_url = prefix + path_or_url
            url = self._base.join(path_or_url)
        except (httpx.InvalidURL, ValueError) as error:
            raise RejectedError("other_host", f"{path_or_url!r} is no address") from error
        if _origin(url) != _origin(self._base):
            raise RejectedError("other_host", f"{path_or_url!r} is not at {self.url}")
        return url

    def _as_annotate_error(self, error: httpx.HTTPError) -> AnnotateError:
        if not isinstance(error, httpx.HTTPStatusError):
            reason = str(error) or type(error).__name__
            return AnnotateError(f"Label Studio at {self.url} can't be reached: {reason}")
        status, path = error.response.status_code, error.request.url.path
        if status in (401, 403):
            return AnnotateError(
                f"Label Studio at {self.url} rejects the token (HTTP {status} for {path}): make a "
                "new one under Account & Settings"
            )
        reason = _explanation(error.response)
        return AnnotateError(f"Label Studio at {self.url} responds HTTP {status} to {path}{reason}")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    default = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or default


def _explanation(response: httpx.Response) -> str:
    """The server's explanation of an error, on one line; empty if the body wasn't read."""
    if not response.is_stream_consumed or not response.is_closed:
        return ""
    try:
        body = response.json()
        reason = body.get("validation_errors") or body.get("detail") or ""
    except (ValueError, AttributeError):
        return ""
    text = " ".join(str(reason).split())
    return f": {text[:MAX_EXPLANATION]}" if text else ""


def _is_transient(error: BaseException) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in TRANSIENT
    return isinstance(error, httpx.TransportError)
