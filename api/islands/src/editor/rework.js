/**
 * A rework loop in one act: a question behind the step, the way on if the answer is yes, and else a step of
 * rework with a cap that leads back. One undo takes all of it away.
 */
import { say } from '../shared/say.js';

const ROOM = 200;
const CAP = '3';

class LoopHandler {
  constructor(modeling, elementFactory, bpmnFactory, mesSteps, mesNames) {
    Object.assign(this, { modeling, elementFactory, bpmnFactory, mesSteps, mesNames });
  }

  preExecute(context) {
    const { element, condition } = context;
    const on = element.outgoing.find((flow) => flow.type === 'bpmn:SequenceFlow');
    if (on) this.mesSteps.push(element.x + element.width + 10, ROOM);
    const y = element.y + element.height / 2;
    const right = element.x + element.width;
    const gateway = this.place({ type: 'bpmn:ExclusiveGateway' }, { x: right + 90, y }, element.parent, { name: say('Within limits?') });
    const again = this.place(this.mesSteps.shape('operation'), { x: right + 90, y: y + 150 }, element.parent, { name: say('Rework'), 'mes:maximum': CAP });
    const yes = this.onward(element, on, gateway, right, y);
    this.modeling.connect(element, gateway);
    const no = this.modeling.connect(gateway, again);
    this.back(again, element);
    this.modeling.updateProperties(no, { name: say('no') });
    const asked = { name: say('yes') };
    if (condition) asked.conditionExpression = this.bpmnFactory.create('bpmn:FormalExpression', { body: condition });
    this.modeling.updateProperties(yes, asked);
    this.modeling.updateProperties(gateway, { default: no.businessObject });
    context.gateway = gateway;
    context.yes = yes;
  }

  /** The flow that went on from the step now goes on from the question; without one an end is drawn. */
  onward(element, on, gateway, right, y) {
    const stale = on && on.id === `${element.id}_to_${on.target.id}`;
    const docking = { x: gateway.x + gateway.width / 2, y: gateway.y + gateway.height / 2 };
    if (on) {
      this.modeling.reconnectStart(on, gateway, docking);
      if (stale) this.modeling.updateProperties(on, { id: this.mesNames.free(`${gateway.id}_to_${on.target.id}`) });
      return on;
    }
    const end = this.place({ type: 'bpmn:EndEvent' }, { x: right + 210, y }, element.parent, { name: say('Done') });
    return this.modeling.connect(gateway, end);
  }

  /** From the left of the rework up into the step's bottom, round the corner. */
  back(again, element) {
    const flow = this.modeling.connect(again, element);
    const y = again.y + again.height / 2;
    const x = element.x + element.width / 2;
    this.modeling.updateWaypoints(flow, [{ x: again.x, y }, { x, y }, { x, y: element.y + element.height }]);
  }

  place(given, at, parent, properties) {
    const shape = given.businessObject ? given : this.elementFactory.createShape(given);
    const placed = this.modeling.createShape(shape, at, parent);
    this.modeling.updateProperties(placed, properties);
    return placed;
  }
}
LoopHandler.$inject = ['modeling', 'elementFactory', 'bpmnFactory', 'mesSteps', 'mesNames'];

class Rework {
  constructor(commandStack, selection, eventBus) {
    Object.assign(this, { commandStack, selection, eventBus });
    commandStack.registerHandler('mes.rework', LoopHandler);
  }

  /** Add a loop behind a step, and choose the flow whose condition is to be written. */
  add(element) {
    const condition = this.eventBus.fire('mes.rework.asked', { element }); // who knows the step's form may name it
    const context = { element, condition: condition || null };
    this.commandStack.execute('mes.rework', context);
    this.selection.select(context.yes);
  }
}
Rework.$inject = ['commandStack', 'selection', 'eventBus'];

export default { __init__: ['mesRework'], mesRework: ['type', Rework] };
