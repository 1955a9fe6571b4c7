/** What the plant says of the drawing while it is drawn: painted on the elements and listed with cures. */
import { icon, make } from '../shared/dom.js';
import { paint } from '../shared/marks.js';
import { say } from '../shared/say.js';
import { sendTo } from './draft.js';

const QUIET = 600; // milliseconds without a change

export class Findings {
  constructor(editor, place) {
    Object.assign(this, { editor, place, list: [], timer: null, running: null, failed: null, checked: false });
    this.onchange = () => {};
  }

  /** Ask again, once nothing has changed for a moment. */
  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), QUIET);
  }

  async ask() {
    clearTimeout(this.timer);
    this.running?.abort();
    const running = (this.running = new AbortController());
    try {
      await this.editor.export();
      const told = await sendTo('/api/v1/processes/check', this.editor.draft.form(), running.signal);
      this.list = told.findings;
      this.failed = null;
    } catch (fault) {
      if (fault.name === 'AbortError' || running.signal.aborted) return;
      this.failed = fault.message;
    }
    if (running.signal.aborted) return;
    this.checked = true;
    this.paint();
    this.show();
    this.onchange();
  }

  /** What a refused deployment told. */
  take(list) {
    this.list = list;
    this.checked = true;
    this.paint();
    this.show();
    this.onchange();
  }

  get errors() {
    return this.list.filter((each) => each.severity === 'error').length;
  }

  get warnings() {
    return this.list.length - this.errors;
  }

  paint() {
    if (this.editor.painting === 'findings') paint(this.editor.modeler, { findings: this.list });
  }

  show() {
    this.place.replaceChildren();
    if (this.failed) this.place.append(make('p', { class: 'banner warn' }, icon('warn'), make('span', { class: 'grow' }, say('The check did not run.'), ' ', this.failed)));
    if (!this.list.length) {
      this.place.append(make('div', { class: 'empty' }, icon('good'), make('h2', {}, this.checked ? say('Nothing was found') : say('Checking')), make('p', {}, say('The plant checks the drawing while you draw.'))));
      return;
    }
    const order = [...this.list].sort((a, b) => (a.severity === b.severity ? 0 : a.severity === 'error' ? -1 : 1));
    this.place.append(make('ul', { class: 'plain finding-list' }, order.map((each) => this.row(each))));
  }

  row({ severity, element, message, cure, rule }) {
    const bad = severity === 'error';
    const name = this.editor.nameOf(element);
    const chip = make('span', { class: `chip ${bad ? 'bad' : 'warn'}` }, icon(bad ? 'bad' : 'warn'), bad ? say('error') : say('warning'));
    return make('li', {}, make('button', { type: 'button', class: 'finding', title: rule, onclick: () => this.editor.choose(element) }, [
      make('span', { class: 'row' }, chip, name && make('b', { class: 'wrap' }, name)),
      make('span', {}, message),
      make('span', { class: 'muted small' }, cure),
    ]));
  }
}
