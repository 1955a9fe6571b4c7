/** My work: the last entry may be taken back, and a card starts the first task. */
import { clock, lastEntry, takeBack } from "./floor.js";
import { onScan } from "./scan.js";
import { word } from "./words.js";

const box = document.getElementById("last-entry");
const minutes = Number(box.dataset.minutes);

function show() {
  const entry = lastEntry();
  const there = entry && Date.now() - entry.at < minutes * 60_000;
  box.hidden = !there;
  if (!there) return;
  const said = word("{time}: you completed {name}.", { time: clock(entry.at), name: [entry.name, entry.order].filter(Boolean).join(" · ") });
  box.querySelector("[data-said]").textContent = said;
  box.querySelector("button").onclick = () => takeBack(entry);
}

onScan((code) => {
  if (code.kind !== "ACT" || code.value.toUpperCase() !== "START") return false;
  const first = document.querySelector(".job .go :is(button:not([disabled]), a)");
  first?.click();
  return Boolean(first);
});

show();
setInterval(show, 10_000);
