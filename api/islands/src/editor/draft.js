/**
 * The bundle that is being drawn: its files, the version they came from, and what is kept on this device.
 *
 * `base` is the version as it was last read or saved ({version, etag, state, author, created}), null for a new
 * process. Nothing is ever sent over a draft that was not seen: its tag goes along, and a refusal is a `Collision`.
 */
import { call } from '../../../web/static/js/api.js';

const MINE = 'routecard:drawing';
const TYPES = { bpmn: 'application/xml', dmn: 'application/xml', json: 'application/json' };

/** Somebody else saved a draft meanwhile. */
export class Collision extends Error {}

export class Draft extends EventTarget {
  constructor({ key, user }) {
    super();
    Object.assign(this, { key, user, files: new Map(), main: 'main.bpmn', base: null, dirty: false, savedAt: null });
  }

  // ---- the plant's copy ----------------------------------------------------------------------------

  static address(key, version) {
    return `/api/v1/processes/${encodeURIComponent(key)}/versions/${version}`;
  }

  /** Read a version with all of its files. */
  static async read(key, version) {
    const address = Draft.address(key, version);
    const [item, list] = await Promise.all([call('GET', address), call('GET', `${address}/files`)]);
    const contents = await Promise.all(list.data.items.map((file) => text(`${address}/files/${encodeURIComponent(file.name)}`)));
    const files = new Map(list.data.items.map((file, index) => [file.name, contents[index]]));
    const main = list.data.items.find((file) => file.main).name;
    return { base: { ...item.data, etag: item.etag }, files, main };
  }

  async load(version) {
    this.take(await Draft.read(this.key, version));
  }

  take({ base, files, main }) {
    Object.assign(this, { base, files: new Map(files), main, key: base?.key ?? this.key, dirty: false });
    this.tell();
  }

  /** The files as they are uploaded; the routing is the part `main`. */
  form() {
    const form = new FormData();
    for (const [name, content] of this.files) {
      const type = TYPES[name.split('.').pop()] ?? 'application/octet-stream';
      form.append(name === this.main ? 'main' : name, new Blob([content], { type }), name);
    }
    return form;
  }

  /**
   * Save as the process's draft. `beside` makes a further draft of it, whatever drafts there are.
   * @throws {Collision} when there is a draft that was not seen
   */
  async save({ beside = false } = {}) {
    const seen = this.base?.state === 'draft' ? this.base.etag : null;
    const content = this.snapshot();
    let answer;
    try {
      answer = await send(this.form(), beside ? { 'If-None-Match': '*' } : seen ? { 'If-Match': seen } : {});
    } catch (refusal) {
      if (refusal.status === 412 || refusal.status === 428) throw new Collision(refusal.message);
      throw refusal;
    }
    this.base = { ...answer.data, etag: answer.etag };
    this.key = answer.data.key;
    this.savedAt = new Date();
    this.dirty = content !== this.snapshot(); // drawn on while it was being sent
    this.forget();
    if (this.dirty) this.keep();
    this.tell();
    return answer.data;
  }

  /** Submit, reject, release, retire: the turns of a version's life. */
  async turn(verb, body = {}) {
    const answer = await call('POST', `${Draft.address(this.key, this.base.version)}/${verb}`, { body, ifMatch: this.base.etag });
    this.base = { ...answer.data, etag: answer.etag };
    this.tell();
    return answer.data;
  }

  // ---- files ---------------------------------------------------------------------------------------

  get(name) {
    return this.files.get(name);
  }

  set(name, content) {
    if (this.files.get(name) === content) return;
    this.files.set(name, content);
    this.changed();
  }

  remove(name) {
    if (this.files.delete(name)) this.changed();
  }

  named(suffix) {
    return [...this.files.keys()].filter((name) => name.endsWith(suffix)).sort();
  }

  changed() {
    this.dirty = true;
    this.keep();
    this.tell();
  }

  tell() {
    this.dispatchEvent(new Event('change'));
  }

  snapshot() {
    return JSON.stringify([...this.files]);
  }

  // ---- this device's copy --------------------------------------------------------------------------

  get place() {
    return `${MINE}:${this.user}:${this.base ? this.key : 'new'}`;
  }

  keep() {
    const { base, main } = this;
    const kept = { at: Date.now(), base: base && { version: base.version, etag: base.etag, state: base.state, key: base.key }, main, files: [...this.files] };
    try {
      localStorage.setItem(this.place, JSON.stringify(kept));
      this.kept = true;
    } catch {
      this.kept = false; // the device has no room; the page says so
    }
  }

  /** What was drawn here and not saved, null when there is nothing. */
  found() {
    try {
      return JSON.parse(localStorage.getItem(this.place));
    } catch {
      return null;
    }
  }

  takeUp(kept) {
    this.files = new Map(kept.files);
    this.main = kept.main;
    this.dirty = true;
    if (this.base && kept.base) this.base = { ...this.base, ...kept.base }; // its tag tells what was seen
    this.tell();
  }

  forget() {
    localStorage.removeItem(this.place);
    localStorage.removeItem(`${MINE}:${this.user}:new`);
  }
}

/** The text of a file of the plant. */
export async function text(address) {
  const answer = await fetch(address, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.text();
}

/** Send a bundle to an address of the API that takes one. */
export async function sendTo(address, form, signal) {
  return (await call('POST', address, { raw: form, key: null, signal })).data;
}

async function send(form, headers) {
  return call('POST', '/api/v1/processes', { raw: form, key: null, headers });
}

/** A document with its elements laid out anew. */
export async function layOut(xml) {
  return (await call('POST', '/api/v1/processes/layout', { raw: xml, type: 'application/xml', key: null, headers: { Accept: 'application/xml' } })).data;
}
