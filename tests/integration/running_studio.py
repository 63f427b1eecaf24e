"""A running Label Studio as `annotate studio up` makes it, and what the tests put there."""

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


def run(*words: str) -> dict[str, Any]:
    """What `annotate studio WORDS --json` prints, and the exit code as `exit_code`."""
    command = [sys.executable, "-m", "annotate", "studio", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise RuntimeError(done.stderr)
    return {**json.loads(done.stdout), "exit_code": done.returncode}


class RunningStudio:
    """A running server, and how it came up."""

    def __init__(self, data: Path):
        self.data = data
        self.webhook = f"http://127.0.0.1:{free_port()}/webhook"
        self.words = ("up", "--detach", "--data", str(data), "--environment", str(needs.STUDIO))
        self.words += ("--port", str(free_port()), "--webhook", self.webhook)
        self.first = run(*self.words)
        self.url: str = self.first["url"]
        self.record, self.review = self.first["record"]["id"], self.first["review"]["id"]
        self.connection = Connection(self.url, secret_files.read_secret(data / "token"), None, 1.0)
        self.client = Studio(self.url, secret_files.read_secret(data / "token"))

    def sign_up(self, email: str, link: str) -> httpx.Client:
        """A browser in which a new account is logged in."""
        browser = httpx.Client(base_url=self.url, timeout=120)
        browser.get(link)
        form = {
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
            **{"email": email, "password": PASSWORD, "allow_newsletters": "false"},
        }
        reply = browser.post(link, data=form)
        if reply.status_code != 302:
            browser.close()
            raise PermissionError(reply.status_code)
        return browser


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
    """Put an account into the reviewers' group, as an operator does under /admin."""
    server = launch.find(live.data)
    assert server
    running = Path(f"/proc/{server.pid}/environ").read_bytes().decode().split("\0")
    environment = dict(one.split("=", 1) for one in running if "=" in one)
    python = str(needs.STUDIO / "bin" / "python")
    subprocess.run([python, "-c", MAKE_REVIEWER, email], env=environment, check=True)


def task_made_by_hand(live: RunningStudio, image: str, text: str) -> int:
    """A task of the review project, made by hand; its id."""
    picture = DEMO / "images" / f"{image}.jpg"
    said = [
        ("this is a close view of a cat", 0.5, 3.3),
        ("the face nearly fills the whole picture", 3.5, 6.1),
        (f"there is just one animal {EVIL} and two eyes", 6.9, 12.0),
    ]
    offer = ReviewTask(
        caption_id="cap_0123456789abcdef",
        image_id="img_0123456789abcdef",
        text=text,
        image=live.client.recorder.keep(picture.read_bytes(), "jpg"),
        audio=live.client.recorder.keep(
            (DEMO / "recordings" / "coffee-03.wav").read_bytes(), "wav"
        ),
        passages=tuple(
            Passage(
                author="ann-01",
                text=words,
                start_ms=int(start * 1000),
                end_ms=int(end * 1000),
            )
            for words, start, end in said
        ),
        doubts=(
            "flag: 17 % of words are unsure",
            f"reject: {EVIL}",
        ),
    )
    live.client.import_tasks(live.review, [review_task(offer)])
    return max(task["id"] for task in live.client.changed_tasks(live.review, None))


def submit_recording(browser: httpx.Client, task: int, audio: bytes = AUDIO) -> None:
    """Record something of a task, as the page does."""
    told = browser.get(f"/annotate/tasks/{task}/protocol").json()
    agreed = {key: told["protocol"]["consent"][key] for key in ("scope", "statement")}
    said = meta(consent={**agreed, "sha256": told["consent_sha256"]}, prompts=[])
    kept = upload(browser, task, audio, meta=said)
    assert kept.status_code == 201, kept.text
    region = {
        **{"from_name": "recording", "to_name": "image", "type": "textarea"},
        "value": {"text": [kept.text]},
    }
    at = f"/api/tasks/{task}/annotations/"
    browser.post(at, json={"result": [region]}).raise_for_status()
