// The states that a recorder can be in, and which buttons each has.

export const BUTTONS = {
  loading: [],
  blocked: [], // the image is open in another tab
  card: [], // consent, or the test of the microphone
  ready: ["record", "microphone", "previous", "skip"],
  starting: [],
  recording: ["stop", "pause"],
  paused: ["stop", "go_on"],
  finishing: [],
  saving: ["listen"],
  waiting: ["listen", "redo"], // it isn't on the server yet
  kept: ["submit", "listen", "redo", "previous"],
  submitted: ["next", "listen", "redo", "previous"], // as `kept`, of what was handed in before
  found: ["listen", "keep", "redo"], // a take that was interrupted
};

/** While these last, leaving the page would cut somebody off. */
export const SPEAKING = ["starting", "recording", "paused", "finishing"];

/** While these last, the take is in this browser only. */
export const UNSENT = ["saving", "waiting"];

/** What the one key for record, pause and go on means. */
export const RECORD_KEY = { ready: "record", recording: "pause", paused: "go_on" };

/**
 * The buttons to offer in a state. `handedIn`: this very recording was submitted before; `earlier`:
 * one can return to what was there before "Record again"; `hasPrevious`: there is an image before.
 */
export function buttonsOf(state, { readOnly, handedIn, earlier, hasPrevious }) {
  const names = BUTTONS[state === "kept" && handedIn ? "submitted" : state];
  if (readOnly) return names.filter((name) => name === "listen");
  const offered = names.filter((name) => name !== "previous" || hasPrevious);
  return state === "ready" && earlier ? [...offered, "keep_earlier"] : offered;
}
