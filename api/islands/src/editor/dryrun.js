/**
 * A dry run of the saved draft on the server: it stands at a step, somebody chooses what comes of it, it goes on. The
 * way is painted on the drawing. Nothing of it reaches people, machines or records.
 */
import { call } from '../../../web/static/js/api.js';
import { icon, make } from '../shared/dom.js';
import { say } from '../shared/say.js';
import { answers } from './answers.js';
import { Draft, text } from './draft.js';
import { save } from './toolbar.js';

const ENDED = { completed: ['good', 'It came to an end'], cancelled: ['idle', 'It was ended'], active: ['plan', 'It runs'], suspended: ['hold', 'It is suspended'] };

export async function dryRun(editor) {
  editor.tab('dry-run');
  const place = editor.place('dry-run');
  await editor.flush();
  if (editor.draft.dirty || !editor.draft.base) {
    if (!(await save(editor))) {
      place.replaceChildren(make('p', { class: 'banner warn' }, icon('warn'), make('span', {}, say('A dry run walks the saved draft. Clear the errors first, then it is saved and run.'))));
      return;
    }
  }
  await new Run(editor, place).begin();
}

class Run {
  constructor(editor, place) {
    Object.assign(this, { editor, place, steps: [], called: new Map() });
  }

  /** What waits inside called routings is in their drawings, not in this one. */
  async read(process) {
    const { editor } = this;
    const known = editor.vocabulary.processes.find((each) => each.key === process);
    if (!known || this.called.has(process)) return;
    this.called.set(process, null);
    const { rootElement } = await editor.modeler.get('moddle').fromXML(await text(`${Draft.address(process, known.version)}.bpmn`));
    const found = new Map();
    const walk = (scope) => (scope.flowElements ?? []).forEach((each) => { found.set(each.id, each); walk(each); });
    rootElement.rootElements.filter((each) => each.$type === 'bpmn:Process').forEach(walk);
    this.called.set(process, found);
    await Promise.all([...found.values()].filter((each) => each.$type === 'bpmn:CallActivity').map((each) => this.read(each.calledElement)));
  }

  objectOf(id) {
    const drawn = this.editor.modeler.get('elementRegistry').get(id)?.businessObject;
    return drawn ?? [...this.called.values()].map((each) => each?.get(id)).find(Boolean) ?? null;
  }

  nameOf(id) {
    const object = this.objectOf(id);
    return object ? [object.get?.('mes:operation'), object.name].filter(Boolean).join(' ') || id : id;
  }

  async begin(variables = {}) {
    const { draft } = this.editor;
    this.steps = [];
    const calls = this.editor.objects().filter((each) => each.$type === 'bpmn:CallActivity' && each.calledElement);
    await Promise.all(calls.map((each) => this.read(each.calledElement)));
    const { data } = await call('POST', '/api/v1/instances', { body: { process: draft.key, version: draft.base.version, business_key: say('Dry run'), dry_run: true, variables } });
    await this.show(data);
  }

  async pretend(element, body, button, words) {
    button.setAttribute('aria-busy', 'true');
    try {
      const { data } = await call('POST', `/api/v1/instances/${this.id}/pretend`, { body: { element, ...body } });
      this.steps.push([this.nameOf(element), words].filter(Boolean).join(': '));
      await this.show(data);
    } catch (refusal) {
      button.closest('.card').querySelector('[data-problem]').replaceChildren(make('p', { class: 'banner bad', role: 'alert' }, refusal.message, (refusal.problem?.errors ?? []).map((each) => ` ${each.pointer.split('/').pop()}: ${each.detail}`)));
    } finally {
      button.removeAttribute('aria-busy');
    }
  }

  async show(instance) {
    this.id = instance.id;
    this.instance = instance;
    const { data: path } = await call('GET', `/api/v1/instances/${this.id}/path`);
    this.editor.paint('dry-run', { path });
    const waiting = instance.tokens?.length ? instance.tokens.map((token) => ({ element: token.element, incident: token.state === 'incident' })) : path.waiting.map((element) => ({ element, incident: false }));
    const seen = new Map(waiting.map((each) => [each.element, each]));
    this.place.replaceChildren(...[
      this.head(instance),
      ...(instance.state === 'active' ? await Promise.all([...seen.values()].map((each) => this.card(each))) : []),
      this.walked(),
      this.values(instance),
    ].filter(Boolean));
    this.place.querySelector('input, select, textarea, .card button')?.focus({ preventScroll: true });
  }

