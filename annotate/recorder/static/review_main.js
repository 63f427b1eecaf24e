// Polls Label Studio's editor and creates a panel for each open caption of a review project.

import { currentReview, SUBMIT_BUTTONS } from "./review_editor.js";
import { Review } from "./review_panel.js";
import { UnsentChanges } from "./review_unsent.js";

const POLL_MS = 150;
const SHORTCUTS = {
  Digit1: "accept", Digit2: "fix", Digit3: "reject", KeyK: "play", KeyS: "sentence", KeyN: "next", KeyB: "previous",
  Digit4: "reason1", Digit5: "reason2", Digit6: "reason3", Digit7: "reason4", Digit8: "reason5", Digit9: "reason6",
};
const unsentChanges = new UnsentChanges();
let review = null;

function update() {
  const editor = currentReview();
  if (review && review.editor.key !== editor?.key) {
    unsentChanges.panelClosed(review);
    review.close();
    review = null;
  }
  if (!editor?.loaded) return;
  if (review) review.editor = editor;
  else {
    review = new Review(editor);
    review.open();
    unsentChanges.panelOpened(review);
  }
  review.tick();
  unsentChanges.store(review);
}

function onKeyDown(event) {
  if (!review || event.isComposing) return;
  const isSubmit = event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  const action = shortcutAction(event);
  if (isSubmit || action) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.repeat) return;
    if (isSubmit) review.submit();
    else review.handleAction(action);
  } else if (event.key === "Escape") review.details.player.stop();
  // Without a focused element, Label Studio's shortcuts would change its hidden controls.
  else if (event.target === document.body) event.stopImmediatePropagation();
}

function shortcutAction(event) {
  const altOnly = event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  return altOnly && !event.getModifierState("AltGraph") ? SHORTCUTS[event.code] : undefined;
}

addEventListener("keydown", onKeyDown, true);
// Label Studio's own button submits the panel's decision, if it is complete.
addEventListener("click", (event) => {
  if (!review || !event.target.closest?.(SUBMIT_BUTTONS) || review.prepareSubmit()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
addEventListener("pointerdown", () => review?.flush(), true);
addEventListener("pagehide", () => review?.flush());
setInterval(update, POLL_MS);
