// Takes: creation, removal after upload, and upload of takes of other images.

import { lockName, tryLock } from "./tab_lock.js";
import { uploadTake } from "./upload.js";

/** A new take, started now. */
export function newTake({ user, task, language, consented_at, consent }) {
  return {
    id: crypto.randomUUID(),
    ...{ user, task, language, consented_at, consent },
    state: "recording",
    href: location.pathname.replace(/\/data.*/, `/data?task=${task}`),
    started_at: new Date().toISOString(),
    client_ms: 0,
    chunks: 0,
    media_type: "",
    trace: { segments: [], points: [] },
    prompts: [],
  };
}

/** Remove an uploaded take, and earlier takes of the same image, from this browser. */
export async function removeUploaded(store, take) {
  for (const stored of await store.takes(take.user)) {
    if (stored.task === take.task && stored.started_at <= take.started_at) await store.remove(stored.id);
  }
}

/** Upload finished takes of other images; resolves to those that remain in this browser. */
export async function uploadOtherTakes(store, takes) {
  const remaining = [];
  for (const take of takes) {
    const release = await tryLock(lockName(take.user, take.task)).catch(() => null);
    if (release === null) continue; // open in another tab
    const audio = await store.audio(take);
    const finished = take.state === "stopped" && audio.size > 0;
    const reference = finished && (await uploadTake(take, audio).catch(() => null));
    if (reference || !audio.size) await store.remove(take.id);
    else remaining.push(take);
    release();
  }
  return remaining;
}
