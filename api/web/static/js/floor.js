/** What every page of the floor does: codes, the switch of people, the lock, what waits, taking back. */
import { call, newKey } from "./api.js";
import { bringBack, readItem, writeItem } from "./draft.js";
import { clock } from "./outbox.js";
import { onScan } from "./scan.js";
import { poll } from "./poll.js";
import "./pin.js";
import { toast } from "./toast.js";
import { word } from "./words.js";

poll();

const { user, station, idle } = document.body.dataset;
const LAST = `routecard.last.${user}`;
const last = [];

/** Run something before the page is left for another person. */
export const leaving = (run) => last.push(run);
const leave = () => Promise.allSettled(last.map((run) => run()));

/** Say loudly that something does not work, until it is closed or something else is scanned. */
export function loud(text) {
  document.querySelector(".toast.loud")?.remove();
  toast(text, { bad: true }).classList.add("loud");
}

// ---- codes ----

onScan(async (code) => {
  document.querySelector(".toast.loud")?.remove();
  if (code.kind === "USER") switchTo(code.value);
  else if (code.kind === "ACT") act(code.value.toUpperCase());
  else if (code.kind === "TASK") location.assign(`/tasks/${encodeURIComponent(code.value)}`);
  else if (!user) loud(word("Nothing here answers to this code: {code}", { code: code.raw }));
  else await find(code);
  return true;
});

function act(name) {
  const buttons = [...document.querySelectorAll(`[data-action="${CSS.escape(name)}"]`)];
  const button = buttons.find((each) => !each.hidden && !each.disabled && each.getAttribute("aria-disabled") !== "true");
  if (button) button.click();
  else if (name === "PROBLEM") location.assign("/problem");
  else loud(word("Nothing to do with this card here."));
}

/** Go to the task of an order: the first that one may work on, else the first there is. */
async function find(code) {
  const [, order, operation] = code.kind === "OP" ? (/^(.+):([^:]+)$/.exec(code.value) ?? []) : [];
  const names = order ? [order] : code.kind === "GS1" ? [code.parts[21], code.parts[10], code.value].filter(Boolean) : [code.value];
  try {
    for (const name of names) {
      for (const mine of ["&mine=true", ""]) {
        const { data } = await call("GET", `/api/v1/tasks?limit=${operation ? 50 : 1}&business_key=${encodeURIComponent(name)}${mine}`);
        const found = data.items.find((each) => !operation || each.operation === operation);
        if (found) return location.assign(`/tasks/${found.id}`);
      }
    }
  } catch (refusal) {
    if (refusal.status !== 422) return loud(refusal.offline ? word("No connection: codes cannot be looked up now.") : refusal.message);
  }
  if (code.kind === "WO" || order) loud(word("There is no open task for {code}.", { code: code.value }));
  else loud(`${word("Unknown code")}: ${word("Nothing here answers to this code: {code}", { code: code.raw })}`);
}

const manual = document.getElementById("code-form");
manual?.addEventListener("submit", (event) => {
  event.preventDefault();
  manual.closest("dialog").close();
  const field = manual.elements.namedItem("code");
  const text = field.value.trim();
  field.value = "";
  if (text) import("./scan.js").then(({ deliver }) => deliver(text));
});

// ---- the switch of people, and the lock ----

const door = document.getElementById("switch");

function switchTo(badge) {
  if (!station || !door) return loud(word("This device is no station. Sign in with name and password."));
  door.dataset.badge = badge;
  door.querySelector("[data-problem]").hidden = true;
  door.querySelector("form").reset();
  if (!door.open) door.showModal();
  door.querySelector("input").focus();
}

onScan((code) => {
  if (!door?.open || !["PIN", "PLAIN"].includes(code.kind)) return false;
  door.querySelector("input").value = code.value;
  door.querySelector("form").requestSubmit();
  return true;
});

door?.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  await leave();
  try {
    const { data } = await call("POST", "/api/v1/sessions", { body: { badge: door.dataset.badge, pin: form.elements.namedItem("pin").value }, key: null });
    location.assign(data.user === user ? location.href : "/my-work");
  } catch (refusal) {
    const box = form.querySelector("[data-problem]");
    box.textContent = refusal.message;
    box.hidden = false;
    form.reset();
    form.removeAttribute("aria-busy");
    form.querySelector("input").focus();
  }
});

if (idle) {
  const least = Number(idle) * 1000;
  let acted = Date.now();
  let told = Date.now();
  const alive = () => {
    acted = Date.now();
    if (acted - told < least / 3) return;
    told = acted; // who reads and types is there, though no page is loaded
    call("GET", "/api/v1/sessions/current").catch(() => null);
  };
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, alive, { capture: true, passive: true });
  setInterval(() => Date.now() - acted >= least && lock(), 1000);
}

let locking = false;
async function lock() {
  if (locking) return;
  locking = true;
  await leave();
  await call("DELETE", "/api/v1/sessions/current").catch(() => null);
  location.assign(`/station?locked=1&next=${encodeURIComponent(location.pathname)}`);
}

document.addEventListener("signed-out", () => {
  if (station && !locking) location.assign(`/station?next=${encodeURIComponent(location.pathname)}`);
});

// ---- without a connection nobody is led to a page of the browser's ----

let offline = false;
document.addEventListener("connected", () => (offline = false));
document.addEventListener("disconnected", () => (offline = true));
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='/']");
  if (!link || !(offline || navigator.onLine === false)) return;
  event.preventDefault();
  toast(word("No connection. Stay on this page; what you entered is kept."), { bad: true });
});

// ---- one's last entry, and taking it back ----

/** Remember what was completed last, so that it can be taken back. */
export function remember(entry) {
  writeItem(LAST, { ...entry, at: Date.now(), fresh: true });
}

export const lastEntry = () => (user ? readItem(LAST) : null);

/** Take the last entry back; its answers are there again. */
export async function takeBack(entry) {
  try {
    await call("POST", `/api/v1/tasks/${entry.task}/undo`, { body: {}, key: entry.undo });
    localStorage.removeItem(LAST);
    bringBack(entry.task, entry.answers ?? {});
    sessionStorage.setItem("said", word("Taken back: {name}", { name: entry.name }));
    location.assign(`/tasks/${entry.task}`);
  } catch (refusal) {
    if (!refusal.offline) localStorage.removeItem(LAST);
    toast(refusal.message, { bad: true });
  }
}

const entry = lastEntry();
if (entry?.fresh) {
  writeItem(LAST, { ...entry, fresh: false, undo: newKey() });
  const again = lastEntry();
  toast(word("Completed: {name}", { name: [entry.name, entry.order].filter(Boolean).join(" · ") }), { action: { label: word("Undo"), run: () => takeBack(again) } });
}

export { clock, user };
