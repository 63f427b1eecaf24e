// A ring at the point of a click, which shows that the click was recorded.

import { h } from "./dom.js";

export function showClick(x, y) {
  const marker = h("i", { class: "annotate-click-marker" });
  marker.style.left = `${x}px`;
  marker.style.top = `${y}px`;
  document.body.append(marker);
  setTimeout(() => marker.remove(), 700);
}
