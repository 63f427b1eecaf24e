"""A recording survives whatever happens before Submit: reloads, lost network, expired logins."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.server import ANN, PASSWORD, Project, Studio
from tests.e2e.studio.test_recorder import decoded_ms, fetch

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Open = Callable[..., RecordingPage]
UPLOAD = "**/annotate/recordings"


@pytest.fixture
def page(project: Project, open_as: Open) -> RecordingPage:
    """An annotator's page with the first image, ready to record."""
    page = open_as()
    page.stream(project)
    page.get_ready()
    return page


def expect_unsent(page: RecordingPage, reason: str) -> None:
    """The page shows the reason, stores the take, has a download link, and can't submit."""
    page.expect_state("waiting")
    expect(page.panel.locator(".annotate-delivery")).to_contain_text(reason)
    assert [take["state"] for take in page.takes()] == ["stopped"]
    page.expect_cannot_submit()
    assert page.reference() is None
    assert (page.button("download").get_attribute("href") or "").startswith("blob:")


def expect_uploaded(studio: Studio, page: RecordingPage, at_least_ms: int = 1500) -> dict[str, Any]:
    """The take is confirmed, and the server's audio is at least that long."""
    page.expect_state("kept")
    assert page.takes() == []
    reference = page.reference()
    assert reference is not None
    audio, _ = fetch(studio, reference)
    assert len(audio) == reference["bytes"]
    assert decoded_ms(audio) >= at_least_ms
    page.expect_can_submit()
    return reference


def test_a_reload_in_the_middle_of_a_recording(
    studio: Studio, project: Project, page: RecordingPage
) -> None:
    page.record(3)
    page.panel.locator("[data-question=glance]").click()
    page.wait_for_clock(5)
    page.page.reload()
    page.expect_state("found")
    expect(page.panel.get_by_role("status").first).to_contain_text("Nothing is lost")
    expect(page.panel.locator("[data-question=glance]")).to_have_attribute("aria-pressed", "true")
    page.expect_cannot_submit()
    page.button("keep").click()
    reference = expect_uploaded(studio, page, at_least_ms=3500)
    assert [prompt["question"] for prompt in reference["prompts"]] == ["glance"]


def test_a_closed_tab(studio: Studio, project: Project, page: RecordingPage) -> None:
    page.record(3)
    other = page.another_tab()
    page.page.close()
    other.open_task(project, project.tasks[0])
    other.expect_state("found")
    other.button("keep").click()
    expect_uploaded(studio, other)


def test_the_network_is_cut_during_the_upload(
    studio: Studio, project: Project, page: RecordingPage
) -> None:
    page.record(2)
    page.context.set_offline(True)
    page.stop()
    expect_unsent(page, "network")
    page.context.set_offline(False)
    expect_uploaded(studio, page)


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (413, "too_large", "of this size"),
        (500, "storage", "has a problem"),
        (502, None, "has a problem"),
        (400, "bad_meta", "refuses it"),
        (429, "too_many", "Too many uploads"),
    ],
)
def test_after_a_server_error_the_take_can_be_sent_again(
    studio: Studio, page: RecordingPage, status: int, code: str | None, reason: str
) -> None:
    body = f'{{"error": "{code}", "message": "No."}}' if code else "<h1>Bad gateway</h1>"
    page.page.route(UPLOAD, lambda route: route.fulfill(status=status, body=body))
    page.record(2)
    page.stop()
    expect_unsent(page, reason)
    page.page.unroute(UPLOAD)
    page.button("retry").click()
    expect_uploaded(studio, page)


def test_a_confirmation_with_another_hash_is_rejected(studio: Studio, page: RecordingPage) -> None:
    wrong = json.dumps({"recording": "0" * 32, "sha256": "0" * 64, "bytes": 3})
    page.page.route(UPLOAD, lambda route: route.fulfill(status=201, body=wrong))
    page.record(2)
    page.stop()
    expect_unsent(page, "has a problem")
    page.page.unroute(UPLOAD)
    page.button("retry").click()
    expect_uploaded(studio, page)


def test_an_upload_whose_response_is_lost_is_stored_once(
    studio: Studio, project: Project, page: RecordingPage
) -> None:
    def drop_response(route: Any) -> None:
        route.fetch()
        route.abort()

    page.page.route(UPLOAD, drop_response, times=1)
    page.record(2)
    page.stop()
    expect_unsent(page, "network")
    files = len(list(studio.recordings.glob("*.webm")))
    page.button("retry").click()
    expect_uploaded(studio, page)
    assert len(list(studio.recordings.glob("*.webm"))) == files


