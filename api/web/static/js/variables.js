/**
 * Variables as fields, in a form with `data-variables="set"` (the key of its body that takes them).
 * A number goes out with all of its digits; what stands as it was is not sent.
 *
 *   <div data-variable="name" data-was="…">  <input data-value> <select data-flag> <select data-kind-of>
 *   a new one has `data-variable=""` and an <input data-name>; <button data-add="template id"> adds one
 */
import { word } from "./words.js";

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** A number that keeps its digits on its way, where the browser can. */
export function number(text) {
  return JSON.rawJSON ? JSON.rawJSON(text) : Number(text);
}

/** What a field says; throws a sentence. */
export function read(kind, text) {
  if (kind === "text") return text;
  if (kind === "flag") return text === "true";
  if (kind === "number") {
    const plain = text.trim().replace(",", ".");
    if (!NUMBER.test(plain)) throw new Error(word("“{text}” is not a number.", { text }));
    return number(plain);
  }
  try {
    return JSON.parse(text, (_key, value, context) => (typeof value === "number" && context?.source ? number(context.source) : value));
  } catch {
    throw new Error(word("This is not JSON."));
  }
}

/** The text that stands in a row, and its kind. */
export function stands(row) {
  const kind = row.querySelector("[data-kind-of]").value;
  const text = row.querySelector(kind === "flag" ? "[data-flag]" : "[data-value]").value;
  return { kind, text };
}

/** What a form changes: {values, count}; each row that is not understood says so. */
export function collect(form) {
  const values = {};
  let count = 0;
  let wrong = null;
  for (const row of form.querySelectorAll("[data-variable]")) {
    const { kind, text } = stands(row);
    const name = row.dataset.variable || row.querySelector("[data-name]")?.value.trim();
    row.removeAttribute("data-invalid");
    row.querySelector(".error")?.remove();
    const same = text === row.dataset.was && (row.dataset.wasKind ?? kind) === kind;
    if (!name || (row.dataset.variable && same)) continue;
    try {
      values[name] = read(kind, text);
      count += 1;
    } catch (fault) {
      row.setAttribute("data-invalid", "");
      row.append(Object.assign(document.createElement("span"), { className: "error", textContent: fault.message }));
      wrong ??= row;
    }
  }
  wrong?.querySelector("[data-value]").focus();
  return { values, count, wrong: wrong !== null };
}

document.addEventListener("act:send", (event) => {
  const form = event.target.closest("form[data-variables]");
  if (!form) return;
  const { values, wrong } = collect(form);
  if (wrong) event.preventDefault();
  else event.detail.body[form.dataset.variables] = values;
});

document.addEventListener("change", (event) => {
  const chosen = event.target.closest("[data-kind-of]");
  if (!chosen) return;
  const row = chosen.closest("[data-variable]");
  row.querySelector("[data-flag]").hidden = chosen.value !== "flag";
  row.querySelector("[data-value]").hidden = chosen.value === "flag";
});

document.addEventListener("click", (event) => {
  const adds = event.target.closest("[data-add]");
  if (adds) {
    const made = document.getElementById(adds.dataset.add).content.cloneNode(true);
    const first = made.querySelector("input");
    adds.before(made);
    first.focus();
  }
  const drops = event.target.closest("[data-drop]");
  if (drops) drops.closest("[data-variable]").remove();
});
