/** Measurements of the task's machine, offered beside the fields that they may answer. */
import { call } from "./api.js";
import { fault, fieldsOf, write } from "./answers.js";
import { clock } from "./floor.js";
import { local } from "./limits.js";
import { word } from "./words.js";

const EVERY_MS = 3000;

/** Offer what comes while somebody works on the task; whoever types instead answers by hand. */
export function bind(form, task, isWorking, changed) {
  const asked = fieldsOf(form).filter((each) => "signal" in each.dataset);
  const take = (field, offer) => {
    write(form, { [offer.field]: offer.answer });
    fault(field, "");
    field.dataset.measured = offer.id;
    said(field, word("Measured by {machine} at {time}", { machine: offer.equipment, time: clock(offer.at) }));
    changed();
  };
  const look = async () => {
    if (!isWorking() || document.visibilityState !== "visible") return;
    try {
      const { data } = await call("GET", `/api/v1/tasks/${task}/measurements`);
      for (const offer of data.items) show(asked.find((each) => each.dataset.field === offer.field), offer, take);
    } catch {
      return; // offline: it is asked again soon
    }
  };
  form.addEventListener("input", ({ target }) => {
    const field = target.closest("[data-measured]");
    if (!field) return;
    delete field.dataset.measured;
    field.querySelector("[data-offer]").remove();
  });
  look();
  setInterval(look, EVERY_MS);
}

/** Which fields a measurement answers, and which one. */
export function automatic(form) {
  const taken = fieldsOf(form).filter((each) => each.dataset.measured);
  return Object.fromEntries(taken.map((each) => [each.dataset.field, each.dataset.measured]));
}

function show(field, offer, take) {
  const place = offered(field);
  if (place.dataset.offer === offer.id) return;
  place.dataset.offer = offer.id;
  const value = [local(offer.value), offer.unit_of_measure].filter(Boolean).join(" ");
  const text = word("Take {value} from {machine}, {time}", { value, machine: offer.equipment, time: clock(offer.at) });
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn small", textContent: text });
  button.addEventListener("click", () => take(field, offer));
  place.replaceChildren(button);
}

function said(field, text) {
  offered(field).replaceChildren(Object.assign(document.createElement("span"), { className: "help", textContent: text }));
}

function offered(field) {
  const found = field.querySelector(":scope > [data-offer]");
  if (found) return found;
  const place = document.createElement("div");
  place.dataset.offer = "";
  place.setAttribute("role", "status");
  field.append(place);
  return place;
}
