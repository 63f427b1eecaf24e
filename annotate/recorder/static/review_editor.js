// The few things that the review panel needs of Label Studio's editor. They are no documented
// interface: all of them are here, and a browser test fails when an upgrade changes one.

const BOX = ".annotate-review";
const CONTROLS = ["caption", "decision", "reason"];
/** Label Studio's buttons that submit. */
export const SUBMITS = ["submit", "update", "accept"].map((name) => `[data-testid="bottombar-${name}-button"]`).join(",");
const UPDATE = '[data-testid="bottombar-update-button"]';
/** The account that is signed in. */
export const user = Number(document.querySelector("meta[name=annotate-user]")?.content);

/** What is open in the editor now: `ReviewEditor`, or null when it isn't a caption to review. */
export function currentReview() {
  const studio = window.Htx;
  const annotation = studio?.annotationStore?.selected;
  const box = document.querySelector(BOX);
  const task = Number(studio?.task?.id);
  if (!annotation || !box || !task) return null;
  if (!CONTROLS.every((name) => annotation.names?.get(name))) return null;
  return new ReviewEditor({ box, task, annotation, data: dataOf(studio.task) });
}

/** Whether Label Studio still has an annotation of this id for the open task. */
export function holdsAnnotation(id) {
  return Boolean(window.Htx?.annotationStore?.annotations.some((one) => one.id === id));
}

function dataOf(task) {
  try {
    return task.dataObj ?? JSON.parse(task.data);
  } catch {
    return {};
  }
}

class ReviewEditor {
  constructor({ box, task, annotation, data }) {
    Object.assign(this, { box, task, annotation, data });
    this.annotationId = annotation.id; // copied: a replaced annotation can't be read any more
    this.key = `${task} ${annotation.id}`;
  }

  #control(name) {
    return this.annotation.names.get(name);
  }

  /** Whether Label Studio has put the annotation together: while it loads, its getters throw. */
  get whole() {
    try {
      return CONTROLS.every((name) => typeof this.#control(name).isReadOnly() === "boolean");
    } catch {
      return false;
    }
  }

  /** Whether this annotation isn't to be changed here: it is closed, or somebody else's. */
  get readOnly() {
    const by = this.annotation.user?.id;
    return this.whole && (this.#control("decision").isReadOnly() || (Boolean(by) && by !== user));
  }

  /** The text that the annotation holds; null when it holds none. */
  get text() {
    try {
      const texts = this.#control("caption").regions.map((one) => one._value);
      return texts.length ? texts.join(" ") : null;
    } catch {
      return null; // Label Studio is just taking it apart
    }
  }

  /** What is chosen of `decision` or `reason`, as codes. */
  chosen(name) {
    try {
      return choicesOf(this.#control(name)).filter((one) => one.sel).map(codeOf);
    } catch {
      return [];
    }
  }

  /** Put the text in. Says whether it worked. */
  write(text) {
    return this.#change(() => {
      const control = this.#control("caption");
      for (const region of [...control.regions]) control.remove(region);
      control.addText(text);
    });
  }

  /** Choose exactly these codes of `decision` or `reason`. Says whether it worked. */
  choose(name, codes) {
    return this.#change(() => {
      const choices = choicesOf(this.#control(name));
      const change = (wanted) => {
        for (const one of choices) {
          if (codes.includes(codeOf(one)) === wanted && one.sel !== wanted) one.toggleSelected();
        }
      };
      change(true); // of a single choice this takes the other out
      change(false);
    });
  }

  #change(act) {
    try {
      act();
      return true;
    } catch (error) {
      console.warn("annotate: this annotation can't be written to", error);
      return false;
    }
  }

  /** Press Label Studio's own button; false if it offers none. */
  submit() {
    const button = document.querySelector(SUBMITS);
    if (!button || button.disabled) return false;
    button.click();
    return true;
  }

  /** Where the room for the panel ends, in pixels of the window: at Label Studio's bar of buttons. */
  get bottom() {
    const bar = document.querySelector(".lsf-bottombar");
    return bar ? bar.getBoundingClientRect().top : innerHeight;
  }

  /** Whether this annotation was submitted before. */
  get submitted() {
    return this.annotation.pk != null;
  }

  /** Whether what is submitted changes an annotation that was submitted before. */
  get again() {
    return document.querySelector(UPDATE) !== null;
  }
}

const choicesOf = (control) => [...(control.tiedChildren ?? control.children)];
const codeOf = (choice) => choice.alias ?? String(choice._value).toLowerCase();
