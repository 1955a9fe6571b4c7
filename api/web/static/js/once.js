/** Shows what an act answered once: a token, a station's code. The page is loaded again afterwards. */
const dialog = document.getElementById("once");
const value = document.getElementById("once-value");

document.addEventListener("act:done", (event) => {
  const name = event.target.dataset?.shows;
  if (!name || !event.detail.data?.[name]) return;
  value.textContent = event.detail.data[name];
  dialog.showModal();
});
dialog.addEventListener("close", () => location.reload());

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) await navigator.clipboard?.writeText(document.getElementById(button.dataset.copy).textContent);
});
