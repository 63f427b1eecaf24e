// The few things that the recorder needs of Label Studio's editor. They are no documented
// interface: all of them are here, and a browser test fails when an upgrade changes one.

const BOX = ".annotate-recording";
const CONTROL = "recording";
const bottom = (name) => `[data-testid="bottombar-${name}-button"]`;
const BUTTONS = ["submit", "update", "accept"]
  .map(bottom)
  .flatMap((one) => [one, `${one} + button`]); // the second opens a menu of other ways to submit

let mayLeave = () => true;
const user = Number(document.querySelector("meta[name=annotate-user]")?.content);
const guarded = new WeakSet();
const fitted = new WeakMap(); // the width for which an image was last fitted

/** What is open in the editor now: `Editor`, or null when it isn't a recording project's image. */
export function currentEditor() {
  const studio = window.Htx;
  const annotation = studio?.annotationStore?.selected;
  const box = document.querySelector(BOX);
  const task = Number(studio?.task?.id);
  if (!annotation || !box || !task || !annotation.names?.get(CONTROL)) return null;
  guard(studio.events);
  return new Editor({ box, task, annotation });
}

/** Ask `may()` before an annotation is submitted; Label Studio stops if it says no. */
export function guardSubmit(may) {
  mayLeave = may;
}

function guard(events) {
  if (!events?.on || guarded.has(events)) return;
  guarded.add(events);
  events.on("beforeSaveAnnotation", () => mayLeave());
}

/** Label Studio's own buttons show whether there is something to submit. */
export function enableSubmit(on, title = "") {
  for (const button of document.querySelectorAll(BUTTONS.join(","))) {
    if (button.dataset.annotate === String(on)) continue;
    button.dataset.annotate = String(on);
    button.disabled = !on;
    button.title = on ? "" : title;
  }
}

class Editor {
  constructor({ box, task, annotation }) {
    Object.assign(this, { box, task, annotation });
    this.key = `${task} ${annotation.id}`;
  }

  get #control() {
    return this.annotation.names.get(CONTROL);
  }

  /** Whether Label Studio has put the annotation together: while it loads, its getters throw. */
  get whole() {
    try {
      this.#control.isReadOnly();
      return true;
    } catch {
      return false;
    }
  }

  /** Whether this annotation isn't to be changed here: it is closed, or somebody else's. */
  get readOnly() {
    const by = this.annotation.user?.id;
    return this.whole && (this.#control.isReadOnly() || (Boolean(by) && by !== user));
  }

  /** Whether this is an annotation that was handed in before. */
  get submitted() {
    return document.querySelector(bottom("update")) !== null;
  }

  /** Press Label Studio's own button: it stores the annotation and goes on to the next image. */
  submit() {
    enableSubmit(true); // that it may be pressed is shown a moment later than it is known
    document.querySelector(`${bottom("submit")}, ${bottom("update")}`)?.click();
  }

  skip() {
    document.querySelector(bottom("skip"))?.click();
  }

  /** The images seen in this session, one back; there may be none. */
  get hasPrevious() {
    return document.querySelector("[data-testid=prev-task]")?.disabled === false;
  }

  previous() {
    document.querySelector("[data-testid=prev-task]")?.click();
  }

  /** Whether Label Studio is storing an annotation. */
  get storing() {
    return Boolean(window.Htx?.isSubmitting);
  }

  /** The reference that the annotation holds, or null. */
  read() {
    try {
      const reference = JSON.parse(this.#control.selectedValues().flat()[0]);
      return typeof reference?.recording === "string" ? reference : null;
    } catch {
      return null; // empty, or an annotation that Label Studio is just taking apart
    }
  }

  /** Put a reference in; null takes out what there is. Says whether it worked. */
  write(reference) {
    try {
      const control = this.#control;
      for (const region of [...control.regions]) control.remove(region);
      if (reference !== null) control.addText(JSON.stringify(reference));
      return true;
    } catch (error) {
      console.warn("annotate: this annotation can't be written to", error);
      return false; // it was closed meanwhile; the server tells of the recording next time
    }
  }

  /** The image and the frame that shows it. */
  findImage() {
    const image = this.#scene?.querySelector("img[alt=image]");
    return image ? { image, frame: image.closest(".lsf-object") ?? image.parentElement } : null;
  }

  /**
   * Show the whole image again when the room for it has changed: Label Studio crops it then. What an
   * annotator zooms by hand stays, until the next change.
   */
  fitImage() {
    const frame = this.#scene?.querySelector(".lsf-image");
    if (!frame || fitted.get(frame) === frame.offsetWidth) return;
    fitted.set(frame, frame.offsetWidth);
    this.annotation.names.get("image")?.sizeToFit?.();
  }

  get #scene() {
    return this.box.querySelector("img[alt=image]") ? this.box : this.box.parentElement;
  }
}