  head({ state }) {
    const [look, words] = ENDED[state] ?? ENDED.active;
    return make('div', { class: 'row' }, make('span', { class: `chip ${look}` }, say(words)), make('span', { class: 'grow' }),
      make('button', { type: 'button', class: 'btn small', onclick: () => this.begin() }, icon('refresh'), say('From the start')),
      make('button', { type: 'button', class: 'btn small quiet', onclick: () => this.end() }, say('Close')));
  }

  end() {
    this.editor.paint('findings');
    this.place.replaceChildren(make('p', { class: 'muted' }, say('Walk the draft step by step: you say what comes of each.')));
    this.editor.tab('panel');
  }

  /** Where it stands: what may come of this step. */
  async card({ element, incident }) {
    const object = this.objectOf(element);
    const key = object?.get?.('mes:form');
    const form = key ? await this.editor.vocabulary.definition(key) : null;
    const given = answers(form, object, this.editor);
    const done = make('button', { type: 'button', class: 'btn primary small' }, this.verb(object));
    done.addEventListener('click', () => {
      const { variables, words, refused } = given.read();
      if (!refused) this.pretend(element, { variables }, done, words);
    });
    return make('section', { class: 'card dry-card' }, [
      make('header', {}, make('button', { type: 'button', class: 'way-name', onclick: () => this.mark(element) }, make('b', {}, this.nameOf(element) || element)), incident && make('span', { class: 'chip bad' }, say('incident'))),
      make('div', { class: 'body stack tight' }, incident && make('p', { class: 'muted small' }, say('It cannot go on here by itself: a value is missing, or no way is open.')), given.box, make('div', { 'data-problem': '' }), make('div', { class: 'row' }, done, this.others(element))),
    ]);
  }

  mark(element) {
    const { modeler } = this.editor;
    const found = modeler.get('elementRegistry').get(element);
    if (found) modeler.get('selection').select(found);
  }

  verb(object) {
    if (!object) return say('Go on');
    if (object.$instanceOf('bpmn:UserTask') || object.$type === 'bpmn:ManualTask' || object.$type === 'bpmn:Task') return say('Complete it');
    if (object.$instanceOf('bpmn:Event') && object.eventDefinitions?.[0]?.$type === 'bpmn:TimerEventDefinition') return say('Let the time pass');
    if (object.$instanceOf('bpmn:Event') || object.$type === 'bpmn:ReceiveTask') return say('Let it arrive');
    return say('It is done');
  }

  /** What else may happen there: an event at the step, or one of those a choice waits for. */
  others(id) {
    const element = this.editor.modeler.get('elementRegistry').get(id);
    const waited = element?.type === 'bpmn:EventBasedGateway' ? element.outgoing.map((flow) => flow.target) : [];
    return [...(element?.attachers ?? []), ...waited].map(({ businessObject: event }) => {
      const [definition] = event.eventDefinitions ?? [];
      const error = definition?.$type === 'bpmn:ErrorEventDefinition' ? definition.errorRef?.errorCode ?? 'failed' : null;
      const words = event.name || say('the event');
      const button = make('button', { type: 'button', class: `btn small${error ? ' danger' : ''}` }, error ? say('It fails: {code}', { code: error }) : say('Instead: {event}', { event: words }));
      button.addEventListener('click', () => this.pretend(error ? id : event.id, error ? { error } : {}, button, error ?? words));
      return button;
    });
  }

  walked() {
    return this.steps.length > 0 && make('details', { open: true }, make('summary', {}, say('{n} steps so far', { n: this.steps.length })), make('ol', { class: 'small walked' }, this.steps.map((step) => make('li', {}, step))));
  }

  values({ variables = {} }) {
    const pairs = Object.entries(variables);
    return pairs.length > 0 && make('details', {}, make('summary', {}, say('Variables')), make('dl', { class: 'facts small' }, pairs.flatMap(([name, value]) => [make('dt', { class: 'mono' }, name), make('dd', { class: 'mono' }, JSON.stringify(value))])));
  }
}
