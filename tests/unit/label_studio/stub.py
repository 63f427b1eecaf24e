"""A stub of Label Studio, in memory: the endpoints that we use. A real one: tests/integration."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from annotate.label_studio.client import Studio
from annotate.model.ids import sha256_hex

URL = "https://studio.example.org"
SOURCE_PREFIX = "label-studio/studio.example.org"
START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
Row = dict[str, Any]


@dataclass
class StubStudio:
    """Projects, tasks and files, and a clock that advances a minute with every change.

    Attributes:
        requests: Every request, as method and path.
        broken_paths: Paths to which the response is HTTP 503.
        versions: Each project's options, such as the version of predictions that it shows.
        records, shown_words: The recorder's record and recognized words of each recording.
        denies_records: Respond as to an account that isn't the pipeline's.
        waiting_for_words: The recordings whose words pages wait for; None without second looks.
        reviewers: The accounts in the reviewers' group; None for an old recorder without them.
    """

    projects: dict[int, str] = field(default_factory=dict)
    tasks: dict[int, Row] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    broken_paths: set[str] = field(default_factory=set)
    versions: dict[int, Row] = field(default_factory=dict)
    records: dict[str, Row] = field(default_factory=dict)
    shown_words: dict[str, Row] = field(default_factory=dict)
    waiting_for_words: list[str] | None = None
    denies_records: bool = False
    reviewers: set[int] | None = field(default_factory=lambda: {5, 6, 7})
    minutes: int = 0
    last_id: int = 0

    def client(self) -> Studio:
        transport = httpx.MockTransport(self.respond)
        return Studio(URL, "0" * 40, transport=transport, patience=0)

    def project(self, title: str) -> int:
        self.projects[number := self._next_id()] = title
        return number

    def task(self, project: int, data: Row, **more: Any) -> int:
        number = self._next_id()
        self.tasks[number] = {
            "id": number,
            "project": project,
            "data": data,
            "annotations": [],
            "updated_at": self._now(),
            "overlap": self.versions.get(project, {}).get("maximum_annotations", 1),
            **more,
        }
        return number

    def annotate(self, task: int, result: Any, user: int = 5, **more: Any) -> int:
        number = self._next_id()
        self.tasks[task]["updated_at"] = moment = self._now()
        annotation = {
            "id": number,
            "completed_by": user,
            "result": result,
            "was_cancelled": False,
            "lead_time": 12.5,
            "updated_at": moment,
        }
        self.tasks[task]["annotations"].append({**annotation, **more})
        return number

    def change(self, annotation: int, **over: Any) -> None:
        task, found = self._find(annotation)
        found.update(over)
        task["updated_at"] = found["updated_at"] = self._now()

    def touch(self, task: int) -> None:
        """Mark a task as changed."""
        self.tasks[task]["updated_at"] = self._now()

    def delete(self, annotation: int) -> None:
        task, found = self._find(annotation)
        task["annotations"].remove(found)
        task["updated_at"] = self._now()

    def tasks_of(self, project: int) -> list[Row]:
        return [task for task in self.tasks.values() if task["project"] == project]

    def respond(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.requests.append(f"{request.method} {path}")
        if path in self.broken_paths:
            return httpx.Response(503)
        if path.startswith("/annotate/") and (response := self._recorder(request, path)):
            return response
        if path in self.files:
            return httpx.Response(200, content=self.files[path])
        if path == "/api/current-user/whoami":
            return httpx.Response(200, json={"email": "op@example.org"})
        if path == "/api/projects/":
            return self._projects(request)
        if path == "/api/tasks/":
            return httpx.Response(200, json=self._listed(request))
        if match := re.fullmatch(r"/api/projects/(\d+)/import", path):
            return self._import(int(match[1]), request)
        if match := re.fullmatch(r"/api/projects/(\d+)/import/predictions", path):
            return self._predict(json.loads(request.content))
        if match := re.fullmatch(r"/api/projects/(\d+)/", path):
            return self._project(int(match[1]), request)
        if match := re.fullmatch(r"/api/tasks/(\d+)/", path):
            if request.method == "DELETE":
                return httpx.Response(204 if self.tasks.pop(int(match[1]), None) else 404)
            task = self.tasks[int(match[1])]
            if request.method == "PATCH":
                task |= {**json.loads(request.content), "updated_at": self._now()}
            return httpx.Response(200, json=task)
        if match := re.fullmatch(r"/api/import/file-upload/(\d+)", path):
            names = [name for name in self.files if name.startswith(f"/data/upload/{match[1]}-")]
            return httpx.Response(200, json={"file": names[0].removeprefix("/data/")})
        return httpx.Response(404)

    def _recorder(self, request: httpx.Request, path: str) -> httpx.Response | None:
        if self.reviewers is None:  # an old recorder responds 404 to these paths
            supported = re.fullmatch(r"/annotate/recordings/[0-9a-f]{32}(/trace)?", path)
            return None if supported else httpx.Response(404, text="<html>Not found</html>")
        if path == "/annotate/reviewers":
            content = {"organization": 1, "reviewers": sorted(self.reviewers)}
            return httpx.Response(200, json=content)
        if path == "/annotate/looks":
            wanted = self.waiting_for_words
            content = {"asked": wanted is not None, "wanted": wanted or []}
            return httpx.Response(200, json=content)
        if match := re.fullmatch(r"/annotate/recordings/([0-9a-f]{32})/words", path):
            return self._words(match[1], request)
        if request.method == "PUT":
            self.files[path] = request.content
            return httpx.Response(201, json={"path": path})
        if match := re.fullmatch(r"/annotate/recordings/([0-9a-f]{32})/record", path):
            if self.denies_records:
                return httpx.Response(403, json={"error": "not_allowed", "message": "Not yours."})
            if match[1] in self.records:
                return httpx.Response(200, json=self.records[match[1]])
            content = {"error": "no_such_recording", "message": "There is no such recording."}
            return httpx.Response(404, json=content)
        return None

    def _words(self, recording: str, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            self.shown_words.setdefault(recording, json.loads(request.content))
            waiting = self.waiting_for_words or []
            self.waiting_for_words = [one for one in waiting if one != recording]
            return httpx.Response(201, json={"recording": recording, "new": True})
        words = self.shown_words.get(recording)
        content = {"state": "absent"} if words is None else {"state": "ready", **words}
        return httpx.Response(200, json=content)

    def _project(self, project: int, request: httpx.Request) -> httpx.Response:
        if project not in self.projects:
            return httpx.Response(404)
        if request.method == "PATCH":
            self.versions.setdefault(project, {}).update(json.loads(request.content))
            if overlap := json.loads(request.content).get("maximum_annotations"):
                for task in self.tasks_of(project):
                    task["overlap"] = overlap
        return httpx.Response(200, json={"id": project, **self.versions.get(project, {})})

    def _predict(self, predictions: list[Row]) -> httpx.Response:
        for one in predictions:
            task = self.tasks[one["task"]]
            task.setdefault("predictions", []).append({"id": self._next_id(), **one})
        return httpx.Response(201, json={"created": len(predictions)})

    def _projects(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            number = self.project(json.loads(request.content)["title"])
            return httpx.Response(201, json={"id": number})
        rows = [{"id": number, "title": title} for number, title in self.projects.items()]
        return httpx.Response(200, json={"count": len(rows), "results": rows})

    def _listed(self, request: httpx.Request) -> Row:
        project = int(request.url.params["project"])
        query = json.loads(request.url.params.get("query", '{"filters": {"items": []}}'))
        after = {one["filter"]: one["value"] for one in query["filters"]["items"]}
        since = after.get("filter:tasks:updated_at")
        tasks = [
            task
            for task in sorted(self.tasks_of(project), key=lambda task: task["id"])
            if task["id"] > after.get("filter:tasks:id", 0)
            and not _versions(task) & set(after.get("filter:tasks:predictions_model_versions", ()))
            and (since is None or _time(task["updated_at"]) > _time(since))
        ]
        submitted = [
            one for task in tasks for one in task["annotations"] if not one["was_cancelled"]
        ]
        page = [
            {**task, "total_annotations": len(task["annotations"])}
            for task in tasks[: int(request.url.params["page_size"])]
        ]
        return {"total": len(tasks), "total_annotations": len(submitted), "tasks": page}

    def _import(self, project: int, request: httpx.Request) -> httpx.Response:
        if request.headers["Content-Type"].startswith("multipart/"):
            head, _, body = request.content.partition(b"\r\n\r\n")
            name = re.findall(rb'filename="([^"]+)"', head)[0].decode()
            number = self._next_id()
            self.files[f"/data/upload/{number}-{name}"] = body.rpartition(b"\r\n--")[0]
            return httpx.Response(201, json={"file_upload_ids": [number]})
        sent = json.loads(request.content)
        for task in sent:
            self.task(project, task["data"], predictions=task.get("predictions", []))
            if version := (task.get("predictions") or [{}])[0].get("model_version"):
                self.versions.setdefault(project, {}).setdefault("model_version", version)
        return httpx.Response(201, json={"task_count": len(sent)})

    def _find(self, annotation: int) -> tuple[Row, Row]:
        return next(
            (task, one)
            for task in self.tasks.values()
            for one in task["annotations"]
            if one["id"] == annotation
        )

    def _next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def _now(self) -> str:
        self.minutes += 1
        return (START + timedelta(minutes=self.minutes)).isoformat().replace("+00:00", "Z")


def region(control: str, kind: str, values: Any) -> Row:
    """One control's part of an annotation."""
    return {"from_name": control, "to_name": "image", "id": control, "value": {kind: values}}


