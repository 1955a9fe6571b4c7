/** Values changed in their table: the old one is struck until all are saved; conflicts are told apart. */
import { call } from "./api.js";
import { run, bodyOf } from "./act.js";
import { collect, stands } from "./variables.js";

const form = document.getElementById("values");
const conflict = document.getElementById("conflict");

function shown(value) {
  if (value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function renew() {
  const any = form.querySelector("[data-edit]:not([hidden])") || form.querySelector('[data-variable=""]');
  form.querySelector("[data-saving]").hidden = !any;
  form.querySelector("#values-reason").disabled = !any;
}

function change(row, on) {
  row.querySelector("[data-edit]").hidden = !on;
  row.querySelector("[data-keep]").hidden = !on;
  row.querySelector("[data-change]").hidden = on;
  const was = row.querySelector("[data-shown]");
  const old = was.querySelector("del");
  if (on && !old) {
    const struck = document.createElement("del");
    struck.append(...was.childNodes);
    was.append(struck);
  } else if (!on && old) {
    old.replaceWith(...old.childNodes);
    put(row, row.dataset.wasKind, row.dataset.was);
  }
  renew();
  if (on) row.querySelector("[data-value]:not([hidden]), [data-flag]:not([hidden])").focus();
}

function put(row, kind, text) {
  row.querySelector("[data-kind-of]").value = kind;
  row.querySelector("[data-kind-of]").dispatchEvent(new Event("change", { bubbles: true }));
  row.querySelector(kind === "flag" ? "[data-flag]" : "[data-value]").value = text;
}

form?.addEventListener("click", (event) => {
  const row = event.target.closest("[data-variable]");
  if (event.target.closest("[data-change]")) change(row, true);
  if (event.target.closest("[data-keep]")) change(row, false);
  if (event.target.closest("[data-reload]")) location.reload();
  if (event.target.closest("[data-add], [data-drop]")) setTimeout(renew);
});

// ---- somebody was faster --------------------------------------------------------------------------

form?.addEventListener("act:refused", async (event) => {
  if (event.detail.status !== 412) return;
  event.preventDefault();
  const { data, etag } = await call("GET", form.dataset.read);
  form.dataset.ifMatch = etag;
  const { values } = collect(form);
  const rows = conflict.querySelector("[data-conflicts]");
  rows.replaceChildren(...Object.keys(values).map((name) => line(name, values[name], data.variables[name])));
  conflict.showModal();
});

/** One value three times: as it was, mine, theirs; mine is chosen unless theirs is new. */
function line(name, mine, theirs) {
  const row = [...form.querySelectorAll("[data-variable]")].find((each) => each.dataset.variable === name);
  const was = row ? row.dataset.was : undefined;
  const changed = shown(theirs) !== (was ?? "–");
  const made = document.createElement("tr");
  made.dataset.name = name;
  const cell = (...parts) => {
    const td = document.createElement("td");
    td.append(...parts);
    return td;
  };
  const option = (which, value, on) => {
    const label = Object.assign(document.createElement("label"), { className: "check" });
    const radio = Object.assign(document.createElement("input"), { type: "radio", name: `conflict-${name}`, value: which, checked: on });
    label.append(radio, " ", shown(value));
    return label;
  };
  const head = Object.assign(document.createElement("th"), { scope: "row" });
  head.append(Object.assign(document.createElement("code"), { textContent: name }));
  made.append(head, cell(was ?? "–"), cell(option("mine", mine, !changed)), cell(option("theirs", theirs, changed)));
  return made;
}

conflict?.querySelector("[data-resolve]").addEventListener("click", () => {
  for (const made of conflict.querySelectorAll("[data-conflicts] tr")) {
    if (made.querySelector("input:checked").value === "mine") continue;
    const row = [...form.querySelectorAll("[data-variable]")].find((each) => (each.dataset.variable || each.querySelector("[data-name]")?.value) === made.dataset.name);
    if (row.dataset.variable) put(row, row.dataset.wasKind, row.dataset.was);
    else row.remove();
  }
  conflict.close();
  if (collect(form).count) run(form, bodyOf(form));
  else location.reload();
});

if (form) {
  renew();
  addEventListener("beforeunload", (event) => {
    const edited = [...form.querySelectorAll("[data-variable]")].some((row) => row.querySelector("[data-kind-of]") && stands(row).text !== row.dataset.was);
    if (edited && form.getAttribute("aria-busy") !== "true" && !form.dataset.saved) event.preventDefault();
  });
  form.addEventListener("act:done", () => (form.dataset.saved = "yes"));
}
