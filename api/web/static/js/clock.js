/** Keeps "since" true: elapsed is now minus the server's instant, corrected by the clocks' skew. */
import { word } from "./words.js";

const EVERY = 10_000;
let skew = 0; // milliseconds that this device is ahead of the server

/** A length of time in its two largest units. */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} ${word("s")}`;
  if (whole < 3600) return `${Math.floor(whole / 60)} ${word("min")}`;
  if (whole < 86400) return two(Math.floor(whole / 3600), word("h"), Math.floor((whole % 3600) / 60), word("min"));
  return two(Math.floor(whole / 86400), word("d"), Math.floor((whole % 86400) / 3600), word("h"));
}

const two = (large, unit, small, smallUnit) => (small ? `${large} ${unit} ${small} ${smallUnit}` : `${large} ${unit}`);

/** What time it is on the server. */
export const serverNow = () => Date.now() - skew;

function tick() {
  for (const element of document.querySelectorAll("time[data-since]")) {
    const text = duration((serverNow() - Date.parse(element.dateTime)) / 1000);
    if (element.textContent !== text) element.textContent = text;
  }
}

const said = Date.parse(document.querySelector('meta[name="server-time"]')?.content ?? "");
if (said) skew = Date.now() - said;
setInterval(tick, EVERY);
