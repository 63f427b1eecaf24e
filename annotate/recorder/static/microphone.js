// Opens the microphone; errors name the reason if it can't be opened.

const STORAGE_KEY = "annotate-aloud microphone";

/** The device chosen in the test, if any: `{deviceId}`. */
export function storedDevice() {
  try {
    return JSON.parse(localStorage.getItem(STORAGE_KEY));
  } catch {
    return null;
  }
}

export function storeDevice(deviceId) {
  localStorage.setItem(STORAGE_KEY, JSON.stringify({ deviceId }));
}

/**
 * A stream of the chosen microphone, or of the system's default if that one is no longer available.
 * Echo cancellation and noise suppression are off, because they remove quiet words.
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
    throw MicrophoneError.from(error);
  }
}

export async function listMicrophones() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === "audioinput" && device.deviceId);
}

export function stopStream(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

export class MicrophoneError extends Error {
  /** `key` is the message's key in strings.js. */
  constructor(key, detail = "") {
    super(key);
    this.key = key;
    this.detail = detail;
  }

  static from(error) {
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

const MIME_TYPES = [
  "audio/webm;codecs=opus",
  "audio/ogg;codecs=opus",
  "audio/mp4;codecs=mp4a.40.2",
  "audio/mp4",
];

/** A MediaRecorder for speech, with the first supported type of MIME_TYPES. */
export function createMediaRecorder(stream) {
  const mimeType = MIME_TYPES.find((type) => MediaRecorder.isTypeSupported(type));
  return new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 48000 });
}
