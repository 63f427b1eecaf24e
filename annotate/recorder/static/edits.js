// What was corrected and not handed in yet, kept in this browser, so that a reload loses nothing.

const KEY = "annotate-aloud edits";
const MOST = 20; // recordings; the oldest are forgotten

function known() {
  try {
    return new Map(JSON.parse(localStorage.getItem(KEY) ?? "[]"));
  } catch {
    return new Map();
  }
}

/** Keep the edit of a recording; null forgets it. */
export function remember(recording, edit) {
  const edits = known();
  edits.delete(recording);
  if (edit !== null) edits.set(recording, edit);
  localStorage.setItem(KEY, JSON.stringify([...edits].slice(-MOST)));
}

/** The edit of a recording that is kept here, or null. */
export const remembered = (recording) => known().get(recording) ?? null;
