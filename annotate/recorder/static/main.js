// Polls Label Studio's editor and creates a recorder for each open image of a recording project.

import { currentEditor, enableSubmit, guardSubmit } from "./editor.js";
import { SHORTCUT_KEYS } from "./panel.js";
import { Recorder } from "./recorder.js";
import { translator } from "./strings.js";

const POLL_MS = 250;
const userId = Number(document.querySelector("meta[name=annotate-user]")?.content);
let recorder = null;

function update() {
  const editor = currentEditor();
  if (recorder && recorder.editor.key !== editor?.key) {
    recorder.close();
    recorder = null;
    if (!editor) enableSubmit(true);
  }
  if (!editor) return;
  if (!recorder) {
    if (!editor.loaded) return;
    recorder = new Recorder(editor, userId);
    recorder.open();
  }
  recorder.editor = editor;
  recorder.tick();
  const t = translator(recorder.language);
  enableSubmit(recorder.submittable, t("submit_off"));
}

guardSubmit(() => recorder === null || recorder.submittable);
if (userId) setInterval(update, POLL_MS);

addEventListener("keydown", (event) => {
  if (!recorder || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const action = Object.keys(SHORTCUT_KEYS).find((name) => SHORTCUT_KEYS[name] === event.code);
  if (!action || event.getModifierState("AltGraph")) return;
  event.preventDefault();
  event.stopPropagation();
  if (!event.repeat) recorder.handleShortcut(action);
}, true);

addEventListener("beforeunload", (event) => {
  if (recorder?.blocksUnload) event.preventDefault();
});
addEventListener("pagehide", () => recorder?.capture?.flush());
document.addEventListener("visibilitychange", () => recorder?.capture?.flush());
