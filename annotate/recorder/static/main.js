// Watches Label Studio's editor and gives each open image of a recording project its recorder.

import { currentEditor, enableSubmit, guardSubmit } from "./editor.js";
import { KEYS } from "./panel.js";
import { Recorder } from "./recorder.js";
import { speaker } from "./strings.js";

const EVERY_MS = 250;
const user = Number(document.querySelector("meta[name=annotate-user]")?.content);
let recorder = null;

function look() {
  const editor = currentEditor();
  if (recorder && recorder.editor.key !== editor?.key) {
    recorder.close();
    recorder = null;
    if (!editor) enableSubmit(true);
  }
  if (!editor) return;
  if (!recorder) {
    if (!editor.whole) return;
    recorder = new Recorder(editor, user);
    recorder.open();
  }
  recorder.editor = editor;
  recorder.tick();
  const t = speaker(recorder.language);
  enableSubmit(recorder.submittable, t("submit_off"));
}

guardSubmit(() => recorder === null || recorder.submittable);
if (user) setInterval(look, EVERY_MS);

addEventListener("keydown", (event) => {
  if (!recorder || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const name = Object.keys(KEYS).find((one) => KEYS[one] === event.code);
  if (!name || event.getModifierState("AltGraph")) return;
  event.preventDefault();
  event.stopPropagation();
  if (!event.repeat) recorder.shortcut(name);
}, true);

addEventListener("beforeunload", (event) => {
  if (recorder?.busy) event.preventDefault();
});
addEventListener("pagehide", () => recorder?.capture?.flush());
document.addEventListener("visibilitychange", () => recorder?.capture?.flush());
