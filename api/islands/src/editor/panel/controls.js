/**
 * The controls of the panel. Each is made of {id, label, help, get, set, …} and commits when it is left, so that one
 * thought is one step of undo. What is refused by `check` stays in the control, with the reason below it.
 */
import { icon, make } from '../../shared/dom.js';
import { say } from '../../shared/say.js';

let lists = 0;

function framed(spec, control, extra = []) {
  const id = `p-${spec.id}`;
  control.id = id;
  const error = make('span', { class: 'error', hidden: true, role: 'alert' });
  const field = make('div', { class: 'field', 'data-field': spec.id }, make('label', { for: id }, spec.label), control, ...extra, error);
  if (spec.help) {
    const help = make('span', { class: 'help', id: `${id}-help` }, spec.help);
    control.setAttribute('aria-describedby', help.id);
    field.append(help);
  }
  field.refuse = (reason) => {
    error.textContent = reason ?? '';
    error.hidden = !reason;
    field.toggleAttribute('data-invalid', Boolean(reason));
  };
  return field;
}

function commit(field, spec, control) {
  const value = control.value.trim();
  const reason = value ? spec.check?.(value) : spec.required ? say('This cannot be empty.') : null;
  field.refuse(reason);
  if (!reason && value !== (spec.get() ?? '')) spec.set(value || undefined);
}

/** One line of text; `suggest` are values to pick from, with what they are. */
export function text(spec) {
  const control = make('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', value: spec.get() ?? '', placeholder: spec.placeholder, class: spec.mono ? 'mono' : '' });
  const extra = [];
  if (spec.suggest) {
    lists += 1;
    const options = make('datalist', { id: `p-list-${lists}` }, spec.suggest().map((each) => make('option', { value: each.value, label: each.label ?? '' })));
    control.setAttribute('list', options.id);
    extra.push(options);
  }
  if (spec.action?.()) extra.push(actions(spec.action()));
  const field = framed(spec, control, extra);
  control.addEventListener('change', () => commit(field, spec, control));
  return field;
}

function actions(list) {
  return make('div', { class: 'row actions' }, list.map(({ label, glyph, run }) => make('button', { type: 'button', class: 'btn small quiet', onclick: run }, glyph && icon(glyph), label)));
}

export function area(spec) {
  const control = make('textarea', { rows: spec.rows ?? 4, placeholder: spec.placeholder }, spec.get() ?? '');
  const field = framed(spec, control);
  control.addEventListener('change', () => commit(field, spec, control));
  return field;
}

/** `options`: [{value, label}] or a function of it; a value that is not among them is shown as it is. */
export function choice(spec) {
  const options = typeof spec.options === 'function' ? spec.options() : spec.options;
  const now = spec.get() ?? '';
  const known = options.some((each) => each.value === now);
  const every = known ? options : [...options, { value: now, label: now }];
  const control = make('select', {}, every.map((each) => make('option', { value: each.value, selected: each.value === now }, each.label)));
  const field = framed(spec, control, spec.action?.() ? [actions(spec.action())] : []);
  control.addEventListener('change', () => spec.set(control.value || undefined));
  return field;
}

export function flag(spec) {
  const control = make('input', { type: 'checkbox', checked: Boolean(spec.get()) });
  control.addEventListener('change', () => spec.set(control.checked));
  return make('div', { class: 'field', 'data-field': spec.id }, make('label', { class: 'check' }, control, spec.label), spec.help && make('span', { class: 'help' }, spec.help));
}

export function note(spec) {
  return make('p', { class: 'muted small' }, spec.text);
}

export function button(spec) {
  return make('button', { type: 'button', class: 'btn small', onclick: spec.run }, spec.glyph && icon(spec.glyph), spec.label);
}

/** Rows of a list: `columns` [{name, label, suggest}], `get` the rows, `set` all of them. */
export function table(spec) {
  const rows = spec.get().map((row) => ({ ...row }));
  const save = () => spec.set(rows.filter((row) => spec.columns.some((column) => row[column.name])));
  const body = rows.map((row, index) => make('div', { class: 'pair-row' }, [
    ...spec.columns.map((column) => cell(spec, column, row, index, save)),
    make('button', { type: 'button', class: 'btn small quiet icon-only', 'aria-label': say('Remove'), title: say('Remove'), onclick: () => { rows.splice(index, 1); spec.set(rows); } }, icon('trash')),
  ]));
  const head = rows.length > 0 && make('div', { class: 'pair-row head', 'aria-hidden': 'true' }, spec.columns.map((column) => make('span', {}, column.label)), make('span'));
  const add = () => {
    rows.push({});
    const place = make('div', { class: 'pair-row' }, spec.columns.map((column) => cell(spec, column, rows.at(-1), rows.length - 1, save)));
    box.querySelector('.adder').before(place);
    place.querySelector('input').focus();
  };
  const box = make('fieldset', { class: 'field', 'data-field': spec.id }, make('legend', {}, spec.label), head, ...body,
    make('div', { class: 'adder' }, make('button', { type: 'button', class: 'btn small quiet', onclick: add }, icon('plus'), spec.add ?? say('Add a row'))),
    spec.help && make('span', { class: 'help' }, spec.help));
  return box;
}

function cell(spec, column, row, index, save) {
  const control = make('input', { type: 'text', class: 'mono', autocomplete: 'off', spellcheck: 'false', value: row[column.name] ?? '', 'aria-label': `${column.label} ${index + 1}`, placeholder: column.placeholder });
  control.addEventListener('change', () => {
    row[column.name] = control.value.trim() || undefined;
    if (spec.columns.every((each) => each.optional || row[each.name])) save();
  });
  if (!column.suggest) return control;
  lists += 1;
  const options = make('datalist', { id: `p-list-${lists}` }, column.suggest(row).map((value) => make('option', { value })));
  control.setAttribute('list', options.id);
  return make('span', {}, control, options);
}

export const CONTROLS = { text, area, choice, flag, note, button, table };
