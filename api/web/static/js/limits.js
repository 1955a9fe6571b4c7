/** Numbers while they are typed: exact decimals, the verdict of a tolerance, the mark on its bar. */
import { word } from "./words.js";

const NUMBER = /^([+-]?)(\d*)(?:[.,](\d*))?$/;
const mark = (1.1).toLocaleString(document.documentElement.lang).charAt(1);

/** A decimal as `{units, places}`, units being a BigInt of its smallest place; null for no number. */
export function decimal(text) {
  const [, sign, whole, part = ""] = NUMBER.exec(String(text).trim()) ?? [];
  if (whole === undefined || !(whole + part)) return null;
  const units = BigInt(whole + part);
  return { units: sign === "-" ? -units : units, places: part.length };
}

/** What is typed as the server reads it: a point, and no unit that the field has anyway. */
export function normal(text, unit = "") {
  const bare = text.trim();
  const alone = unit && bare.endsWith(unit) ? bare.slice(0, -unit.length).trim() : bare;
  return decimal(alone) ? alone.replace(",", ".") : bare;
}

/** A decimal as its readers write it. */
export const local = (text) => String(text).replace(".", mark);

const scaled = (one, places) => one.units * 10n ** BigInt(places - one.places);

/** Below zero, zero or above, as a is less than b, the same, or more. */
export function compare(a, b) {
  const places = Math.max(a.places, b.places);
  const difference = scaled(a, places) - scaled(b, places);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** How far apart two decimals are, as text. */
export function apart(a, b) {
  const places = Math.max(a.places, b.places);
  const difference = scaled(a, places) - scaled(b, places);
  return short(written(difference < 0n ? -difference : difference, places));
}

function written(units, places) {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const text = places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
  return units < 0n ? `-${text}` : text;
}

const short = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

/** The mean of decimals as text, to two places more than they have. */
export function mean(values) {
  const places = Math.max(...values.map((each) => each.places)) + 2;
  const sum = values.reduce((total, each) => total + scaled(each, places), 0n);
  const count = BigInt(values.length);
  const half = sum < 0n ? -count / 2n : count / 2n;
  const units = (sum + half) / count;
  return short(written(units, places));
}

/**
 * What is to be said of a value: `kind` is good, bad (flagged, and kept), no (refused) or empty.
 * @param {{units: bigint, places: number}} value
 * @param {DOMStringMap} limits  lower, upper, min, max, unit
 */
export function verdict(value, limits) {
  const unit = limits.unit ? ` ${limits.unit}` : "";
  const [least, most, lower, upper] = [limits.min, limits.max, limits.lower, limits.upper].map((text) => (text ? decimal(text) : null));
  if (least && compare(value, least) < 0) return { kind: "no", text: word("At least {limit}", { limit: local(limits.min) + unit }) };
  if (most && compare(value, most) > 0) return { kind: "no", text: word("At most {limit}", { limit: local(limits.max) + unit }) };
  if (!lower && !upper) return { kind: "", text: "" };
  const beyond = lower && compare(value, lower) < 0 ? lower : upper && compare(value, upper) > 0 ? upper : null;
  if (!beyond) return { kind: "good", text: word("In tolerance") };
  const by = apart(value, beyond);
  return { kind: "bad", by, text: word("Out by {by}", { by: local(by) + unit }) };
}

/** Show a number field's verdict and where its value lies. */
export function judge(field) {
  const input = field.querySelector("input");
  const box = field.querySelector(".boxed");
  const text = normal(input.value, box.dataset.unit);
  const value = decimal(text);
  const strange = text && !value && !/^[+-]?[\d.,]+\s*\D+$/.test(text); // "0.025 m" is for the server to read
  const said = value ? verdict(value, box.dataset) : strange ? { kind: "no", text: word("Not a number. Write 25.31 or 25,31.") } : { kind: "", text: "" };
  tell(field, said);
  draw(field, value ? [value] : []);
  return said.kind !== "no";
}

/** The same for samples, with their mean, least and most. */
export function judgeSamples(field) {
  const box = field.querySelector(".samples");
  const inputs = [...box.querySelectorAll("input")].filter((each) => each.value.trim());
  const values = inputs.map((each) => decimal(normal(each.value, box.dataset.unit)));
  const known = values.filter(Boolean);
  const said = known.map((each) => verdict(each, box.dataset));
  inputs.forEach((input, place) => input.setAttribute("data-kind-of", values[place] ? verdict(values[place], box.dataset).kind : "no"));
  tell(field, whole(values, said, box.dataset.unit));
  draw(field, known);
  const sorted = [...known].sort(compare);
  const text = (one) => (one ? local(written(one.units, one.places)) : "–");
  box.querySelector("[data-mean]").textContent = known.length ? local(mean(known)) : "–";
  box.querySelector("[data-least]").textContent = text(sorted[0]);
  box.querySelector("[data-most]").textContent = text(sorted.at(-1));
  box.querySelector("[data-entered]").textContent = box.dataset.count ? `${inputs.length} / ${box.dataset.count}` : inputs.length;
  return values.every(Boolean) && said.every((each) => each.kind !== "no");
}

function whole(values, said, unit) {
  if (values.some((each) => !each)) return { kind: "no", text: word("Not a number. Write 25.31 or 25,31.") };
  const refused = said.find((each) => each.kind === "no");
  const out = said.filter((each) => each.kind === "bad");
  if (refused || !said.length || !said[0].kind) return refused ?? { kind: "", text: "" };
  if (!out.length) return said[0];
  const far = out.reduce((a, b) => (compare(decimal(b.by), decimal(a.by)) > 0 ? b : a));
  const by = local(far.by) + (unit ? ` ${unit}` : "");
  return { kind: "bad", text: word("{count} of {all} out, the farthest by {by}", { count: out.length, all: said.length, by }) };
}

function tell(field, { kind, text }) {
  field.dataset.verdict = kind;
  const place = field.querySelector(".verdict");
  if (place && place.textContent !== text) place.textContent = text;
}

function draw(field, values) {
  const bar = field.querySelector(".tolerance");
  if (!bar) return;
  const [low, high] = [Number(bar.dataset.low), Number(bar.dataset.high)];
  const marks = values.map((value) => {
    const place = ((Number(value.units) / 10 ** value.places - low) / (high - low)) * 100;
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, to] of Object.entries({ class: "mark", x: Math.min(Math.max(place, 0.6), 99.4) - 0.5, width: 1, height: 20 })) rect.setAttribute(name, to);
    return rect;
  });
  bar.querySelector("[data-marks]").replaceChildren(...marks);
}
