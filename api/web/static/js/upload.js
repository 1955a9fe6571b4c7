/** Uploads a bundle of files as a draft; what another tool drew is converted by the server first. */
import { call } from "./api.js";
import { word } from "./words.js";

const dialog = document.querySelector("dialog[data-upload]");
const form = dialog?.querySelector("form");
const files = document.getElementById("upload-files");
const main = document.getElementById("upload-main");
const convert = document.getElementById("upload-convert");

const isDiagram = (file) => /\.(bpmn|xml)$/i.test(file.name);

files?.addEventListener("change", () => {
  const diagrams = [...files.files].filter(isDiagram);
  main.replaceChildren(...diagrams.map((file) => new Option(file.name, file.name)));
  main.closest("[data-field]").hidden = diagrams.length < 2;
  clear();
});

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  clear();
  const button = event.submitter;
  button?.setAttribute("aria-busy", "true");
  try {
    const parts = new FormData();
    for (const file of files.files) parts.append(file.name === chosen() ? "main" : file.name, file, plain(file.name));
    if (convert.checked && !form.dataset.converted) await converted(parts);
    else await deploy(form.dataset.converted ? ready : parts);
  } catch (refusal) {
    refused(refusal);
  } finally {
    button?.removeAttribute("aria-busy");
  }
});

const chosen = () => main.value || [...files.files].find(isDiagram)?.name;
const plain = (name) => name.replace(/\.(bpmn20\.xml|xml)$/i, ".bpmn");
let ready = null;

async function deploy(parts) {
  const { data } = await call("POST", "/api/v1/processes", { raw: parts });
  location.assign(`/routings/${encodeURIComponent(data.key)}/versions/${data.version}`);
}

/** Convert, show what could not be carried over, and deploy with the next press. */
async function converted(parts) {
  const { data } = await call("POST", "/api/v1/processes/convert", { raw: parts, key: null });
  ready = new FormData();
  ready.append("main", new File([data.xml], "main.bpmn", { type: "application/xml" }));
  for (const made of data.forms ?? []) ready.append(`${made.key}.form.json`, new File([JSON.stringify(made)], `${made.key}.form.json`, { type: "application/json" }));
  for (const file of files.files) if (/\.dmn$/i.test(file.name)) ready.append(file.name, file);
  if (!data.lost.length) return deploy(ready);
  form.dataset.converted = "yes";
  list("[data-lost]", data.lost.map((each) => `${each.element}: ${each.what} ${each.cure}`));
  problem(word("Converted. Look at what could not be carried over, then upload."));
}

function refused(refusal) {
  problem(refusal.message);
  const found = refusal.problem?.findings ?? [];
  if (found.length) list("[data-findings]", found.map((each) => `${each.element ? each.element + ": " : ""}${each.message} ${each.cure}`));
  else if (refusal.problem?.errors) list("[data-findings]", refusal.problem.errors.map((each) => each.detail));
}

function problem(text) {
  const box = form.querySelector("[data-problem]");
  box.textContent = text;
  box.hidden = false;
}

function list(where, lines) {
  const box = form.querySelector(where);
  box.hidden = false;
  box.querySelector("[data-list]").replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
}

function clear() {
  for (const each of form.querySelectorAll("[data-problem], [data-findings], [data-lost]")) each.hidden = true;
}
files?.addEventListener("change", () => delete form.dataset.converted);
