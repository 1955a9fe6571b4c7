/**
 * One dialog for many rows: a button says what its dialog is about this time.
 *
 *   <button data-dialog="assign" data-fill='{"act": "POST /api/v1/…", "match": "etag", "values": {"user": "ana"}, "say": {"what": "WO-1001"}}'>
 *
 * `say` fills elements with `data-say="what"`; `values` fills fields by their names.
 */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill]");
  if (!button) return;
  const fill = JSON.parse(button.dataset.fill);
  const dialog = document.getElementById(button.dataset.dialog);
  const form = dialog.querySelector("form");
  form.reset();
  delete form.dataset.key;
  if (fill.act) form.dataset.act = fill.act;
  if (fill.match) form.dataset.ifMatch = `"${fill.match}"`;
  for (const [name, value] of Object.entries(fill.values ?? {})) {
    const field = form.elements.namedItem(name);
    if (field) field.value = value;
  }
  for (const [name, text] of Object.entries(fill.say ?? {})) {
    for (const place of dialog.querySelectorAll(`[data-say="${name}"]`)) place.textContent = text;
  }
  dialog.dispatchEvent(new CustomEvent("filled", { bubbles: true, detail: fill }));
});
