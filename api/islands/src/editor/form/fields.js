/** What can be said of each kind of field, in the order in which it is asked. */
import { say } from '../../shared/say.js';

/** Kinds of field: the icon, the words, and what a new one has. */
export const KINDS = {
  number: { words: 'Number', glyph: 'ruler', fresh: { unit: 'mm', required: true } },
  choice: { words: 'Choice', glyph: 'list', fresh: { choices: [{ value: 'ok', label: 'In order' }, { value: 'not_ok', label: 'Not in order' }] } },
  check: { words: 'Yes or no', glyph: 'ready', fresh: {} },
  text: { words: 'Text', glyph: 'edit', fresh: {} },
  scan: { words: 'Scan', glyph: 'scan', fresh: {} },
  photo: { words: 'Photo', glyph: 'camera', fresh: {} },
  checklist: { words: 'Check list', glyph: 'list', fresh: { items: [{ value: 'first', label: 'First point' }] } },
  samples: { words: 'Samples', glyph: 'table', fresh: { count: 5, unit: 'mm' } },
  multichoice: { words: 'Several choices', glyph: 'list', fresh: { choices: [{ value: 'first', label: 'First' }, { value: 'second', label: 'Second' }] } },
  datetime: { words: 'Date and time', glyph: 'clock', fresh: {} },
  file: { words: 'File', glyph: 'file', fresh: {} },
};

const MEASURED = ['number', 'samples'];
const LIMITED = [...MEASURED, 'text', 'datetime', 'multichoice'];
const decimal = (text) => (/^-?\d+([.,]\d+)?$/.test(text) ? null : say('Write a number.'));
const NAME = /^[a-z_][a-z0-9_]*$/i;

/** The controls of a field; `change` is called after each change, `measured` are the measurements of machines. */
export function controlsOf(field, change, measured) {
  const plain = (name) => ({ get: () => field[name] ?? '', set: (value) => change(() => put(field, name, value)) });
  const number = (name, holder = () => field) => ({ check: decimal, get: () => (holder()[name] ?? '').toString(), set: (value) => change(() => put(holder(), name, value === undefined ? undefined : Number(value.replace(',', '.')))) });
  const limits = (name) => ({ ...number(name, () => field.limits ?? {}), set: (value) => change(() => limit(field, name, value)) });
  const found = [
    { kind: 'text', id: 'label', label: say('Question'), required: true, ...plain('label') },
    { kind: 'text', id: 'key', label: say('Key'), mono: true, required: true, check: (value) => (NAME.test(value) ? null : say('A key has letters, digits and underscores.')), ...plain('key') },
    { kind: 'flag', id: 'required', label: say('Must be answered'), get: () => field.required, set: (on) => change(() => put(field, 'required', on || undefined)) },
    { kind: 'text', id: 'variable', label: say('Writes the variable'), mono: true, ...plain('variable'), help: say('Only what writes a variable can be asked for by a question of the routing') },
    { kind: 'area', id: 'help', label: say('Help below it'), rows: 2, ...plain('help') },
  ];
  if (MEASURED.includes(field.type)) {
    found.push(
      { kind: 'text', id: 'unit', label: say('Unit'), ...plain('unit'), placeholder: 'mm' },
      ...(field.type === 'samples' ? [{ kind: 'text', id: 'count', label: say('How many'), ...number('count') }] : []),
      { kind: 'text', id: 'lower', label: say('Tolerance from'), ...limits('lower'), help: say('Outside it is accepted, flagged, and the routing decides') },
      { kind: 'text', id: 'target', label: say('Target'), ...limits('target') },
      { kind: 'text', id: 'upper', label: say('Tolerance to'), ...limits('upper') },
    );
  }
  if (field.type === 'number') found.push({ kind: 'text', id: 'signal', label: say('Measured by a machine'), mono: true, ...plain('signal'), suggest: () => measured, help: say('The name of a measurement. While the step is worked on, the newest one of its machine is offered there; one press takes it, and any other value may be written.') });
  if (LIMITED.includes(field.type)) found.push(...bounds(field, number));
  if (field.choices || field.type === 'choice' || field.type === 'multichoice') found.push(list('choices', say('Answers'), say('Add an answer')));
  if (field.type === 'checklist') found.push(list('items', say('Points'), say('Add a point')));
  if (field.type === 'scan') found.push({ kind: 'text', id: 'pattern', label: say('What may be scanned'), mono: true, ...plain('pattern'), help: say('A pattern such as LOT-* or L-\\d+') });
  return found;

  function list(name, label, add) {
    return {
      kind: 'table', id: name, label, add, get: () => field[name] ?? [],
      set: (rows) => change(() => put(field, name, rows.map((row) => ({ ...row, value: row.value ?? row.label, label: row.label ?? row.value })))),
      columns: [{ name: 'label', label: say('Words'), optional: true }, { name: 'value', label: say('Value'), optional: true }],
    };
  }
}

function bounds(field, number) {
  if (field.type === 'datetime') return [];
  const words = { text: [say('Characters at least'), say('Characters at most')], multichoice: [say('Choices at least'), say('Choices at most')] }[field.type] ?? [say('Nothing below'), say('Nothing above')];
  const help = MEASURED.includes(field.type) ? say('Beyond these a value is refused as a slip of the pen') : undefined;
  return [{ kind: 'text', id: 'min', label: words[0], ...number('min') }, { kind: 'text', id: 'max', label: words[1], ...number('max'), help }];
}

function put(holder, name, value) {
  if (value === undefined || value === '') delete holder[name];
  else holder[name] = value;
}

function limit(field, name, value) {
  field.limits ??= {};
  put(field.limits, name, value === undefined ? undefined : Number(value.replace(',', '.')));
  if (!Object.keys(field.limits).length) delete field.limits;
}
