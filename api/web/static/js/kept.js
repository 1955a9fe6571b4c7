/** Files that wait on this device for the connection, in the browser's own database. */
const NAME = "files";
const DAYS = 7 * 86_400_000;

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("routecard", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(NAME);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Run one request; a browser that keeps nothing answers undefined. */
async function run(mode, ask) {
  try {
    const store = (await opened()).transaction(NAME, mode).objectStore(NAME);
    return await new Promise((resolve, reject) => {
      const request = ask(store);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } catch {
    return undefined;
  }
}

/** Keep a file, and the key under which it is sent once. */
export const keep = (place, one) => run("readwrite", (store) => store.put({ ...one, at: Date.now() }, place));

/** Forget it. */
export const forget = (place) => run("readwrite", (store) => store.delete(place));

/** What is kept at a place; what is older than a week has no owner any more. */
export async function found(place) {
  const one = await run("readonly", (store) => store.get(place));
  if (!one || Date.now() - one.at < DAYS) return one;
  await forget(place);
  return undefined;
}
