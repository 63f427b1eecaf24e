"""One signed HTTP connection to a server: patient reads, single writes, fetching under bounds.

Label Studio's API is called through `label_studio_sdk.LabelStudio`, over this connection's own HTTP
client. Requests that the SDK can't make are sent by that client alone.
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
"""Given to the SDK as its API key. It would renew a personal token by itself, once more than we do,
and refuse an expired one with an error of its own."""

ATTEMPTS = 5
MAX_REDIRECTS = 5
TIMEOUT_SECONDS = 120.0
TRANSIENT = frozenset({429, 500, 502, 503, 504})
"""Answers after which a read is worth another try."""

MAX_EXPLANATION = 300
"""Characters of a server's own words in a message of ours."""

GONE = frozenset({403, 404, 410})
"""Answers that speak of the file asked for and not of the server."""


class Connection:
    """Requests to one origin in the name of one account; may be used from several threads.

    Args:
        url: Where the server is.
        token: A legacy token or a personal access token.
        transport: Stands in for the network.
        patience: Multiplies the pauses between attempts; 0 for none.
    """

    def __init__(
        self, url: str, token: str, transport: httpx.BaseTransport | None, patience: float
    ):
        trusted_servers.origin(url)
        self.url = url.rstrip("/")
        self._base = httpx.URL(self.url + "/")
        self._patience = patience
        self._http = httpx.Client(
            # Only for connections that never came about: those are safe to try again.
            transport=transport or httpx.HTTPTransport(retries=2),
            auth=TokenAuth(self._base, token),
            timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
            event_hooks={"response": [self._remember]},
        )
        self._answered = threading.local()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def read(self, call: Callable[[LabelStudio], T]) -> T:
        """What a call of the SDK returns that reads; tried again when the server falters.

        Raises:
            AnnotateError: If it can't be reached, refuses the token or answers with an error.
        """
        result: T = self._patiently(lambda: self._called(call))
        return result

    def read_json(self, call: Callable[[LabelStudio], object]) -> Any:
        """The JSON that the server answered to a call of the SDK with one request; as `read`.

        For what must be there, since a missing key is None in the SDK's classes; and for tasks,
        since the SDK takes each for one of three classes, whichever fits, and what is text in one
        of them is a time in another.
        """

        def ask() -> Any:
            self._called(call)
            return self._answered.last.json()

        return self._patiently(ask)

    def write(self, call: Callable[[LabelStudio], T]) -> T:
        """The same for a write, which is sent once: it may have arrived although it failed."""
        try:
            return self._called(call)
        except httpx.HTTPError as error:
            raise self._trouble(error) from error

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """What the server answers at an address that the SDK doesn't know, as JSON; as `read`."""
        return self._patiently(lambda: self._once("GET", path, params=params))

    def send(self, method: str, path: str, **content: Any) -> Any:
        """A write that the SDK can't send, as `write`."""
        try:
            return self._once(method, path, **content)
        except httpx.HTTPError as error:
            raise self._trouble(error) from error

    def length(self, path: str) -> int | None:
        """How many bytes lie at an address; None if nothing does.

        Raises:
            AnnotateError: As `read` does.
        """

        def ask() -> httpx.Response:
            # As it lies there: packed it would have another length.
            plain = {"Accept-Encoding": "identity"}
            answer = self._http.request("HEAD", self._base.join(path), headers=plain)
            return answer if answer.status_code == 404 else answer.raise_for_status()

        answer: httpx.Response = self._patiently(ask)
        length = answer.headers.get("Content-Length", "")
        return int(length) if answer.status_code != 404 and length.isdecimal() else None

    def put(self, path: str, data: bytes) -> Any:
        """Keep bytes at an address that names them; tried again, since twice does no harm.

        Raises:
            AnnotateError: As `read` does.
        """
        headers = {"Content-Type": "application/octet-stream"}
        return self._patiently(lambda: self._once("PUT", path, content=data, headers=headers))

    def fetch(self, path_or_url: str, max_bytes: int) -> bytes:
        """The bytes of a file; see `annotate.label_studio.client.Studio.fetch`."""
        url = self._inside(path_or_url)
        for _ in range(MAX_REDIRECTS):
            found = self._stream(url, max_bytes)
            if isinstance(found, bytes):
                return found
            url = self._inside(str(url.join(found)))
        raise RejectedError("not_there", f"{path_or_url} is redirected without end")

    @functools.cached_property
    def _sdk(self) -> LabelStudio:
        # Loaded here: a second and 130 MB, which what asks only the recorder doesn't need.
        from label_studio_sdk import LabelStudio

        return LabelStudio(  # type: ignore[no-untyped-call]
            base_url=self.url, api_key=NO_KEY, httpx_client=self._http, max_retries=0
        )

    def _remember(self, answer: httpx.Response) -> None:
        self._answered.last = answer

    def _called(self, call: Callable[[LabelStudio], T]) -> T:
        """What the call returns; the SDK's errors become those of a request of ours.

        Raises:
            httpx.HTTPError: If the server can't be reached or answers with an error.
            AnnotateError: If it answers with something else than JSON.
        """
        from label_studio_sdk.core.api_error import ApiError
        from label_studio_sdk.core.parse_error import ParsingError

        self._answered.last = None
        try:
            return call(self._sdk)
        except (ApiError, ParsingError, ValueError):  # pydantic's are ValueErrors
            answer: httpx.Response | None = self._answered.last
            if answer is None:
                raise
        # Not below the SDK's error, whose text holds the answer's cookies.
        answer.raise_for_status()
        raise self._no_json(answer.request.url.path.removeprefix(self._base.path))

    def _no_json(self, path: str) -> AnnotateError:
        return AnnotateError(
            f"{self.url} answers {path} with something else than JSON: is it a Label Studio?"
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

    def _patiently(self, read: Callable[[], Any]) -> Any:
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
            raise self._trouble(error) from error

    def _stream(self, url: httpx.URL, max_bytes: int) -> bytes | str:
        """The body, or where a redirect leads."""
        result: bytes | str = self._patiently(lambda: self._stream_once(url, max_bytes))
        return result

    def _stream_once(self, url: httpx.URL, max_bytes: int) -> bytes | str:
        # Uncompressed, so that a small body can't unfold into a large one.
        with self._http.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response:
            if response.has_redirect_location:
                return str(response.headers["Location"])
            if response.status_code in GONE:
                raise RejectedError("not_there", f"{url.path}: HTTP {response.status_code}")
            response.raise_for_status()
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise RejectedError("not_there", f"{url.path} comes compressed")
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if len(body) > max_bytes:
                    detail = f"{url.path}: more than the {max_bytes} bytes that are allowed"
                    raise RejectedError("too_large", detail)
            return bytes(body)

    def _inside(self, path_or_url: str) -> httpx.URL:
        """The address in full.

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
            raise RejectedError("other_host", f"{path_or_url!r} does not lie at {self.url}")
        return url

    def _trouble(self, error: httpx.HTTPError) -> AnnotateError:
        if not isinstance(error, httpx.HTTPStatusError):
            reason = str(error) or type(error).__name__
            return AnnotateError(f"Label Studio at {self.url} can't be reached: {reason}")
        status, path = error.response.status_code, error.request.url.path
        if status in (401, 403):
            return AnnotateError(
                f"Label Studio at {self.url} refuses the token (HTTP {status} for {path}): make a "
                "new one under Account & Settings"
            )
        reason = _explanation(error.response)
        return AnnotateError(f"Label Studio at {self.url} answers HTTP {status} to {path}{reason}")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    default = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or default


def _explanation(response: httpx.Response) -> str:
    """What the server says is wrong, on one line; nothing for an answer that wasn't read."""
    if not response.is_stream_consumed or not response.is_closed:
        return ""
    try:
        reply = response.json()
        reason = reply.get("validation_errors") or reply.get("detail") or ""
    except (ValueError, AttributeError):
        return ""
    text = " ".join(str(reason).split())
    return f": {text[:MAX_EXPLANATION]}" if text else ""


def _is_transient(error: BaseException) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in TRANSIENT
    return isinstance(error, httpx.TransportError)
