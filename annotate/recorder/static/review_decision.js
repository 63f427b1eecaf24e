// The state of a decision and the rules for submitting it; without DOM.

export const REASONS = ["not_described", "wrong", "offensive", "private", "bad_audio", "other"];

export class Decision {
  #previousChoice = null; // what was chosen before typing chose "fix"

  /** The decision stored in an annotation; `changed` is whether its text differs from the pushed one. */
  constructor(choice, reasons, changed = false) {
    this.choice = choice ?? null;
    this.reasons = reasons;
    this.changed = changed;
    this.empty = false;
  }

  /** The text was edited: a changed text is a fix; undoing all changes restores the earlier choice. */
  edited(changed, empty) {
    this.empty = empty;
    if (changed === this.changed) return;
    this.changed = changed;
    if (!changed) {
      if (this.choice === "fix") this.choice = this.#previousChoice;
    } else if (this.choice !== "fix") {
      this.#previousChoice = this.choice === "accept" ? "accept" : null;
      this.choice = "fix";
    }
  }

  /** Choose accept, fix or reject. Accepting a changed text is a fix. */
  choose(choice) {
    this.choice = choice === "accept" && this.changed ? "fix" : choice;
    this.#previousChoice = null;
  }

  giveReason(reason) {
    this.choice = "reject";
    this.reasons = [reason];
  }

  /** Why this can't be submitted yet, as a key of review_strings.js; null if it can. */
  get lacking() {
    if (this.choice === null) return "lack_choice";
    if (this.choice === "reject") return this.reasons.length ? null : "lack_reason";
    if (this.empty) return "lack_text";
    return this.choice === "fix" && !this.changed ? "lack_change" : null;
  }
}
