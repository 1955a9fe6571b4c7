/**
 * Live parts: an element with `data-live` and `hx-get` is polled with the tag it was last given, and
 * says how old it is. While the page is hidden, or somebody chooses from an open `details[data-held]`,
 * nobody asks; without a connection it says since when.
 */
import { word } from "./words.js";

const tags = new WeakMap();
let lostAt = null;

document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  const source = ctx.sourceElement;
  if (!source?.matches("[data-live]")) return;
  const edited = source.contains(document.activeElement?.closest("dialog[open], [data-editing]"));
  if (document.visibilityState === "hidden" || edited || source.querySelector("details[data-held][open]")) {
    event.preventDefault();
    return;
  }
  const tag = tags.get(source);
  if (tag) ctx.request.headers["If-None-Match"] = tag;
});

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (!ctx.sourceElement?.matches("[data-live]")) return;
  const tag = ctx.response?.headers?.get("ETag");
  if (tag) tags.set(ctx.sourceElement, tag);
  if (ctx.response?.status === 303 || ctx.response?.status === 401) location.reload();
  connected(true);
});

document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx?.sourceElement?.matches("[data-live]")) connected(false);
});
addEventListener("offline", () => connected(false));
addEventListener("online", () => connected(true));

/** Tell, wherever the page has a place for it, whether the server answers. */
export function connected(yes) {
  const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  lostAt = yes ? null : (lostAt ?? time);
  for (const mark of document.querySelectorAll(".live-mark")) {
    mark.dataset.state = yes ? "online" : "offline";
    mark.textContent = yes ? word("Updated {time}", { time }) : word("No connection since {time}", { time: lostAt });
  }
  for (const part of document.querySelectorAll("[data-live]")) part.classList.toggle("stale", !yes);
  document.dispatchEvent(new CustomEvent(yes ? "connected" : "disconnected"));
}
