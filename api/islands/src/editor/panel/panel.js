/** The panel beside the canvas: what can be said of the element that is chosen. */
import { make } from '../../shared/dom.js';
import { KINDS, kindOf } from '../../shared/steps.js';
import { say } from '../../shared/say.js';
import { blockGroups, callGroups, laneGroups, repeatGroup, routingGroups } from './blocks.js';
import { CONTROLS } from './controls.js';
import { Subject } from './elements.js';
import { eventGroups, meanwhileGroup } from './events.js';
import { taskGroups } from './tasks.js';
import { flowGroups, gatewayGroups, waysGroup } from './ways.js';

const TYPES = {
  Process: 'Routing', Collaboration: 'Routing', Participant: 'Pool', Lane: 'Lane', SequenceFlow: 'Way', ExclusiveGateway: 'Question', InclusiveGateway: 'Question with several answers',
  ParallelGateway: 'Side by side', EventBasedGateway: 'What happens first', StartEvent: 'Start', EndEvent: 'End', IntermediateCatchEvent: 'Waits', IntermediateThrowEvent: 'Happens',
  BoundaryEvent: 'Event at a step', CallActivity: 'Sub-routing', SubProcess: 'Group of steps', BusinessRuleTask: 'Decision table', ServiceTask: 'Function', SendTask: 'Sends a message',
  ReceiveTask: 'Waits for a message', TextAnnotation: 'Note', DataObjectReference: 'Data',
};
/** What an element is, in the words of the trade. */
export const typeWords = (type) => TYPES[type] ?? type;

export class Panel {
  constructor(editor, place) {
    Object.assign(this, { editor, place, open: new Map() });
    const { modeler } = editor;
    modeler.on('selection.changed', () => this.show());
    modeler.on('commandStack.changed', () => this.show());
  }

  get element() {
    const chosen = this.editor.modeler.get('selection').get();
    if (chosen.length > 1) return null;
    const [one] = chosen;
    const shown = one ? (one.labelTarget ?? one) : this.editor.modeler.get('canvas').getRootElement();
    return shown.businessObject ? shown : null; // before anything is drawn there is a root of nothing
  }

  /** Draw anew; who stands in a field stays there. */
  show() {
    const focused = this.place.contains(document.activeElement) ? document.activeElement.id : null;
    const { scrollTop } = this.place;
    const { element } = this;
    const same = element === this.shown;
    this.shown = element;
    this.place.replaceChildren(...(element ? this.draw(element) : [make('p', { class: 'muted pad' }, say('Choose one element to say more about it.'))]));
    this.place.scrollTop = same ? scrollTop : 0;
    if (focused && same) document.getElementById(focused)?.focus();
  }

  /** Commit what is being typed. */
  flush() {
    if (this.place.contains(document.activeElement)) document.activeElement.dispatchEvent(new Event('change', { bubbles: true }));
  }

  draw(element) {
    const subject = new Subject(this.editor, element);
    return [this.head(subject), ...this.groups(subject).map((group) => this.group(subject, group)), this.foot(subject)];
  }

  groups(subject) {
    const { object } = subject;
    if (subject.is('bpmn:Process')) return routingGroups(subject);
    if (subject.is('bpmn:Collaboration')) return object.participants?.length ? routingGroups(subject, object.participants.find((each) => each.processRef)?.processRef) : [];
    if (subject.is('bpmn:Participant')) return object.processRef ? routingGroups(subject, object.processRef) : [];
    if (subject.is('bpmn:Lane')) return laneGroups(subject);
    if (subject.is('bpmn:SequenceFlow')) return flowGroups(subject);
    if (subject.is('bpmn:Gateway')) return [...gatewayGroups(subject), ...waysGroup(subject)];
    if (subject.is('bpmn:Event')) return [...eventGroups(subject), ...waysGroup(subject)];
    if (subject.is('bpmn:CallActivity')) return [...callGroups(subject), ...waysGroup(subject), ...meanwhileGroup(subject), repeatGroup(subject)];
    if (subject.is('bpmn:SubProcess')) return [...blockGroups(subject), ...waysGroup(subject), ...meanwhileGroup(subject), repeatGroup(subject)];
    if (subject.is('bpmn:Task')) return [...taskGroups(subject), ...waysGroup(subject), ...meanwhileGroup(subject), repeatGroup(subject)];
    if (subject.is('bpmn:TextAnnotation')) return [{ title: say('Note'), open: true, fields: [{ kind: 'area', id: 'text', label: say('Text'), ...subject.property('text') }] }];
    return [{ title: say('Element'), open: true, fields: [{ kind: 'text', id: 'name', label: say('Name'), ...subject.property('name') }] }];
  }

  head(subject) {
    const kind = kindOf(subject.object);
    const badge = kind && make('span', { class: `badge kind-${kind}` }, KINDS[kind].badge);
    return make('header', { class: 'panel-head' }, badge, make('div', {}, make('span', { class: 'muted small' }, kind ? say(KINDS[kind].label) : say(typeWords(subject.type))), make('h2', {}, this.editor.nameOf(subject.object.id) || say('without a name'))));
  }

  group(subject, group) {
    const key = `${subject.type}:${group.title}`;
    const box = make('details', { class: 'panel-group', open: this.open.get(key) ?? group.open }, make('summary', {}, group.title));
    box.addEventListener('toggle', () => this.open.set(key, box.open));
    box.append(make('div', { class: 'panel-fields' }, group.fields.map((field) => (field.kind === 'custom' ? field.draw() : CONTROLS[field.kind](field)))));
    return box;
  }

  /** What other systems call it; and what was found about it. */
  foot(subject) {
    const found = this.editor.findings.list.filter((each) => each.element === subject.object.id);
    const list = found.length > 0 && make('div', { class: 'panel-found' }, found.map((each) => make('p', { class: `banner ${each.severity === 'error' ? 'bad' : 'warn'}` }, make('span', {}, make('b', {}, each.message), ' ', each.cure))));
    if (subject.is('bpmn:Process') || subject.is('bpmn:Collaboration')) return list || '';
    const id = CONTROLS.text({ id: 'id', label: say('Id'), mono: true, get: () => subject.object.id, set: (value) => this.editor.rename(subject.object, value, subject.element), check: (value) => this.editor.refusedId(value, subject.object) });
    return make('div', {}, list, make('details', { class: 'panel-group' }, make('summary', {}, say('For other systems')), make('div', { class: 'panel-fields' }, id)));
  }
}
