/** A record: moves that end other work, elements chosen on the diagram, and word that it has changed. */
import { toast } from "./toast.js";
import { word } from "./words.js";

// ---- what happened since the page was read --------------------------------------------------------

const revision = () => document.querySelector("[data-revision]")?.dataset.revision;
const read = revision();

document.addEventListener("htmx:after:swap", () => {
  if (revision() !== read) document.getElementById("newer").hidden = false;
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-reload]")) location.reload();
  const copies = event.target.closest("[data-copy]");
  if (copies) navigator.clipboard?.writeText(copies.dataset.copy).then(() => toast(copies.dataset.copied));
});

// ---- move: what else would end is named by the engine, and confirmed here -------------------------

const move = document.querySelector("#move form");
let ends = [];

function ask(names) {
  const box = move.querySelector("[data-ends]");
  ends = names;
  box.hidden = names.length === 0;
  const yes = box.querySelector("[data-ends-yes]");
  yes.checked = false;
  yes.required = names.length > 0;
  box.querySelector("[data-ends-text]").textContent = names.length ? word("This leaves work behind that runs side by side with it:") : "";
  const options = [...move.elements.namedItem("to").options];
  const label = (id) => options.find((each) => each.value === id)?.textContent ?? id;
  box.querySelector("[data-ends-list]").replaceChildren(...names.map((id) => Object.assign(document.createElement("li"), { textContent: label(id) })));
  if (names.length) yes.focus();
}

move?.addEventListener("act:send", (event) => {
  if (ends.length) event.detail.body.ends = ends;
});
move?.addEventListener("act:refused", (event) => {
  const named = event.detail.problem?.ends;
  if (!named?.length) return;
  event.preventDefault();
  ask(named);
});
move?.addEventListener("change", (event) => {
  if (event.target.matches("select")) ask([]);
});

// ---- the element that is chosen on the diagram ----------------------------------------------------

let chosen = "";

function choose(element) {
  chosen = element;
  for (const button of document.querySelectorAll("[data-chosen]")) {
    const field = document.querySelector(`#${button.dataset.dialog} [name="${button.dataset.chosen}"]`);
    button.disabled = ![...(field?.options ?? [])].some((each) => each.value === element);
  }
}

document.addEventListener("diagram:select", (event) => choose(event.detail.element));
document.addEventListener("click", (event) => {
  const element = event.target.closest("[data-element]");
  if (element) choose(element.dataset.element);
  const button = event.target.closest("[data-chosen]");
  if (button) document.querySelector(`#${button.dataset.dialog} [name="${button.dataset.chosen}"]`).value = chosen;
  const moves = event.target.closest("[data-move]");
  if (moves && move) {
    event.preventDefault();
    move.closest("dialog").showModal();
    move.elements.namedItem("from").value = moves.dataset.move;
  }
});
if (location.hash === "#move" && move) move.closest("dialog").showModal();
