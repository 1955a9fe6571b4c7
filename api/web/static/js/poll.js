/**
 * Live parts without a library, for pages that have to be small: what `live()` of parts/blocks.html
 * describes is asked for again and again with the tag it was last given. After another answer than
 * "nothing changed" the part is drawn anew and says so with the event `live:swap`.
 */
import { connected } from "./live.js";

const EVERY = /every (\d+)s/;

/** Ask for every live part of the page from now on. */
export function poll() {
  for (const part of document.querySelectorAll("[data-live][hx-get]")) {
    const seconds = Number(EVERY.exec(part.getAttribute("hx-trigger"))?.[1] ?? 5);
    setInterval(() => document.visibilityState === "visible" && ask(part), seconds * 1000);
  }
  addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") document.querySelectorAll("[data-live][hx-get]").forEach(ask);
  });
}

/** Ask for one part now. */
export async function ask(part) {
  if (part.dataset.asking || part.querySelector("dialog[open], [aria-busy=true]")) return;
  part.dataset.asking = "yes";
  const headers = { Accept: "text/html", ...(part.dataset.tag ? { "If-None-Match": part.dataset.tag } : {}) };
  try {
    const answer = await fetch(part.getAttribute("hx-get"), { headers, cache: "no-store" });
    if (answer.redirected) return location.reload();
    const text = answer.ok ? await answer.text() : null;
    if (text !== null) swap(part, text, answer.headers.get("ETag"));
    connected(true);
  } catch {
    connected(false);
  } finally {
    delete part.dataset.asking;
  }
}

function swap(part, text, tag) {
  if (tag) part.dataset.tag = tag;
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const home = focused?.closest("[id]");
  const place = home && home !== part ? [...home.querySelectorAll("a, button, input")].indexOf(focused) : -1;
  part.innerHTML = text;
  if (home && home !== part) {
    const again = document.getElementById(home.id);
    (again?.querySelectorAll("a, button, input")[place] ?? again)?.focus();
  }
  part.dispatchEvent(new CustomEvent("live:swap", { bubbles: true }));
}
