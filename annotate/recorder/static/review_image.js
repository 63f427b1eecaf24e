// The image, with the pointer's path of the current word or sentence drawn on it.

import { h, setVisible } from "./dom.js";

const BEFORE_MS = 500, TRAIL_MS = 1400;
const SVG = "http://www.w3.org/2000/svg";
const MIN_DISTANCE = 0.04; // points of a sentence closer than this are one dot
const MAX_DOTS = 8;
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

export class ImageView {
  constructor(url, t) {
    this.image = h("img", { class: "annotate-rv-image", alt: t("image"), src: url });
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
    setVisible(this.point, false);
    this.dots.replaceChildren();
    this.#drawTrail([]);
  }

  /** Show the point of a word, and the pointer's path to it. */
  showWord(word, voice, path) {
    this.clear();
    if (word.x !== undefined) this.#placeMarker(this.point, word, voice);
    if (!reducedMotion.matches) this.#drawTrail(pathBetween(path, word.start - BEFORE_MS, word.end));
  }

  /** Show the points of a sentence's words. */
  showSentence(words) {
    this.clear();
    const dots = [];
    for (const { word, voice } of words) {
      if (word?.x === undefined || dots.length === MAX_DOTS) continue;
      if (dots.some((dot) => Math.hypot(dot.word.x - word.x, dot.word.y - word.y) < MIN_DISTANCE)) continue;
      dots.push({ word, voice });
    }
    this.dots.replaceChildren(...dots.map(({ word, voice }) =>
      this.#placeMarker(h("span", { class: "annotate-rv-dot" }), word, voice)));
  }

  /** Show the pointer's position at a time during playback. */
  follow(ms, word, voice, path) {
    const position = pointerAt(path, ms);
    if (position === null || reducedMotion.matches) return this.showWord(word, voice, []);
    this.dots.replaceChildren();
    this.#placeMarker(this.point, position, voice);
    this.#drawTrail([...pathBetween(path, ms - TRAIL_MS, ms), position]);
  }

  #placeMarker(element, { x, y }, voice) {
    element.dataset.voice = voice % 6;
    element.style.left = `${100 * x}%`;
    element.style.top = `${100 * y}%`;
    element.hidden = false;
    return element;
  }

  #drawTrail(points) {
    this.trail.replaceChildren();
    if (points.length < 2) return;
    const coordinates = points.map(({ x, y }) => `${x},${y}`).join(" ");
    for (const layer of ["under", "over"]) {
      const line = document.createElementNS(SVG, "polyline");
      line.setAttribute("class", layer);
      line.setAttribute("points", coordinates);
      this.trail.append(line);
    }
  }
}

/** The path between two times, with interpolated ends. */
function pathBetween(path, from, to) {
  const segment = path.find((points) => points.length && points[0].t <= to && points.at(-1).t >= from);
  if (!segment) return [];
  const inside = segment.filter(({ t }) => t > from && t < to);
  return [pointerAt([segment], from), ...inside, pointerAt([segment], to)].filter((point) => point !== null);
}

/** The pointer's interpolated position at a time; null if it wasn't over the image. */
function pointerAt(path, ms) {
  for (const segment of path) {
    const next = segment.findIndex(({ t }) => t >= ms);
    if (next < 0 || (next === 0 && segment[0].t > ms)) continue;
    const a = segment[Math.max(0, next - 1)], b = segment[next];
    const fraction = b.t > a.t ? (ms - a.t) / (b.t - a.t) : 0;
    return { x: a.x + (b.x - a.x) * fraction, y: a.y + (b.y - a.y) * fraction };
  }
  return null;
}
