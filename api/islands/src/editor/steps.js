/** Makes the shapes of our palette, each with what its kind needs, and places them by key or by hand. */
import { elementsOf } from '../shared/steps.js';

/** What each entry of the palette creates. `step` entries get the next operation number. */
export const CREATES = {
  operation: { type: 'bpmn:UserTask', step: true, mes: { kind: 'operation' } },
  inspection: { type: 'bpmn:UserTask', step: true, mes: { kind: 'inspection' } },
  machine: { type: 'bpmn:ServiceTask', step: true, mes: { kind: 'machine', topic: 'machine.run_cycle' } },
  hold: { type: 'bpmn:UserTask', step: true, mes: { kind: 'hold', signature: 'released' } },
  sign: { type: 'bpmn:UserTask', step: true, mes: { kind: 'sign', signature: 'verified' } },
  sub: { type: 'bpmn:CallActivity', step: true, mes: {} },
  decision: { type: 'bpmn:BusinessRuleTask', mes: {} },
  gateway: { type: 'bpmn:ExclusiveGateway', mes: {} },
  parallel: { type: 'bpmn:ParallelGateway', mes: {} },
  start: { type: 'bpmn:StartEvent', mes: {} },
  end: { type: 'bpmn:EndEvent', mes: {} },
  timer: { type: 'bpmn:IntermediateCatchEvent', event: 'bpmn:TimerEventDefinition', mes: {} },
  message: { type: 'bpmn:IntermediateCatchEvent', event: 'bpmn:MessageEventDefinition', mes: {} },
  group: { type: 'bpmn:SubProcess', expanded: true, mes: {} },
  pool: { type: 'bpmn:Participant', mes: {} },
  note: { type: 'bpmn:TextAnnotation', mes: {} },
};

/** Several changes as one step of undo. */
class Together {
  preExecute({ act }) {
    act();
  }
}

const GAP = 50; // between a step and what it follows

class Steps {
  constructor(elementFactory, bpmnFactory, elementRegistry, create, autoPlace, modeling, canvas, selection, commandStack, spaceTool) {
    Object.assign(this, { elementFactory, bpmnFactory, elementRegistry, create, autoPlace, modeling, canvas, selection, commandStack, spaceTool });
    commandStack.registerHandler('mes.together', Together);
  }

  together(act) {
    let made = null;
    this.commandStack.execute('mes.together', { act: () => { made = act(); } });
    return made;
  }

  /** Push what stands to the right of a place further right. */
  push(start, by) {
    const every = this.elementRegistry.filter((each) => each.parent); // with the flows: their labels go along
    const { movingShapes, resizingShapes } = this.spaceTool.calculateAdjustments(every, 'x', by, start);
    if (movingShapes.length) this.spaceTool.makeSpace(movingShapes, resizingShapes, { x: by, y: 0 }, 'e', start);
  }

  /** A shape, not placed yet. */
  shape(kind) {
    const { type, step, mes, event, expanded } = CREATES[kind];
    if (type === 'bpmn:Participant') return this.elementFactory.createParticipantShape({ type, isExpanded: true });
    const shape = this.elementFactory.createShape({ type, ...(event && { eventDefinitionType: event }), ...(expanded && { isExpanded: true }) });
    for (const [name, value] of Object.entries(mes)) shape.businessObject.set(`mes:${name}`, value);
    if (step) shape.businessObject.set('mes:operation', this.nextOperation());
    return shape;
  }

  /** The operation number after the highest there is, in tens. */
  nextOperation() {
    let highest = 0;
    this.elementRegistry.forEach(({ businessObject }) => {
      const number = Number.parseInt(businessObject?.get?.('mes:operation'), 10);
      if (number > highest) highest = number;
    });
    return String((Math.floor(highest / 10) + 1) * 10);
  }

  /** Take a shape to the pointer. */
  drag(event, kind) {
    const shape = this.shape(kind);
    if (kind !== 'group') return this.create.start(event, shape);
    const start = this.elementFactory.createShape({ type: 'bpmn:StartEvent', x: 40, y: 82, parent: shape });
    return this.create.start(event, [shape, start], { hints: { autoSelect: [shape] } });
  }

  /** Place a shape behind what is selected, else behind the last open end, else in the middle. */
  append(kind) {
    const after = this.anchor();
    const shape = this.shape(kind);
    if (after?.waypoints) return this.insert(after, shape);
    if (after && kind !== 'pool') return this.autoPlace.append(after, shape);
    const { x, y, width, height } = this.canvas.viewbox();
    const placed = this.modeling.createShape(shape, { x: x + width / 2, y: y + height / 2 }, this.canvas.getRootElement());
    this.selection.select(placed);
    return placed;
  }

  /** Put a shape into a flow: behind its source, what follows makes room. */
  insert(flow, shape) {
    const { source, target } = flow;
    const placed = this.together(() => {
      const right = source.x + source.width;
      const missing = right + shape.width + 2 * GAP - target.x;
      if (target.x > right && missing > 0) this.push(right + 5, missing);
      const made = this.modeling.createShape(shape, { x: right + GAP + shape.width / 2, y: source.y + source.height / 2 }, source.parent);
      this.modeling.reconnectEnd(flow, made, { x: made.x + made.width / 2, y: made.y + made.height / 2 });
      this.modeling.connect(made, target);
      return made;
    });
    this.selection.select(placed);
    return placed;
  }

  anchor() {
    const [chosen] = this.selection.get();
    if (chosen?.type === 'bpmn:SequenceFlow') return chosen;
    const is = (element) => element.businessObject?.$instanceOf?.('bpmn:FlowNode') && !element.labelTarget;
    if (chosen && is(chosen) && chosen.type !== 'bpmn:EndEvent') return chosen;
    const open = this.elementRegistry.filter((element) => is(element) && element.type !== 'bpmn:EndEvent' && !element.outgoing?.length && element.type !== 'bpmn:BoundaryEvent');
    return open.sort((a, b) => b.x - a.x)[0] ?? null;
  }

  // ---- lists of ours below extensionElements -------------------------------------------------------

  /** The rows of a list: `rows(element, 'mes:Parameter')`. */
  rows(element, type) {
    return elementsOf(element.businessObject, type);
  }

  /** Give an element another list of ours, as one step that can be undone. */
  setRows(element, type, rows) {
    const object = element.businessObject;
    const extension = object.get('extensionElements') ?? this.bpmnFactory.create('bpmn:ExtensionElements', { values: [] });
    extension.$parent ??= object;
    const others = extension.get('values').filter((each) => each.$type !== type);
    const made = rows.map((row) => {
      const each = this.bpmnFactory.create(type, row);
      each.$parent = extension;
      return each;
    });
    const values = [...others, ...made];
    if (!object.get('extensionElements')) {
      if (!values.length) return;
      extension.values = values;
      this.modeling.updateProperties(element, { extensionElements: extension });
    } else if (values.length) this.modeling.updateModdleProperties(element, extension, { values });
    else this.modeling.updateProperties(element, { extensionElements: undefined });
  }
}
Steps.$inject = ['elementFactory', 'bpmnFactory', 'elementRegistry', 'create', 'autoPlace', 'modeling', 'canvas', 'selection', 'commandStack', 'spaceTool'];

export default { __init__: ['mesSteps'], mesSteps: ['type', Steps] };
