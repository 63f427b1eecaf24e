// A reviewer's changes that aren't submitted, stored in this browser. They survive a reload, the end
// of a session, and Label Studio's replacement of an annotation while a page loads.

import { holdsAnnotation, user } from "./review_editor.js";

const PREFIX = "annotate-aloud review ";
const LONGEST_MS = 14 * 24 * 3600 * 1000; // older ones are of captions that somebody else decided on
const keyOf = (task) => `${PREFIX}${user} ${task}`;

export class Unsent {
  #left = null; // the task of the panel that was closed last
  #written = null; // what was written last, as text
  #waiting = null; // to be repeated once Label Studio has dropped the annotation that it was done to

  constructor() {
    forgetOld();
  }

  /** Several times a second: store what differs from what the annotation held. */
  keep(review) {
    const { task, annotationId } = review.editor;
    this.#repeat(review);
    const state = review.changes();
    if (this.#waiting && state === null) return;
    this.#waiting = null; // other changes were made
    const submitting = review.submitting === JSON.stringify(state); // and not edited again since
    const written = JSON.stringify({ state, submitting });
    if (written === this.#written) return;
    this.#written = written;
    if (state === null) return localStorage.removeItem(keyOf(task));
    write(keyOf(task), { ...state, submitting, offered: review.task.text, annotation: annotationId, at: Date.now() });
  }

  #repeat(review) {
    const waiting = this.#waiting;
    if (!waiting || holdsAnnotation(waiting.annotation)) return;
    this.#waiting = null;
    review.repeat(waiting);
    if (waiting.submitting) review.submitting = JSON.stringify(review.changes());
  }

  /** A panel is closed. */
  leave(review) {
    this.keep(review);
    this.#left = review.editor.task;
  }

  /** A panel was opened: repeat what wasn't submitted. */
  enter(review) {
    const { task, submitted } = review.editor;
    // Label Studio goes on to another caption only when it has stored this one.
    const left = this.#left;
    if (left !== null && left !== task && read(keyOf(left))?.submitting) localStorage.removeItem(keyOf(left));
    this.#left = this.#written = this.#waiting = null;
    const state = read(keyOf(task));
    if (state?.submitting && submitted) return localStorage.removeItem(keyOf(task));
    if (state?.offered === review.task.text) this.#waiting = state;
  }
}

function read(key) {
  try {
    const state = JSON.parse(localStorage.getItem(key));
    const { text, choice, reasons } = state;
    return typeof text === "string" && (choice === null || typeof choice === "string") && Array.isArray(reasons) ? state : null;
  } catch {
    return null;
  }
}

function write(key, state) {
  try {
    localStorage.setItem(key, JSON.stringify(state));
  } catch (error) {
    console.warn("annotate: this browser stores nothing", error); // then Label Studio's draft has to do
  }
}

function forgetOld() {
  for (const key of Object.keys(localStorage).filter((one) => one.startsWith(PREFIX))) {
    if (!(Date.now() - (read(key)?.at ?? 0) < LONGEST_MS)) localStorage.removeItem(key);
  }
}
