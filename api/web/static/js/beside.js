/** A task that was done meanwhile: what was recorded, and what this person had entered, side by side. */
import { forget } from "./draft.js";
import { drop, records } from "./outbox.js";
import { word } from "./words.js";

/** Show somebody's own answers beside those that were recorded, until they put theirs aside. */
export function beside(task, mine, notice) {
  const box = notice("bad", word("Your entries were not recorded: the task was done meanwhile."));
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn small", textContent: word("Put mine aside") });
  button.addEventListener("click", () => {
    forget(task);
    for (const each of records().filter((one) => one.task === task)) drop(each.key);
    location.reload();
  });
  box.append(button);
  const recorded = document.getElementById("recorded");
  for (const [field, answer] of Object.entries(mine)) {
    let row = recorded.querySelector(`[data-recorded="${CSS.escape(field)}"]`);
    if (!row) {
      row = document.createElement("div");
      row.className = "answers";
      row.append(Object.assign(document.createElement("dt"), { textContent: field }));
      recorded.append(row);
    }
    const text = typeof answer === "object" ? JSON.stringify(answer) : String(answer);
    row.append(Object.assign(document.createElement("dd"), { className: "yours", textContent: `${word("Yours")}: ${text}` }));
  }
}
