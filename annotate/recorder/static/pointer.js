// Records the pointer's path over the image, and clicks, in the recording's time.

const SAMPLE_MS = 16;
const CLICK_MS = 600;
const CLICK_PX = { mouse: 6, pen: 10, touch: 14 }; // largest movement of a click; a finger never rests exactly

/** An event's position as fractions of the displayed image, which may be zoomed; null if outside. */
export function imagePosition(event, image) {
  const rect = image.getBoundingClientRect();
  if (rect.width <= 0 || rect.height <= 0) return null;
  const x_frac = (event.clientX - rect.left) / rect.width;
  const y_frac = (event.clientY - rect.top) / rect.height;
  if (x_frac < 0 || x_frac > 1 || y_frac < 0 || y_frac > 1) return null;
  return { x_frac: round(x_frac), y_frac: round(y_frac) };
}

const round = (value) => Math.round(value * 1e5) / 1e5;

export class PointerTracker {
  segments = [];
  points = [];
  #inside = false;
  #press = null;

  /** `findImage()` returns the image and its visible frame: `{image, frame}` or null. */
  constructor(clock, findImage, onClick = () => {}) {
    this.clock = clock;
    this.findImage = findImage;
    this.onClick = onClick;
    this.listeners = [
      ["pointermove", (event) => this.#onMove(event)],
      ["pointerdown", (event) => this.#onPress(event)],
      ["pointerup", (event) => this.#onRelease(event)],
      ["pointercancel", () => this.endSegment()], // the browser scrolls with this touch
    ];
  }

  start() {
    for (const [name, listener] of this.listeners) addEventListener(name, listener, LISTENER_OPTIONS);
  }

  stop() {
    for (const [name, listener] of this.listeners) removeEventListener(name, listener, LISTENER_OPTIONS);
  }

  /** The next point begins a new segment. */
  endSegment() {
    this.#inside = false;
    this.#press = null;
  }

  /** A copy of the path and clicks so far. */
  trace() {
    return structuredClone({ segments: this.segments, points: this.points });
  }

  #positionOf(event) {
    const shown = this.findImage();
    // When zoomed, the image extends beyond its frame, under other elements.
    return shown?.frame.contains(event.target) ? imagePosition(event, shown.image) : null;
  }

  #onMove(event) {
    if (!this.clock.running) return;
    if (!event.isPrimary) return; // a second finger isn't recorded
    const position = this.#positionOf(event);
    if (position === null) return this.endSegment();
    this.#addPoint(position, event.timeStamp);
  }

  /** At most one point in SAMPLE_MS, except for the last one: it is where the pointer rests. */
  #addPoint(position, now) {
    if (!this.#inside) this.segments.push([]);
    this.#inside = true;
    const t_ms = notBeforeLast(this.clock.elapsedMs(now), this.segments);
    const segment = this.segments.at(-1);
    const [before, last] = segment.slice(-2);
    if (last && last.t_ms - before.t_ms < SAMPLE_MS) segment.pop();
    segment.push({ ...position, t_ms });
  }

  #onPress(event) {
    const valid = this.clock.running && event.button === 0 && event.isPrimary;
    const position = valid ? this.#positionOf(event) : null;
    this.#press = position && { position, event, t_ms: this.clock.elapsedMs(event.timeStamp) };
    if (position && event.pointerType === "touch") this.#startTouch(position, event);
  }

  /** A touch begins a segment. */
  #startTouch(position, event) {
    this.#inside = false;
    this.#addPoint(position, event.timeStamp);
  }

  /** The end of a touch adds a last point, so that the segment includes the time the finger rested. */
  #endTouch(event) {
    const position = this.#inside && this.clock.running ? this.#positionOf(event) : null;
    if (position) this.#addPoint(position, event.timeStamp);
    this.#inside = false;
  }

  /** A click is a short press without movement; a longer press drags a zoomed image. */
  #onRelease(event) {
    const press = this.#press;
    this.#press = null;
    if (event.pointerType === "touch" && event.isPrimary) this.#endTouch(event);
    if (press === null || !this.clock.running) return;
    const distance = Math.hypot(event.clientX - press.event.clientX, event.clientY - press.event.clientY);
    const maxDistance = CLICK_PX[event.pointerType] ?? CLICK_PX.mouse;
    if (event.timeStamp - press.event.timeStamp > CLICK_MS || distance > maxDistance) return;
    this.points.push({ ...press.position, t_ms: press.t_ms });
    this.onClick(press.event);
  }
}

const LISTENER_OPTIONS = { capture: true, passive: true };

/** Times never decrease along a path: time stamps of events in one frame may be out of order. */
function notBeforeLast(t_ms, segments) {
  for (let n = segments.length - 1; n >= 0; n -= 1) {
    const last = segments[n].at(-1);
    if (last) return Math.max(t_ms, last.t_ms);
  }
  return t_ms;
}
