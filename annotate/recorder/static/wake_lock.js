// Keeps the screen on during a recording.

let lock = null;
let enabled = false;

async function requestLock() {
  try {
    lock = await navigator.wakeLock?.request("screen");
  } catch {
    lock = null; // low battery, or the page is hidden: recording continues without it
  }
}

export function keepScreenOn(enable) {
  enabled = enable;
  if (enable) return requestLock();
  lock?.release().catch(() => {});
  lock = null;
}

// The browser releases the lock when the page is hidden.
document.addEventListener("visibilitychange", () => {
  if (enabled && document.visibilityState === "visible") requestLock();
});
