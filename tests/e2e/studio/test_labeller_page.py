"""What annotators and reviewers see: their projects, the label stream, and no forbidden links."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.server import ADMIN, ANN, REV, Project

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Open = Callable[..., RecordingPage]
OPERATOR_CONTROLS = (
    "Create",
    "Settings",
    "Import",
    "Export",
    "Organization",
    "API",
    "Account & Settings",
)


def expect_not_shown(page: Page, name: str) -> None:
    """No visible link or button has exactly this text."""
    found = page.locator("a:visible, button:visible, [role=button]:visible")
    expect(found.filter(has_text=re.compile(f"^\\s*{re.escape(name)}\\s*$"))).to_have_count(0)


def test_reviewers_see_their_projects_and_no_operator_controls(
    project: Project, open_as: Open
) -> None:
    page = open_as(REV)
    page.page.goto(f"{page.url}/projects/")
    card = page.page.locator(f'a[href*="/projects/{project.id}/"]').first
    expect(card).to_be_visible()
    for name in OPERATOR_CONTROLS:
        expect_not_shown(page.page, name)


@pytest.mark.parametrize("email", [ANN, REV])
def test_the_labelling_page_shows_no_operator_controls(
    project: Project, open_as: Open, email: str
) -> None:
    page = open_as(email)
    page.stream(project)
    for name in OPERATOR_CONTROLS:
        expect_not_shown(page.page, name)


@pytest.mark.parametrize("address", ["/", "/projects/", "/projects"])
def test_the_projects_page_redirects_annotators_to_the_label_stream(
    project: Project, open_as: Open, address: str
) -> None:
    page = open_as(ANN)
    page.page.goto(page.url + address)
    page.settle()
    assert "labeling=1" in page.page.url


def test_the_data_manager_redirects_annotators_to_the_label_stream(
    project: Project, open_as: Open
) -> None:
    page = open_as(ANN)
    page.page.goto(f"{page.url}/projects/{project.id}/data")
    page.settle()
    assert "labeling=1" in page.page.url
    page.page.goto(f"{page.url}/projects/{project.id}/settings")
    expect(page.page.get_by_role("heading")).to_contain_text("isn't for your account")


def test_an_operator_sees_the_operator_controls(project: Project, open_as: Open) -> None:
    page = open_as(ADMIN)
    page.page.goto(f"{page.url}/projects/{project.id}/data")
    expect(page.page.get_by_role("link", name="Settings").first).to_be_visible()
