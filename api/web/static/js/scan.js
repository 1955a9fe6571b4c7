/**
 * A scanner types. What it types is told from a person by a prefix, where the station has one, else
 * by its pace: at least four characters, a short mean gap, and Enter or Tab behind them. The codes
 * are handed to whoever listens, the latest listener first, until one takes them.
 *
 *   RC:WO:<business key>   RC:OP:<business key>:<operation>   RC:TASK:<id>   RC:USER:<badge>   RC:PIN:<digits>
 *   RC:ACT:START | COMPLETE | PAUSE | PROBLEM   GS1 (01, 10, 21 …)   anything else as it is
 */
const LEAST = 4;
const GAP = 50; // ms between two characters, in the mean, unless the station says otherwise
const PAUSE = 400; // ms between two characters of one code at most, whatever the mean
const OWN = /^RC:(WO|OP|TASK|USER|PIN|ACT):(.+)$/i;
const GROUP = "\u001d"; // what ends a GS1 value of variable length
const FIXED = { "00": 18, "01": 14, "02": 14, 11: 6, 12: 6, 13: 6, 15: 6, 16: 6, 17: 6, 20: 2 };
const VARIABLE = new Set(["10", "21", "22", "30", "37", "240", "241", "250", "251"]);

const { scannerGap, scannerPrefix: prefix = "" } = document.body.dataset;
const limit = Number(scannerGap) || GAP;
const longest = Math.max(PAUSE, 3 * limit);
const listeners = [];
let burst = null;

/** Listen for codes; a listener answers true when it has taken one. */
export function onScan(listener) {
  listeners.unshift(listener);
}

/** Hand on a code, as if it had been scanned. */
export async function deliver(raw, how = {}) {
  const code = { ...parse(raw), ...how };
  for (const listener of listeners) if (await listener(code)) return true;
  return false;
}

/** What a code says: `{kind, value, raw}`; of GS1 also `parts`, by application identifier. */
export function parse(raw) {
  const own = OWN.exec(raw.trim());
  if (own) return { kind: own[1].toUpperCase(), value: own[2], raw };
  const found = gs1(raw);
  if (!found) return { kind: "PLAIN", value: raw.trim(), raw };
  const value = found.map(([identifier, text]) => `(${identifier})${text}`).join("");
  return { kind: "GS1", value, parts: Object.fromEntries(found), raw };
}

/** The identifiers of a GS1 code with their values, in its order; null if it is none. */
function gs1(raw) {
  const marked = /^(?:\][CdeQJ]\d|\u001d)/.test(raw);
  let rest = raw.replace(/^\][CdeQJ]\d/, "").replace(/^\u001d/, "");
  if (rest.startsWith("(")) rest = rest.replace(/^\((\d{2,4})\)/, "$1").replace(/\((\d{2,4})\)/g, `${GROUP}$1`);
  else if (!marked && !/^01\d{14}\D?/.test(rest)) return null;
  const found = [];
  while (rest) {
    const identifier = [2, 3].map((n) => rest.slice(0, n)).find((each) => each in FIXED || VARIABLE.has(each));
    if (!identifier) return null;
    rest = rest.slice(identifier.length);
    const end = identifier in FIXED ? FIXED[identifier] : (rest + GROUP).indexOf(GROUP);
    found.push([identifier, rest.slice(0, end)]);
    rest = rest.slice(end).replace(/^\u001d/, "");
  }
  return found.every(([identifier, text]) => identifier !== "01" || checked(text)) ? found : null;
}

/** Whether the last digit of an article number is the one that the others ask for (GS1, 7.9). */
function checked(digits) {
  const sum = [...digits].reverse().reduce((total, digit, place) => total + Number(digit) * (place % 2 ? 3 : 1), 0);
  return /^\d{14}$/.test(digits) && sum % 10 === 0;
}

document.addEventListener("keydown", heard, { capture: true });

function heard(event) {
  const separator = event.ctrlKey && event.key === "]";
  if (event.isComposing || event.metaKey || (event.ctrlKey && !event.altKey && !separator)) return;
  if (event.key === "Enter" || event.key === "Tab") return ended(event);
  if (event.key.length !== 1) return;
  const key = separator ? GROUP : event.key;
  if (burst && event.timeStamp - burst.last > longest) letGo();
  burst ??= begun(event);
  if (prefix && !fits(burst.text + key)) return letGo();
  const runs = burst.text.length > 0 && event.timeStamp - burst.last <= limit * 2;
  burst.text += key;
  burst.last = event.timeStamp;
  if (prefix || separator || (key === " " && runs && !burst.edits)) swallow(event);
  clearTimeout(burst.timer);
  if (prefix) burst.timer = setTimeout(letGo, longest);
}

const fits = (text) => prefix.startsWith(text) || text.startsWith(prefix);

function begun(event) {
  const { target } = event;
  const edits = target.matches?.("input:not([type=radio], [type=checkbox], [type=file]), textarea, select");
  return { text: "", first: event.timeStamp, last: event.timeStamp, target, edits, before: edits ? target.value : null };
}

function ended(event) {
  const one = burst;
  if (!one) return;
  clearTimeout(one.timer);
  const text = prefix ? one.text.slice(prefix.length) : one.text;
  const gap = (one.last - one.first) / Math.max(one.text.length - 1, 1);
  const scanned = prefix ? one.text.startsWith(prefix) && text : text.length >= LEAST && gap <= limit;
  if (!scanned || event.timeStamp - one.last > longest) return letGo();
  burst = null;
  swallow(event);
  if (one.edits && one.target.value !== one.before) {
    one.target.value = one.before;
    one.target.dispatchEvent(new Event("input", { bubbles: true }));
  }
  deliver(text, { gap: Math.round(gap), ms: Math.round(one.last - one.first), count: text.length, prefixed: Boolean(prefix), target: one.target });
}

/** It was a person: what was held back for a prefix goes where it was typed. */
function letGo() {
  const one = burst;
  burst = null;
  if (!one) return;
  clearTimeout(one.timer);
  if (prefix && one.text && one.edits && one.target.setRangeText) {
    one.target.setRangeText(one.text, one.target.selectionStart, one.target.selectionEnd, "end");
    one.target.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function swallow(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
