// A lock by name: one tab at a time records a user's task; the others wait.

/**
 * Take the lock of a name. Calls `onWait` if another tab has it, and resolves, once it is ours,
 * to a function that gives it back. Resolves to null when `signal` aborts the wait.
 */
export async function takeLock(name, onWait, signal) {
  if (!navigator.locks) return () => {}; // such a browser has no microphone either
  return (await tryLock(name)) ?? (onWait(), await waitForLock(name, signal));
}

/** The lock if it is free at this moment, else null. */
export function tryLock(name) {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => (lock ? hold(resolve) : resolve(null)))
      .catch(reject);
  });
}

function waitForLock(name, signal) {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { signal }, () => hold(resolve))
      .catch((error) => (error.name === "AbortError" ? resolve(null) : reject(error)));
  });
}

function hold(resolve) {
  return new Promise((giveBack) => resolve(giveBack));
}

export const lockName = (user, task) => `annotate-aloud ${user} ${task}`;
