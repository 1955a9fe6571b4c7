/** Photos and files: shown at once, sent at once, and again when the connection is back. */
import { call, newKey } from "./api.js";
import { forget, found, keep } from "./kept.js";
import { word } from "./words.js";

const waiting = new Map(); // field -> {file, key}
const pictures = new WeakMap();

/** Whether a file that was chosen is not at the server yet. */
export const unsent = () => waiting.size > 0;

/** Make the photo and file fields of a form work; `changed` is called when an answer is another. */
export function bind(form, changed) {
  form.addEventListener("change", (event) => {
    const input = event.target.closest("[data-file] input[type=file]");
    if (input?.files.length) take(fieldOf(input), input.files[0], changed);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-clear]");
    if (button) clear(fieldOf(button), changed);
  });
  form.addEventListener("answer:held", (event) => show(event.target));
  form.querySelectorAll("[data-field][data-value]").forEach(show);
  form.querySelectorAll("[data-file]").forEach((box) => again(fieldOf(box), changed));
  document.addEventListener("connected", () => waiting.forEach((_, field) => upload(field, changed)));
}

const fieldOf = (element) => element.closest("[data-field]");

const placeOf = (field) => `${document.body.dataset.user}.${location.pathname}.${field.dataset.field}`;

function take(field, file, changed, key = newKey()) {
  waiting.set(field, { file, key, busy: false });
  if (document.getElementById("task")) keep(placeOf(field), { file, key });
  preview(field, file.type.startsWith("image/") ? URL.createObjectURL(file) : "", file.name);
  upload(field, changed);
}

/** A file that was not sent before the page was left is sent now. */
async function again(field, changed) {
  const one = await found(placeOf(field));
  if (one && !field.dataset.value && !waiting.has(field)) take(field, one.file, changed, one.key);
}

async function upload(field, changed) {
  const one = waiting.get(field);
  if (!one || one.busy) return;
  one.busy = true;
  say(field, word("Sending …"), "");
  const raw = new FormData();
  raw.append("file", one.file, one.file.name || "photo.jpg");
  try {
    const { data } = await call("POST", "/api/v1/files", { raw, key: one.key });
    if (waiting.get(field) !== one) return;
    waiting.delete(field);
    forget(placeOf(field));
    field.dataset.value = data.id;
    say(field, `${data.name} · ${Math.ceil(data.size / 1024)} kB`, "good");
    changed();
  } catch (refusal) {
    one.busy = false;
    if (refusal.offline) return say(field, word("The file is not sent yet. It is sent when the connection is back."), "bad");
    clear(field, changed);
    say(field, refusal.message, "no");
  }
}

/** Show a file that the server has, by the id that the field holds. */
async function show(field) {
  const id = field.dataset.value;
  const photo = field.dataset.type === "photo";
  preview(field, photo ? `/api/v1/files/${encodeURIComponent(id)}` : "", "");
  try {
    const { data } = await call("GET", `/api/v1/files/${encodeURIComponent(id)}/info`);
    preview(field, photo ? `/api/v1/files/${encodeURIComponent(id)}` : "", data.name);
    say(field, `${data.name} · ${Math.ceil(data.size / 1024)} kB`, "good");
  } catch {
    say(field, "", "");
  }
}

function preview(field, address, name) {
  const image = field.querySelector("img");
  if (pictures.has(field)) URL.revokeObjectURL(pictures.get(field));
  if (address.startsWith("blob:")) pictures.set(field, address);
  else pictures.delete(field);
  if (image) {
    image.hidden = !address;
    if (address) image.src = address;
  }
  const label = field.querySelector("[data-name]");
  label.dataset.was ??= label.textContent;
  if (!image) label.textContent = name || label.dataset.was;
  field.querySelector("[data-clear]").hidden = false;
}

function clear(field, changed) {
  waiting.delete(field);
  forget(placeOf(field));
  delete field.dataset.value;
  preview(field, "", "");
  field.querySelector("input").value = "";
  field.querySelector("[data-clear]").hidden = true;
  say(field, "", "");
  changed();
}

function say(field, text, kind) {
  field.dataset.verdict = kind;
  field.querySelector("[data-progress]").textContent = text;
}
