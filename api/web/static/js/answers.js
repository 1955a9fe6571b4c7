/** The answers of a form: read from its fields, and written into them. */
import { judge, judgeSamples, local, normal } from "./limits.js";
import { word } from "./words.js";

/** The fields of a form that was drawn by parts/form_fields.html. */
export const fieldsOf = (form) => [...form.querySelectorAll("[data-field]")];

const first = (field) => field.querySelector("input, select, textarea");
const chosen = (field) => field.querySelector("input:checked")?.value;
const left = (list) => (list.length ? list : undefined);

const READ = {
  text: (field) => first(field).value.trim() || undefined,
  number: (field) => normal(first(field).value, field.querySelector(".boxed").dataset.unit) || undefined,
  choice: (field) => chosen(field) ?? (field.querySelector("select")?.value || undefined),
  multichoice: (field) => left([...field.querySelectorAll("input:checked")].map((each) => each.value)),
  check: (field) => ({ true: true, false: false })[chosen(field)],
  checklist: (field) => {
    const said = [...field.querySelectorAll("[data-item]")].map((item) => [item.dataset.item, chosen(item)]).filter(([, value]) => value);
    return said.length ? Object.fromEntries(said) : undefined;
  },
  datetime: (field) => zoned(first(field).value),
  samples: (field) => {
    const { unit } = field.querySelector(".samples").dataset;
    return left([...field.querySelectorAll("input")].map((each) => normal(each.value, unit)).filter(Boolean));
  },
  scan: (field) => first(field).value.trim() || undefined,
  photo: (field) => field.dataset.value || undefined,
  file: (field) => field.dataset.value || undefined,
};

const check = (field, value) => field.querySelectorAll("input").forEach((each) => (each.checked = [value].flat().map(String).includes(each.value)));
const put = (field, value) => (first(field).value = value);

const WRITE = {
  text: put,
  number: (field, value) => put(field, local(value)),
  choice: (field, value) => (field.querySelector("select") ? put(field, value) : check(field, value)),
  multichoice: check,
  check,
  checklist: (field, value) => field.querySelectorAll("[data-item]").forEach((item) => check(item, value[item.dataset.item] ?? "")),
  datetime: (field, value) => put(field, inZone(new Date(value))),
  samples: (field, value) => {
    while (field.querySelectorAll("input").length < value.length) addSample(field);
    field.querySelectorAll("input").forEach((each, place) => (each.value = local(value[place] ?? "")));
  },
  scan: put,
  photo: held,
  file: held,
};

/** Every answer that was given, by the key of its field. */
export function read(form) {
  const given = fieldsOf(form).map((field) => [field.dataset.field, READ[field.dataset.type](field)]);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** Fill answers in; a key that the form has not is passed over. */
export function write(form, answers) {
  for (const field of fieldsOf(form)) {
    const value = answers[field.dataset.field];
    if (value === undefined || value === null) continue;
    try {
      WRITE[field.dataset.type](field, value);
    } catch {
      continue; // a draft of another version of the form
    }
    look(field);
  }
}

/** Judge what a field holds, as far as a page can; whether it may be sent. */
export function look(field) {
  if (field.dataset.type === "number") return judge(field);
  if (field.dataset.type === "samples") return judgeSamples(field);
  if (field.dataset.type === "scan") return fits(field);
  return true;
}

function fits(field) {
  const { value, dataset } = first(field);
  const good = !value.trim() || matches(value.trim(), dataset.pattern);
  field.dataset.verdict = good ? "" : "no";
  fault(field, good ? "" : word("Not such a code. Scan the right label."));
  return good;
}

/** Whether a code is as a scan field wants it; patterns have no groups, so alternatives are whole. */
export function matches(code, pattern) {
  if (!pattern) return true;
  try {
    return new RegExp(`^(?:${pattern})$`).test(code);
  } catch {
    return true; // the server knows
  }
}

/** What keeps a form from being sent: the fields, each told what is wrong with it. */
export function faults(form) {
  const answers = read(form);
  return fieldsOf(form).filter((field) => {
    fault(field, "");
    const open = "required" in field.dataset && answers[field.dataset.field] === undefined;
    if (open) fault(field, word("Answer this first."));
    return open || !look(field);
  });
}

/** Say below a field what is wrong with it; nothing when nothing is. */
export function fault(field, text) {
  field.toggleAttribute("data-invalid", Boolean(text));
  field.querySelector(":scope > .error")?.remove();
  if (text) field.append(Object.assign(document.createElement("span"), { className: "error", textContent: text }));
}

/** One more place for a sample. */
export function addSample(field) {
  const list = field.querySelector("ol");
  const row = list.lastElementChild.cloneNode(true);
  const [label, input] = [row.querySelector("label"), row.querySelector("input")];
  const number = list.children.length;
  input.id = label.htmlFor = input.id.replace(/\d+$/, number);
  input.value = "";
  input.removeAttribute("data-kind-of");
  label.lastChild.textContent = number + 1;
  list.append(row);
  return input;
}

function held(field, id) {
  field.dataset.value = id;
  field.dispatchEvent(new CustomEvent("answer:held", { bubbles: true }));
}

const zone = () => document.body.dataset.zone || undefined;

/** An instant as a control for date and time shows it, in the plant's zone. */
export function inZone(instant) {
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: zone(), dateStyle: "short", timeStyle: "short" });
  return parts.format(instant).replace(" ", "T");
}

/** What such a control holds as an instant; undefined when it is empty. */
function zoned(value) {
  if (!value) return undefined;
  const guess = new Date(`${value}Z`); // as if it were UTC; then corrected by what the zone makes of it
  const off = new Date(`${inZone(guess)}Z`) - guess;
  const once = new Date(guess - off);
  const again = new Date(`${inZone(once)}Z`) - once;
  return new Date(guess - again).toISOString();
}
