/**
 * Rows of a table in `[data-rows]`: arrows (or j and k) go from row to row, Enter opens, x selects.
 * What is selected survives that the live part renews itself; `[data-bulk]` says how many there are.
 */
const chosen = new Map(); // id -> label
const place = document.querySelector("[data-rows]");

/** What is selected, id -> label, in the order in which it was. */
export const selected = () => new Map(chosen);

/** Select nothing any more. */
export function none() {
  chosen.clear();
  show();
}

function show() {
  if (!place) return;
  for (const box of place.querySelectorAll("[data-select]")) box.checked = chosen.has(box.value);
  for (const all of place.querySelectorAll("[data-select-all]")) {
    const boxes = [...all.closest("table").querySelectorAll("[data-select]")];
    const on = boxes.filter((box) => box.checked).length;
    all.checked = on > 0 && on === boxes.length;
    all.indeterminate = on > 0 && on < boxes.length;
  }
  for (const bar of document.querySelectorAll("[data-bulk]")) {
    bar.hidden = chosen.size === 0;
    bar.querySelector("[data-bulk-count]").textContent = chosen.size;
  }
}

function select(box, on) {
  if (on) chosen.set(box.value, box.dataset.label);
  else chosen.delete(box.value);
}

place?.addEventListener("change", (event) => {
  const box = event.target;
  if (box.matches("[data-select]")) select(box, box.checked);
  else if (box.matches("[data-select-all]")) for (const each of box.closest("table").querySelectorAll("[data-select]")) select(each, box.checked);
  else return;
  show();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-select-none]")) none();
});
document.addEventListener("htmx:after:swap", show);

document.addEventListener("keydown", (event) => {
  if (!place || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog[open], [contenteditable], summary")) return;
  const leads = [...place.querySelectorAll("tbody a.lead")];
  const row = document.activeElement?.closest("[data-rows] tbody tr");
  const at = leads.findIndex((lead) => lead.closest("tr") === row);
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (step && leads.length) {
    event.preventDefault();
    const next = leads[at < 0 ? (step > 0 ? 0 : leads.length - 1) : Math.min(leads.length - 1, Math.max(0, at + step))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  } else if (event.key === "x" && row) {
    const box = row.querySelector("[data-select]");
    if (box) {
      select(box, !box.checked);
      show();
    }
  }
});
show();
