// The pointer's path over the image, and clicks, on the recording's clock.

const EVERY_MS = 16;
const CLICK_MS = 600;
const CLICK_PX = { mouse: 6, pen: 10, touch: 14 }; // a finger is never quite still

/** Where an event lies, as fractions of the image as it is shown now: zoomed, moved, resized. */
export function placeOf(event, image) {
  const box = image.getBoundingClientRect();
  if (box.width <= 0 || box.height <= 0) return null;
  const x_frac = (event.clientX - box.left) / box.width;
  const y_frac = (event.clientY - box.top) / box.height;
  if (x_frac < 0 || x_frac > 1 || y_frac < 0 || y_frac > 1) return null;
  return { x_frac: round(x_frac), y_frac: round(y_frac) };
}

const round = (value) => Math.round(value * 1e5) / 1e5;

export class Pointer {
  segments = [];
  points = [];
  #inside = false;
  #down = null;

  /** `findImage()` gives the image and the frame that shows it: `{image, frame}` or null. */
  constructor(clock, findImage, onClick = () => {}) {
    this.clock = clock;
    this.findImage = findImage;
    this.onClick = onClick;
    this.listeners = [
      ["pointermove", (event) => this.#move(event)],
      ["pointerdown", (event) => this.#press(event)],
      ["pointerup", (event) => this.#release(event)],
      ["pointercancel", () => this.lift()], // the browser has taken the finger for scrolling
    ];
  }

  start() {
    for (const [name, heard] of this.listeners) addEventListener(name, heard, WATCHING);
  }

  stop() {
    for (const [name, heard] of this.listeners) removeEventListener(name, heard, WATCHING);
  }

  /** The path is cut here: what comes next begins a new segment. */
  lift() {
    this.#inside = false;
    this.#down = null;
  }

  /** A copy of what there is so far. */
  trace() {
    return structuredClone({ segments: this.segments, points: this.points });
  }

  #place(event) {
    const shown = this.findImage();
    // When zoomed, the image reaches beyond its frame, under other things.
    return shown?.frame.contains(event.target) ? placeOf(event, shown.image) : null;
  }

  #move(event) {
    if (!this.clock.running) return;
    if (!event.isPrimary) return; // a second finger points at nothing
    const place = this.#place(event);
    if (place === null) return this.lift();
    this.#add(place, event.timeStamp);
  }

  /** Thinned out to one place in 16 ms, but for the last: where the pointer comes to rest matters. */
  #add(place, now) {
    if (!this.#inside) this.segments.push([]);
    this.#inside = true;
    const t_ms = later(this.clock.at(now), this.segments);
    const segment = this.segments.at(-1);
    const [before, last] = segment.slice(-2);
    if (last && last.t_ms - before.t_ms < EVERY_MS) segment.pop();
    segment.push({ ...place, t_ms });
  }

  #press(event) {
    const counts = this.clock.running && event.button === 0 && event.isPrimary;
    const place = counts ? this.#place(event) : null;
    this.#down = place && { place, event, t_ms: this.clock.at(event.timeStamp) };
    if (place && event.pointerType === "touch") this.#touch(place, event);
  }

  /** A finger points only while it touches: its path begins here. */
  #touch(place, event) {
    this.#inside = false;
    this.#add(place, event.timeStamp);
  }

  /** And it ends here; so that it shows how long the finger has rested. */
  #lift(event) {
    const place = this.#inside && this.clock.running ? this.#place(event) : null;
    if (place) this.#add(place, event.timeStamp);
    this.#inside = false;
  }

  /** A click is a short press without a move; a longer one drags a zoomed image. */
  #release(event) {
    const down = this.#down;
    this.#down = null;
    if (event.pointerType === "touch" && event.isPrimary) this.#lift(event);
    if (down === null || !this.clock.running) return;
    const moved = Math.hypot(event.clientX - down.event.clientX, event.clientY - down.event.clientY);
    const most = CLICK_PX[event.pointerType] ?? CLICK_PX.mouse;
    if (event.timeStamp - down.event.timeStamp > CLICK_MS || moved > most) return;
    this.points.push({ ...down.place, t_ms: down.t_ms });
    this.onClick(down.event);
  }
}

const WATCHING = { capture: true, passive: true };

/** Never before the path's last moment: events of one frame may be stamped out of order. */
function later(t_ms, segments) {
  for (let n = segments.length - 1; n >= 0; n -= 1) {
    const last = segments[n].at(-1);
    if (last) return Math.max(t_ms, last.t_ms);
  }
  return t_ms;
}
