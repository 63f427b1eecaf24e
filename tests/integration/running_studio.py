"""A Label Studio that `annotate studio up` has set up, and helpers that add accounts and tasks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from annotate.label_studio import secret_files
from annotate.label_studio.client import Studio
from annotate.label_studio.connection import Connection
from annotate.label_studio.review_task import Passage, ReviewTask, review_task
from annotate.studio_server import launch
from tests import needs
from tests.e2e.studio.server import PASSWORD, ROOT, free_port
from tests.e2e.studio.uploads import AUDIO, meta, upload

DEMO = ROOT / "data" / "demo"
EVIL = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"


def run(*arguments: str) -> dict[str, Any]:
    """Run `annotate studio ARGUMENTS --json`; its JSON output, with `exit_code` added."""
    command = [sys.executable, "-m", "annotate", "studio", *arguments, "--json"]
    completed = subprocess.run(command, capture_output=True, text=True, check=False)
    if not completed.stdout:
        raise RuntimeError(completed.stderr)
    return {**json.loads(completed.stdout), "exit_code": completed.returncode}


class RunningStudio:
    """A running server; `first` is the output of the command that started it."""

    def __init__(self, data: Path):
        self.data = data
        self.webhook = f"http://127.0.0.1:{free_port()}/webhook"
        self.up_arguments = ("up", "--detach", "--data", str(data), "--port", str(free_port()))
        self.up_arguments += ("--environment", str(needs.STUDIO), "--webhook", self.webhook)
        self.first = run(*self.up_arguments)
        self.url: str = self.first["url"]
        self.record, self.review = self.first["record"]["id"], self.first["review"]["id"]
        self.connection = Connection(self.url, secret_files.read_secret(data / "token"), None, 1.0)
        self.client = Studio(self.url, secret_files.read_secret(data / "token"))

    def sign_up(self, email: str, link: str) -> httpx.Client:
        """Create an account; return a client that is logged in as it."""
        session = httpx.Client(base_url=self.url, timeout=120)
        session.get(link)
        form = {
            "csrfmiddlewaretoken": session.cookies["csrftoken"],
            **{"email": email, "password": PASSWORD, "allow_newsletters": "false"},
        }
        response = session.post(link, data=form)
        if response.status_code != 302:
            session.close()
            raise PermissionError(response.status_code)
        return session


MAKE_REVIEWER = """
import sys
from pathlib import Path
import label_studio
sys.path.insert(0, str(Path(label_studio.__file__).parent))
import django
django.setup()
from django.contrib.auth.models import Group
from users.models import User
group, _ = Group.objects.get_or_create(name="annotate reviewers")
User.objects.get(email=sys.argv[1]).groups.add(group)
"""


def make_reviewer(live: RunningStudio, email: str) -> None:
    """Add an account to the reviewers' group, as an operator does under /admin."""
    server = launch.find(live.data)
    assert server
    variables = Path(f"/proc/{server.pid}/environ").read_bytes().decode().split("\0")
    environment = dict(one.split("=", 1) for one in variables if "=" in one)
    python = str(needs.STUDIO / "bin" / "python")
    subprocess.run([python, "-c", MAKE_REVIEWER, email], env=environment, check=True)


def add_review_task(live: RunningStudio, image: str, text: str) -> int:
    """Import a task into the review project; return its id."""
    image_path = DEMO / "images" / f"{image}.jpg"
    sentences = [
        ("this is a close view of a cat", 0.5, 3.3),
        ("the face nearly fills the whole picture", 3.5, 6.1),
        (f"there is just one animal {EVIL} and two eyes", 6.9, 12.0),
    ]
    review = ReviewTask(
        caption_id="cap_0123456789abcdef",
        image_id="img_0123456789abcdef",
        text=text,
        image=live.client.recorder.upload(image_path.read_bytes(), "jpg"),
        audio=live.client.recorder.upload(
            (DEMO / "recordings" / "coffee-03.wav").read_bytes(), "wav"
        ),
        passages=tuple(
            Passage(
                author="ann-01",
                text=sentence,
                start_ms=int(start * 1000),
                end_ms=int(end * 1000),
            )
            for sentence, start, end in sentences
        ),
        doubts=(
            "flag: 17 % of words are unsure",
            f"reject: {EVIL}",
        ),
    )
    live.client.import_tasks(live.review, [review_task(review)])
    return max(task["id"] for task in live.client.changed_tasks(live.review, None))


def submit_recording(session: httpx.Client, task: int, audio: bytes = AUDIO) -> None:
    """Upload a recording of a task and submit its annotation, as the page does."""
    protocol = session.get(f"/annotate/tasks/{task}/protocol").json()
    consent = {key: protocol["protocol"]["consent"][key] for key in ("scope", "statement")}
    metadata = meta(consent={**consent, "sha256": protocol["consent_sha256"]}, prompts=[])
    uploaded = upload(session, task, audio, meta=metadata)
    assert uploaded.status_code == 201, uploaded.text
    region = {
        **{"from_name": "recording", "to_name": "image", "type": "textarea"},
        "value": {"text": [uploaded.text]},
    }
    url = f"/api/tasks/{task}/annotations/"
    session.post(url, json={"result": [region]}).raise_for_status()
