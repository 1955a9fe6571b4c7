/** Try a scanner: what it types, how fast, and what the code would mean here. */
import "./floor.js";
import { onScan } from "./scan.js";
import { word } from "./words.js";

const list = document.getElementById("scans");
onScan((code) => {
  const item = document.createElement("li");
  const how = code.prefixed ? word("Prefix seen") : word("{count} characters in {time} ms: {gap} ms between two", { count: code.count ?? code.raw.length, time: code.ms ?? 0, gap: code.gap ?? 0 });
  const kinds = { PLAIN: "–", GS1: "GS1" };
  item.append(
    Object.assign(document.createElement("b"), { className: "mono", textContent: code.raw.replaceAll("\u001d", "␝") }),
    Object.assign(document.createElement("span"), { textContent: `${kinds[code.kind] ?? code.kind} ${code.value}` }),
    Object.assign(document.createElement("span"), { className: "muted small", textContent: how }),
  );
  list.prepend(item);
  document.getElementById("no-scan").hidden = true;
  return true;
});
