// A ring where somebody clicked: it says that the click was taken.

import { h } from "./dom.js";

export function showClick(x, y) {
  const mark = h("i", { class: "annotate-click-marker" });
  mark.style.left = `${x}px`;
  mark.style.top = `${y}px`;
  document.body.append(mark);
  setTimeout(() => mark.remove(), 700);
}
