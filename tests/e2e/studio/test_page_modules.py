"""The page's JavaScript modules on their own, in the browser: level warnings and shortcuts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.server import Project

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Open = Callable[..., RecordingPage]

LEVELS = """async ([db, clipped, seconds]) => {
  const { LevelMonitor } = await import("/annotate/static/level.js");
  const levels = new LevelMonitor();
  let last = null;
  for (let ms = 0; ms <= 1000 * seconds; ms += 50) last = levels.update(ms, { rmsDb: db, clipped });
  return last;
}"""


@pytest.mark.parametrize(
    ("db", "clipped", "seconds", "warning"),
    [
        (-60, False, 7.9, None),
        (-60, False, 8, "silent"),
        (-42, False, 4, None),
        (-42, False, 6, "quiet"),
        (-20, False, 20, None),
        (-6, True, 1, "loud"),
    ],
)
def test_a_warning_depends_on_level_and_duration(
    open_as: Open, db: int, clipped: bool, seconds: float, warning: str | None
) -> None:
    page = open_as()
    assert page.page.evaluate(LEVELS, [db, clipped, seconds]) == warning


CLIPPING = """async (top) => {
  const { measure } = await import("/annotate/static/level.js");
  const wave = (n) => 1.5 * Math.sin(n / 10);
  return measure(Float32Array.from({ length: 4096 }, (_, n) => wave(n) * top.scale)
    .map((sample) => Math.max(-top.at, Math.min(top.at, sample)))).clipped;
}"""


@pytest.mark.parametrize(
    ("at", "scale", "clipped"), [(1, 1, True), (1, 0.66, False), (0.9, 1, False)]
)
def test_only_clipped_peaks_count_as_clipping(
    open_as: Open, at: float, scale: float, clipped: bool
) -> None:
    assert open_as().page.evaluate(CLIPPING, {"at": at, "scale": scale}) is clipped


SHORTCUTS = """async () => {
  const taken = new Set();
  for (const { name } of performance.getEntriesByType("resource")) {
    if (!name.includes(".js") || name.includes("/annotate/")) continue;
    const source = await (await fetch(name)).text();
    for (const [, keys] of source.matchAll(/["'](alt\\+[^"']{1,8})["']/gi)) {
      taken.add(keys.toLowerCase());
    }
  }
  return [...taken];
}"""
"""Every shortcut of Alt and one key in Label Studio's scripts."""


def test_our_shortcuts_differ_from_label_studios(project: Project, open_as: Open) -> None:
    page = open_as()
    page.stream(project)
    taken = page.page.evaluate(SHORTCUTS)
    assert "alt+a" in taken  # otherwise the search doesn't find them
    assert {f"alt+{letter}" for letter in "psknb123456789"}.isdisjoint(taken)
