/** The dialog in which a record is signed: what, by whom, with which meaning. */
import { call, newKey } from "./api.js";
import { fieldsOf } from "./answers.js";
import { word } from "./words.js";

const dialog = document.getElementById("sign");
const sheet = document.getElementById("sign-form");
let key = null; // one intent to sign: the same sent again is carried out once
let current = null;

/** Ask for a signature under the answers of a form. */
export function sign(form, about) {
  current = about;
  key = null;
  document.getElementById("signed").replaceChildren(...fieldsOf(form).map(line));
  sheet.querySelector("[data-problem]").hidden = true;
  dialog.showModal();
  sheet.querySelector("input[type=password]").focus();
}

function line(field) {
  const shown = inWords(field);
  const [term, value] = ["dt", "dd"].map((each) => document.createElement(each));
  term.textContent = field.dataset.label;
  value.textContent = shown || "–";
  if (field.dataset.verdict === "bad") value.append(Object.assign(document.createElement("b"), { className: "out", textContent: ` ${field.querySelector(".verdict").textContent}` }));
  const row = document.createElement("div");
  row.append(term, value);
  return row;
}

function inWords(field) {
  if (field.dataset.type === "checklist") return [...field.querySelectorAll("[data-item]")].map((item) => `${item.firstElementChild.textContent}: ${item.querySelector("input:checked")?.parentElement.textContent.trim() ?? "–"}`).join("; ");
  const picked = [...field.querySelectorAll("input:checked")].map((each) => each.parentElement.textContent.trim());
  if (picked.length) return picked.join(", ");
  const list = field.querySelector("select");
  if (list) return list.value && list.selectedOptions[0].textContent;
  if (field.dataset.value) return field.querySelector("[data-progress]").textContent;
  const unit = field.querySelector("[data-unit]")?.dataset.unit ?? "";
  const texts = [...field.querySelectorAll("input:not([type=radio], [type=checkbox], [type=file]), textarea")].map((each) => each.value.trim()).filter(Boolean);
  return texts.length ? `${texts.join(" · ")} ${unit}`.trim() : "";
}

sheet.addEventListener("input", () => (key = null));
sheet.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (sheet.getAttribute("aria-busy") === "true") return;
  const { task, signature, answers, onward, refuse } = current;
  sheet.setAttribute("aria-busy", "true");
  key ??= newKey();
  try {
    const { data } = await call("POST", `/api/v1/tasks/${task}/complete`, { body: { ...answers, signature: given(signature) }, key });
    onward(data, answers.variables);
  } catch (refusal) {
    if (refusal.status !== 422) return told(refusal);
    dialog.close();
    refuse(refusal);
  } finally {
    sheet.removeAttribute("aria-busy");
  }
});

function given(meaning) {
  const me = document.body.dataset.user;
  const user = sheet.elements.namedItem("user")?.value.trim();
  const secret = sheet.elements.namedItem("secret").value;
  const pin = document.body.dataset.station && /^\d{4,8}$/.test(secret);
  return { meaning, [pin ? "pin" : "password"]: secret, ...(user && user !== me ? { user } : {}) };
}

function told(refusal) {
  const box = sheet.querySelector("[data-problem]");
  box.textContent = refusal.offline ? word("Signing needs the connection. What you entered is kept.") : refusal.message;
  box.hidden = false;
  if (!refusal.offline) {
    key = null;
    sheet.elements.namedItem("secret").value = "";
  }
  sheet.elements.namedItem("secret").focus();
}
