/** Ways: what a question asks, where each way leads, and when it is taken. By keyboard they are drawn here, too. */
import { icon, make } from '../../shared/dom.js';
import { say } from '../../shared/say.js';
import { condition } from './condition.js';

const whole = (value) => (/^\d+$/.test(value) ? null : say('Write a whole number.'));
const chooses = (subject) => subject.is('bpmn:ExclusiveGateway') || subject.is('bpmn:InclusiveGateway');

export function gatewayGroups(subject) {
  const asks = chooses(subject);
  const fields = [sort(subject), { kind: 'text', id: 'name', label: asks ? say('Question') : say('Name'), ...subject.property('name'), help: asks ? say('Such as "Within limits?"') : undefined }];
  if (asks) fields.push(byDefault(subject));
  if (subject.is('bpmn:ExclusiveGateway')) fields.push({ kind: 'text', id: 'maximum', label: say('How often at most'), ...subject.property('mes:maximum'), check: whole, help: say('In one run; after that it stops as an incident') });
  return [{ title: asks ? say('Question') : say('Gateway'), open: true, fields }];
}

const SORTS = { Exclusive: 'One way of several', Inclusive: 'Every way whose condition is true', Parallel: 'All ways side by side', EventBased: 'The way of what happens first' };

/** Which ways are taken: the gateway becomes another one, in its place. */
function sort(subject) {
  const options = Object.entries(SORTS).map(([name, words]) => ({ value: `bpmn:${name}Gateway`, label: say(words) }));
  return {
    kind: 'choice', id: 'sort', label: say('Which ways are taken'), options, get: () => subject.object.$type,
    set: (type) => subject.editor.choose(subject.editor.modeler.get('bpmnReplace').replaceElement(subject.element, { type }).id),
  };
}

function byDefault(subject) {
  const flows = subject.element.outgoing.filter((flow) => flow.type === 'bpmn:SequenceFlow');
  return {
    kind: 'choice', id: 'default', label: say('Otherwise'), get: () => subject.get('default')?.id ?? '',
    set: (id) => subject.set({ default: flows.find((flow) => flow.id === id)?.businessObject }),
    options: [{ value: '', label: say('none: it stops as an incident') }, ...flows.map((flow) => ({ value: flow.id, label: wayName(flow) }))],
    help: say('The way taken when no condition is true'),
  };
}

const wayName = ({ businessObject, target }) => [businessObject.name, target && `→ ${target.businessObject.name || target.id}`].filter(Boolean).join(' ');

/** The ways out of a node: their order is the order in which they are tried. */
export function waysGroup(subject) {
  const flows = outgoing(subject);
  if (subject.is('bpmn:EndEvent') || !subject.is('bpmn:FlowNode')) return [];
  return [{ title: say('Goes on to'), open: true, fields: [{ kind: 'custom', id: 'ways', draw: () => make('div', { class: 'ways' }, flows.map((flow, index) => way(subject, flows, flow, index)), adder(subject)) }] }];
}

function outgoing(subject) {
  const order = subject.get('outgoing') ?? [];
  return subject.element.outgoing.filter((flow) => flow.type === 'bpmn:SequenceFlow').sort((a, b) => order.indexOf(a.businessObject) - order.indexOf(b.businessObject));
}

function way(subject, flows, flow, index) {
  const words = flow.businessObject.conditionExpression?.body;
  const isDefault = subject.get('default') === flow.businessObject;
  const move = (by) => {
    const order = flows.map((each) => each.businessObject);
    order.splice(index + by, 0, ...order.splice(index, 1));
    subject.set({ outgoing: order });
  };
  const mover = (by, glyph, label, on) => on && make('button', { type: 'button', class: 'btn small quiet icon-only', 'aria-label': label, title: label, onclick: () => move(by) }, icon(glyph));
  return make('div', { class: 'way' }, [
    make('button', { type: 'button', class: 'way-name', onclick: () => subject.editor.choose(flow.id) }, [
      make('b', {}, wayName(flow) || flow.id),
      make('span', { class: 'muted small mono' }, isDefault ? say('otherwise') : words ?? (chooses(subject) ? say('no condition') : '')),
    ]),
    chooses(subject) && mover(-1, 'up', say('Try earlier'), index > 0),
    chooses(subject) && mover(1, 'down', say('Try later'), index < flows.length - 1),
  ]);
}

/** Connect by keyboard: to a step that there is. */
function adder(subject) {
  const { modeler } = subject.editor;
  const targets = modeler.get('elementRegistry').filter((each) => each !== subject.element && !each.labelTarget && each.parent === subject.element.parent
    && each.businessObject.$instanceOf?.('bpmn:FlowNode') && each.type !== 'bpmn:StartEvent' && each.type !== 'bpmn:BoundaryEvent');
  const pick = make('select', { 'aria-label': say('Draw a way to') }, make('option', { value: '' }, say('Draw a way to …')),
    targets.map((each) => make('option', { value: each.id }, each.businessObject.name || each.id)));
  pick.addEventListener('change', () => pick.value && subject.modeling.connect(subject.element, modeler.get('elementRegistry').get(pick.value)));
  return targets.length > 0 && pick;
}

export function flowGroups(subject) {
  const { source } = subject.element;
  const from = source.businessObject;
  const conditional = from.$instanceOf('bpmn:ExclusiveGateway') || from.$instanceOf('bpmn:InclusiveGateway') || from.$instanceOf('bpmn:Activity');
  const isDefault = from.default === subject.object;
  const fields = [{ kind: 'text', id: 'name', label: say('Answer on the way'), ...subject.property('name') }];
  if (conditional && !isDefault) fields.push({ kind: 'custom', id: 'condition', draw: () => condition({ id: 'condition', label: say('Taken when'), get: () => subject.get('conditionExpression')?.body, set: (text) => write(subject, text), variables: () => subject.variables }) });
  if (conditional) fields.push({ kind: 'flag', id: 'default', label: say('Otherwise: taken when no condition is true'), get: () => isDefault, set: (on) => turnDefault(subject, source, on) });
  return [{ title: say('Way'), open: true, fields }];
}

function write(subject, text) {
  subject.set({ conditionExpression: text ? subject.factory.create('bpmn:FormalExpression', { body: text }) : undefined });
}

function turnDefault(subject, source, on) {
  subject.modeling.updateProperties(source, { default: on ? subject.object : undefined });
  if (on && subject.get('conditionExpression')) subject.set({ conditionExpression: undefined });
}
