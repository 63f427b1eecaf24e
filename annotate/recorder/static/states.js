// The states of a recorder, and the buttons of each.

export const BUTTONS = {
  loading: [],
  blocked: [], // the image is open in another tab
  card: [], // consent, or the microphone test
  ready: ["record", "microphone", "previous", "skip"],
  starting: [],
  recording: ["stop", "pause"],
  paused: ["stop", "go_on"],
  finishing: [],
  saving: ["listen"],
  waiting: ["listen", "redo"], // between attempts to upload
  kept: ["submit", "listen", "redo", "previous"],
  submitted: ["next", "listen", "redo", "previous"], // as `kept`, but already submitted
  found: ["listen", "keep", "redo"], // a take that was interrupted
};

/** A recording is in progress: leaving the page would interrupt it. */
export const RECORDING_STATES = ["starting", "recording", "paused", "finishing"];

/** The take is in this browser only. */
export const UPLOADING_STATES = ["saving", "waiting"];

/** The action of the shortcut for record, pause and resume, by state. */
export const RECORD_ACTIONS = { ready: "record", recording: "pause", paused: "go_on" };

/**
 * The names of the visible buttons in a state. `submittedBefore`: this recording was submitted;
 * `canKeepEarlier`: the recording before "Record again" can be restored; `hasPrevious`: Label Studio
 * can go back to an image.
 */
export function visibleButtons(state, { readOnly, submittedBefore, canKeepEarlier, hasPrevious }) {
  const names = BUTTONS[state === "kept" && submittedBefore ? "submitted" : state];
  if (readOnly) return names.filter((name) => name === "listen");
  const visible = names.filter((name) => name !== "previous" || hasPrevious);
  return state === "ready" && canKeepEarlier ? [...visible, "keep_earlier"] : visible;
}
