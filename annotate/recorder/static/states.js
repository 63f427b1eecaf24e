// The states that a recorder can be in, and which buttons each has.

export const BUTTONS = {
  loading: [],
  blocked: [], // the image is open in another tab
  card: [], // consent, or the test of the microphone
  ready: ["record", "microphone"],
  starting: [],
  recording: ["pause", "stop"],
  paused: ["go_on", "stop"],
  finishing: [],
  saving: ["listen"],
  waiting: ["listen", "redo"], // it isn't on the server yet
  kept: ["listen", "redo"],
  found: ["listen", "keep", "redo"], // a take that was interrupted
};

/** While these last, leaving the page would cut somebody off. */
export const SPEAKING = ["starting", "recording", "paused", "finishing"];

/** While these last, the take is in this browser only. */
export const UNSENT = ["saving", "waiting"];

/** What the one key for record, pause and go on means. */
export const RECORD_KEY = { ready: "record", recording: "pause", paused: "go_on" };
