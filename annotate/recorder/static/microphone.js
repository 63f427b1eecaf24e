// Opens the microphone; errors name the reason if it can't be opened.

const CHOICE = "annotate-aloud microphone";

/** The device chosen in the test, if any: `{deviceId}`. */
export function chosen() {
  try {
    return JSON.parse(localStorage.getItem(CHOICE));
  } catch {
    return null;
  }
}

export function choose(deviceId) {
  localStorage.setItem(CHOICE, JSON.stringify({ deviceId }));
}

/**
 * A stream of the chosen microphone, or of the system's default if that one is no longer available.
 * The sound stays as it is spoken: filters made for calls swallow quiet words.
 */
export async function openMicrophone(deviceId) {
  if (!navigator.mediaDevices?.getUserMedia) throw new MicrophoneError("mic_insecure");
  const audio = {
    channelCount: 1,
    echoCancellation: false,
    noiseSuppression: false,
    autoGainControl: true,
  };
  try {
    const device = deviceId ? { deviceId: { exact: deviceId } } : {};
    return await navigator.mediaDevices.getUserMedia({ audio: { ...audio, ...device } });
  } catch (error) {
    if (deviceId && ["OverconstrainedError", "NotFoundError"].includes(error.name)) {
      return openMicrophone(null);
    }
    throw MicrophoneError.of(error);
  }
}

export async function microphones() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((one) => one.kind === "audioinput" && one.deviceId);
}

export function close(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

export class MicrophoneError extends Error {
  /** `key` names the sentence for people. */
  constructor(key, detail = "") {
    super(key);
    this.key = key;
    this.detail = detail;
  }

  static of(error) {
    const keys = {
      NotAllowedError: "mic_denied",
      SecurityError: "mic_denied",
      NotFoundError: "mic_none",
      OverconstrainedError: "mic_none",
      NotReadableError: "mic_busy",
      AbortError: "mic_busy",
    };
    return new MicrophoneError(keys[error.name] ?? "mic_other", `${error.name}: ${error.message}`);
  }
}

const TYPES = [
  "audio/webm;codecs=opus",
  "audio/ogg;codecs=opus",
  "audio/mp4;codecs=mp4a.40.2",
  "audio/mp4",
];

/** A recorder of speech in the best form that this browser writes. */
export function speechRecorder(stream) {
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
  return new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 48000 });
}
