/** Messages of scripts in the page's language; the server hands them over with the page. */
const words = {};
for (const each of document.querySelectorAll("script#words, script.words")) Object.assign(words, JSON.parse(each.textContent));

/** A message, with `{name}` filled in. */
export function word(text, values = {}) {
  return (words[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