def test_a_reload_sends_an_unsent_take(
    studio: Studio, project: Project, page: RecordingPage
) -> None:
    page.page.route(UPLOAD, lambda route: route.abort())
    page.record(2)
    page.stop()
    expect_unsent(page, "network")
    page.page.unroute(UPLOAD)
    page.page.reload()
    expect_uploaded(studio, page)


def test_an_unsent_take_of_another_image_is_sent_when_the_recorder_opens(
    studio: Studio, project: Project, page: RecordingPage
) -> None:
    page.page.route(UPLOAD, lambda route: route.abort())
    page.record(2)
    page.stop()
    expect_unsent(page, "network")
    page.page.unroute(UPLOAD)
    page.open_task(project, project.tasks[1])
    page.expect_state("ready")
    page.page.wait_for_function(
        f"""async () => (await (await fetch(
              "/annotate/tasks/{project.tasks[0]}/protocol")).json()).earlier !== null"""
    )
    page.open_task(project, project.tasks[0])
    expect_uploaded(studio, page)


def test_the_session_expires_during_a_recording(
    studio: Studio, project: Project, page: RecordingPage
) -> None:
    page.record(2)
    page.context.clear_cookies()
    page.stop()
    expect_unsent(page, "session has ended")
    login = page.another_tab()
    login.fill_in_login(ANN, PASSWORD)
    login.page.close()
    page.page.evaluate("() => dispatchEvent(new Event('focus'))")  # the tab is active again
    expect_uploaded(studio, page)


def test_the_session_expires_at_submit(
    studio: Studio, project: Project, page: RecordingPage
) -> None:
    page.record(2)
    page.stop()
    reference = expect_uploaded(studio, page)
    page.context.clear_cookies()
    with page.page.expect_response(lambda response: "/annotations" in response.url) as rejected:
        page.submit.click()
    assert rejected.value.status == 401
    assert studio.annotations(project.tasks[0]) == []
    page.fill_in_login(ANN, PASSWORD)
    page.open_task(project, project.tasks[0])
    page.expect_state("kept")
    assert page.reference() == reference
    page.submit.click()
    expect(page.page.get_by_text("Annotation saved successfully").first).to_be_visible()
    assert len(studio.annotations(project.tasks[0])) == 1


def test_another_account_logs_in_during_a_recording(
    studio: Studio, project: Project, page: RecordingPage
) -> None:
    page.record(2)
    page.context.clear_cookies()
    other = page.another_tab()
    other.fill_in_login("bea@example.com", PASSWORD)
    page.stop()
    expect_unsent(page, "Somebody else is logged in")
    other.open_task(project, project.tasks[0])
    assert other.reference() is None  # Ann's recording isn't used for Bea
    other.page.close()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("NotAllowedError", "The microphone is blocked"),
        ("NotFoundError", "No microphone found"),
        ("NotReadableError", "Another program holds the microphone"),
    ],
)
def test_the_microphone_is_not_available(
    project: Project, page: RecordingPage, name: str, sentence: str
) -> None:
    page.page.evaluate(
        f"""() => {{ navigator.mediaDevices.getUserMedia = () =>
              Promise.reject(new DOMException("no", "{name}")); }}"""
    )
    page.button("record").click()
    expect(page.panel.get_by_role("alert")).to_contain_text(sentence)
    page.expect_state("ready")
    page.expect_cannot_submit()


def test_the_microphone_is_unplugged(studio: Studio, project: Project, page: RecordingPage) -> None:
    page.page.evaluate(
        """() => {
             const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
             navigator.mediaDevices.getUserMedia = async (constraints) =>
               (window.opened = await open(constraints));
           }"""
    )
    page.record(3)
    page.page.evaluate("() => window.opened.getTracks()[0].dispatchEvent(new Event('ended'))")
    expect(page.panel.get_by_role("alert")).to_contain_text("The microphone has gone")
    page.expect_state("paused")
    page.stop()
    expect_uploaded(studio, page, at_least_ms=2500)


def test_two_tabs_on_one_image(studio: Studio, project: Project, page: RecordingPage) -> None:
    page.record(1)
    other = page.another_tab()
    other.open_task(project, project.tasks[0])
    other.expect_state("blocked")
    expect(other.panel.get_by_role("status").first).to_contain_text("open in another tab")
    expect(other.button("record")).to_be_hidden()
    other.expect_cannot_submit()
    page.page.bring_to_front()
    page.wait_for_clock(3)
    page.stop()
    reference = expect_uploaded(studio, page)
    page.page.close()
    other.expect_state("kept")
    assert other.reference() == reference
