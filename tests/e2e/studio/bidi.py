"""A Firefox driven over WebDriver BiDi, with the few commands that the tests need.

Playwright needs its own Firefox builds, which no package registry has. BiDi
(https://w3c.github.io/webdriver-bidi/) works with every Firefox, also Debian's `firefox-esr`.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import time
from collections import deque
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PREFERENCES = {
    "media.navigator.streams.fake": True,  # a microphone that plays a tone
    "media.navigator.permission.disabled": True,  # no permission prompt
    "media.autoplay.default": 0,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "app.update.enabled": False,
    "dom.disable_beforeunload": True,  # on a busy machine a reload hangs at its prompt
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
OPTIONS = ("--headless", "--no-remote", "--remote-debugging-port=0")
START_TIMEOUT_S = 120.0
RESPONSE_TIMEOUT_S = 120.0
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")

CENTRE = """selector => {
  const found = document.querySelector(selector);
  if (!found || found.disabled || found.getAttribute("aria-disabled") === "true") return null;
  found.scrollIntoView({ block: "nearest" });
  const box = found.getBoundingClientRect();
  if (!box.width || !box.height || getComputedStyle(found).visibility === "hidden") return null;
  return [box.x + box.width / 2, box.y + box.height / 2];
}"""
"""Where to click an element; null while it can't be clicked."""


class BidiError(Exception):
    """A command that the browser rejected."""


class Firefox:
    """One Firefox with one page.

    Args:
        program: The browser.
        folder: The folder for its profile and log.

    Attributes:
        errors: Error messages from scripts under `/annotate/static/`.
    """

    def __init__(self, program: str, folder: Path, *, width: int = 1366, height: int = 768):
        self.errors: list[str] = []
        self._number = 0
        self._events: deque[dict[str, Any]] = deque()
        profile = folder / "profile"
        profile.mkdir(parents=True)
        lines = [f'user_pref("{name}", {json.dumps(v)});' for name, v in PREFERENCES.items()]
        (profile / "user.js").write_text("\n".join(lines))
        self._log = folder / "firefox.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [program, *OPTIONS, "--profile", str(profile), "about:blank"],
                stdout=log,
                stderr=log,
            )
        try:
            self._socket = self._connect()
            self.send("session.new", capabilities={"alwaysMatch": {}})
            self.send("session.subscribe", events=["log.entryAdded"])
            tree = self.send("browsingContext.getTree")
            self._page = tree["contexts"][0]["context"]
            view = {"width": width, "height": height}
            self.send("browsingContext.setViewport", context=self._page, viewport=view)
        except BaseException:
            self._process.kill()
            raise

    def _connect(self) -> ClientConnection:
        until = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < until and self._process.poll() is None:
            if found := LISTENING.search(self._log.read_text(errors="replace")):
                address = f"{found[1]}/session"
                return connect(address, max_size=None, ping_interval=None, proxy=None)
            time.sleep(0.05)
        raise BidiError(f"Firefox didn't start:\n{self._log.read_text(errors='replace')[-2000:]}")

    def close(self) -> None:
        """Close the browser."""
        try:
            self.send("browser.close")
            self._process.wait(20)
        except (BidiError, OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._socket.close()

    def send(self, method: str, **params: Any) -> Any:
        """Send a command and return its result.

        Raises:
            BidiError: If the browser rejects it.
        """
        self._number += 1
        number = self._number
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(RESPONSE_TIMEOUT_S))
            if message.get("id") == number:
                break
            self._note(message)
        if message["type"] == "error":
            raise BidiError(f"{method}: {message['error']}: {message['message']}")
        return message["result"]

    def _note(self, message: dict[str, Any]) -> None:
        entry = message.get("params", {})
        if message.get("method") == "log.entryAdded" and entry.get("level") == "error":
            frames = (entry.get("stackTrace") or {}).get("callFrames", [])
            if any("/annotate/static/" in frame["url"] for frame in frames):
                self.errors.append(str(entry.get("text")))

    def goto(self, url: str) -> None:
        """Open a URL, and wait until it has loaded."""
        self.send("browsingContext.navigate", context=self._page, url=url, wait="complete")

    def reload(self) -> None:
        """Reload the page, without its `beforeunload` prompt."""
        self.send("browsingContext.reload", context=self._page, wait="complete")

    def evaluate(self, function: str, *arguments: Any) -> Any:
        """Call a function of the page; arguments and result are JSON.

        Raises:
            BidiError: If it throws.
        """
        call = f"async () => JSON.stringify(await ({function})(...{json.dumps(arguments)}) ?? null)"
        result = self.send(
            "script.callFunction",
            functionDeclaration=call,
            target={"context": self._page},
            awaitPromise=True,
        )
        if result["type"] == "exception":
            raise BidiError(result["exceptionDetails"]["text"])
        return json.loads(result["result"]["value"])

    def wait_for(self, function: str, *arguments: Any, within_s: float = 60) -> Any:
        """Call a function of the page until its result is truthy, and return the result.

        Raises:
            AssertionError: If it doesn't become truthy in time.
        """
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            try:
                if found := self.evaluate(function, *arguments):
                    return found
            except BidiError:  # the page is being replaced
                pass
            time.sleep(0.1)
        raise AssertionError(f"not within {within_s} s: {function}{arguments}")

    def click(self, selector: str) -> None:
        """Click the first matching element with the mouse, once it is clickable."""
        x, y = self.wait_for(CENTRE, selector)
        self.move(x, y)
        self._perform(
            {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        )

    def move(self, x: float, y: float) -> None:
        """Move the mouse to a position in the viewport, in CSS pixels."""
        self._perform(
            {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}},
            {"type": "pointerMove", "x": round(x), "y": round(y)},
        )

    def press(self, *keys: str) -> None:
        """Press keys together, such as `ALT` and `p`."""
        values = [{"ALT": "\ue00a", "ENTER": "\ue007", "CONTROL": "\ue009"}.get(k, k) for k in keys]
        down = [{"type": "keyDown", "value": one} for one in values]
        up = [{"type": "keyUp", "value": one} for one in reversed(values)]
        self._perform({"type": "key", "id": "keyboard"}, *down, *up)

    def write(self, selector: str, text: str) -> None:
        """Click into a field and type the text."""
        self.click(selector)
        for one in text:
            self.press(one)

    def screenshot(self, path: Path) -> None:
        """Save the viewport as a PNG."""
        shot = self.send("browsingContext.captureScreenshot", context=self._page)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _perform(self, source: dict[str, Any], *actions: dict[str, Any]) -> None:
        actor = {**source, "actions": list(actions)}
        self.send("input.performActions", context=self._page, actions=[actor])
