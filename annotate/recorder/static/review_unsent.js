// A reviewer's unsubmitted changes, stored in this browser. They survive a reload, the end of a
// session, and Label Studio's replacement of an annotation while a page loads.

import { hasAnnotation, userId } from "./review_editor.js";

const PREFIX = "annotate-aloud review ";
const MAX_AGE_MS = 14 * 24 * 3600 * 1000; // after that another reviewer has decided on the caption
const storageKey = (task) => `${PREFIX}${userId} ${task}`;

export class UnsentChanges {
  #closedTask = null; // the task whose panel was closed last
  #lastStored = null; // the last stored state, as JSON
  #pending = null; // changes to apply once Label Studio has replaced their annotation

  constructor() {
    removeOld();
  }

  /** Called several times a second: store what differs from the annotation's initial state. */
  store(review) {
    const { task, annotationId } = review.editor;
    this.#applyPending(review);
    const state = review.changes();
    if (this.#pending && state === null) return;
    this.#pending = null; // other changes were made
    const submitting = review.submitting === JSON.stringify(state); // and not edited again since
    const serialized = JSON.stringify({ state, submitting });
    if (serialized === this.#lastStored) return;
    this.#lastStored = serialized;
    if (state === null) return localStorage.removeItem(storageKey(task));
    save(storageKey(task), { ...state, submitting, offered: review.task.text, annotation: annotationId, at: Date.now() });
  }

  #applyPending(review) {
    const pending = this.#pending;
    if (!pending || hasAnnotation(pending.annotation)) return;
    this.#pending = null;
    review.applyChanges(pending);
    if (pending.submitting) review.submitting = JSON.stringify(review.changes());
  }

  /** A panel is about to be closed. */
  panelClosed(review) {
    this.store(review);
    this.#closedTask = review.editor.task;
  }

  /** A panel was opened: schedule its unsubmitted changes. */
  panelOpened(review) {
    const { task, submitted } = review.editor;
    // Label Studio opens another caption only after it has stored the submitted one.
    const closedTask = this.#closedTask;
    if (closedTask !== null && closedTask !== task && load(storageKey(closedTask))?.submitting) {
      localStorage.removeItem(storageKey(closedTask));
    }
    this.#closedTask = this.#lastStored = this.#pending = null;
    const state = load(storageKey(task));
    if (state?.submitting && submitted) return localStorage.removeItem(storageKey(task));
    if (state?.offered === review.task.text) this.#pending = state;
  }
}

function load(key) {
  try {
    const state = JSON.parse(localStorage.getItem(key));
    const { text, choice, reasons } = state;
    return typeof text === "string" && (choice === null || typeof choice === "string") && Array.isArray(reasons) ? state : null;
  } catch {
    return null;
  }
}

function save(key, state) {
  try {
    localStorage.setItem(key, JSON.stringify(state));
  } catch (error) {
    console.warn("annotate: this browser stores nothing", error); // then only Label Studio's draft remains
  }
}

function removeOld() {
  for (const key of Object.keys(localStorage).filter((key) => key.startsWith(PREFIX))) {
    if (!(Date.now() - (load(key)?.at ?? 0) < MAX_AGE_MS)) localStorage.removeItem(key);
  }
}
