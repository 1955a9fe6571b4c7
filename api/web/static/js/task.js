/** One task: its record is filled in, kept as a draft, completed, signed; and then on to the next. */
import { call, newKey } from "./api.js";
import { addSample, fault, faults, fieldsOf, inZone, look, matches, read, write } from "./answers.js";
import { aside, bringBack, Draft, forget, setAside } from "./draft.js";
import { bind, unsent } from "./files.js";
import { clock, leaving, loud, remember } from "./floor.js";
import { drop, records, send } from "./outbox.js";
import { onScan } from "./scan.js";
import { toast } from "./toast.js";
import { word } from "./words.js";

const root = document.getElementById("task");
const { task, name, key: order, signature } = root.dataset;
const form = document.getElementById("record");
const notices = document.getElementById("notices");
const complete = document.getElementById("complete");
const mark = document.getElementById("draft-mark");
const draft = new Draft(task, keptAt);
let state = root.dataset.state;
let offline = false;
let done = false;

// ---- the draft ----

function keptAt(where) {
  const time = clock(Date.now());
  mark.textContent = where === "server" ? word("Draft saved {time}", { time }) : word("Draft kept on this device {time}", { time });
}

async function changed() {
  draft.keep(read(form));
  if (state === "open" || state === "paused") await begin();
}

if (form) {
  const found = draft.restore(JSON.parse(root.dataset.draft), root.dataset.draftSaved);
  if (found) {
    write(form, found.answers);
    broughtBack(found.at);
  }
  form.addEventListener("input", (event) => {
    const field = event.target.closest("[data-field]");
    if (!field || event.target.type === "file") return;
    fault(field, "");
    if (["number", "samples"].includes(field.dataset.type)) look(field);
    if (field.dataset.type === "samples" && !field.querySelector("[data-count]").dataset.count && event.target === [...field.querySelectorAll("input")].at(-1) && event.target.value) addSample(field);
    changed();
  });
  form.addEventListener("change", (event) => {
    const field = event.target.closest("[data-field]");
    if (field?.dataset.type === "scan") look(field);
  });
  form.addEventListener("click", (event) => {
    const now = event.target.closest("[data-now]");
    if (now) {
      document.getElementById(now.dataset.now).value = inZone(new Date());
      changed();
    }
    const more = event.target.closest("[data-add-sample]");
    if (more) addSample(more.closest("[data-field]")).focus();
  });
  form.addEventListener("keydown", (event) => {
    const typed = event.key === "Enter" && event.target.matches("input:not([type=file], [type=radio], [type=checkbox])");
    if (!typed) return;
    event.preventDefault(); // Enter goes on to the next field; only the button completes
    const inputs = [...form.querySelectorAll("input:not([type=file]), textarea, select")];
    inputs[inputs.indexOf(event.target) + 1]?.focus();
  });
  form.addEventListener("submit", finish);
  bind(form, changed);
  leaving(() => draft.flush());
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && draft.flush());
}

function broughtBack(at) {
  const box = notice("", word("A draft from {time} was brought back.", { time: clock(at) }));
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn small", textContent: word("Discard it") });
  button.addEventListener("click", async () => {
    await draft.discard();
    location.reload();
  });
  box.append(button);
}

function notice(kind, text) {
  const box = document.createElement("div");
  box.className = `banner ${kind}`;
  box.setAttribute("role", kind === "bad" ? "alert" : "note");
  box.append(Object.assign(document.createElement("div"), { className: "grow", textContent: text }));
  notices.append(box);
  return box;
}

// ---- beginning, and what the server says of the task ----

let beginning = null;
function begin() {
  beginning ??= start().finally(() => (beginning = null));
  return beginning;
}

async function start() {
  try {
    await call("POST", `/api/v1/tasks/${task}/${state === "paused" ? "resume" : "claim"}`);
    enter("working");
    refresh();
    return true;
  } catch (refusal) {
    if (!refusal.offline) await refresh();
    if (!refusal.offline) toast(refusal.message, { bad: true });
    return refusal.offline; // a completion claims, too
  }
}

function enter(next) {
  state = next;
  for (const each of document.querySelectorAll("[data-when]")) each.hidden = !each.dataset.when.split(" ").includes(next);
}

document.getElementById("begin")?.addEventListener("click", async (event) => {
  event.currentTarget.setAttribute("aria-busy", "true");
  if (await begin()) form?.querySelector("input, textarea, select")?.focus();
  event.target.closest("button").removeAttribute("aria-busy");
});

document.addEventListener("htmx:after:swap", told);
document.addEventListener("connected", told);

/** The state as it was last heard; when it is another one than this page shows, the page is made anew. */
function told() {
  const now = document.getElementById("state-now")?.dataset.stateNow;
  if (!now || done || now === root.dataset.state) return;
  if (["open", "paused", "working"].includes(now) && now === state) {
    root.dataset.state = now;
    const chip = document.getElementById("chip-now");
    if (chip) document.getElementById("task-chip").replaceChildren(chip.content.cloneNode(true));
    return;
  }
  if (state === "working" && now === "open") return; // heard before it was claimed
  anew(now);
}

