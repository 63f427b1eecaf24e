"""A new Label Studio from `annotate studio up`: accounts, projects, images, webhooks, review."""

from __future__ import annotations

import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from playwright.sync_api import expect, sync_playwright

from annotate.label_studio import projects, secret_files, webhooks
from annotate.model.errors import AnnotateError
from annotate.model.ids import sha256_hex
from annotate.model.tables import Gold
from annotate.serve.background_worker import Worker
from annotate.serve.receiver import application
from annotate.store.lake import Lake
from annotate.studio_server import launch
from tests import needs
from tests.e2e.studio.review_page import ReviewPage
from tests.e2e.studio.server import PASSWORD, ROOT
from tests.integration.running_studio import (
    DEMO,
    EVIL,
    RunningStudio,
    add_review_task,
    make_reviewer,
    run,
    submit_recording,
)

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

ARTIFACTS = ROOT / "tests" / "artifacts" / "studio"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """A new server that `annotate studio up` has set up."""
    needs.label_studio()
    data = tmp_path_factory.mktemp("live") / "studio"
    try:
        live = RunningStudio(data)
        yield live
        live.connection.close()
        live.client.close()
    finally:
        launch.stop(data)


def test_up_creates_everything_once(live: RunningStudio):
    assert not live.first["already_running"]
    assert live.first["record"]["outcome"] == live.first["review"]["outcome"] == "created"
    assert live.client.account() == live.first["email"] == secret_files.ADMIN_EMAIL
    second = run(*live.up_arguments)
    assert second["already_running"]
    assert second["record"] == {**live.first["record"], "outcome": "unchanged"}
    assert second["review"]["outcome"] == second["webhook"]["outcome"] == "unchanged"
    assert "password" not in second
    assert "password" in live.first


def test_secrets_are_nowhere_but_in_their_files(live: RunningStudio):
    server = launch.find(live.data)
    assert server
    account, _ = secret_files.administrator(live.data)
    secrets = {
        account.password,
        str(account.token),
        secret_files.read_secret(live.data / "webhook-secret"),
    }
    for path in ("admin.json", "token", "webhook-secret", "server.log"):
        assert stat.S_IMODE((live.data / path).stat().st_mode) == 0o600
    visible = Path(f"/proc/{server.pid}/cmdline").read_text()
    visible += (live.data / "server.log").read_text("utf-8", "replace")
    assert not [secret for secret in secrets if secret in visible]


def test_the_recorder_is_loaded_and_requires_a_login(live: RunningStudio):
    assert httpx.get(f"{live.url}/annotate/tasks/1/protocol").status_code in (401, 403)


