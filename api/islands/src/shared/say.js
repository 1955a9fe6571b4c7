/** Messages in the page's language: `say` with `{n}` filled in; api/web/island_words.py lists them all. */
let known = null;

export function say(text, values = {}) {
  known ??= JSON.parse(document.getElementById('words')?.textContent || '{}');
  return (known[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** A length of time in its two largest units. */
export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} ${say('s')}`;
  if (whole < 3600) return `${Math.floor(whole / 60)} ${say('min')}`;
  if (whole < 86400) return both(Math.floor(whole / 3600), say('h'), Math.floor((whole % 3600) / 60), say('min'));
  return both(Math.floor(whole / 86400), say('d'), Math.floor((whole % 86400) / 3600), say('h'));
}

const both = (large, unit, small, smaller) => (small ? `${large} ${unit} ${small} ${smaller}` : `${large} ${unit}`);
