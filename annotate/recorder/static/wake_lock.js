// The screen stays on while somebody speaks.

let lock = null;
let wanted = false;

async function ask() {
  try {
    lock = await navigator.wakeLock?.request("screen");
  } catch {
    lock = null; // the battery is low, or the page is hidden: recording goes on all the same
  }
}

export function keepScreenOn(on) {
  wanted = on;
  if (on) return ask();
  lock?.release().catch(() => {});
  lock = null;
}

// The browser takes the lock away when the page is hidden.
document.addEventListener("visibilitychange", () => {
  if (wanted && document.visibilityState === "visible") ask();
});
