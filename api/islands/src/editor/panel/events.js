/** What the panel asks of events: times, messages, signals, errors. */
import { make } from '../../shared/dom.js';
import { say } from '../../shared/say.js';
import { calendar, optional, parameters } from './tasks.js';
import { readable, written } from './times.js';

const THROWS = new Set(['IntermediateThrowEvent', 'EndEvent']);
const TIMERS = { timeDuration: 'After a while', timeDate: 'At an instant', timeCycle: 'Again and again' };

export function eventGroups(subject) {
  const name = { kind: 'text', id: 'name', label: say('Name'), ...subject.property('name') };
  const { definition } = subject;
  const fields = [name, becomes(subject)];
  if (subject.is('bpmn:BoundaryEvent')) fields.push({ kind: 'flag', id: 'interrupts', label: say('Ends the step it sits on'), get: () => subject.get('cancelActivity') !== false, set: (on) => subject.set({ cancelActivity: on }) });
  if (definition) fields.push(...(FIELDS[definition.$type]?.(subject, definition) ?? []));
  return [{ title: TITLES[subject.type]?.() ?? say('Event'), open: true, fields }];
}

const DEFINITIONS = { timer: 'Timer', message: 'Message', signal: 'Signal', error: 'Error', escalation: 'Escalation', condition: 'Conditional', link: 'Link', terminate: 'Terminate' };
const WORDS = {
  none: 'Nothing more', timer: 'A time', message: 'A message', signal: 'A signal', error: 'An error', escalation: 'An escalation', condition: 'A condition', link: 'A link', terminate: 'Everything ends',
};
const MAY = {
  StartEvent: ['none', 'message', 'timer', 'signal', 'condition'],
  EndEvent: ['none', 'message', 'signal', 'error', 'escalation', 'terminate'],
  IntermediateCatchEvent: ['timer', 'message', 'signal', 'condition', 'link'],
  IntermediateThrowEvent: ['none', 'message', 'signal', 'escalation', 'link'],
  BoundaryEvent: ['timer', 'message', 'signal', 'error', 'escalation', 'condition'],
};
const typeOf = (kind) => (kind === 'none' ? undefined : `bpmn:${DEFINITIONS[kind]}EventDefinition`);
const optionsOf = (kinds) => kinds.map((value) => ({ value, label: say(WORDS[value]) }));

/** What the event is about: it becomes another event, in its place. */
function becomes(subject) {
  const kinds = MAY[subject.type] ?? ['none'];
  const now = kinds.find((kind) => typeOf(kind) === subject.definition?.$type) ?? 'none';
  return {
    kind: 'choice', id: 'about', label: say('What it is about'), get: () => now, options: optionsOf(kinds.includes(now) ? kinds : [now, ...kinds]),
    set: (kind) => {
      const target = { type: subject.object.$type, ...(typeOf(kind) && { eventDefinitionType: typeOf(kind) }), ...(subject.element.host && { host: subject.element.host }) };
      const made = subject.editor.modeler.get('bpmnReplace').replaceElement(subject.element, target);
      subject.editor.choose(made.id);
    },
  };
}

/** Events at a step: what may happen while it is done. */
export function meanwhileGroup(subject) {
  const attached = subject.element.attachers ?? [];
  return [{
    title: say('What may happen meanwhile'),
    open: attached.length > 0,
    fields: [{ kind: 'custom', id: 'meanwhile', draw: () => make('div', { class: 'ways' }, attached.map((each) => there(subject, each)), addEvent(subject)) }],
  }];
}

const there = (subject, { id, businessObject }) => make('div', { class: 'way' }, make('button', { type: 'button', class: 'way-name', onclick: () => subject.editor.choose(id) }, make('b', {}, businessObject.name || id)));

function addEvent(subject) {
  const pick = make('select', { 'aria-label': say('Add an event at the step') }, make('option', { value: '' }, say('Add an event at the step …')), MAY.BoundaryEvent.map((kind) => make('option', { value: kind }, say(WORDS[kind]))));
  pick.addEventListener('change', () => pick.value && attach(subject, pick.value));
  return pick;
}

