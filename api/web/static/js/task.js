/** One task: its record is filled in, kept as a draft, completed, signed; and then on to the next. */
import { call, newKey } from "./api.js";
import { addSample, fault, faults, fieldsOf, inZone, look, matches, read, write } from "./answers.js";
import { aside, bringBack, Draft, setAside } from "./draft.js";
import { clock, leaving, loud, remember } from "./floor.js";
import { drop, records, send } from "./outbox.js";
import { ask } from "./poll.js";
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
let unsent = () => false; // whether a file that was chosen is not at the server yet
let automatic = () => ({}); // which fields a measurement answers

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
  if (form.querySelector("[data-file]")) {
    import("./files.js").then((files) => {
      files.bind(form, changed);
      ({ unsent } = files);
    });
  }
  if (form.querySelector("[data-signal]")) {
    import("./measured.js").then((measured) => {
      measured.bind(form, task, () => state === "working" && !done, changed);
      ({ automatic } = measured);
    });
  }
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
    if (refusal.offline) enter("working"); // a completion claims, too
    else {
      await refresh();
      toast(refusal.message, { bad: true });
    }
    return refusal.offline;
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

document.addEventListener("live:swap", told);
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

const refresh = () => ask(document.getElementById("state"));

// ---- completing ----

/** What is sent: a field is answered by hand or by a measurement, never by both. */
function answered() {
  const measured = automatic(form);
  const typed = Object.entries(read(form)).filter(([key]) => !(key in measured));
  return { variables: Object.fromEntries(typed), ...(Object.keys(measured).length ? { automatic: measured } : {}) };
}

async function finish(event) {
  event.preventDefault();
  if (done || complete.getAttribute("aria-busy") === "true") return;
  const wrong = faults(form);
  if (wrong.length) return point(wrong[0]);
  if (unsent()) return toast(word("The file is not sent yet. It is sent when the connection is back."), { bad: true });
  if (signature) return openSigning();
  complete.setAttribute("aria-busy", "true");
  const record = { key: newKey(), url: `/api/v1/tasks/${task}/complete`, body: answered(), task, name, order };
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

async function openSigning() {
  if (offline) return toast(word("Signing needs the connection. What you entered is kept."), { bad: true });
  const { sign } = await import("./sign.js");
  sign(form, { task, signature, answers: answered(), onward, refuse });
}

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
if (root.dataset.state === "closed" && own) import("./beside.js").then(({ beside }) => beside(task, own.answers, notice));
else if (refusedRecord) {
  notice("bad", word("Your entries were not accepted: {why}", { why: refusedRecord.refused }));
  if (!refusedRecord.over) bringBack(task, refusedRecord.body.variables);
  drop(refusedRecord.key);
} else if (records().some((each) => each.task === task)) {
  wait(records().find((each) => each.task === task));
}
