/**
 * Acts: what a page changes, it sends to the API.
 *
 *   <form data-act="POST /api/v1/…" data-then="reload | stay | /address | back">   fields are the body
 *   <button data-act="POST /api/v1/…" data-body='{"reason": "…"}' data-done="What was done">
 *   <button data-dialog="id">  opens <dialog id="id">     <button data-close>  closes its dialog
 *
 * A field's name is its key in the body, `a.b` is nested. `data-kind`: number, json, list (of checked
 * boxes), flag. `data-if-match` is sent as If-Match. `{key}` in data-then is filled from the answer.
 * Before: `act:send` (cancelable). After: `act:done` with the answer, or `act:refused`.
 */
import { call, newKey } from "./api.js";
import { toast } from "./toast.js";
import { word } from "./words.js";

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-act]");
  if (!form) return;
  event.preventDefault();
  run(form, bodyOf(form, event.submitter), event.submitter);
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog")?.close();
  const button = event.target.closest("button[data-act]");
  if (button && button.type !== "submit") run(button, JSON.parse(button.dataset.body || "{}"), button);
});

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-act]");
  if (form) delete form.dataset.key; // another body is another intent
});

/** Send an element's act. */
export async function run(element, body, button = null) {
  if (element.getAttribute("aria-busy") === "true") return null;
  const [method, url] = element.dataset.act.split(" ");
  const sending = new CustomEvent("act:send", { bubbles: true, cancelable: true, detail: { method, url, body } });
  if (!element.dispatchEvent(sending)) return null;
  busy(element, button, true);
  clear(element);
  element.dataset.key ||= newKey();
  const secret = "secret" in element.dataset;
  try {
    const answer = await call(method, url, { body, key: secret ? null : element.dataset.key, ifMatch: element.dataset.ifMatch });
    delete element.dataset.key;
    element.dispatchEvent(new CustomEvent("act:done", { bubbles: true, detail: answer }));
    onward(element, answer.data);
    return answer;
  } catch (refusal) {
    if (!refusal.offline) delete element.dataset.key;
    const handled = !element.dispatchEvent(new CustomEvent("act:refused", { bubbles: true, cancelable: true, detail: refusal }));
    if (!handled) show(element, refusal);
    return null;
  } finally {
    busy(element, button, false);
  }
}

/** The body of a form: its fields by name. */
export function bodyOf(form, submitter = null) {
  const body = {};
  for (const control of form.elements) {
    if (!control.name || control.disabled || control.type === "submit") continue;
    const value = valueOf(control);
    if (value !== undefined) put(body, control.name, value, control.dataset.kind === "list");
  }
  if (submitter?.name) put(body, submitter.name, submitter.value);
  return body;
}

function valueOf(control) {
  const kind = control.dataset.kind;
  if (control.type === "checkbox") {
    if (kind === "list") return control.checked ? control.value : null;
    return control.checked;
  }
  if (control.type === "radio") return control.checked ? typed(control.value, kind) : undefined;
  if (control.value === "") return "optional" in control.dataset ? undefined : kind === "number" || kind === "json" || "null" in control.dataset ? null : "";
  return typed(control.value, kind);
}

function typed(value, kind) {
  if (kind === "number") return Number(value.replace(",", "."));
  if (kind === "json") return JSON.parse(value);
  if (kind === "flag") return value === "true";
  return value;
}

function put(body, path, value, listed = false) {
  const steps = path.split(".");
  const last = steps.pop();
  const target = steps.reduce((at, step) => (at[step] ??= {}), body);
  if (!listed) target[last] = value;
  else if (value === null) target[last] ??= [];
  else (target[last] ??= []).push(value);
}

function busy(element, button, on) {
  for (const each of [element, button]) {
    if (!each) continue;
    if (on) each.setAttribute("aria-busy", "true");
    else each.removeAttribute("aria-busy");
  }
}

function clear(element) {
  const box = element.querySelector?.("[data-problem]");
  if (box) box.hidden = true;
  for (const field of element.querySelectorAll?.("[data-invalid]") ?? []) {
    field.removeAttribute("data-invalid");
    field.querySelector(".error")?.remove();
  }
}

/** Show a refusal beside the fields it names, and as a sentence. */
export function show(element, refusal) {
  const stale = refusal.status === 412 ? word("Somebody changed this meanwhile. Nothing of yours is lost; load it again to see theirs.") : null;
  let first = null;
  for (const { pointer, detail } of refusal.problem?.errors ?? []) {
    const name = pointer.slice(1).split("/").join(".");
    const field = [...(element.querySelectorAll?.("[data-field]") ?? [])].find((each) => name === each.dataset.field || name.startsWith(each.dataset.field + "."));
    if (!field) continue;
    field.setAttribute("data-invalid", "");
    field.append(Object.assign(document.createElement("span"), { className: "error", textContent: detail }));
    first ??= field.querySelector("input, select, textarea, button");
  }
  first?.focus();
  const box = element.querySelector?.("[data-problem]");
  const action = stale ? { label: word("Load again"), run: () => location.reload() } : null;
  if (box && !stale) {
    box.textContent = refusal.message;
    box.hidden = false;
  } else toast(stale ?? refusal.message, { bad: true, action });
}

function onward(element, data) {
  const then = element.dataset.then ?? "reload";
  element.closest("dialog")?.close();
  if (element.dataset.done) sessionStorage.setItem("said", element.dataset.done);
  if (then === "reload") location.reload();
  else if (then === "back") history.back();
  else if (then !== "stay") location.assign(then.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(data?.[name] ?? "")));
  else said();
}

function said() {
  const text = sessionStorage.getItem("said");
  sessionStorage.removeItem("said");
  if (text) toast(text);
}
said();
