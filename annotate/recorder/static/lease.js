// One tab at a time has a user's recording of a task; the others wait for it.

/**
 * Take the lease of a name. Calls `onWait` if another tab has it, and resolves, once it is ours,
 * to a function that gives it back. Resolves to null when `signal` aborts the wait.
 */
export async function takeLease(name, onWait, signal) {
  if (!navigator.locks) return () => {}; // such a browser has no microphone either
  return (await tryLease(name)) ?? (onWait(), await waitForLease(name, signal));
}

/** The lease if it is free at this moment, else null. */
export function tryLease(name) {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => (lock ? hold(resolve) : resolve(null)))
      .catch(reject);
  });
}

function waitForLease(name, signal) {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { signal }, () => hold(resolve))
      .catch((error) => (error.name === "AbortError" ? resolve(null) : reject(error)));
  });
}

function hold(resolve) {
  return new Promise((giveBack) => resolve(giveBack));
}

export const leaseName = (user, task) => `annotate-aloud ${user} ${task}`;
