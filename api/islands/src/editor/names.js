/** Gives what is drawn an id in `snake_case` made of its name, so that records and sentences read well. */
const MADE = /^(Activity|Event|Gateway|Flow|Process|Participant|Lane|Collaboration|Association|TextAnnotation|Group|DataObject|DataObjectReference|DataStoreReference|LaneSet|Message|Signal|Error|Escalation)_[0-9a-z]{7}$/;
const LONGEST = 60;

/** An id of a name: `Inspect diameter` becomes `inspect_diameter`. */
export function slug(name) {
  const plain = name.normalize('NFKD').replace(/ß/g, 'ss').replace(/\p{M}/gu, '').toLowerCase();
  const words = plain.replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '').slice(0, LONGEST).replace(/_+$/, '');
  return /^[a-z]/.test(words) ? words : words ? `step_${words}` : '';
}

class Names {
  constructor(eventBus, moddle, modeling, elementRegistry) {
    Object.assign(this, { moddle, modeling, elementRegistry });
    const later = ({ context }) => this.named(context.element);
    eventBus.on(['commandStack.element.updateLabel.postExecuted', 'commandStack.element.updateProperties.postExecuted'], 100, later);
    eventBus.on('commandStack.connection.create.postExecuted', 100, ({ context }) => this.joined(context.connection));
  }

  named(shape) {
    const element = shape.labelTarget ?? shape;
    const object = element.businessObject;
    if (!object?.get || !MADE.test(object.id) || element.waypoints || !object.name) return;
    const id = this.free(slug(object.name));
    if (!id) return;
    this.modeling.updateProperties(element, { id });
    for (const flow of [...(element.incoming ?? []), ...(element.outgoing ?? [])]) this.joined(flow);
  }

  /** A flow is called after its ends, once both have names. */
  joined(flow) {
    if (flow.type !== 'bpmn:SequenceFlow' || !MADE.test(flow.businessObject.id)) return;
    const { source, target } = flow;
    if (!source || !target || MADE.test(source.id) || MADE.test(target.id)) return;
    this.modeling.updateProperties(flow, { id: this.free(`${source.id}_to_${target.id}`) });
  }

  /** An id that nothing has yet. */
  free(wanted) {
    if (!wanted) return null;
    const taken = (id) => this.moddle.ids.assigned(id);
    if (!taken(wanted)) return wanted;
    for (let number = 2; ; number += 1) if (!taken(`${wanted}_${number}`)) return `${wanted}_${number}`;
  }
}
Names.$inject = ['eventBus', 'moddle', 'modeling', 'elementRegistry'];

export default { __init__: ['mesNames'], mesNames: ['type', Names] };
