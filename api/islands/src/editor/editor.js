/** The editor as its parts see it: modeler, draft, panel, findings, and what can be done with them. */
import { fit, reveal } from '../shared/fit.js';
import { clear, paint } from '../shared/marks.js';
import { fontReady } from '../shared/painter.js';
import { say } from '../shared/say.js';
import { toast } from '../../../web/static/js/toast.js';
import { Draft, layOut } from './draft.js';
import { Findings } from './findings.js';
import { newModeler } from './library.js';
import { roleWords } from './roles.js';
import { Panel } from './panel/panel.js';
import { outline } from './outline.js';
import { palette } from './palette.js';
import { Files } from './files.js';
import { Vocabulary } from './vocabulary.js';
import emptyDiagram from './empty.js';

const NAME = /^[A-Za-z_][\w.-]*$/;

export class Editor {
  constructor(data) {
    this.data = data;
    this.painting = 'findings';
    this.draft = new Draft({ key: data.key, user: data.user });
    this.vocabulary = new Vocabulary(this.draft);
    this.modeler = newModeler(this.place('canvas'));
    this.findings = new Findings(this, this.place('findings'));
    this.panel = new Panel(this, this.place('panel'));
    this.files = new Files(this);
    palette(this, this.place('palette'));
    outline(this, this.place('steps'));
    this.drawn = false; // whether the canvas holds what the files do not yet
    this.modeler.on('commandStack.changed', ({ trigger }) => trigger !== 'clear' && this.changed());
    this.modeler.on('mes.rework.asked', ({ element }) => this.passes(element) ?? undefined);
    addEventListener('beforeunload', (event) => { if (this.draft.dirty && !this.draft.kept) event.preventDefault(); });
    addEventListener('pagehide', () => this.drawn && this.export());
  }

  place(name) {
    return document.querySelector(`[data-place="${name}"]`);
  }

  /** The document of a new routing. */
  empty() {
    return emptyDiagram(say('New routing'));
  }

  // ---- drawing and files ---------------------------------------------------------------------------

  /** Draw the routing of the draft. */
  async show({ keepView = false } = {}) {
    await fontReady();
    const view = keepView && this.modeler.getDefinitions() ? this.modeler.get('canvas').viewbox() : null;
    const { warnings } = await this.draw(this.draft.get(this.draft.main));
    this.restore(warnings);
    if (view) this.modeler.get('canvas').viewbox(view);
    else this.fit();
    this.drawn = false;
    this.panel.show();
  }

  /** What was written without places is laid out by the plant; that is saved with the next change. */
  async draw(xml) {
    try {
      return await this.modeler.importXML(xml);
    } catch (fault) {
      if (!/no diagram to display|no bpmnDiagram|plane/i.test(fault.message)) throw fault;
      const laid = await layOut(xml);
      this.draft.files.set(this.draft.main, laid);
      toast(say('The routing had no drawing; it was laid out.'));
      return this.modeler.importXML(laid);
    }
  }

  /** References to nothing drawn, such as the variable of a loop, would be lost when saving. */
  restore(warnings) {
    for (const { element, property, value } of warnings) {
      if (!element || !property || !value) continue;
      const descriptor = element.$descriptor.propertiesByName[property];
      if (descriptor?.isMany) element.get(property).push({ id: value });
      else if (descriptor) element.set(property, { id: value });
    }
  }

  /** Bring the files up to what is drawn. */
  async export() {
    if (!this.drawn) return;
    this.drawn = false;
    const { xml } = await this.modeler.saveXML({ format: true });
    this.draft.set(this.draft.main, xml);
  }

