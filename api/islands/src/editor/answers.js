/** What comes of a step in a dry run: the fields of its form, else variables by name. */
import { icon, make } from '../shared/dom.js';
import { say } from '../shared/say.js';
import { elementsOf } from '../shared/steps.js';

/** Fields to fill: {box, read() -> {variables, words, refused}}. */
export function answers(form, object, editor) {
  return form?.fields?.length ? ofForm(form) : ofVariables(object, editor);
}

function ofForm(form) {
  const fields = form.fields.filter((field) => CONTROLS[field.type]).map((field) => ({ field, ...CONTROLS[field.type](field) }));
  const box = make('div', { class: 'stack tight' }, fields.map(({ field, control }) => make('label', { class: 'dry-field' }, make('span', {}, field.label, field.required && ' *', field.unit && make('span', { class: 'muted' }, ` ${field.unit}`)), control)));
  const read = () => {
    const variables = {};
    const words = [];
    for (const { field, value } of fields) {
      const given = value();
      if (given === undefined || given === '') continue;
      variables[field.key] = given;
      words.push(`${field.label} ${{ true: say('yes'), false: say('no') }[given] ?? (typeof given === 'object' ? JSON.stringify(given) : given)}`);
    }
    return { variables, words: words.join(', ') };
  };
  return { box, read };
}

const input = (type, field, extra = {}) => {
  const control = make('input', { type, autocomplete: 'off', ...extra, value: start(field) });
  return { control, value: () => control.value.trim() };
};

/** A value in the middle of the limits, so that the good way is one press away. */
function start({ type, min, max, limits }) {
  if (type !== 'number') return '';
  if (limits?.target !== undefined) return String(limits.target);
  const [low, high] = [limits?.lower ?? min, limits?.upper ?? max];
  return low !== undefined && high !== undefined ? String((Number(low) + Number(high)) / 2) : '';
}

const CONTROLS = {
  text: (field) => input('text', field),
  scan: (field) => input('text', field),
  datetime: (field) => input('datetime-local', field),
  number: (field) => {
    const { control, value } = input('text', field, { inputmode: 'decimal' });
    return { control, value: () => value().replace(',', '.') };
  },
  check: () => {
    const control = make('select', {}, [['', ''], ['true', say('yes')], ['false', say('no')]].map(([value, words]) => make('option', { value }, words)));
    return { control, value: () => ({ true: true, false: false })[control.value] };
  },
  choice: (field) => {
    const control = make('select', {}, field.required ? [] : make('option', { value: '' }, ''), field.choices.map((each) => make('option', { value: each.value }, each.label ?? each.value)));
    return { control, value: () => control.value };
  },
  multichoice: (field) => {
    const control = make('select', { multiple: true, size: Math.min(4, field.choices.length) }, field.choices.map((each) => make('option', { value: each.value }, each.label ?? each.value)));
    return { control, value: () => (control.selectedOptions.length ? [...control.selectedOptions].map((each) => each.value) : undefined) };
  },
  checklist: (field) => {
    const selects = field.items.map((item) => [item.value, make('select', { 'aria-label': item.label }, ['ok', 'not_ok', 'na'].map((value) => make('option', { value }, `${item.label}: ${value.replace('_', ' ')}`)))]);
    return { control: make('span', { class: 'stack tight' }, selects.map(([, select]) => select)), value: () => Object.fromEntries(selects.map(([key, select]) => [key, select.value])) };
  },
  samples: (field) => {
    const control = make('input', { type: 'text', autocomplete: 'off', placeholder: say('numbers, with blanks between'), value: Array(field.count ?? 1).fill(start({ ...field, type: 'number' })).join(' ').trim() });
    return { control, value: () => (control.value.trim() ? control.value.trim().split(/\s+/).map((each) => each.replace(',', '.')) : undefined) };
  },
};

/** Variables by name: those that the conditions behind the step ask for are offered. */
function ofVariables(object, editor) {
  const wanted = object ? asked(editor, object) : [];
  const rows = make('div', { class: 'stack tight' }, wanted.map((name) => row(name)));
  const adder = make('button', { type: 'button', class: 'btn small quiet', onclick: () => { const made = row(''); rows.append(made); made.querySelector('input').focus(); } }, icon('plus'), say('Add a variable'));
  const read = () => {
    const variables = {};
    for (const each of rows.children) {
      const [name, value] = [...each.querySelectorAll('input')].map((field) => field.value.trim());
      if (name && value !== '') variables[name] = typed(value);
    }
    return { variables, words: Object.entries(variables).map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join(', ') };
  };
  return { box: make('div', {}, rows, adder), read };
}

function row(name) {
  return make('div', { class: 'dry-row' }, make('input', { class: 'mono', value: name, 'aria-label': say('Variable'), placeholder: say('variable') }), make('input', { class: 'mono', 'aria-label': name ? say('Value of {name}', { name }) : say('Value'), placeholder: say('value') }));
}

function typed(text) {
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^-?\d+([.,]\d+)?$/.test(text)) return Number(text.replace(',', '.'));
  return text.replace(/^"(.*)"$/, '$1');
}

/** The variables that the step itself and the conditions of the next question read. */
function asked(editor, object) {
  const found = new Set();
  const read = (text) => {
    for (const [word] of text.replace(/"[^"]*"/g, '').matchAll(/[A-Za-z_]\w*/g)) if (!RESERVED.has(word)) found.add(word);
  };
  for (const each of elementsOf(object, 'mes:Parameter')) if (/^\s*(=|\$\{)/.test(each.get('value') ?? '')) read(each.get('value'));
  for (const input of editor.vocabulary.decision(object.get?.('mes:decision'))?.inputs ?? []) read(input.expression);
  for (const flow of object.outgoing ?? []) {
    const next = flow.targetRef;
    for (const way of [flow, ...(next?.$instanceOf('bpmn:Gateway') ? next.outgoing ?? [] : [])]) read(way.conditionExpression?.body ?? '');
  }
  const written = new Set(editor.variables().map((each) => each.name));
  return [...found].filter((name) => !written.has(name) || !object.$instanceOf('bpmn:UserTask'));
}
const RESERVED = new Set(['and', 'or', 'not', 'in', 'true', 'false', 'null', 'if', 'else', 'len', 'min', 'max', 'abs', 'round']);
