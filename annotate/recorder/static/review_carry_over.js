// While a page loads, Label Studio can show an annotation and replace it by another one a second
// later. What a reviewer has done to the first is then done to the second.

import { holdsAnnotation } from "./review_editor.js";

export class CarryOver {
  #left = null; // the task, the annotation and the state of a panel that was closed

  /** Remember the changes of a panel that is about to be closed. */
  leave(review) {
    const state = review.changes();
    if (state) this.#left = { task: review.editor.task, annotation: review.editor.annotationId, state };
  }

  /** Repeat them on the panel of the annotation that replaced the first, unless it has its own. */
  enter(review) {
    const left = this.#left;
    this.#left = null;
    if (left?.task !== review.editor.task || holdsAnnotation(left.annotation)) return;
    review.repeat(left.state);
  }
}
