// Takes and their chunks in IndexedDB. A take stays until the server has confirmed its bytes.

const NAME = "annotate-aloud";
const VERSION = 1;

function requestResult(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function transactionDone(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
}

async function openDatabase() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    const database = request.result;
    const takes = database.createObjectStore("takes", { keyPath: "id" });
    takes.createIndex("user", "user");
    database.createObjectStore("chunks", { keyPath: ["take", "n"] });
  };
  const database = await requestResult(request);
  database.onversionchange = () => database.close();
  return database;
}

const chunkRange = (id) => IDBKeyRange.bound([id, -Infinity], [id, Infinity]);

class IndexedDbStore {
  durable = true;

  constructor(database) {
    this.database = database;
  }

  #transaction() {
    return this.database.transaction(["takes", "chunks"], "readwrite", { durability: "strict" });
  }

  /** Store a take's metadata and, in the same transaction, its newest chunk of audio. */
  async put(take, chunk = null) {
    const record = structuredClone(take);
    const bytes = chunk === null ? null : await chunk.arrayBuffer();
    const transaction = this.#transaction();
    transaction.objectStore("takes").put(record);
    if (bytes !== null) {
      transaction.objectStore("chunks").put({ take: take.id, n: record.chunks - 1, bytes });
    }
    await transactionDone(transaction);
  }

  /** A user's takes, oldest first. */
  async takes(user) {
    const index = this.database.transaction("takes").objectStore("takes").index("user");
    const found = await requestResult(index.getAll(user));
    return found.sort((a, b) => a.started_at.localeCompare(b.started_at));
  }

  /** The audio of a take so far, as one blob. */
  async audio(take) {
    const chunks = this.database.transaction("chunks").objectStore("chunks");
    const found = await requestResult(chunks.getAll(chunkRange(take.id)));
    return new Blob(found.map((chunk) => chunk.bytes), { type: take.media_type });
  }

  async remove(id) {
    const transaction = this.#transaction();
    transaction.objectStore("takes").delete(id);
    transaction.objectStore("chunks").delete(chunkRange(id));
    await transactionDone(transaction);
  }
}

/** For browsers without IndexedDB: takes last as long as the page. */
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

  async audio(take) {
    return new Blob(this.#chunks.get(take.id) ?? [], { type: take.media_type });
  }

  async remove(id) {
    this.#takes.delete(id);
    this.#chunks.delete(id);
  }
}

let storePromise = null;

/** The one store of this page. */
export function openStore() {
  storePromise ??= openDatabase().then(
    (database) => new IndexedDbStore(database),
    () => new MemoryStore(),
  );
  return storePromise;
}
