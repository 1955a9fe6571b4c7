/** Short messages in the one region for them; errors stay until they are closed. */
import { word } from "./words.js";

const SECONDS = 5;

/** Say something. `bad` stays; `action` is {label, run}. */
export function toast(text, { bad = false, action = null } = {}) {
  const region = document.getElementById("toasts");
  const box = document.createElement("div");
  box.className = bad ? "toast bad" : "toast";
  box.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (action || bad) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = action ? action.label : word("Close");
    button.addEventListener("click", () => {
      box.remove();
      action?.run();
    });
    box.append(button);
  }
  region.append(box);
  if (!bad) setTimeout(() => box.remove(), SECONDS * 1000 * (action ? 2 : 1));
  return box;
}
