// The image, with the pointer's path of the current word or sentence drawn on it.

import { h, show } from "./dom.js";

const BEFORE_MS = 500, TRAIL_MS = 1400;
const SVG = "http://www.w3.org/2000/svg";
const NEAR = 0.04; // places of a sentence that are nearer than this are one dot
const MOST_DOTS = 8;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class ImageView {
  constructor(address, t) {
    this.image = h("img", { class: "annotate-rv-image", alt: t("image"), src: address });
    this.trail = document.createElementNS(SVG, "svg");
    this.trail.setAttribute("viewBox", "0 0 1 1");
    this.trail.setAttribute("preserveAspectRatio", "none");
    this.trail.setAttribute("aria-hidden", "true");
    this.dots = h("div", { "aria-hidden": "true" });
    this.point = h("span", { class: "annotate-rv-point", hidden: true });
    this.element = h("div", { class: "annotate-rv-frame", dir: "ltr" }, this.image, this.trail, this.dots, this.point);
    this.image.onload = () => {
      this.element.style.setProperty("--ratio", this.image.naturalWidth / this.image.naturalHeight || 1);
    };
  }

  clear() {
    show(this.point, false);
    this.dots.replaceChildren();
    this.#draw([]);
  }

  /** Where a word points, and how the pointer came there. */
  showWord(word, voice, path) {
    this.clear();
    if (word.x !== undefined) this.#at(this.point, word, voice);
    if (!calm.matches) this.#draw(between(path, word.start - BEFORE_MS, word.end));
  }

  /** Where the words of a sentence point. */
  showSentence(words) {
    this.clear();
    const dots = [];
    for (const { word, voice } of words) {
      if (word?.x === undefined || dots.length === MOST_DOTS) continue;
      if (dots.some((one) => Math.hypot(one.word.x - word.x, one.word.y - word.y) < NEAR)) continue;
      dots.push({ word, voice });
    }
    this.dots.replaceChildren(...dots.map(({ word, voice }) =>
      this.#at(h("span", { class: "annotate-rv-dot" }), word, voice)));
  }

  /** Where the pointer was at a moment, while it is played. */
  follow(ms, word, voice, path) {
    const now = pointerAt(path, ms);
    if (now === null || calm.matches) return this.showWord(word, voice, []);
    this.dots.replaceChildren();
    this.#at(this.point, now, voice);
    this.#draw([...between(path, ms - TRAIL_MS, ms), now]);
  }

  #at(element, { x, y }, voice) {
    element.dataset.voice = voice % 6;
    element.style.left = `${100 * x}%`;
    element.style.top = `${100 * y}%`;
    element.hidden = false;
    return element;
  }

  #draw(points) {
    this.trail.replaceChildren();
    if (points.length < 2) return;
    const places = points.map(({ x, y }) => `${x},${y}`).join(" ");
    for (const layer of ["under", "over"]) {
      const line = document.createElementNS(SVG, "polyline");
      line.setAttribute("class", layer);
      line.setAttribute("points", places);
      this.trail.append(line);
    }
  }
}

/** The path's places from one moment to another, with its ends between two kept points. */
function between(path, from, to) {
  const run = path.find((one) => one.length && one[0].t <= to && one.at(-1).t >= from);
  if (!run) return [];
  const inside = run.filter(({ t }) => t > from && t < to);
  return [pointerAt([run], from), ...inside, pointerAt([run], to)].filter((one) => one !== null);
}

/** Where the pointer was at a moment; null when it wasn't over the image. */
function pointerAt(path, ms) {
  for (const run of path) {
    const next = run.findIndex(({ t }) => t >= ms);
    if (next < 0 || (next === 0 && run[0].t > ms)) continue;
    const a = run[Math.max(0, next - 1)], b = run[next];
    const part = b.t > a.t ? (ms - a.t) / (b.t - a.t) : 0;
    return { x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part };
  }
  return null;
}