def test_accounts_are_by_invitation_only(live: RunningStudio):
    form = {"email": "stranger@example.com", "password": PASSWORD}
    with httpx.Client(base_url=live.url, timeout=120) as session:
        assert "needs an invite link" in session.get("/user/signup/").text
        session.get("/user/login/")  # sets the CSRF cookie
        form["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
        assert session.post("/user/signup/", data=form).status_code == 403
        session.get("/user/login/")
        form["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
        assert session.post("/user/login/", data=form).status_code == 200  # no such account
    live.sign_up("guest@example.com", live.first["invite"]).close()


def test_other_origins_may_not_read_responses(live: RunningStudio):
    response = httpx.get(f"{live.url}/api/version", headers={"Origin": "https://evil.test"})
    assert "access-control-allow-origin" not in response.headers


def test_images_go_to_distinct_annotators(live: RunningStudio, tmp_path: Path):
    for name in ("cat", "coffee"):
        shutil.copy(DEMO / "images" / f"{name}.jpg", tmp_path)
    (tmp_path / "broken.jpg").write_bytes((DEMO / "images" / "cat.jpg").read_bytes()[:999])
    gold = tmp_path / "gold"
    gold.mkdir()
    shutil.copy(DEMO / "images" / "rocket.jpg", gold)
    images = [str(tmp_path / f"{name}.jpg") for name in ("broken", "cat", "coffee")]
    arguments = ("assign", *images, "--gold", str(gold), "--gold-share", "0.3", "--per-image", "2")
    arguments += ("--lake", str(tmp_path / "lake"))
    result = run(*arguments, "--data", str(live.data))
    assert (result["tasks"], result["gold"], result["exit_code"]) == (3, 1, 3)
    assert [one["reason"] for one in result["refused"]] == ["bad_image"]
    second = run(*arguments, "--data", str(live.data))
    assert (second["tasks"], second["there"]) == (0, 2)

    tasks = {task["id"]: task["data"] for task in live.client.changed_tasks(live.record, None)}
    assert not any("gold" in data for data in tasks.values())
    rocket = sha256_hex((DEMO / "images" / "rocket.jpg").read_bytes())
    assert rocket in Lake(tmp_path / "lake").read(Gold)["sha256"]
    # Without the option nothing of the project changes.
    run("assign", *images, "--data", str(live.data))
    now = live.connection.get(f"api/projects/{live.record}/")
    assert now["maximum_annotations"] == 2
    first = next(iter(tasks.values()))
    image = live.client.fetch(first["image"], 10**7)
    assert sha256_hex(image) == first["image_sha256"]

    assigned = {name: record_all(live, name) for name in ("ann", "bea", "cid")}
    assert assigned["ann"] == assigned["bea"] == sorted(tasks)
    assert assigned["cid"] == []


def record_all(live: RunningStudio, name: str) -> list[int]:
    """Submit a recording for each task that a new annotator is assigned; the tasks' ids."""
    assigned: list[int] = []
    session = live.sign_up(f"{name}@example.com", live.first["invite"])
    with closing(session):
        session.headers["X-CSRFToken"] = session.get("/annotate/session").json()["csrf"]
        while True:
            # The same request as the page's.
            response = session.post(
                "/api/dm/actions/",
                params={"id": "next_task", "project": live.record},
                json={
                    "selectedItems": {"all": True, "excluded": []},
                    "project": live.record,
                },
            )
            if response.status_code == 404:
                return sorted(assigned)
            assigned.append(response.json()["id"])
            assert len(assigned) < 10
            submit_recording(session, assigned[-1])


def test_a_webhook_starts_the_work(live: RunningStudio):
    started = threading.Semaphore(0)
    secret = secret_files.read_secret(live.data / "webhook-secret")
    worker = Worker(started.release, every_s=3600, settle_s=0)
    app = application(secret, webhooks.SECRET_HEADER, worker)
    port = int(live.webhook.rpartition(":")[2].partition("/")[0])
    settings = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", ws="none")
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert started.acquire(timeout=120), "no run at the start"
        task = next(live.client.changed_tasks(live.record, None))["id"]
        live.connection.send("POST", f"api/tasks/{task}/annotations/", json={"result": []})
        assert started.acquire(timeout=120), "no run after the webhook"
    finally:
        server.should_exit = True
        thread.join(120)


def test_other_private_addresses_stay_forbidden(live: RunningStudio):
    for address in (
        "http://127.0.0.2:1/webhook",
        "http://169.254.169.254/latest",
        "http://10.0.0.1",
    ):
        with pytest.raises(AnnotateError, match="forbids private addresses"):
            webhooks.ensure_webhook(live.connection, live.record, address, "sixteen characters")


@pytest.fixture(scope="module")
def page(live: RunningStudio) -> Iterator[Any]:
    """A page in which a reviewer is logged in; an error on it fails the test."""
    chromium = needs.chromium()
    live.sign_up("reviewer@example.com", live.first["invite"]).close()
    make_reviewer(live, "reviewer@example.com")
    errors: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=[*needs.QUIET])
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        page.set_default_timeout(120_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{live.url}/user/login/")
        page.fill("input[name=email]", "reviewer@example.com")
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login" not in url)
        yield page
        browser.close()
    assert errors == []


def test_a_reviewer_decides_with_the_keyboard(live: RunningStudio, page: Any):
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    task = add_review_task(
        live, "cat", "A close view of a cat whose face fills the picture. " * 20 + EVIL
    )
    review = ReviewPage(page, live.url)
    review.stream(live.review)
    expect(review.panel.get_by_text("there is just one animal")).to_be_visible()
    review.box.press("Control+End")
    review.type("One more 1.")
    review.press("Alt+3")
    review.press("2")
    page.screenshot(path=ARTIFACTS / "review-reject.png")
    assert page.title() != "owned"
    assert page.locator("img[src=x]").count() == 0
    assert EVIL in review.box.input_value()
    # Label Studio renders markup in these elements: `<` is replaced before the task is imported.
    for selector in (".ar-verdicts", "[data-testid=phrases-wrapper]"):
        assert "\u2039img src=x onerror" in (page.locator(selector).text_content() or "")
    review.submit()

    values = {}
    for one in live.client.changed_tasks(live.review, None):
        for region in one["annotations"][0]["result"] if one["id"] == task else []:
            values[region["from_name"]] = region["value"]
    assert values["decision"]["choices"] == ["reject"]
    assert values["reason"]["choices"] == ["wrong"]
    assert values["caption"]["text"][0].endswith("One more 1.")


def test_the_plain_controls_work_when_the_panel_is_not_loaded(live: RunningStudio, page: Any):
    text = "صورة امرأة تبتسم وترتدي زيًا رسميًا. " * 12
    task = add_review_task(live, "officer", text)
    page.route("**/annotate/static/review_*.js", lambda route: route.abort())
    page.goto(f"{live.url}/projects/{live.review}/data?task={task}")
    expect(page.locator(".ar-caption").get_by_text("صورة امرأة")).to_be_visible()
    page.locator(".ar-decision label", has_text="Reject").click()
    page.locator(".ar-reason label", has_text="Wrong").click()
    page.screenshot(path=ARTIFACTS / "review-plain.png")
    with page.expect_response(lambda reply: f"/tasks/{task}/annotations" in reply.url) as submitted:
        page.get_by_test_id("bottombar-submit-button").click()
    assert submitted.value.status == 201


def test_a_configuration_that_existing_annotations_need_is_not_replaced(live: RunningStudio):
    extra = '<Choices name="extra" toName="image"><Choice value="yes"/></Choices>'
    config = projects.review_config()
    extended = config.replace(
        '<View className="ar-decide">', f'<View className="ar-decide">{extra}'
    )
    url = f"api/projects/{live.review}/"
    live.connection.send("PATCH", url, json={"label_config": extended})
    assert run("setup", "--data", str(live.data))["review"]["outcome"] == "updated"

    live.connection.send("PATCH", url, json={"label_config": extended})
    region = {
        **{"from_name": "extra", "to_name": "image", "type": "choices"},
        "value": {"choices": ["yes"]},
    }
    task = add_review_task(live, "cat", "A cat.")
    live.connection.send("POST", f"api/tasks/{task}/annotations/", json={"result": [region]})
    assert run("setup", "--data", str(live.data))["review"]["outcome"] == "kept"
    assert live.connection.get(url)["label_config"].strip() == extended.strip()


def test_down_stops_it_and_a_later_up_changes_nothing(live: RunningStudio):
    assert run("down", "--data", str(live.data)) == {"stopped": True, "exit_code": 0}
    assert not launch.responds(live.url)
    assert run("down", "--data", str(live.data)) == {"stopped": False, "exit_code": 0}
    second = run(*live.up_arguments)
    assert not second["already_running"]
    assert second["record"]["id"] == live.record
    assert second["record"]["outcome"] == "unchanged"
    assert "password" not in second
