/** Messages of scripts in the page's language; the server hands them over with the page. */
const words = JSON.parse(document.getElementById("words")?.textContent || "{}");

/** A message, with `{name}` filled in. */
export function word(text, values = {}) {
  return (words[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
