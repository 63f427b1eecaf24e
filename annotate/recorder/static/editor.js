// The parts of Label Studio's editor that the recorder uses. They aren't a documented
// API: all of them are in this file, and a browser test fails when an upgrade changes one.

const CONTAINER = ".annotate-recording";
const CONTROL_NAME = "recording";
const buttonSelector = (name) => `[data-testid="bottombar-${name}-button"]`;
const SUBMIT_BUTTONS = ["submit", "update", "accept"]
  .map(buttonSelector)
  .flatMap((selector) => [selector, `${selector} + button`]); // the second opens a menu

let maySubmit = () => true;
const userId = Number(document.querySelector("meta[name=annotate-user]")?.content);
const guardedEvents = new WeakSet();
const fittedWidths = new WeakMap(); // the width for which an image was last fitted

/** The `Editor` of the open annotation; null if it isn't an image of a recording project. */
export function currentEditor() {
  const studio = window.Htx;
  const annotation = studio?.annotationStore?.selected;
  const container = document.querySelector(CONTAINER);
  const task = Number(studio?.task?.id);
  if (!annotation || !container || !task || !annotation.names?.get(CONTROL_NAME)) return null;
  guardEvents(studio.events);
  return new Editor({ container, task, annotation });
}

/** Call `check()` before an annotation is submitted; Label Studio cancels if it returns false. */
export function guardSubmit(check) {
  maySubmit = check;
}

function guardEvents(events) {
  if (!events?.on || guardedEvents.has(events)) return;
  guardedEvents.add(events);
  events.on("beforeSaveAnnotation", () => maySubmit());
}

/** Enable or disable Label Studio's own submit buttons; `title` is the tooltip when disabled. */
export function enableSubmit(enabled, title = "") {
  for (const button of document.querySelectorAll(SUBMIT_BUTTONS.join(","))) {
    if (button.dataset.annotate === String(enabled)) continue;
    button.dataset.annotate = String(enabled);
    button.disabled = !enabled;
    button.title = enabled ? "" : title;
  }
}

class Editor {
  constructor({ container, task, annotation }) {
    Object.assign(this, { container, task, annotation });
    this.key = `${task} ${annotation.id}`;
  }

  get #control() {
    return this.annotation.names.get(CONTROL_NAME);
  }

  /** Whether the annotation is completely loaded: until then Label Studio's getters throw. */
  get loaded() {
    try {
      this.#control.isReadOnly();
      return true;
    } catch {
      return false;
    }
  }

  /** Whether this annotation can't be changed: it is closed, or another user's. */
  get readOnly() {
    const author = this.annotation.user?.id;
    return this.loaded && (this.#control.isReadOnly() || (Boolean(author) && author !== userId));
  }

  /** Whether this annotation was submitted before. */
  get submitted() {
    return document.querySelector(buttonSelector("update")) !== null;
  }

  /** Click Label Studio's own button: it stores the annotation and opens the next image. */
  submit() {
    enableSubmit(true); // otherwise the next poll enables it, slightly later
    document.querySelector(`${buttonSelector("submit")}, ${buttonSelector("update")}`)?.click();
  }

  skip() {
    document.querySelector(buttonSelector("skip"))?.click();
  }

  /** Whether Label Studio can go back to an image opened earlier in this session. */
  get hasPrevious() {
    return document.querySelector("[data-testid=prev-task]")?.disabled === false;
  }

  previous() {
    document.querySelector("[data-testid=prev-task]")?.click();
  }

  /** Whether Label Studio is storing an annotation. */
  get submitting() {
    return Boolean(window.Htx?.isSubmitting);
  }

  /** The recording's reference in the annotation, or null. */
  readReference() {
    try {
      const reference = JSON.parse(this.#control.selectedValues().flat()[0]);
      return typeof reference?.recording === "string" ? reference : null;
    } catch {
      return null; // empty, or Label Studio is destroying the annotation
    }
  }

  /** Replace the reference in the annotation; null removes it. Returns whether it succeeded. */
  writeReference(reference) {
    try {
      const control = this.#control;
      for (const region of [...control.regions]) control.remove(region);
      if (reference !== null) control.addText(JSON.stringify(reference));
      return true;
    } catch (error) {
      console.warn("annotate: this annotation can't be written to", error);
      return false; // it was closed meanwhile; the server returns the recording as `earlier` next time
    }
  }

  /** The image and the frame that shows it. */
  findImage() {
    const image = this.#imageContainer?.querySelector("img[alt=image]");
    return image ? { image, frame: image.closest(".lsf-object") ?? image.parentElement } : null;
  }

  /**
   * Fit the image into its frame when the frame's width has changed, since Label Studio then crops
   * the image. An annotator's zoom remains until the next such change.
   */
  fitImage() {
    const frame = this.#imageContainer?.querySelector(".lsf-image");
    if (!frame || fittedWidths.get(frame) === frame.offsetWidth) return;
    fittedWidths.set(frame, frame.offsetWidth);
    this.annotation.names.get("image")?.sizeToFit?.();
  }

  get #imageContainer() {
    return this.container.querySelector("img[alt=image]") ? this.container : this.container.parentElement;
  }
}