let leavingNow = false;
async function anew(now) {
  if (leavingNow) return;
  leavingNow = true;
  const answers = form ? read(form) : {};
  if (now === "closed" && Object.keys(answers).length && !draft.stopped) {
    setAside(task, answers);
    draft.stop();
  } else await draft.flush();
  location.reload();
}

async function refresh() {
  const answer = await fetch(`${location.pathname}?part=state`, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return;
  const now = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("state-now");
  if (now) document.getElementById("state-now").replaceWith(now);
  told();
}

// ---- completing ----

async function finish(event) {
  event.preventDefault();
  if (done || complete.getAttribute("aria-busy") === "true") return;
  const wrong = faults(form);
  if (wrong.length) return point(wrong[0]);
  if (unsent()) return toast(word("The file is not sent yet. It is sent when the connection is back."), { bad: true });
  if (signature) return openSigning();
  const answers = read(form);
  complete.setAttribute("aria-busy", "true");
  const record = { key: newKey(), url: `/api/v1/tasks/${task}/complete`, body: { variables: answers }, task, name, order };
  const outcome = await send(record);
  complete.removeAttribute("aria-busy");
  became(outcome, record);
}

function point(field) {
  field.scrollIntoView({ block: "center" });
  field.querySelector("input, select, textarea")?.focus({ preventScroll: true });
}

function became({ sent, refused, over, waits }, record) {
  if (sent) return onward(sent, record.body.variables);
  if (waits) return wait(record);
  if (over) {
    draft.stop();
    location.reload();
    return;
  }
  drop(record.key);
  refuse(refused);
}

/** What the server did not accept stands at the fields it names. */
function refuse(refusal) {
  let first = null;
  for (const { pointer, detail } of refusal.problem?.errors ?? []) {
    const [, , named] = pointer.split("/");
    const field = fieldsOf(form).find((each) => each.dataset.field === unescaped(named ?? ""));
    if (!field) continue;
    fault(field, detail);
    first ??= field;
  }
  if (first) point(first);
  else toast(refusal.message, { bad: true });
}

const unescaped = (text) => text.replaceAll("~1", "/").replaceAll("~0", "~");

function wait(record) {
  done = true;
  notices.replaceChildren();
  notice("warn", word("Recorded on this device at {time}. It is sent when the connection is back.", { time: clock(Date.now()) })).id = "waits";
  form.querySelector(".body").toggleAttribute("inert", true);
  document.getElementById("deck").hidden = true;
  draft.stop();
  document.addEventListener("outbox", ({ detail }) => {
    if (detail.record.key !== record.key || detail.waits) return;
    if (detail.sent) onward(detail.sent, record.body.variables);
    else location.reload();
  });
}

function onward(answer, answers) {
  done = true;
  draft.stop();
  remember({ task, name, order, answers });
  const roles = document.body.dataset.roles.split(" ");
  const mine = document.body.dataset.user;
  const next = answer.next.find((each) => (!each.role || roles.includes(each.role)) && (!each.assignee || each.assignee === mine));
  location.assign(next ? `/tasks/${next.id}` : "/my-work");
}

// ---- signing ----

const signing = document.getElementById("sign");
let signKey = null; // one intent to sign: the same password sent again is the same intent

function openSigning() {
  if (offline) return toast(word("Signing needs the connection. What you entered is kept."), { bad: true });
  document.getElementById("signed").replaceChildren(...fieldsOf(form).flatMap(line));
  signing.querySelector("[data-problem]").hidden = true;
  signing.showModal();
  signing.querySelector("input[type=password]").focus();
}

function line(field) {
  const shown = inWords(field);
  const [term, value] = ["dt", "dd"].map((each) => document.createElement(each));
  term.textContent = field.dataset.label;
  value.textContent = shown || "–";
  if (field.dataset.verdict === "bad") value.append(Object.assign(document.createElement("b"), { className: "out", textContent: ` ${field.querySelector(".verdict").textContent}` }));
  const row = document.createElement("div");
  row.append(term, value);
  return [row];
}

function inWords(field) {
  if (field.dataset.type === "checklist") return [...field.querySelectorAll("[data-item]")].map((item) => `${item.firstElementChild.textContent}: ${item.querySelector("input:checked")?.parentElement.textContent.trim() ?? "–"}`).join("; ");
  const picked = [...field.querySelectorAll("input:checked")].map((each) => each.parentElement.textContent.trim());
  if (picked.length) return picked.join(", ");
  const list = field.querySelector("select");
  if (list) return list.value && list.selectedOptions[0].textContent;
  if (field.dataset.value) return field.querySelector("[data-progress]").textContent;
  const unit = field.querySelector("[data-unit]")?.dataset.unit ?? "";
  const texts = [...field.querySelectorAll("input:not([type=radio], [type=checkbox], [type=file]), textarea")].map((each) => each.value.trim()).filter(Boolean);
  return texts.length ? `${texts.join(" · ")} ${unit}`.trim() : "";
}

document.getElementById("sign-form")?.addEventListener("input", () => (signKey = null));
document.getElementById("sign-form")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const sheet = event.target;
  if (sheet.getAttribute("aria-busy") === "true") return;
  const answers = read(form);
  const user = sheet.elements.namedItem("user")?.value.trim();
  const secret = sheet.elements.namedItem("secret").value;
  const pin = document.body.dataset.station && /^\d{4,8}$/.test(secret);
  const given = { meaning: signature, [pin ? "pin" : "password"]: secret, ...(user && user !== document.body.dataset.user ? { user } : {}) };
  sheet.setAttribute("aria-busy", "true");
  signKey ??= newKey();
  try {
    const { data } = await call("POST", `/api/v1/tasks/${task}/complete`, { body: { variables: answers, signature: given }, key: signKey });
    onward(data, answers);
  } catch (refusal) {
    if (refusal.status === 422) signing.close();
    if (refusal.status === 422) return refuse(refusal);
    const box = sheet.querySelector("[data-problem]");
    box.textContent = refusal.offline ? word("Signing needs the connection. What you entered is kept.") : refusal.message;
    box.hidden = false;
    if (!refusal.offline) sheet.elements.namedItem("secret").value = "";
    if (!refusal.offline) signKey = null;
    sheet.elements.namedItem("secret").focus();
  } finally {
    sheet.removeAttribute("aria-busy");
  }
});

