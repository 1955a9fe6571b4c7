/**
 * One act on everything that is selected: a dialog's form with `data-many="POST /api/v1/…/{id}/…"`.
 * One after the other, with a bar; what is refused is named with its reason, the rest is done.
 */
import { call, newKey } from "./api.js";
import { bodyOf } from "./act.js";
import { none, selected } from "./rows.js";
import { word } from "./words.js";

const NAMED = 12;

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const form = opener && document.getElementById(opener.dataset.dialog)?.querySelector("form[data-many]");
  if (form) begin(form);
  const stop = event.target.closest("[data-many-stop]");
  if (stop) end(stop.closest("form"));
});

function begin(form) {
  const labels = [...selected().values()];
  const more = labels.length > NAMED ? ` … (${labels.length})` : "";
  form.reset();
  form.dataset.changed = "";
  form.querySelector("[data-many-what]").textContent = labels.slice(0, NAMED).join(", ") + more;
  form.querySelector("[data-many-progress]").hidden = true;
  form.querySelector("[data-many-refused]").hidden = true;
  form.querySelector("[type=submit]").hidden = false;
}

function end(form) {
  form.dataset.stopped = "yes";
  form.closest("dialog").close();
  if (form.dataset.changed) location.reload();
}

document.addEventListener("cancel", (event) => {
  const form = event.target.querySelector?.("form[data-many]");
  if (form) form.dataset.stopped = "yes";
}, true);

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-many]");
  if (!form) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  delete form.dataset.stopped;
  const refused = await carryOut(form, bodyOf(form));
  form.removeAttribute("aria-busy");
  if (refused.length || form.dataset.stopped) told(form, refused);
  else {
    none();
    form.closest("dialog").close();
    location.reload();
  }
});

async function carryOut(form, body) {
  const [method, url] = form.dataset.many.split(" ");
  const rows = [...selected()];
  const refused = [];
  if (!body.reason) delete body.reason;
  progress(form, 0, rows.length);
  for (const [number, [id, label]] of rows.entries()) {
    if (form.dataset.stopped) break;
    try {
      await call(method, url.replace("{id}", encodeURIComponent(id)), { body, key: newKey() });
      form.dataset.changed = "yes";
    } catch (refusal) {
      refused.push([label, refusal.message]);
      if (refusal.offline || refusal.status === 401) break;
    }
    progress(form, number + 1, rows.length);
  }
  return refused;
}

function progress(form, done, all) {
  form.querySelector("[data-many-progress]").hidden = false;
  form.querySelector("[data-many-progress] rect").setAttribute("width", all ? (100 * done) / all : 0);
  form.querySelector("[data-many-count]").textContent = word("{done} of {all}", { done, all });
}

function told(form, refused) {
  const list = form.querySelector("[data-many-refused]");
  list.hidden = refused.length === 0;
  list.replaceChildren(
    ...refused.map(([label, text]) => {
      const item = document.createElement("li");
      item.append(Object.assign(document.createElement("b"), { textContent: label }), ` ${text}`);
      return item;
    }),
  );
  form.querySelector("[type=submit]").hidden = true;
}
