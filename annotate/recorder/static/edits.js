// Corrections of the second look that aren't submitted yet, stored in this browser so that they
// survive a reload.

const STORAGE_KEY = "annotate-aloud edits";
const MAX_EDITS = 20; // recordings; the oldest are deleted

function readEdits() {
  try {
    return new Map(JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "[]"));
  } catch {
    return new Map();
  }
}

/** Store the edit of a recording; null deletes it. */
export function saveEdit(recording, edit) {
  const edits = readEdits();
  edits.delete(recording);
  if (edit !== null) edits.set(recording, edit);
  localStorage.setItem(STORAGE_KEY, JSON.stringify([...edits].slice(-MAX_EDITS)));
}

/** The stored edit of a recording, or null. */
export const loadEdit = (recording) => readEdits().get(recording) ?? null;