for (const [kind, now] of [["connected", false], ["disconnected", true]]) {
  document.addEventListener(kind, () => {
    offline = now;
    if (!signature || !complete) return;
    complete.setAttribute("aria-disabled", String(now));
    complete.title = now ? word("Signing needs the connection. What you entered is kept.") : "";
    document.getElementById("no-signing").hidden = !now;
  });
}

// ---- codes ----

onScan((code) => {
  if (!form || form.hidden || done || document.querySelector("dialog[open]") || ["ACT", "USER", "PIN"].includes(code.kind)) return false;
  const asked = fieldsOf(form).filter((each) => each.dataset.type === "scan");
  const fits = (field) => [code.value, code.raw, ...Object.values(code.parts ?? {})].find((text) => /^[^\x00-\x1f]+$/.test(text) && matches(text, field.querySelector("input").dataset.pattern));
  const focused = asked.find((each) => each.contains(code.target ?? document.activeElement));
  const target = focused ?? asked.find((each) => !each.querySelector("input").value);
  const ours = ["WO", "TASK"].includes(code.kind);
  if (!target || (ours && !focused && !target.querySelector("input").dataset.pattern)) return textTakes(code);
  const text = fits(target);
  if (!text) {
    if (ours) return false;
    loud(`${word("Not such a code. Scan the right label.")} ${code.raw}`);
    return true;
  }
  fill(target, text);
  return true;
});

/** A code goes into a text that is being filled in, as if it were typed. */
function textTakes(code) {
  const field = (code.target ?? document.activeElement)?.closest?.("#record [data-field]");
  if (!field || !["text", "number"].includes(field.dataset.type) || ["WO", "TASK"].includes(code.kind)) return false;
  fill(field, code.value);
  return true;
}

function fill(field, text) {
  const input = field.querySelector("input, textarea");
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
  const inputs = [...form.querySelectorAll("input:not([type=file]), textarea, select")];
  const next = inputs.slice(inputs.indexOf(input) + 1).find((each) => !each.value || each.type === "radio");
  (next ?? complete)?.focus();
}

// ---- a record that was not accepted, or came too late ----

const refusedRecord = records().find((each) => each.task === task && each.refused);
const own = aside(task);
if (root.dataset.state === "closed" && own) besides(own.answers);
else if (refusedRecord) {
  notice("bad", word("Your entries were not accepted: {why}", { why: refusedRecord.refused }));
  if (!refusedRecord.over) bringBack(task, refusedRecord.body.variables);
  drop(refusedRecord.key);
} else if (records().some((each) => each.task === task)) {
  wait(records().find((each) => each.task === task));
}

/** What was recorded and what this person had entered, beside each other. */
function besides(mine) {
  const box = notice("bad", word("Your entries were not recorded: the task was done meanwhile."));
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn small", textContent: word("Put mine aside") });
  button.addEventListener("click", () => {
    forget(task);
    for (const each of records().filter((one) => one.task === task)) drop(each.key);
    location.reload();
  });
  box.append(button);
  const recorded = document.getElementById("recorded");
  for (const [field, answer] of Object.entries(mine)) {
    let row = recorded.querySelector(`[data-recorded="${CSS.escape(field)}"]`);
    if (!row) {
      row = document.createElement("div");
      row.className = "answers";
      row.append(Object.assign(document.createElement("dt"), { textContent: field }));
      recorded.append(row);
    }
    const text = typeof answer === "object" ? JSON.stringify(answer) : String(answer);
    row.append(Object.assign(document.createElement("dd"), { className: "yours", textContent: `${word("Yours")}: ${text}` }));
  }
}
