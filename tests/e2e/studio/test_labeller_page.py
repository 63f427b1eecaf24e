"""What annotators and reviewers are offered: their projects and the stream, and no dead ends."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.server import ADMIN, ANN, REV, Project

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Open = Callable[..., RecordingPage]
NOT_THEIRS = ("Create", "Settings", "Import", "Export", "Organization", "API", "Account & Settings")


def not_offered(page: Page, name: str) -> None:
    """Nothing that can be seen bears just this name."""
    found = page.locator("a:visible, button:visible, [role=button]:visible")
    expect(found.filter(has_text=re.compile(f"^\\s*{re.escape(name)}\\s*$"))).to_have_count(0)


def test_reviewers_choose_a_project_and_nothing_else_is_offered(
    project: Project, open_as: Open
) -> None:
    page = open_as(REV)
    page.page.goto(f"{page.url}/projects/")
    card = page.page.locator(f'a[href*="/projects/{project.id}/"]').first
    expect(card).to_be_visible()
    for name in NOT_THEIRS:
        not_offered(page.page, name)


@pytest.mark.parametrize("who", [ANN, REV])
def test_what_they_may_not_do_is_not_offered(project: Project, open_as: Open, who: str) -> None:
    page = open_as(who)
    page.stream(project)
    for name in NOT_THEIRS:
        not_offered(page.page, name)


@pytest.mark.parametrize("address", ["/", "/projects/", "/projects"])
def test_the_table_of_projects_leads_annotators_to_an_image(
    project: Project, open_as: Open, address: str
) -> None:
    page = open_as(ANN)
    page.page.goto(page.url + address)
    page.settle()
    assert "labeling=1" in page.page.url


def test_the_list_of_tasks_leads_to_the_stream(project: Project, open_as: Open) -> None:
    page = open_as(ANN)
    page.page.goto(f"{page.url}/projects/{project.id}/data")
    page.settle()
    assert "labeling=1" in page.page.url
    page.page.goto(f"{page.url}/projects/{project.id}/settings")
    expect(page.page.get_by_role("heading")).to_contain_text("isn't for your account")


def test_an_operator_keeps_everything(project: Project, open_as: Open) -> None:
    page = open_as(ADMIN)
    page.page.goto(f"{page.url}/projects/{project.id}/data")
    expect(page.page.get_by_role("link", name="Settings").first).to_be_visible()
