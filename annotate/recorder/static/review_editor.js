// The parts of Label Studio's editor that the review panel uses. They aren't a documented
// API: all of them are in this file, and a browser test fails when an upgrade changes one.

const CONTAINER = ".annotate-review";
const CONTROL_NAMES = ["caption", "decision", "reason"];
/** Label Studio's buttons that submit. */
export const SUBMIT_BUTTONS = ["submit", "update", "accept"].map((name) => `[data-testid="bottombar-${name}-button"]`).join(",");
const UPDATE_BUTTON = '[data-testid="bottombar-update-button"]';
/** The id of the signed-in account. */
export const userId = Number(document.querySelector("meta[name=annotate-user]")?.content);

/** The `ReviewEditor` of the open annotation; null if it isn't a caption to review. */
export function currentReview() {
  const studio = window.Htx;
  const annotation = studio?.annotationStore?.selected;
  const container = document.querySelector(CONTAINER);
  const task = Number(studio?.task?.id);
  if (!annotation || !container || !task) return null;
  if (!CONTROL_NAMES.every((name) => annotation.names?.get(name))) return null;
  return new ReviewEditor({ container, task, annotation, data: taskData(studio.task) });
}

/** Whether Label Studio still has an annotation of this id for the open task. */
export function hasAnnotation(id) {
  return Boolean(window.Htx?.annotationStore?.annotations.some((annotation) => annotation.id === id));
}

function taskData(task) {
  try {
    return task.dataObj ?? JSON.parse(task.data);
  } catch {
    return {};
  }
}

class ReviewEditor {
  constructor({ container, task, annotation, data }) {
    Object.assign(this, { container, task, annotation, data });
    this.annotationId = annotation.id; // copied, because a replaced annotation can't be read
    this.key = `${task} ${annotation.id}`;
  }

  #control(name) {
    return this.annotation.names.get(name);
  }

  /** Whether the annotation is completely loaded: until then Label Studio's getters throw. */
  get loaded() {
    try {
      return CONTROL_NAMES.every((name) => typeof this.#control(name).isReadOnly() === "boolean");
    } catch {
      return false;
    }
  }

  /** Whether this annotation can't be changed: it is closed, or another user's. */
  get readOnly() {
    const author = this.annotation.user?.id;
    return this.loaded && (this.#control("decision").isReadOnly() || (Boolean(author) && author !== userId));
  }

  /** The text in the annotation; null if there is none. */
  get text() {
    try {
      const texts = this.#control("caption").regions.map((region) => region._value);
      return texts.length ? texts.join(" ") : null;
    } catch {
      return null; // Label Studio is destroying the annotation
    }
  }

  /** The selected codes of `decision` or `reason`. */
  selectedCodes(name) {
    try {
      return choicesOf(this.#control(name)).filter((choice) => choice.sel).map(codeOf);
    } catch {
      return [];
    }
  }

  /** Replace the text in the annotation. Returns whether it succeeded. */
  writeText(text) {
    return this.#tryToChange(() => {
      const control = this.#control("caption");
      for (const region of [...control.regions]) control.remove(region);
      control.addText(text);
    });
  }

  /** Select exactly these codes of `decision` or `reason`. Returns whether it succeeded. */
  selectCodes(name, codes) {
    return this.#tryToChange(() => {
      const choices = choicesOf(this.#control(name));
      const setSelected = (selected) => {
        for (const choice of choices) {
          if (codes.includes(codeOf(choice)) === selected && choice.sel !== selected) choice.toggleSelected();
        }
      };
      setSelected(true); // in a single choice this deselects the other
      setSelected(false);
    });
  }

  #tryToChange(action) {
    try {
      action();
      return true;
    } catch (error) {
      console.warn("annotate: this annotation can't be written to", error);
      return false;
    }
  }

  /** Click Label Studio's own button; false if there is none. */
  submit() {
    const button = document.querySelector(SUBMIT_BUTTONS);
    if (!button || button.disabled) return false;
    button.click();
    return true;
  }

  /** The lower limit of the panel in pixels of the window: the top of Label Studio's button bar. */
  get bottomEdge() {
    const bar = document.querySelector(".lsf-bottombar");
    return bar ? bar.getBoundingClientRect().top : innerHeight;
  }

  /** Whether this annotation was submitted before. */
  get submitted() {
    return this.annotation.pk != null;
  }

  /** Whether submitting updates an annotation that was submitted before. */
  get updates() {
    return document.querySelector(UPDATE_BUTTON) !== null;
  }
}

const choicesOf = (control) => [...(control.tiedChildren ?? control.children)];
const codeOf = (choice) => choice.alias ?? String(choice._value).toLowerCase();
