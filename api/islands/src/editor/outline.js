/** The same routing as a list: what is drawn can be read and chosen without a pointer. */
import { make } from '../shared/dom.js';
import { KINDS, kindOf } from '../shared/steps.js';
import { say } from '../shared/say.js';
import { typeWords } from './panel/panel.js';

export function outline(editor, place) {
  const { modeler } = editor;
  let waiting = 0;
  const draw = () => {
    const [chosen] = modeler.get('selection').get();
    const nodes = modeler.get('elementRegistry').filter((each) => each.parent && !each.labelTarget && !each.waypoints && each.businessObject.$instanceOf?.('bpmn:FlowNode'));
    place.replaceChildren(make('div', { class: 'step-list' }, walked(nodes).map((element) => {
      const object = element.businessObject;
      const kind = kindOf(object);
      const mark = kind ? make('span', { class: `badge kind-${kind}` }, KINDS[kind].badge) : make('span', { class: 'muted small' }, say(typeWords(object.$type.replace('bpmn:', ''))));
      return make('button', { type: 'button', 'aria-current': element === chosen ? 'true' : null, onclick: () => { editor.choose(object.id); } }, make('span', { class: 'num muted' }, object.get('mes:operation') ?? ''), mark, make('span', {}, object.name || object.id));
    })));
  };
  const soon = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => !place.hidden && draw());
  };
  modeler.on(['selection.changed', 'commandStack.changed', 'import.done'], soon);
  document.querySelector('[data-tab="steps"]').addEventListener('click', draw);
}

/** In the order of the flows, from the starts on; then what no flow leads to. */
function walked(nodes) {
  const seen = new Set();
  const order = [];
  const visit = (element) => {
    if (seen.has(element) || !nodes.includes(element)) return;
    seen.add(element);
    order.push(element);
    for (const attached of element.attachers ?? []) visit(attached);
    for (const flow of element.outgoing ?? []) visit(flow.target);
  };
  nodes.filter((each) => each.type === 'bpmn:StartEvent').forEach(visit);
  nodes.forEach(visit);
  return order;
}
