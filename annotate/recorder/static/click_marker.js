// A ring at the point of a click, which shows that the click was recorded.

import { h } from "./dom.js";

export function showClick(x, y) {
  const mark = h("i", { class: "annotate-click-marker" });
  mark.style.left = `${x}px`;
  mark.style.top = `${y}px`;
  document.body.append(mark);
  setTimeout(() => mark.remove(), 700);
}
