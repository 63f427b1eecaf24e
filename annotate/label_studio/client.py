"""Client of one Label Studio server: paged reads, imports in chunks, file upload and download."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from annotate.label_studio.project_listing import titled
from annotate.label_studio.recorder_api import Recorder
from annotate.label_studio.review_project import ReviewProject
from annotate.label_studio.task_listing import condition, remove_duplicates, tasks
from annotate.model.errors import AnnotateError

if TYPE_CHECKING:
    import httpx

CHUNK = 500
"""Tasks per import request; larger requests time out."""

Progress = Callable[[int, int], None]
"""Called with the number done and the total."""


class Studio:
    """Client of a Label Studio server for one account; may be used from several threads.

    Reads are retried after transient errors of the connection or the server. Writes are sent once;
    only a connection that couldn't be established is retried. Every method raises `AnnotateError`
    when the server can't be reached, rejects the token or responds with an error.

    Args:
        url: The server's address.
        token: A legacy token or a personal access token.
        transport: Replaces the network in tests.
        patience: Factor of the pauses between attempts; 0 for no pauses.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        transport: httpx.BaseTransport | None = None,
        patience: float = 1.0,
    ):
        # Imported here, because httpx and tenacity are needed only to send requests.
        from annotate.label_studio.connection import Connection

        self._at = Connection(url, token, transport, patience)
        self.url = self._at.url
        self.recorder = Recorder(self._at)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._at.close()

    def account(self) -> str:
        """The e-mail address of the account that the token belongs to."""
        return str(self._at.read_json(lambda sdk: sdk.users.whoami())["email"])

    def people(self) -> dict[int, str]:
        """The e-mail address of every account, by the account's id."""
        listed = self._at.read_json(lambda sdk: sdk.users.list())
        return {one["id"]: one["email"] for one in listed}

    def project(self, name: str) -> int:
        """The id of the project with this id or title.

        Raises:
            AnnotateError: If there is none, or several have the title.
        """
        if name.isdecimal():
            self._at.read(lambda sdk: sdk.projects.get(int(name)))  # an error if there is none
            return int(name)
        found = titled(self._at, name)
        if len(found) != 1:
            many = f"{len(found)} projects are" if found else "no project is"
            raise AnnotateError(f"{many} called {name!r} at {self.url}: name one by its id")
        return found[0].id

    def review_project(self, project: int) -> ReviewProject:
        """The review project of this id."""
        return ReviewProject(self._at, project, self.import_tasks)

    def changed_tasks(self, project: int, since: datetime | None) -> Iterator[dict[str, Any]]:
        """The tasks changed after `since` (None: all), ordered by id, with full annotations."""
        changed = []
        if since:  # the filter requires a time with an explicit zone
            moment = since.astimezone(UTC).isoformat().replace("+00:00", "Z")
            changed = [condition("updated_at", "greater", "Datetime", moment)]
        yield from tasks(self._at, project, "all", changed)

    def annotation_count(self, project: int) -> int:
        """The number of the project's annotations that aren't cancelled."""
        listed = self._at.read(
            lambda sdk: sdk.tasks.with_raw_response.list(project=project, page_size=1)
        )
        return int(listed.response.total_annotations)

    def task_data(self, project: int) -> dict[int, dict[str, Any]]:
        """The data of each of the project's tasks, by the task's id."""
        return {task["id"]: task["data"] for task in tasks(self._at, project, "task_only")}

    def change_task(self, task: int, data: Mapping[str, Any]) -> None:
        """Replace a task's data."""
        self._at.write(lambda sdk: sdk.tasks.update(str(task), data=dict(data)))

    def import_tasks(
        self,
        project: int,
        tasks: Sequence[Mapping[str, Any]],
        progress: Progress | None = None,
    ) -> int:
        """Add tasks, in chunks, and return how many were added.

        Raises:
            AnnotateError: If the server reports a different number of tasks than were sent.
        """
        done = 0
        for start in range(0, len(tasks), CHUNK):
            chunk = list(tasks[start : start + CHUNK])
            imported = self._import(project, chunk)
            if imported != len(chunk):
                raise AnnotateError(
                    f"Label Studio imported {imported} of {len(chunk)} tasks: check "
                    f"project {project}, then run the same command again"
                )
            done += len(chunk)
            if progress:
                progress(done, len(tasks))
        return done

    def remove_duplicates(self, project: int, field: str) -> int:
        """Delete tasks that another process also added: see `task_listing.remove_duplicates`."""
        return remove_duplicates(self._at, project, field)

    def upload(self, project: int, name: str, data: bytes) -> str:
        """Store a file with the project and return its path, `/data/upload/…`."""
        # The SDK's import_tasks sends only JSON, no file.
        response = self._at.send(
            "POST",
            f"api/projects/{project}/import",
            params={"commit_to_project": "false"},
            files={"file": (name, data)},
        )
        ids = response.get("file_upload_ids") or []
        if len(ids) != 1:
            raise AnnotateError(f"Label Studio did not store {name}: run the same command again")
        return f"/data/{self._at.read_json(lambda sdk: sdk.files.get(ids[0]))['file']}"

    def fetch(self, path_or_url: str, max_bytes: int) -> bytes:
        """The bytes at a path or URL of this server.

        The token is sent only to the server's own origin; a redirect to another origin isn't
        followed.

        Raises:
            RejectedError: `other_host`, `too_large`, or `not_there` when the server has no such
                file or this account may not read it.
            AnnotateError: If the server can't be reached; the file may exist.
        """
        # The SDK's files.download has no size limit and returns nothing.
        return self._at.fetch(path_or_url, max_bytes)

    def _import(self, project: int, tasks: Sequence[Any]) -> int | None:
        """The number of imported tasks as the server reports it."""
        response = self._at.write(lambda sdk: sdk.projects.import_tasks(project, request=tasks))
        count: int | None = response.task_count
        return count


def account(url: str, token: str) -> str:
    """The e-mail address of the account that the token belongs to.

    Raises:
        AnnotateError: If the server can't be reached or rejects the token.
    """
    with Studio(url, token, patience=0.1) as studio:
        return studio.account()
