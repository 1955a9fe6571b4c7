/**
 * Records on their way: each is kept on this device before it is sent, with the key under which the
 * server carries it out once. Without a connection they wait, in view, and are sent in their order.
 */
import { call } from "./api.js";
import { bringBack, readItem, setAside, writeItem } from "./draft.js";
import { connected } from "./live.js";
import { word } from "./words.js";

const AGAIN = 15_000;
const me = document.body.dataset.user;
const PLACE = `routecard.outbox.${me}`;
const OVER = /\/(task-already-completed|task-cancelled|task-claimed|instance-ended)$/;

/** Every record that is not done with, oldest first. */
export const records = () => readItem(PLACE) ?? [];
const waiting = () => records().filter((each) => !each.refused);

function change(key, changed) {
  const list = records().flatMap((each) => (each.key === key ? (changed ? [{ ...each, ...changed }] : []) : [each]));
  if (list.length) writeItem(PLACE, list);
  else localStorage.removeItem(PLACE);
  show();
}

/**
 * Send a record, or let it wait.
 * @param {{key: string, url: string, body: object, task: string, name: string, order: string}} record
 * @returns {Promise<{sent?: object, refused?: object, waits?: boolean}>}
 */
export async function send(record) {
  writeItem(PLACE, [...records(), { ...record, at: Date.now() }]);
  const outcomes = await flush();
  show();
  return outcomes?.get(record.key) ?? { waits: true };
}

/** Forget a record. */
export const drop = (key) => change(key, null);

/** Send what waits, oldest first, one tab at a time; what became of each by its key. */
export function flush() {
  if (!me || !waiting().length) return Promise.resolve(null);
  const run = () => sendAll(new Map());
  return navigator.locks ? navigator.locks.request("routecard-outbox", run) : run();
}

async function sendAll(outcomes) {
  for (const record of waiting()) {
    const outcome = await sendOne(record);
    outcomes.set(record.key, outcome);
    document.dispatchEvent(new CustomEvent("outbox", { detail: { record, ...outcome } }));
    if (outcome.waits) break;
  }
  return outcomes;
}

async function sendOne(record) {
  try {
    const { data } = await call("POST", record.url, { body: record.body, key: record.key });
    change(record.key, null);
    connected(true);
    return { sent: data };
  } catch (refusal) {
    if (refusal.offline || refusal.status >= 500 || [401, 429].includes(refusal.status)) {
      if (refusal.offline) connected(false);
      return { waits: true };
    }
    const over = OVER.test(refusal.problem?.type ?? "");
    if (over) setAside(record.task, record.body.variables);
    else bringBack(record.task, record.body.variables);
    change(record.key, { refused: refusal.message, over });
    return { refused: refusal, over };
  }
}

/** The chip that says what waits, and the list behind it. */
export function show() {
  const chip = document.getElementById("outbox-mark");
  if (!chip) return;
  const list = records();
  const wait = waiting();
  chip.hidden = !list.length;
  chip.classList.toggle("bad", wait.length < list.length);
  const time = list[0] && clock(list[0].at);
  const told = wait.length === 1 ? word("1 record waits, {time}", { time }) : word("{count} records wait, {time}", { count: wait.length, time });
  chip.textContent = wait.length < list.length ? word("A record was not accepted") : told;
  const rows = document.getElementById("outbox-list");
  rows?.replaceChildren(...list.map(row));
}

function row(record) {
  const item = document.createElement("li");
  const link = Object.assign(document.createElement("a"), { href: `/tasks/${record.task}`, textContent: [record.order, record.name].filter(Boolean).join(" · ") });
  const said = record.refused ?? word("Kept. It is sent when the connection is back.");
  item.append(link, Object.assign(document.createElement("span"), { textContent: `${clock(record.at)} – ${said}` }));
  return item;
}

/** A time of day in the plant's zone. */
export const clock = (ms) => new Date(ms).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: document.body.dataset.zone || undefined });

document.addEventListener("connected", () => {
  if (waiting().length) flush();
});
addEventListener("storage", (event) => event.key === PLACE && show());
setInterval(() => waiting().length && flush(), AGAIN);
show();
flush();
