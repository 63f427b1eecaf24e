// Web Locks by name: only one tab at a time records a user's task; others wait.

/**
 * Acquire the lock of a name; `onWait()` is called if another tab holds it. Resolves to a function
 * that releases the lock, or to null when `signal` aborts the wait.
 */
export async function acquireLock(name, onWait, signal) {
  if (!navigator.locks) return () => {}; // insecure context: there is no microphone either
  return (await tryLock(name)) ?? (onWait(), await waitForLock(name, signal));
}

/** As `acquireLock`, but resolves to null at once if another tab holds the lock. */
export function tryLock(name) {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => (lock ? holdLock(resolve) : resolve(null)))
      .catch(reject);
  });
}

function waitForLock(name, signal) {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { signal }, () => holdLock(resolve))
      .catch((error) => (error.name === "AbortError" ? resolve(null) : reject(error)));
  });
}

function holdLock(resolve) {
  return new Promise((release) => resolve(release));
}

export const lockName = (user, task) => `annotate-aloud ${user} ${task}`;
