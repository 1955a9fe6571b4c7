/** A pad for PINs: `<div data-pad="id of the input">` with buttons `data-key="7"`, `data-key="back"`. */
document.addEventListener("click", (event) => {
  const key = event.target.closest("[data-pad] [data-key]");
  if (!key) return;
  const input = document.getElementById(key.closest("[data-pad]").dataset.pad);
  const { key: said } = key.dataset;
  input.value = said === "back" ? input.value.slice(0, -1) : (input.value + said).slice(0, 8);
  input.dispatchEvent(new Event("input", { bubbles: true }));
});
