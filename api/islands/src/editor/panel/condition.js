/** A condition: built of variable, comparison and value where it is that simple, else written. */
import { make } from '../../shared/dom.js';
import { say } from '../../shared/say.js';

const SIMPLE = /^\s*([A-Za-z_][\w]*)\s*(==|!=|>=|<=|>|<)\s*("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null)\s*$/;
const OPERATORS = [['==', 'is'], ['!=', 'is not'], ['>', 'is more than'], ['>=', 'is at least'], ['<', 'is less than'], ['<=', 'is at most']];

/** The three parts of a simple comparison, null for anything else. */
export function parts(text) {
  const bare = (text ?? '').trim().replace(/^=\s*/, '').replace(/^\$\{([\s\S]*)\}$/, '$1');
  const found = SIMPLE.exec(bare);
  if (!found) return null;
  const [, variable, operator, value] = found;
  return { variable, operator, value: value.startsWith('"') ? JSON.parse(value) : value };
}

/** A comparison as the plant reads it: numbers, true and false bare, everything else as text. */
export function joined({ variable, operator, value }) {
  const bare = /^-?\d+([.,]\d+)?$/.test(value) ? value.replace(',', '.') : /^(true|false|null)$/.test(value) ? value : JSON.stringify(value);
  return `${variable} ${operator} ${bare}`;
}

/** The control: `get`, `set`, `variables` [{name, from, values}]. */
export function condition(spec) {
  const text = spec.get() ?? '';
  const found = text ? parts(text) : { variable: '', operator: '==', value: '' };
  const variables = spec.variables();
  const written = make('textarea', { rows: 2, class: 'mono', spellcheck: 'false', 'aria-label': say('Condition as written') }, text);
  written.addEventListener('change', () => spec.set(written.value.trim() || undefined));
  const box = make('fieldset', { class: 'field', 'data-field': spec.id }, make('legend', {}, spec.label));
  if (found) box.append(builder(spec, found, variables));
  box.append(make('details', { class: 'written', open: !found }, make('summary', {}, say('As written')), written,
    make('span', { class: 'help' }, say('Variables compare: qty >= 5 and result == "pass"'))));
  return box;
}

function builder(spec, found, variables) {
  const list = make('datalist', { id: `c-${spec.id}` }, variables.map((each) => make('option', { value: each.name, label: each.from })));
  const variable = make('input', { type: 'text', class: 'mono', list: list.id, value: found.variable, 'aria-label': say('Variable'), placeholder: say('variable'), autocomplete: 'off', spellcheck: 'false' });
  const operator = make('select', { 'aria-label': say('Comparison') }, OPERATORS.map(([sign, words]) => make('option', { value: sign, selected: sign === found.operator }, say(words))));
  const values = make('datalist', { id: `v-${spec.id}` });
  const value = make('input', { type: 'text', class: 'mono', list: values.id, value: found.value, 'aria-label': say('Value'), placeholder: say('value'), autocomplete: 'off', spellcheck: 'false' });
  const offer = () => values.replaceChildren(...(variables.find((each) => each.name === variable.value)?.values ?? []).map((each) => make('option', { value: String(each) })));
  const commit = () => {
    offer();
    const given = { variable: variable.value.trim(), operator: operator.value, value: value.value.trim() };
    if (/^[A-Za-z_]\w*$/.test(given.variable) && given.value !== '') spec.set(joined(given));
    else if (!given.variable && !given.value) spec.set(undefined);
  };
  for (const each of [variable, operator, value]) each.addEventListener('change', commit);
  offer();
  return make('div', { class: 'condition' }, variable, operator, value, list, values);
}