function attach({ editor, element, modeling }, kind) {
  const shape = editor.modeler.get('elementFactory').createShape({ type: 'bpmn:BoundaryEvent', eventDefinitionType: typeOf(kind) });
  const taken = (element.attachers ?? []).length;
  const at = { x: element.x + element.width - 22 - 40 * taken, y: element.y + element.height };
  editor.choose(modeling.createShape(shape, at, element, { attach: true }).id);
}

const TITLES = {
  StartEvent: () => say('Start'),
  EndEvent: () => say('End'),
  BoundaryEvent: () => say('Event at a step'),
};

const FIELDS = {
  'bpmn:TimerEventDefinition': timer,
  'bpmn:MessageEventDefinition': (subject, definition) => told(subject, definition, 'messageRef', 'bpmn:Message', 'message'),
  'bpmn:SignalEventDefinition': (subject, definition) => told(subject, definition, 'signalRef', 'bpmn:Signal', 'signal'),
  'bpmn:ErrorEventDefinition': (subject, definition) => [{ kind: 'text', id: 'error', label: say('Error code'), mono: true, ...subject.reference(definition, 'errorRef', 'bpmn:Error', 'errorCode'), suggest: () => subject.editor.vocabulary.plant.errors.map((value) => ({ value })) }],
  'bpmn:EscalationEventDefinition': (subject, definition) => [{ kind: 'text', id: 'escalation', label: say('Escalation code'), mono: true, ...subject.reference(definition, 'escalationRef', 'bpmn:Escalation', 'escalationCode') }],
  'bpmn:ConditionalEventDefinition': (subject, definition) => [{ kind: 'area', id: 'condition', label: say('When it becomes true'), rows: 2, ...subject.expression(definition, 'condition') }],
  'bpmn:LinkEventDefinition': (subject, definition) => [{ kind: 'text', id: 'link', label: say('Name of the link'), ...subject.below(definition, 'name') }],
};

function timer(subject, definition) {
  const kind = Object.keys(TIMERS).find((name) => definition.get(name)) ?? 'timeDuration';
  const { get, set } = subject.expression(definition, kind);
  const turn = (value) => {
    const made = subject.factory.create('bpmn:FormalExpression', { body: get() || '' });
    made.$parent = definition;
    subject.modeling.updateModdleProperties(subject.element, definition, { timeDuration: undefined, timeDate: undefined, timeCycle: undefined, [value]: made });
  };
  const hint = { timeDuration: say('for example 2 h 30 min'), timeDate: '2030-01-31T06:00:00', timeCycle: 'R3/PT10M' }[kind];
  const value = {
    kind: 'text', id: 'time', label: say('Time'), placeholder: hint,
    get: () => (kind === 'timeDuration' ? readable(get()) ?? get() : get()),
    set: (text) => set(text && kind === 'timeDuration' ? written(text) : text),
    check: kind === 'timeDuration' ? (text) => (written(text) ? null : say('Write a time such as 2 h 30 min, PT2H30M, or = and an expression.')) : undefined,
  };
  const options = Object.entries(TIMERS).map(([name, label]) => ({ value: name, label: say(label) }));
  return [{ kind: 'choice', id: 'timer', label: say('When'), get: () => kind, set: turn, options }, value, calendar(subject)];
}

function told(subject, definition, name, type, kind) {
  const throws = THROWS.has(subject.type);
  const label = { message: throws ? say('Message sent') : say('Message waited for'), signal: throws ? say('Signal sent') : say('Signal waited for') }[kind];
  const fields = [{ kind: 'text', id: kind, label, mono: true, ...subject.reference(definition, name, type), suggest: () => subject.editor.vocabulary.messages(kind).map((value) => ({ value })) }];
  if (kind === 'message' && subject.type !== 'StartEvent') fields.push({ kind: 'text', id: 'correlation', label: say('Key of the message'), mono: true, ...subject.property('mes:correlation'), help: say('Without one the business key tells whose message it is') });
  if (throws) fields.push(parameters(subject));
  if (throws && kind === 'message') fields.push(optional(subject));
  return fields;
}
