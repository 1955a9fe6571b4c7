/** The palette: buttons to press, to drag from, and to use by keyboard. */
import { icon, make } from '../shared/dom.js';
import { KINDS } from '../shared/steps.js';
import { say } from '../shared/say.js';

const STEPS = ['operation', 'inspection', 'machine', 'hold', 'sign', 'sub'];
const PLAIN = [
  ['decision', 'bpmn-icon-business-rule-task', 'Decision table'],
  ['gateway', 'bpmn-icon-gateway-xor', 'Question'],
  ['parallel', 'bpmn-icon-gateway-parallel', 'Side by side'],
  ['start', 'bpmn-icon-start-event-none', 'Start'],
  ['end', 'bpmn-icon-end-event-none', 'End'],
  ['timer', 'bpmn-icon-intermediate-event-catch-timer', 'Wait for a time'],
  ['message', 'bpmn-icon-intermediate-event-catch-message', 'Wait for a message'],
  ['group', 'bpmn-icon-subprocess-expanded', 'Group of steps'],
  ['pool', 'bpmn-icon-participant', 'Pool with lanes'],
  ['note', 'bpmn-icon-text-annotation', 'Note'],
];
const TOOLS = [
  ['handTool', 'activateHand', 'bpmn-icon-hand-tool', 'Move the view'],
  ['lassoTool', 'activateSelection', 'bpmn-icon-lasso-tool', 'Choose several'],
  ['spaceTool', 'activateSelection', 'bpmn-icon-space-tool', 'Make room'],
  ['globalConnect', 'start', 'bpmn-icon-connection-multi', 'Connect'],
];

export function palette(editor, place) {
  place.append(
    make('div', { class: 'palette-tools' }, TOOLS.map((tool) => toolButton(editor, tool))),
    make('div', { class: 'palette-steps' }, STEPS.map((kind) => creator(editor, kind, make('span', { class: `badge kind-${kind}` }, KINDS[kind].badge), KINDS[kind].label)), rework(editor)),
    make('div', { class: 'palette-plain' }, PLAIN.map(([kind, glyph, words]) => creator(editor, kind, make('span', { class: glyph, 'aria-hidden': 'true' }), words, true))),
  );
}

function toolButton({ modeler }, [service, act, glyph, words]) {
  const label = say(words);
  return make('button', { type: 'button', class: `tool ${glyph}`, title: label, 'aria-label': label, onclick: (event) => modeler.get(service)[act](event) });
}

/** Pressed by hand the step comes to the pointer; by keyboard it is placed behind what is chosen. */
function creator(editor, kind, mark, words, small = false) {
  const label = say(words);
  const steps = () => editor.modeler.get('mesSteps');
  const button = make('button', {
    type: 'button', class: small ? 'tool creator' : 'creator', draggable: 'true', title: label, 'aria-label': small ? label : null, 'data-create': kind,
    onclick: (event) => (event.detail === 0 ? editor.modeler.get('selection').select(steps().append(kind)) : steps().drag(event, kind)),
    ondragstart: (event) => { event.preventDefault(); steps().drag(event, kind); },
  }, mark, !small && make('span', {}, label));
  return button;
}

function rework(editor) {
  const { modeler } = editor;
  const button = make('button', {
    type: 'button', class: 'creator', 'data-create': 'rework', title: say('Choose a step first: the loop leads back to it'),
    onclick: () => modeler.get('mesRework').add(modeler.get('selection').get()[0]),
  }, make('span', { class: 'badge kind-rework', 'aria-hidden': 'true' }, icon('undo')), make('span', {}, say('Rework loop')));
  const turn = () => {
    const [one] = modeler.get('selection').get();
    button.disabled = !one?.businessObject?.$instanceOf?.('bpmn:Task');
  };
  modeler.on('selection.changed', turn);
  turn();
  return button;
}
