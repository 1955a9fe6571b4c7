/** Report a problem: what, where, and gone; a note and a photo when there is time for them. */
import { call, newKey } from "./api.js";
import { bind, unsent } from "./files.js";
import "./floor.js";
import { toast } from "./toast.js";
import { word } from "./words.js";

const form = document.getElementById("problem");
const told = form.querySelector("[data-problem]");
let key = newKey();

form.addEventListener("input", () => (key = newKey()));
bind(form, () => (key = newKey()));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return;
  const data = new FormData(form);
  const reason = data.get("reason");
  if (!reason) return say(word("Answer this first."), form.querySelector("input"));
  if (unsent()) return toast(word("The file is not sent yet. It is sent when the connection is back."), { bad: true });
  const where = form.querySelector("[name=where]:checked");
  const body = { reason };
  if (where.dataset.id) body[where.value] = where.dataset.id;
  const note = form.querySelector("#note").value.trim();
  if (note) body.note = note;
  const file = form.querySelector("[data-type=photo]").dataset.value;
  if (file) body.file = file;
  form.setAttribute("aria-busy", "true");
  try {
    await call("POST", "/api/v1/problems", { body, key });
    sessionStorage.setItem("said", word("Reported. Thank you."));
    location.assign(form.dataset.then);
  } catch (refusal) {
    say(refusal.message);
  } finally {
    form.removeAttribute("aria-busy");
  }
});

function say(text, focus = null) {
  told.textContent = text;
  told.hidden = false;
  told.scrollIntoView({ block: "nearest" });
  focus?.focus();
}
