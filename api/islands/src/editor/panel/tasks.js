/** What the panel asks of tasks: the words of the trade, with what exists in the plant to pick from. */
import { KINDS, kindOf, laneOf, roleOf } from '../../shared/steps.js';
import { say } from '../../shared/say.js';
import { timed } from './times.js';

const MEANINGS = ['performed', 'verified', 'reviewed', 'approved', 'released'];
const whole = (value) => (/^\d+$/.test(value) ? null : say('Write a whole number.'));
const wholeOrExpression = (value) => (value.startsWith('=') || value.startsWith('${') ? null : whole(value));
const kinds = ['operation', 'inspection', 'machine', 'hold', 'sign'];

export function taskGroups(subject) {
  const groups = [work(subject)];
  if (subject.is('bpmn:ServiceTask') || subject.is('bpmn:SendTask')) groups.push(job(subject));
  if (subject.is('bpmn:BusinessRuleTask')) groups.push(decision(subject));
  if (subject.is('bpmn:SendTask') || subject.is('bpmn:ReceiveTask')) groups.push(message(subject));
  groups.push(times(subject), needs(subject));
  return groups;
}

function work(subject) {
  const people = subject.is('bpmn:UserTask');
  return {
    title: say('Step'),
    open: true,
    fields: [
      { kind: 'choice', id: 'kind', label: say('Kind of step'), get: () => kindOf(subject.object) ?? '', set: (value) => change(subject, value), options: [...kinds.map((value) => ({ value, label: say(KINDS[value].label) })), ...other(subject)] },
      { kind: 'text', id: 'operation', label: say('Operation number'), ...subject.property('mes:operation') },
      { kind: 'text', id: 'name', label: say('Name'), ...subject.property('name'), help: say('What is to be done, such as "Inspect diameter"') },
      { kind: 'area', id: 'instruction', label: say('Instruction'), ...subject.documentation },
      ...(people ? [form(subject), signature(subject)] : []),
      role(subject),
      { kind: 'text', id: 'maximum', label: say('How often at most'), ...subject.property('mes:maximum'), check: whole, help: say('In one run; after that it stops as an incident') },
    ],
  };
}

function other(subject) {
  return kindOf(subject.object) ? [] : [{ value: '', label: say('Other') }];
}

/** Another kind of step: what it is in BPMN changes with it, and its name and number stay. */
function change(subject, kind) {
  if (!kind) return;
  const { modeler } = subject.editor;
  const machine = kind === 'machine';
  let { element } = subject;
  const wanted = machine ? 'bpmn:ServiceTask' : 'bpmn:UserTask';
  if (element.type !== wanted) element = modeler.get('bpmnReplace').replaceElement(element, { type: wanted });
  const signature = { hold: 'released', sign: 'verified' }[kind];
  modeler.get('modeling').updateProperties(element, {
    'mes:kind': kind,
    ...(machine && !element.businessObject.get('mes:function') && { 'mes:topic': element.businessObject.get('mes:topic') ?? 'machine.run_cycle' }),
    ...(!machine && { 'mes:signature': signature ?? undefined }),
  });
  subject.editor.choose(element.id);
}

function form(subject) {
  const { editor } = subject;
  const key = () => subject.get('mes:form');
  return {
    kind: 'text', id: 'form', label: say('Form'), mono: true, ...subject.property('mes:form'),
    help: editor.vocabulary.form(key())?.title ?? say('What the person records; without one anything is accepted'),
    suggest: () => editor.vocabulary.forms.map((each) => ({ value: each.key, label: each.title })),
    action: () => [key() && editor.vocabulary.form(key())
      ? { label: say('Open the form'), glyph: 'edit', run: () => editor.openForm(key()) }
      : { label: say('Make a form'), glyph: 'plus', run: () => editor.newForm(subject) }],
  };
}

function signature(subject) {
  return {
    kind: 'choice', id: 'signature', label: say('Signature'), ...subject.property('mes:signature'),
    options: [{ value: '', label: say('none') }, ...MEANINGS.map((value) => ({ value, label: say(value) }))],
    help: say('What the one who completes the step confirms by password'),
  };
}

/** Another role: the step moves into that role's lane, which is drawn if there is none. */
function role(subject) {
  const lane = laneOf(subject.object);
  const none = lane && roleOf(subject.object) ? [] : [{ value: '', label: say('everybody who may complete tasks') }];
  return {
    kind: 'choice', id: 'role', label: say('Role'), get: () => roleOf(subject.object) ?? '',
    set: (value) => value && subject.editor.modeler.get('mesRoles').give(subject.element, value),
    options: () => [...none, ...subject.editor.roles()],
    help: subject.get('mes:role') ? say('It says its role itself') : lane ? say('It stands in the lane {lane}', { lane: lane.name || lane.id }) : say('The step moves into the lane of its role'),
  };
}

