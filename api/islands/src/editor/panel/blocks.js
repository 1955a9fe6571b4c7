/** What the panel asks of sub-routings, groups of steps, repetition, lanes and the routing itself. */
import { say } from '../../shared/say.js';

const whole = (value) => (/^\d+$/.test(value) ? null : say('Write a whole number.'));

export function callGroups(subject) {
  const { vocabulary } = subject.editor;
  const names = () => subject.variables.map((each) => each.name);
  const mapping = (id, type, label, help) => ({
    kind: 'table', id, label, help, add: say('Add a variable'), ...subject.rows(type, ['source', 'target']),
    columns: [{ name: 'source', label: say('From'), suggest: names }, { name: 'target', label: say('To'), suggest: names }],
  });
  return [{
    title: say('Sub-routing'),
    open: true,
    fields: [
      { kind: 'text', id: 'operation', label: say('Operation number'), ...subject.property('mes:operation') },
      { kind: 'text', id: 'name', label: say('Name'), ...subject.property('name') },
      { kind: 'text', id: 'called', label: say('Routing that runs here'), mono: true, ...subject.property('calledElement'), suggest: () => vocabulary.processes.map((each) => ({ value: each.key, label: each.name })), help: vocabulary.processes.find((each) => each.key === subject.get('calledElement'))?.name },
      { kind: 'area', id: 'instruction', label: say('What for'), ...subject.documentation },
      mapping('in', 'mes:In', say('Handed in'), say('Without a row every variable is handed in')),
      mapping('out', 'mes:Out', say('Taken back'), say('Without a row everything it wrote is taken back')),
      { kind: 'text', id: 'maximum', label: say('How often at most'), ...subject.property('mes:maximum'), check: whole },
    ],
  }];
}

export function blockGroups(subject) {
  return [{
    title: subject.get('triggeredByEvent') ? say('Group started by an event') : say('Group of steps'),
    open: true,
    fields: [
      { kind: 'text', id: 'name', label: say('Name'), ...subject.property('name') },
      { kind: 'area', id: 'instruction', label: say('What for'), ...subject.documentation },
      { kind: 'text', id: 'maximum', label: say('How often at most'), ...subject.property('mes:maximum'), check: whole },
    ],
  }];
}

/** Once, again while a condition holds, or for each of several. */
export function repeatGroup(subject) {
  const loop = subject.get('loopCharacteristics');
  const kind = !loop ? '' : loop.$type === 'bpmn:StandardLoopCharacteristics' ? 'loop' : loop.get('isSequential') ? 'sequential' : 'parallel';
  const turn = (value) => subject.set({ loopCharacteristics: made(subject, value) });
  const choice = {
    kind: 'choice', id: 'repeat', label: say('Is done'), get: () => kind, set: turn,
    options: [{ value: '', label: say('once') }, { value: 'parallel', label: say('for each of several, side by side') }, { value: 'sequential', label: say('for each of several, one after another') }, { value: 'loop', label: say('again while a condition holds') }],
  };
  return { title: say('Repetition'), open: Boolean(loop), fields: [choice, ...(loop ? (kind === 'loop' ? loopFields : severalFields)(subject, loop) : [])] };
}

function made(subject, kind) {
  if (!kind) return undefined;
  const loop = kind === 'loop' ? subject.factory.create('bpmn:StandardLoopCharacteristics') : subject.factory.create('bpmn:MultiInstanceLoopCharacteristics', { isSequential: kind === 'sequential' });
  loop.$parent = subject.object;
  return loop;
}

function loopFields(subject, loop) {
  const maximum = subject.below(loop, 'loopMaximum');
  return [
    { kind: 'area', id: 'while', label: say('Again while'), rows: 2, ...subject.expression(loop, 'loopCondition') },
    { kind: 'flag', id: 'before', label: say('Asked before the first time, too'), ...subject.below(loop, 'testBefore') },
    { kind: 'text', id: 'rounds', label: say('Rounds at most'), check: whole, get: () => maximum.get()?.toString(), set: (text) => maximum.set(text ? Number(text) : undefined) },
  ];
}

/** The variables of a loop are written as the names that the engine reads. */
function severalFields(subject, loop) {
  const variables = () => subject.variables.map((each) => ({ value: each.name, label: each.from }));
  const named = (name) => ({
    get: () => loop.get(name)?.get?.('name') ?? loop.get(name)?.id ?? '',
    set: (text) => subject.modeling.updateModdleProperties(subject.element, loop, { [name]: text ? item(subject, loop, text) : undefined }),
  });
  return [
    { kind: 'text', id: 'list', label: say('For each in the list'), mono: true, ...listed(subject, loop, 'loopDataInputRef'), suggest: variables },
    { kind: 'text', id: 'count', label: say('or so many times'), ...subject.expression(loop, 'loopCardinality'), placeholder: '= quantity' },
    { kind: 'text', id: 'item', label: say('One of them is called'), mono: true, ...named('inputDataItem') },
    { kind: 'text', id: 'result', label: say('Each result is in'), mono: true, ...named('outputDataItem') },
    { kind: 'text', id: 'results', label: say('and collected in'), mono: true, ...listed(subject, loop, 'loopDataOutputRef') },
    { kind: 'area', id: 'enough', label: say('Enough when'), rows: 2, ...subject.expression(loop, 'completionCondition') },
  ];
}

function item(subject, loop, name) {
  const made = subject.factory.create('bpmn:DataInput', { id: subject.editor.modeler.get('mesNames').free(`${subject.object.id}_${name}`), name });
  made.$parent = loop;
  return made;
}

/** A reference to a list by the variable's name: the dialect reads the name itself. */
function listed(subject, loop, name) {
  return {
    get: () => loop.get(name)?.id ?? '',
    set: (text) => subject.modeling.updateModdleProperties(subject.element, loop, { [name]: text ? { id: text, $type: 'bpmn:ItemAwareElement' } : undefined }),
  };
}

export function laneGroups(subject) {
  return [{
    title: say('Lane'),
    open: true,
    fields: [
      { kind: 'text', id: 'name', label: say('Name'), ...subject.property('name') },
      { kind: 'choice', id: 'role', label: say('Role'), ...subject.property('mes:role'), options: () => [{ value: '', label: say('of the lane\'s name') }, ...subject.editor.roles()], help: say('Who may complete the steps in this lane') },
    ],
  }];
}

/** The routing itself: chosen when nothing is, or its pool. */
export function routingGroups(subject, process) {
  const target = process ?? subject.object;
  const property = (name) => ({ get: () => target.get(name), set: (value) => subject.modeling.updateModdleProperties(subject.element, target, { [name]: value }) });
  const fields = [
    { kind: 'text', id: 'name', label: say('Name of the routing'), required: true, ...property('name') },
    { kind: 'text', id: 'key', label: say('Key'), mono: true, get: () => target.id, set: (value) => subject.editor.rename(target, value), check: (value) => subject.editor.refusedKey(value, target), help: subject.editor.draft.base ? say('With another key it is another routing') : say('By this name it is called and started') },
    {
      kind: 'area', id: 'instruction', label: say('What it is for'),
      get: () => target.get('documentation')[0]?.text ?? '',
      set: (text) => subject.modeling.updateModdleProperties(subject.element, target, { documentation: text ? [subject.factory.create('bpmn:Documentation', { text })] : [] }),
    },
  ];
  return [{ title: say('Routing'), open: true, fields }];
}