  changed() {
    this.drawn = true;
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.export(), 250);
    if (this.painting !== 'findings') this.paint('findings');
    this.findings.soon();
  }

  /** Everything typed and drawn is in the files. */
  async flush() {
    this.panel.flush();
    this.files.flush();
    await this.export();
  }

  async takeUp(kept) {
    this.draft.takeUp(kept);
    await this.show();
    this.draft.keep();
    this.findings.ask();
    toast(say('Your changes are back.'));
  }

  /** Another document in place of the routing; files that come along are added to the bundle. */
  async replace(xml, files = {}) {
    for (const [name, content] of Object.entries(files)) this.draft.files.set(name, content);
    this.draft.set(this.draft.main, xml);
    await this.show();
    this.findings.ask();
  }

  // ---- the view ------------------------------------------------------------------------------------

  fit() {
    fit(this.modeler.get('canvas'), { top: 40, right: 40, bottom: 60, left: 40 });
  }

  zoom(factor) {
    const canvas = this.modeler.get('canvas');
    canvas.zoom(Math.min(4, Math.max(0.2, canvas.zoom() * factor)), 'auto');
  }

  /** Choose an element by its id and bring it into sight. */
  choose(id) {
    const canvas = this.modeler.get('canvas');
    const element = this.modeler.get('elementRegistry').get(id);
    this.files.show(null);
    this.tab('panel');
    if (!element || element === canvas.getRootElement()) return this.modeler.get('selection').select([]);
    this.modeler.get('selection').select(element);
    return reveal(canvas, element);
  }

  /** What is painted over the drawing: `findings`, or what a dry run or a comparison gives. */
  paint(kind, shown = null) {
    this.painting = kind;
    if (kind === 'findings') paint(this.modeler, { findings: this.findings.list });
    else if (shown) paint(this.modeler, shown);
    else clear(this.modeler);
  }

  /** Open one of the tabs at the side. */
  tab(name) {
    for (const tab of document.querySelectorAll('[data-tab]')) {
      const on = tab.dataset.tab === name;
      tab.setAttribute('aria-selected', String(on));
      tab.tabIndex = on ? 0 : -1;
      document.getElementById(tab.getAttribute('aria-controls')).hidden = !on;
    }
  }

  // ---- what is known of elements -------------------------------------------------------------------

  nameOf(id) {
    const object = this.modeler.get('elementRegistry').get(id)?.businessObject;
    if (!object) return this.process?.id === id ? this.process.name : id;
    const operation = object.get?.('mes:operation');
    if (object.$type === 'bpmn:Collaboration') return this.process?.name ?? '';
    if (object.$type === 'bpmn:SequenceFlow') return object.name || `${this.nameOf(object.sourceRef?.id)} → ${this.nameOf(object.targetRef?.id)}`;
    return [operation, object.name].filter(Boolean).join(' ');
  }

  /** The process that runs: the one of the pool, else the only one. */
  get process() {
    const processes = this.modeler.getDefinitions()?.get('rootElements').filter((each) => each.$type === 'bpmn:Process') ?? [];
    return processes.find((each) => each.isExecutable) ?? processes[0] ?? null;
  }

  objects() {
    return this.modeler.get('elementRegistry').getAll().filter((each) => each.parent && !each.labelTarget).map((each) => each.businessObject);
  }

  variables() {
    return this.vocabulary.variables(this.objects());
  }

  roles() {
    return this.vocabulary.plant.roles.map((value) => ({ value, label: roleWords(value) }));
  }

  /** When a step's form says good: the answer of a choice or check, or a number inside its limits. */
  passes(element) {
    const form = this.vocabulary.form(element.businessObject.get('mes:form'));
    const field = form?.fields.find((each) => each.variable && ['choice', 'check', 'number'].includes(each.type));
    if (!field) return null;
    if (field.type === 'check') return `${field.variable} == true`;
    if (field.type === 'choice') return field.choices?.length ? `${field.variable} == ${JSON.stringify(field.choices[0].value)}` : null;
    const low = field.limits?.lower ?? field.min;
    const high = field.limits?.upper ?? field.max;
    return [low !== undefined && `${field.variable} >= ${low}`, high !== undefined && `${field.variable} <= ${high}`].filter(Boolean).join(' and ') || null;
  }

  // ---- ids -----------------------------------------------------------------------------------------

  refusedId(value, object) {
    if (!NAME.test(value)) return say('An id begins with a letter and has letters, digits and underscores.');
    return value !== object.id && this.modeler.get('moddle').ids.assigned(value) ? say('Something else has this id already.') : null;
  }

  refusedKey(value, process) {
    return this.refusedId(value, process);
  }

  rename(object, id, element = null) {
    const canvas = this.modeler.get('canvas');
    const shown = element ?? this.modeler.get('elementRegistry').get(object.id) ?? canvas.getRootElement();
    if (shown.businessObject === object) this.modeler.get('modeling').updateProperties(shown, { id });
    else this.modeler.get('modeling').updateModdleProperties(shown, object, { id });
  }

  // ---- forms and decisions of the bundle -----------------------------------------------------------

  openFile(name) {
    return this.files.show(name);
  }

  openForm(key) {
    return this.files.open('form', this.vocabulary.form(key));
  }

  openDecision(key) {
    return this.files.open('decision', this.vocabulary.decision(key));
  }

  newForm(subject) {
    return this.files.make('form', subject);
  }

  newDecision(subject) {
    return this.files.make('decision', subject);
  }
}