function job(subject) {
  const { vocabulary } = subject.editor;
  const topic = subject.get('mes:topic');
  const inside = subject.get('mes:function') !== undefined;
  const choose = {
    kind: 'choice', id: 'does', label: say('Who does it'), get: () => (inside ? 'function' : 'topic'),
    set: (value) => subject.set(value === 'function' ? { 'mes:function': '', 'mes:topic': undefined, 'mes:action': undefined } : { 'mes:function': undefined, 'mes:topic': 'machine.run_cycle' }),
    options: [{ value: 'topic', label: say('a machine or another system') }, { value: 'function', label: say('the plant itself') }],
  };
  const asked = inside
    ? [{ kind: 'text', id: 'function', label: say('Function'), mono: true, required: true, ...subject.property('mes:function'), suggest: () => vocabulary.plant.functions.map((each) => ({ value: each.name, label: each.says })), help: vocabulary.func(subject.get('mes:function'))?.says }]
    : [
        { kind: 'text', id: 'topic', label: say('Topic'), mono: true, ...subject.property('mes:topic'), suggest: () => vocabulary.plant.topics.map((each) => ({ value: each.topic })), help: say('Who takes the job: machines and systems ask for topics') },
        { kind: 'text', id: 'action', label: say('Action'), mono: true, ...subject.property('mes:action'), suggest: () => (vocabulary.topic(topic)?.actions ?? []).map((value) => ({ value })) },
      ];
  return {
    title: say('What is done'),
    open: true,
    fields: [
      ...(subject.is('bpmn:SendTask') ? [] : [choose]), ...asked, parameters(subject),
      ...(inside ? [] : [{ kind: 'text', id: 'retries', label: say('Attempts'), ...subject.property('mes:retries'), check: wholeOrExpression, placeholder: '3' }]),
    ],
  };
}

export function parameters(subject) {
  const func = subject.editor.vocabulary.func(subject.get('mes:function'));
  return {
    kind: 'table', id: 'parameters', label: say('Parameters'), add: say('Add a parameter'), ...subject.rows('mes:Parameter', ['name', 'value']),
    help: say('A value that starts with = is calculated: = quantity * 2'),
    columns: [
      { name: 'name', label: say('Name'), suggest: func && (() => func.parameters) },
      { name: 'value', label: say('Value'), suggest: () => subject.variables.map((each) => `= ${each.name}`) },
    ],
  };
}

function decision(subject) {
  const { editor } = subject;
  const key = subject.get('mes:decision');
  return {
    title: say('Decision'),
    open: true,
    fields: [{
      kind: 'text', id: 'decision', label: say('Decision table'), mono: true, ...subject.property('mes:decision'),
      help: editor.vocabulary.decision(key)?.name,
      suggest: () => editor.vocabulary.decisions.map((each) => ({ value: each.key, label: each.name })),
      action: () => [editor.vocabulary.decision(key)
        ? { label: say('Open the table'), glyph: 'edit', run: () => editor.openDecision(key) }
        : { label: say('Make a table'), glyph: 'plus', run: () => editor.newDecision(subject) }],
    }],
  };
}

function message(subject) {
  const sends = subject.is('bpmn:SendTask');
  return {
    title: say('Message'),
    open: true,
    fields: [
      { kind: 'text', id: 'message', label: sends ? say('Message sent') : say('Message waited for'), mono: true, ...subject.reference(subject.object, 'messageRef', 'bpmn:Message'), suggest: () => subject.editor.vocabulary.messages('message').map((value) => ({ value })) },
      { kind: 'text', id: 'correlation', label: say('Key of the message'), mono: true, ...subject.property('mes:correlation'), help: say('Without one the business key tells whose message it is') },
      ...(sends ? [optional(subject)] : []),
    ],
  };
}

export function optional(subject) {
  return { kind: 'flag', id: 'optional', label: say('Nobody needs to receive it'), get: () => subject.get('mes:optional') === 'true', set: (on) => subject.set({ 'mes:optional': on ? 'true' : undefined }) };
}

function times(subject) {
  return {
    title: say('Times and priority'),
    open: ['duration', 'due', 'followUp', 'priority', 'calendar'].some((name) => subject.get(`mes:${name}`)),
    fields: [
      timed({ id: 'duration', label: say('Standard time'), ...subject.property('mes:duration') }),
      timed({ id: 'due', label: say('Due after'), ...subject.property('mes:due') }),
      timed({ id: 'followUp', label: say('Remind after'), ...subject.property('mes:followUp') }),
      calendar(subject),
      { kind: 'text', id: 'priority', label: say('Priority'), ...subject.property('mes:priority'), placeholder: '50', check: wholeOrExpression, help: say('0 to 100, highest first') },
    ],
  };
}

export function calendar(subject) {
  const { calendars } = subject.editor.vocabulary.plant;
  const options = [{ value: '', label: say('round the clock') }, ...calendars.map((value) => ({ value, label: value }))];
  return { kind: 'choice', id: 'calendar', label: say('Working calendar'), ...subject.property('mes:calendar'), options };
}

function needs(subject) {
  return {
    title: say('What it needs'),
    open: Boolean(subject.get('mes:equipment') || subject.get('mes:qualification')),
    fields: [
      { kind: 'text', id: 'equipment', label: say('Equipment'), mono: true, ...subject.property('mes:equipment'), suggest: () => subject.editor.vocabulary.plant.equipment.map((value) => ({ value })) },
      ...(subject.is('bpmn:UserTask') ? [{ kind: 'text', id: 'qualification', label: say('Qualification'), ...subject.property('mes:qualification') }] : []),
    ],
  };
}
