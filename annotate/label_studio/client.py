"""What we ask of Label Studio: paged reading, importing in chunks, files up and down."""

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
"""Tasks an import: larger ones time out."""

Progress = Callable[[int, int], None]
"""Called with how many are done and how many there are in all."""


class Studio:
    """One account's view of a Label Studio server; may be used from several threads.

    Reads are tried again when the connection or the server falters; nothing that writes is, but
    for connections that never came about. Every method raises `AnnotateError` when the server
    can't be reached, refuses the token or answers with an error.

    Args:
        url: Where the server is.
        token: A legacy token or a personal access token.
        transport: Stands in for the network.
        patience: Multiplies the pauses between attempts; 0 for none.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        transport: httpx.BaseTransport | None = None,
        patience: float = 1.0,
    ):
        # Loaded here: only commands that speak to the server pay for it.
        from annotate.label_studio.connection import Connection

        self._at = Connection(url, token, transport, patience)
        self.url = self._at.url
        self.recorder = Recorder(self._at)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
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
        """The tasks changed after a time, or all, by id, with their annotations in full."""
        changed = []
        if since:  # the filter wants a time with an explicit zone
            moment = since.astimezone(UTC).isoformat().replace("+00:00", "Z")
            changed = [condition("updated_at", "greater", "Datetime", moment)]
        yield from tasks(self._at, project, "all", changed)

    def annotation_count(self, project: int) -> int:
        """How many annotations the project has that aren't cancelled."""
        listed = self._at.read(
            lambda sdk: sdk.tasks.with_raw_response.list(project=project, page_size=1)
        )
        return int(listed.response.total_annotations)

    def task_data(self, project: int) -> dict[int, dict[str, Any]]:
        """The data of each of the project's tasks, by the task's id."""
        return {task["id"]: task["data"] for task in tasks(self._at, project, "task_only")}

    def change_task(self, task: int, data: Mapping[str, Any]) -> None:
        """Give a task other data."""
        self._at.write(lambda sdk: sdk.tasks.update(str(task), data=dict(data)))

    def import_tasks(
        self,
        project: int,
        tasks: Sequence[Mapping[str, Any]],
        progress: Progress | None = None,
    ) -> int:
        """Add tasks, in chunks, and return how many.

        Raises:
            AnnotateError: If the server says that it took another number than it was given.
        """
        done = 0
        for start in range(0, len(tasks), CHUNK):
            chunk = list(tasks[start : start + CHUNK])
            taken = self._import(project, chunk)
            if taken != len(chunk):
                raise AnnotateError(
                    f"Label Studio took {taken} of {len(chunk)} tasks: look at "
                    f"project {project}, then run the same command again"
                )
            done += len(chunk)
            if progress:
                progress(done, len(tasks))
        return done

    def remove_duplicates(self, project: int, field: str) -> int:
        """Delete tasks that another process added too: see `task_listing.remove_duplicates`."""
        return remove_duplicates(self._at, project, field)

    def upload(self, project: int, name: str, data: bytes) -> str:
        """Store a file with the project and return its path, `/data/upload/…`."""
        # The SDK's import_tasks sends JSON alone, no file.
        reply = self._at.send(
            "POST",
            f"api/projects/{project}/import",
            params={"commit_to_project": "false"},
            files={"file": (name, data)},
        )
        ids = reply.get("file_upload_ids") or []
        if len(ids) != 1:
            raise AnnotateError(f"Label Studio did not keep {name}: run the same command again")
        return f"/data/{self._at.read_json(lambda sdk: sdk.files.get(ids[0]))['file']}"

    def fetch(self, path_or_url: str, max_bytes: int) -> bytes:
        """The bytes at a path or URL of this server.

        The token goes to the server's own origin and to nowhere else, and a redirect that leads
        off it isn't followed.

        Raises:
            RejectedError: `other_host`, `too_large`, or `not_there` when the server has no such
                file or this account may not have it.
            AnnotateError: If the server can't be reached: that says nothing about the file.
        """
        # The SDK's files.download reads without a bound and returns nothing.
        return self._at.fetch(path_or_url, max_bytes)

    def _import(self, project: int, tasks: Sequence[Any]) -> int | None:
        """How many the server says that it took."""
        answer = self._at.write(lambda sdk: sdk.projects.import_tasks(project, request=tasks))
        taken: int | None = answer.task_count
        return taken


def account(url: str, token: str) -> str:
    """The e-mail address of the account that the token belongs to.

    Raises:
        AnnotateError: If the server can't be reached or refuses the token.
    """
    with Studio(url, token, patience=0.1) as studio:
        return studio.account()
