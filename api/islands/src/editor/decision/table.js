/** The decision editor: a table of rules. Enter goes down, as in a spreadsheet; the file is written at every change. */
import { icon, make } from '../../shared/dom.js';
import { say } from '../../shared/say.js';
import { TableDocument, freshDocument } from './document.js';

const POLICIES = { UNIQUE: 'exactly one rule fits', FIRST: 'the first rule that fits counts', ANY: 'all that fit say the same', 'RULE ORDER': 'every rule that fits, in this order', COLLECT: 'every rule that fits' };
const TYPES = { string: 'text', number: 'number', boolean: 'yes or no' };

export const fresh = freshDocument;

export function open(editor, place, name) {
  const table = new Table(editor, place, name);
  table.show();
  return table;
}

class Table {
  constructor(editor, place, name) {
    Object.assign(this, { editor, place, name });
    this.document = new TableDocument(editor.draft.get(name));
  }

  flush() {
    if (this.place.contains(document.activeElement)) document.activeElement.blur();
  }

  /** Write what changed, and draw it if its shape changed. */
  change(act, { redraw = true } = {}) {
    act(this.document);
    this.editor.draft.set(this.name, this.document.xml);
    this.editor.findings.soon();
    if (redraw) this.show();
  }

  show() {
    const focused = document.activeElement?.dataset?.cell;
    this.place.replaceChildren(make('div', { class: 'decision' }, this.head(), this.grid(), this.foot()));
    if (focused) this.place.querySelector(`[data-cell="${CSS.escape(focused)}"]`)?.focus();
  }

  head() {
    const { document: table } = this;
    const name = make('input', { id: 'decision-name', value: table.name });
    name.addEventListener('change', () => this.change((each) => { each.name = name.value.trim(); }, { redraw: false }));
    const policy = make('select', { id: 'decision-policy' }, Object.entries(POLICIES).map(([value, words]) => make('option', { value, selected: value === table.hitPolicy }, `${value[0]} · ${say(words)}`)));
    policy.addEventListener('change', () => this.change((each) => { each.hitPolicy = policy.value; }));
    const description = make('textarea', { id: 'decision-text', rows: 2 }, table.description);
    description.addEventListener('change', () => this.change((each) => { each.description = description.value.trim(); }, { redraw: false }));
    const field = (label, control) => make('div', { class: 'field' }, make('label', { for: control.id }, label), control);
    return make('div', { class: 'decision-head' }, field(say('Name'), name), field(say('Which rule counts'), policy), field(say('What it decides'), description),
      make('div', { class: 'row' }, make('span', { class: 'muted small mono' }, table.key), make('span', { class: 'grow' }), make('button', { type: 'button', class: 'btn small quiet', onclick: () => this.editor.files.drop(this.name) }, icon('trash'), say('Take out of the bundle'))));
  }

  grid() {
    const { inputs, outputs, rules } = this.document;
    const wide = (kind, columns, words) => make('th', { colspan: columns.length, scope: 'colgroup', class: kind }, make('div', { class: 'row' }, make('span', { class: 'grow' }, words), make('button', { type: 'button', class: 'btn small quiet', onclick: () => this.change((each) => each.addColumn(kind)) }, icon('plus'), say('Column'))));
    return make('div', { class: 'table decision-table', tabindex: '0', role: 'region', 'aria-label': say('Rules') }, make('table', {}, [
      make('thead', {}, [
        make('tr', {}, make('th', { rowspan: 2, scope: 'col' }, this.document.hitPolicy[0]), wide('input', inputs, say('When')), wide('output', outputs, say('Then')), make('th', { rowspan: 2, scope: 'col' }, say('Note')), make('th', { rowspan: 2 }, make('span', { class: 'only-read' }, say('Actions')))),
        make('tr', {}, inputs.map((column, index) => this.column('input', column, index, inputs.length)), outputs.map((column, index) => this.column('output', column, index, outputs.length))),
      ]),
      make('tbody', {}, rules.map((rule, index) => this.rule(rule, index, rules.length))),
    ]));
  }