def a_reference(audio: bytes = b"sound", **over: Any) -> Row:
    """The reference that the recorder returns to the page for a recording of these bytes."""
    return {
        "version": 1,
        "recording": sha256_hex(audio)[:32],
        "sha256": sha256_hex(audio),
        "bytes": max(1, len(audio)),
        "media_type": "audio/webm",
        "client_ms": 6_000,
        "prompts": [{"question": "glance", "t_ms": 10}],
        "recorded_at": "2026-11-01T09:00:00Z",
        "language": "en",
        "consent": {"scope": "public", "statement": "v1", "at": "2026-11-01T08:59:00Z"},
        **over,
    }


def a_record(reference: Row, **over: Any) -> Row:
    """The server's record of the uploaded audio of that reference."""
    return {
        **reference,
        **{"user": 5, "organization": 1, "withdrawn": False, "annotations": []},
        "claimed": {"recorded_at": "x", "consented_at": "y"},
        **over,
    }


def handed_in(reference: Any) -> list[Row]:
    """The result of an annotation that holds a reference."""
    text = reference if isinstance(reference, str) else json.dumps(reference)
    return [region("recording", "text", [text])]


def decided(decision: str | None, text: str | None = None, *reasons: str) -> list[Row]:
    """The result of a reviewer's annotation."""
    result: list[Row] = []
    if text is not None:
        result.append(region("caption", "text", [text]))
    if decision is not None:
        result.append(region("decision", "choices", [decision]))
    if reasons:
        result.append(region("reason", "choices", list(reasons)))
    return result


def _versions(task: Row) -> set[str]:
    return {one["model_version"] for one in task.get("predictions", [])}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
