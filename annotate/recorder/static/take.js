// Takes: a new one, those that are done with, and those of other images that still wait here.

import { lockName, tryLock } from "./tab_lock.js";
import { send } from "./upload.js";

/** A take that begins now. */
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

/** The server has `take`: this browser needs neither it nor those that it replaces. */
export async function forget(store, take) {
  for (const one of await store.takes(take.user)) {
    if (one.task === take.task && one.started_at <= take.started_at) await store.remove(one.id);
  }
}

/** Finished takes of other images go out by themselves; resolves to those that are left. */
export async function sendOthers(store, takes) {
  const left = [];
  for (const take of takes) {
    const giveBack = await tryLock(lockName(take.user, take.task)).catch(() => null);
    if (giveBack === null) continue; // another tab is at it
    const sound = await store.sound(take);
    const finished = take.state === "stopped" && sound.size > 0;
    const sent = finished && (await send(take, sound).catch(() => null));
    if (sent || !sound.size) await store.remove(take.id);
    else left.push(take);
    giveBack();
  }
  return left;
}
