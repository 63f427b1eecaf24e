// Corrections that aren't submitted yet, stored in this browser so that they survive a reload.

const KEY = "annotate-aloud edits";
const MOST = 20; // recordings; the oldest are forgotten

function known() {
  try {
    return new Map(JSON.parse(localStorage.getItem(KEY) ?? "[]"));
  } catch {
    return new Map();
  }
}

/** Store the edit of a recording; null deletes it. */
export function remember(recording, edit) {
  const edits = known();
  edits.delete(recording);
  if (edit !== null) edits.set(recording, edit);
  localStorage.setItem(KEY, JSON.stringify([...edits].slice(-MOST)));
}

/** The stored edit of a recording, or null. */
export const remembered = (recording) => known().get(recording) ?? null;
