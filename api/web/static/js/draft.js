/**
 * What somebody has filled in so far: kept on this device at once, and by the server a second later.
 * Both belong to one person and one task; whoever signs in next at the device does not see them.
 */
import { call } from "./api.js";
import { serverNow } from "./clock.js";

const PAUSE = 1000; // ms without a change, then the server is told
const me = document.body.dataset.user;
const place = (task) => `routecard.draft.${me}.${task}`;
const lost = (task) => `routecard.lost.${me}.${task}`;

/** The draft of one task; `told(where)` is called with `server`, `device` or `gone`. */
export class Draft {
  constructor(task, told) {
    this.task = task;
    this.told = told;
    this.timer = null;
    this.sending = null;
    this.stopped = false;
  }

  /** The newest of what is kept here and what the server kept; null if neither. */
  restore(kept, saved) {
    const here = readItem(place(this.task));
    const newer = here && (!saved || here.at > Date.parse(saved));
    if (!newer) return saved && Object.keys(kept).length ? { answers: kept, at: Date.parse(saved) } : null;
    if (!here.synced) this.later();
    return Object.keys(here.answers).length ? here : null;
  }

  /** Keep these answers. */
  keep(answers) {
    if (this.stopped) return;
    this.write(answers, false);
    this.later();
  }

  write(answers, synced) {
    writeItem(place(this.task), { answers, at: Math.round(serverNow()), synced });
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), PAUSE);
  }

  /** Tell the server now what it does not know yet. */
  async flush() {
    clearTimeout(this.timer);
    await this.sending;
    const here = readItem(place(this.task));
    if (this.stopped || !here || here.synced) return;
    this.sending = this.send(here);
    await this.sending;
  }

  async send(here) {
    try {
      await call("PUT", `/api/v1/tasks/${this.task}/draft`, { body: { answers: here.answers } });
      const now = readItem(place(this.task));
      if (now?.at === here.at) this.write(here.answers, true);
      this.told("server");
    } catch (refusal) {
      this.told("device");
      if (refusal.status === 409) this.stopped = true;
    }
  }

  /** Forget it, here and there. */
  async discard() {
    this.stop();
    await call("DELETE", `/api/v1/tasks/${this.task}/draft`).catch(() => null);
  }

  /** It became a record: nothing more is kept. */
  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    localStorage.removeItem(place(this.task));
  }
}

/** Bring answers back as a draft, as after a record was refused or taken back. */
export function bringBack(task, answers) {
  writeItem(place(task), { answers, at: Math.round(serverNow()), synced: false });
}

/** Keep answers that did not become a record, until their owner has seen them. */
export const setAside = (task, answers) => writeItem(lost(task), { answers, at: Math.round(serverNow()) });
export const aside = (task) => readItem(lost(task));
export const forget = (task) => localStorage.removeItem(lost(task));

/** What is kept under a name, or null. */
export function readItem(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

/** Keep something under a name; a full or forbidden store is passed over. */
export function writeItem(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
