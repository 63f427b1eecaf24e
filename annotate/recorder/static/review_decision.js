// Rules of a decision and of what may be submitted; without any elements.

export const REASONS = ["not_described", "wrong", "offensive", "private", "bad_audio", "other"];

export class Decision {
  #before = null; // what was chosen before typing chose "fix"

  /** What an annotation holds already; `changed` is whether its text isn't the one offered. */
  constructor(choice, reasons, changed = false) {
    this.choice = choice ?? null;
    this.reasons = reasons;
    this.changed = changed;
    this.empty = false;
  }

  /** The text was edited: a changed one is a fix, and undoing it all takes that back. */
  edited(changed, empty) {
    this.empty = empty;
    if (changed === this.changed) return;
    this.changed = changed;
    if (!changed) {
      if (this.choice === "fix") this.choice = this.#before;
    } else if (this.choice !== "fix") {
      this.#before = this.choice === "accept" ? "accept" : null;
      this.choice = "fix";
    }
  }

  /** A press on accept, fix or reject. To accept a text after changing it is to fix it. */
  choose(choice) {
    this.choice = choice === "accept" && this.changed ? "fix" : choice;
    this.#before = null;
  }

  giveReason(reason) {
    this.choice = "reject";
    this.reasons = [reason];
  }

  /** Why this can't be submitted yet, as a key of the strings; null if it can. */
  get lacking() {
    if (this.choice === null) return "lack_choice";
    if (this.choice === "reject") return this.reasons.length ? null : "lack_reason";
    if (this.empty) return "lack_text";
    return this.choice === "fix" && !this.changed ? "lack_change" : null;
  }
}
