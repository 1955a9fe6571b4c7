/** The form designer: its fields beside the form as the floor will show it, drawn by the server at every change. */
import { call } from '../../../../web/static/js/api.js';
import { look } from '../../../../web/static/js/answers.js';
import { icon, make } from '../../shared/dom.js';
import { say } from '../../shared/say.js';
import { slug } from '../names.js';
import { CONTROLS } from '../panel/controls.js';
import { KINDS, controlsOf } from './fields.js';

const QUIET = 250;

export function fresh(key, title) {
  return write({ key, title, fields: [] });
}

export function open(editor, place, name) {
  const designer = new Designer(editor, place, name);
  designer.show();
  return designer;
}

const write = (form) => `${JSON.stringify(form, null, 2)}\n`;

class Designer {
  constructor(editor, place, name) {
    Object.assign(this, { editor, place, name, chosen: 0, timer: null });
    this.form = JSON.parse(editor.draft.get(name));
    this.form.fields ??= [];
    this.preview = make('div', { class: 'floor-preview', 'aria-label': say('As the floor will show it'), role: 'region', tabindex: '0' });
    this.shown = this.floor(place.dataset.styles.split(' '));
  }

  /** A place with the styles of the floor, which are not those of a desk: a tree of its own. */
  floor(styles) {
    const root = this.preview.attachShadow({ mode: 'open' });
    const place = make('div');
    root.append(...styles.map((href) => make('link', { rel: 'stylesheet', href })), place);
    root.addEventListener('input', (event) => {
      const field = event.target.closest('[data-field]');
      if (field) look(field);
    });
    return place;
  }

  flush() {
    if (this.place.contains(document.activeElement)) document.activeElement.blur();
  }

  close() {
    clearTimeout(this.timer);
  }

  change(act) {
    act(this.form);
    this.editor.draft.set(this.name, write(this.form));
    this.editor.findings.soon();
    this.list();
    this.soon();
  }

  show() {
    this.side = make('div', { class: 'form-side' });
    this.place.replaceChildren(make('div', { class: 'designer' }, this.side, make('section', { class: 'form-floor' }, make('h2', {}, say('As the floor will show it')), this.preview)));
    this.list();
    this.draw();
  }

  // ---- the fields ----------------------------------------------------------------------------------

  list() {
    const focused = this.side.contains(document.activeElement) ? document.activeElement.id : null;
    const { form } = this;
    const title = CONTROLS.text({ id: 'form-title', label: say('Title'), required: true, get: () => form.title, set: (value) => this.change((each) => { each.title = value; }) });
    this.side.replaceChildren(
      make('div', { class: 'card' }, make('div', { class: 'body panel-fields' }, title, make('div', { class: 'row' }, make('span', { class: 'muted small mono' }, form.key), make('span', { class: 'grow' }), make('button', { type: 'button', class: 'btn small quiet', onclick: () => this.editor.files.drop(this.name) }, icon('trash'), say('Take out of the bundle'))))),
      make('h2', {}, say('What is recorded')),
      form.fields.length ? make('ol', { class: 'plain field-list' }, form.fields.map((field, index) => this.field(field, index))) : make('p', { class: 'muted' }, say('Nothing yet. Add the first field.')),
      this.adder(),
      this.instructions(),
    );
    if (focused) document.getElementById(focused)?.focus();
  }

  field(field, index) {
    const { fields } = this.form;
    const open = index === this.chosen;
    const kind = KINDS[field.type];
    const tool = (glyph, words, act) => make('button', { type: 'button', class: 'btn small quiet icon-only', 'aria-label': words, title: words, onclick: () => this.change(act) }, icon(glyph));
    const swap = (by) => () => {
      fields.splice(index + by, 0, ...fields.splice(index, 1));
      this.chosen = index + by;
    };
    const head = make('div', { class: 'field-head' }, [
      make('button', { type: 'button', class: 'field-name', 'aria-expanded': String(open), onclick: () => { this.chosen = open ? -1 : index; this.list(); } }, icon(kind?.glyph ?? 'edit'),
        make('span', { class: 'grow' }, make('b', {}, field.label || field.key), make('span', { class: 'muted small' }, [say(kind?.words ?? field.type), field.unit, field.required && say('must be answered'), field.signal && `← ${field.signal}`, field.variable && `→ ${field.variable}`].filter(Boolean).join(' · ')))),
      index > 0 && tool('up', say('Move up'), swap(-1)),
      index < fields.length - 1 && tool('down', say('Move down'), swap(1)),
      tool('trash', say('Remove'), () => { fields.splice(index, 1); }),
    ]);
    const said = (this.problems ?? []).filter((each) => each.pointer.startsWith(`/fields/${index}/`) || each.pointer === `/fields/${index}`);
    const body = open && make('div', { class: 'panel-fields' }, controlsOf(field, (act) => this.change(act), this.editor.vocabulary.measured).map((spec) => CONTROLS[spec.kind](spec)));
    return make('li', { class: `card${open ? ' open' : ''}` }, head, said.map((each) => make('p', { class: 'banner bad' }, each.detail)), body);
  }

  adder() {
    const add = (type) => this.change(({ fields }) => {
      const label = say(KINDS[type].words);
      fields.push({ key: this.free(slug(label)), type, label, ...structuredClone(KINDS[type].fresh) });
      this.chosen = fields.length - 1;
    });
    return make('div', { class: 'field-adder', role: 'group', 'aria-label': say('Add a field') }, Object.entries(KINDS).map(([type, { words, glyph }]) => make('button', { type: 'button', class: 'btn small', 'data-add': type, onclick: () => { add(type); document.getElementById('p-label')?.select(); } }, icon(glyph), say(words))));
  }

  free(wish) {
    const taken = new Set(this.form.fields.map((field) => field.key));
    let key = wish;
    for (let number = 2; taken.has(key); number += 1) key = `${wish}_${number}`;
    return key;
  }

  instructions() {
    const spec = {
      kind: 'table', id: 'steps', label: say('Instruction beside it, step by step'), add: say('Add a step'), get: () => this.form.instructions ?? [],
      set: (rows) => this.change((form) => { if (rows.length) form.instructions = rows; else delete form.instructions; }),
      columns: [{ name: 'text', label: say('What to do') }, { name: 'image', label: say('Picture (id of a file)'), optional: true }],
    };
    return make('div', { class: 'card' }, make('div', { class: 'body panel-fields' }, CONTROLS.table(spec)));
  }

  // ---- the preview ---------------------------------------------------------------------------------

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.draw(), QUIET);
  }

  async draw() {
    const definition = write(this.form);
    try {
      const { data } = await call('POST', '/forms/preview', { raw: definition, type: 'application/json', key: null, headers: { Accept: 'text/html' } });
      if (definition !== write(this.form)) return;
      const page = new DOMParser().parseFromString(data, 'text/html');
      this.shown.replaceChildren(...page.body.childNodes);
      this.preview.classList.remove('stale');
      this.tell([]);
    } catch (refusal) {
      this.preview.classList.add('stale');
      this.tell(refusal.problem?.errors ?? [{ pointer: '', detail: refusal.message }]);
    }
  }

  tell(problems) {
    const before = JSON.stringify(this.problems ?? []);
    this.problems = problems;
    if (JSON.stringify(problems) !== before) this.list();
  }
}
