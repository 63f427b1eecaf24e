// Watches Label Studio's editor and gives each open caption of a review project its panel.

import { currentReview, SUBMITS } from "./review_editor.js";
import { Review } from "./review_panel.js";
import { Unsent } from "./review_unsent.js";

const EVERY_MS = 150;
const KEYS = {
  Digit1: "accept", Digit2: "fix", Digit3: "reject", KeyK: "play", KeyS: "sentence", KeyN: "next", KeyB: "previous",
  Digit4: "reason1", Digit5: "reason2", Digit6: "reason3", Digit7: "reason4", Digit8: "reason5", Digit9: "reason6",
};
const unsent = new Unsent();
let review = null;

function look() {
  const editor = currentReview();
  if (review && review.editor.key !== editor?.key) {
    unsent.leave(review);
    review.close();
    review = null;
  }
  if (!editor?.whole) return;
  if (review) review.editor = editor;
  else {
    review = new Review(editor);
    review.open();
    unsent.enter(review);
  }
  review.tick();
  unsent.keep(review);
}

function pressed(event) {
  if (!review || event.isComposing) return;
  const submits = event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  const act = shortcut(event);
  if (submits || act) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.repeat) return;
    if (submits) review.submit();
    else review.act(act);
  } else if (event.key === "Escape") review.hand.sound.stop();
  // With the focus nowhere, Label Studio's shortcuts would change controls that nobody sees.
  else if (event.target === document.body) event.stopImmediatePropagation();
}

function shortcut(event) {
  const alone = event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  return alone && !event.getModifierState("AltGraph") ? KEYS[event.code] : undefined;
}

addEventListener("keydown", pressed, true);
// Label Studio's own button submits what is decided here, if it may be.
addEventListener("click", (event) => {
  if (!review || !event.target.closest?.(SUBMITS) || review.ready()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
addEventListener("pointerdown", () => review?.flush(), true);
addEventListener("pagehide", () => review?.flush());
setInterval(look, EVERY_MS);
