// Takes and their chunks in IndexedDB. A take stays until the server has confirmed its bytes.

const NAME = "annotate-aloud";
const VERSION = 1;

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function committed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
}

async function open() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    const database = request.result;
    const takes = database.createObjectStore("takes", { keyPath: "id" });
    takes.createIndex("user", "user");
    database.createObjectStore("chunks", { keyPath: ["take", "n"] });
  };
  const database = await settled(request);
  database.onversionchange = () => database.close();
  return database;
}

const chunkRange = (id) => IDBKeyRange.bound([id, -Infinity], [id, Infinity]);

class DiskStore {
  durable = true;

  constructor(database) {
    this.database = database;
  }

  #change() {
    return this.database.transaction(["takes", "chunks"], "readwrite", { durability: "strict" });
  }

  /** Keep what is known of a take and, in the same transaction, its newest chunk. */
  async put(take, chunk = null) {
    const record = structuredClone(take);
    const bytes = chunk === null ? null : await chunk.arrayBuffer();
    const change = this.#change();
    change.objectStore("takes").put(record);
    if (bytes !== null) {
      change.objectStore("chunks").put({ take: take.id, n: record.chunks - 1, bytes });
    }
    await committed(change);
  }

  /** A user's takes, oldest first. */
  async takes(user) {
    const index = this.database.transaction("takes").objectStore("takes").index("user");
    const found = await settled(index.getAll(user));
    return found.sort((a, b) => a.started_at.localeCompare(b.started_at));
  }

  /** The sound of a take so far, as one blob. */
  async sound(take) {
    const chunks = this.database.transaction("chunks").objectStore("chunks");
    const found = await settled(chunks.getAll(chunkRange(take.id)));
    return new Blob(found.map((one) => one.bytes), { type: take.media_type });
  }

  async remove(id) {
    const change = this.#change();
    change.objectStore("takes").delete(id);
    change.objectStore("chunks").delete(chunkRange(id));
    await committed(change);
  }
}

/** For browsers that keep nothing: takes live as long as the page. */
class MemoryStore {
  durable = false;
  #takes = new Map();
  #chunks = new Map();

  async put(take, chunk = null) {
    this.#takes.set(take.id, structuredClone(take));
    const chunks = this.#chunks.get(take.id) ?? [];
    if (chunk !== null) chunks.push(chunk);
    this.#chunks.set(take.id, chunks);
  }

  async takes(user) {
    return [...this.#takes.values()].filter((take) => take.user === user);
  }

  async sound(take) {
    return new Blob(this.#chunks.get(take.id) ?? [], { type: take.media_type });
  }

  async remove(id) {
    this.#takes.delete(id);
    this.#chunks.delete(id);
  }
}

let opened = null;

/** The one store of this page. */
export function openStore() {
  opened ??= open().then(
    (database) => new DiskStore(database),
    () => new MemoryStore(),
  );
  return opened;
}
