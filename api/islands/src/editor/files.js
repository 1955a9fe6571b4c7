/** The files of the bundle beside the routing: forms and decisions, each with an editor of its own. */
import { call } from '../../../web/static/js/api.js';
import { icon, make } from '../shared/dom.js';
import { say } from '../shared/say.js';
import { Draft, text } from './draft.js';
import { slug } from './names.js';
import { decisionOf, formOf } from './vocabulary.js';

const SUFFIX = { form: '.form.json', decision: '.dmn' };
const EDITORS = { form: () => import('./form/designer.js'), decision: () => import('./decision/table.js') };
const GLYPHS = { form: 'list', decision: 'table', routing: 'flow', process: 'flow' };

export class Files {
  constructor(editor) {
    Object.assign(this, { editor, shown: null, opened: null });
    this.strip = editor.place('files');
    this.area = editor.place('file');
    editor.draft.addEventListener('change', () => this.draw());
  }

  kindOf(name) {
    if (name === this.editor.draft.main) return 'routing';
    return name.endsWith(SUFFIX.form) ? 'form' : name.endsWith(SUFFIX.decision) ? 'decision' : 'process';
  }

  labelOf(name) {
    const content = this.editor.draft.get(name);
    const kind = this.kindOf(name);
    if (kind === 'form') return formOf(content).title ?? name;
    if (kind === 'decision') return decisionOf(content).name || name;
    return kind === 'routing' ? say('Drawing') : name;
  }

  /** One button for the drawing and one for each form and decision. */
  draw() {
    const { draft } = this.editor;
    const names = [draft.main, ...draft.named(SUFFIX.form), ...draft.named(SUFFIX.decision)];
    const mark = JSON.stringify([names.map((name) => this.labelOf(name)), this.shown]);
    if (mark === this.drawn) return;
    this.drawn = mark;
    this.strip.replaceChildren(...names.map((name) => {
      const on = name === (this.shown ?? draft.main);
      return make('button', { type: 'button', class: 'file-tab', 'aria-current': on ? 'page' : null, title: name, onclick: () => this.show(name === draft.main ? null : name) }, icon(GLYPHS[this.kindOf(name)]), this.labelOf(name));
    }));
    this.strip.hidden = names.length < 2;
  }

  /** Show a file in place of the drawing; null shows the drawing. */
  async show(name) {
    if (name === this.editor.draft.main) name = null;
    if (name === this.shown) return;
    this.flush();
    this.opened?.close?.();
    this.opened = null;
    this.shown = name;
    this.area.hidden = name === null;
    this.editor.place('drawing').hidden = name !== null;
    this.draw();
    if (name === null) {
      this.editor.modeler.get('canvas').resized();
      return;
    }
    this.area.replaceChildren();
    const module = await EDITORS[this.kindOf(name)]();
    if (this.shown === name) this.opened = module.open(this.editor, this.area, name);
  }

  /** What is typed in a file's editor is in the file. */
  flush() {
    this.opened?.flush?.();
  }

  /** Open a form or decision by what the vocabulary says of it; one of another bundle is taken into this one. */
  async open(kind, item) {
    if (!item) return;
    await this.show(item.file ?? (await this.adopt(kind, item)));
  }

  /** A copy of another version's file: changing it changes nothing there. */
  async adopt(kind, { key, process, version }) {
    const address = Draft.address(process, version);
    const { data } = await call('GET', `${address}/files`);
    for (const file of data.items.filter((each) => each.name.endsWith(SUFFIX[kind]))) {
      const content = await text(`${address}/files/${encodeURIComponent(file.name)}`);
      const found = kind === 'form' ? formOf(content).key : decisionOf(content).key;
      if (found !== key) continue;
      const name = this.free(key, kind);
      this.editor.draft.set(name, content);
      return name;
    }
    throw new Error(say('{key} was not found in version {version} of {process}.', { key, version, process }));
  }

  /** A new form or table for a step, called after it. */
  async make(kind, subject) {
    const { draft, vocabulary } = this.editor;
    const taken = kind === 'form' ? vocabulary.forms : vocabulary.decisions;
    const property = kind === 'form' ? 'mes:form' : 'mes:decision';
    const wish = subject.get(property) || slug(subject.get('name') || '') || subject.object.id.toLowerCase();
    let key = wish;
    for (let number = 2; taken.some((each) => each.key === key); number += 1) key = `${wish}_${number}`;
    const module = await EDITORS[kind]();
    const name = this.free(key, kind);
    draft.set(name, module.fresh(key, subject.get('name') || key));
    subject.set({ [property]: key });
    await this.show(name);
  }

  free(key, kind) {
    const { draft } = this.editor;
    let name = `${key}${SUFFIX[kind]}`;
    for (let number = 2; draft.get(name) !== undefined; number += 1) name = `${key}_${number}${SUFFIX[kind]}`;
    return name;
  }

  /** Take a file out of the bundle; the step then uses the released one, if there is one. */
  async drop(name) {
    await this.show(null);
    this.editor.draft.remove(name);
    this.editor.findings.soon();
  }
}
