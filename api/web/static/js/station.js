/** The door of a station: a badge or a face, then the PIN; or the code that makes a device a station. */
import { call } from "./api.js";
import { readItem, writeItem } from "./draft.js";
import "./floor.js";
import { onScan } from "./scan.js";
import { word } from "./words.js";

const KNOWN = 8;
const form = document.getElementById("door");
const people = "routecard.people";

function stage(who) {
  form.dataset.badge = who.badge ?? "";
  form.dataset.name = who.name ?? "";
  document.getElementById("who").textContent = who.full_name ?? who.name ?? word("Badge read. Now the PIN of its owner.");
  form.hidden = false;
  document.getElementById("badges").hidden = true;
  form.querySelector("[data-problem]").hidden = true;
  form.elements.namedItem("pin").value = "";
  form.elements.namedItem("pin").focus();
}

if (form) {
  const box = document.getElementById("people");
  const list = readItem(people) ?? [];
  box.closest("section").hidden = !list.length;
  for (const each of list) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: each.full_name });
    button.addEventListener("click", () => stage(each));
    box.append(button);
  }

  onScan((code) => {
    if (code.kind === "USER" || (form.hidden && code.kind === "PLAIN")) stage({ badge: code.value });
    else if (!form.hidden && ["PIN", "PLAIN"].includes(code.kind)) {
      form.elements.namedItem("pin").value = code.value;
      form.requestSubmit();
    } else return false;
    return true;
  });

  document.getElementById("badge-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const badge = event.target.elements.namedItem("badge").value.trim().replace(/^RC:USER:/i, "");
    if (badge) stage({ badge });
  });

  form.addEventListener("reset", () => {
    form.hidden = true;
    document.getElementById("badges").hidden = false;
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    const pin = form.elements.namedItem("pin").value;
    const { badge, name } = form.dataset;
    try {
      const { data } = await call("POST", "/api/v1/sessions", { body: badge ? { badge, pin } : { name, pin }, key: null });
      const others = (readItem(people) ?? []).filter((each) => each.name !== data.user);
      writeItem(people, [{ name: data.user, full_name: data.full_name }, ...others].slice(0, KNOWN));
      location.assign(form.dataset.next);
    } catch (refusal) {
      form.removeAttribute("aria-busy");
      const told = form.querySelector("[data-problem]");
      told.textContent = refusal.message;
      told.hidden = false;
      form.elements.namedItem("pin").value = "";
      form.elements.namedItem("pin").focus();
    }
  });
}