  column(kind, column, index, count) {
    const label = make('input', { value: column.label, placeholder: say('Words for it'), 'aria-label': say('Column {n}: words', { n: index + 1 }), 'data-cell': `${kind}-${index}-label` });
    const variable = make('input', { class: 'mono', value: kind === 'input' ? column.text : column.name, placeholder: say('variable'), list: 'decision-variables', spellcheck: 'false', 'aria-label': say('Column {n}: variable', { n: index + 1 }), 'data-cell': `${kind}-${index}-name` });
    const type = make('select', { 'aria-label': say('Column {n}: kind of value', { n: index + 1 }) }, [['', say('any')], ...Object.entries(TYPES).map(([value, words]) => [value, say(words)])].map(([value, words]) => make('option', { value, selected: value === column.type }, words)));
    const save = () => this.change((each) => each.setColumn(kind, index, { label: label.value.trim(), text: variable.value.trim(), name: variable.value.trim(), type: type.value }), { redraw: false });
    for (const control of [label, variable, type]) control.addEventListener('change', save);
    const tool = (glyph, words, act) => make('button', { type: 'button', class: 'btn small quiet icon-only', 'aria-label': words, title: words, onclick: () => this.change(act) }, icon(glyph));
    return make('th', { scope: 'col', class: kind }, label, variable, make('div', { class: 'row tight' }, type, make('span', { class: 'grow' }),
      index > 0 && tool('left', say('Move left'), (each) => each.moveColumn(kind, index, -1)),
      index < count - 1 && tool('right', say('Move right'), (each) => each.moveColumn(kind, index, 1)),
      count > 1 && tool('trash', say('Remove column'), (each) => each.removeColumn(kind, index))));
  }

  rule({ inputs, outputs, note }, index, count) {
    const cell = (kind, value, column) => this.cell(`${kind}-${column}-${index}`, value, say('Rule {rule}, column {column}', { rule: index + 1, column: column + 1 }), (text) => this.change((each) => each.setCell(index, kind, column, text), { redraw: false }), kind, column, index);
    const tool = (glyph, words, act) => make('button', { type: 'button', class: 'btn small quiet icon-only', 'aria-label': words, title: words, onclick: () => this.change(act) }, icon(glyph));
    return make('tr', {}, [
      make('th', { scope: 'row', class: 'num' }, String(index + 1)),
      inputs.map((value, column) => make('td', { class: 'input' }, cell('input', value, column))),
      outputs.map((value, column) => make('td', { class: 'output' }, cell('output', value, column))),
      make('td', {}, this.cell(`note-0-${index}`, note, say('Note of rule {rule}', { rule: index + 1 }), (text) => this.change((each) => each.setNote(index, text), { redraw: false }), 'note', 0, index)),
      make('td', { class: 'act' },
        index > 0 && tool('up', say('Move rule up'), (each) => each.moveRule(index, -1)),
        index < count - 1 && tool('down', say('Move rule down'), (each) => each.moveRule(index, 1)),
        tool('plus', say('Add a rule below'), (each) => each.addRule(index)),
        count > 1 && tool('trash', say('Remove rule'), (each) => each.removeRule(index))),
    ]);
  }

  cell(id, value, label, save, kind, column, row) {
    const control = make('input', { class: kind === 'note' ? '' : 'mono', value, 'aria-label': label, 'data-cell': id, spellcheck: 'false', autocomplete: 'off' });
    control.addEventListener('change', () => save(control.value.trim()));
    control.addEventListener('keydown', (event) => {
      const down = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!down) return;
      event.preventDefault();
      if (event.key === 'Enter' && row === this.document.rules.length - 1) {
        save(control.value.trim());
        this.change((each) => each.addRule());
      }
      this.place.querySelector(`[data-cell="${kind}-${column}-${row + down}"]`)?.focus();
    });
    return control;
  }

  foot() {
    const known = make('datalist', { id: 'decision-variables' }, this.editor.variables().map((each) => make('option', { value: each.name, label: each.from })));
    return make('div', { class: 'row decision-foot' }, known, make('button', { type: 'button', class: 'btn', onclick: () => this.change((each) => each.addRule()) }, icon('plus'), say('Add a rule')),
      make('p', { class: 'muted small' }, say('Cells compare: "a","b" · >= 5 · [1..10] · not("a") · - for anything. Answers: "text", a number, true or false.')));
  }
}
