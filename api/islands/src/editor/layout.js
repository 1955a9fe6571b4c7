/** A new layout as one act that undo takes back: places and ways come from a diagram laid out elsewhere. */

class LayoutHandler {
  constructor(elementRegistry, bpmnFactory) {
    Object.assign(this, { elementRegistry, bpmnFactory });
  }

  execute(context) {
    context.before = new Map();
    const changed = [];
    for (const [id, place] of context.places) {
      const element = this.elementRegistry.get(id);
      if (!element) continue;
      context.before.set(id, this.taken(element));
      this.put(element, place);
      changed.push(element);
    }
    return changed;
  }

  revert(context) {
    return [...context.before].map(([id, place]) => {
      const element = this.elementRegistry.get(id);
      this.put(element, place);
      return element;
    });
  }

  taken(element) {
    if (element.waypoints) return { waypoints: element.waypoints.map((p) => ({ ...p })) };
    return { bounds: { x: element.x, y: element.y, width: element.width, height: element.height } };
  }

  put(element, { bounds, waypoints }) {
    const { di } = element;
    if (waypoints && element.waypoints) {
      element.waypoints = waypoints.map(({ x, y }) => ({ x, y }));
      di.set('waypoint', waypoints.map(({ x, y }) => this.bpmnFactory.create('dc:Point', { x, y })));
    } else if (bounds && !element.waypoints) {
      Object.assign(element, bounds);
      const box = element.labelTarget ? this.labelBounds(di) : di.bounds;
      Object.assign(box, bounds);
    }
  }

  labelBounds(di) {
    if (!di.label) di.set('label', this.bpmnFactory.create('bpmndi:BPMNLabel', {}));
    if (!di.label.bounds) di.label.set('bounds', this.bpmnFactory.create('dc:Bounds', {}));
    return di.label.bounds;
  }
}
LayoutHandler.$inject = ['elementRegistry', 'bpmnFactory'];

class Layout {
  constructor(commandStack, moddle, elementRegistry) {
    Object.assign(this, { commandStack, moddle, elementRegistry });
    commandStack.registerHandler('mes.layout', LayoutHandler);
  }

  /** Take over the places of the same elements in another document. */
  async take(xml) {
    const { rootElement } = await this.moddle.fromXML(xml);
    const places = new Map();
    for (const diagram of rootElement.get('diagrams')) {
      for (const drawn of diagram.plane.get('planeElement')) this.place(places, drawn);
    }
    this.commandStack.execute('mes.layout', { places });
  }

  place(places, drawn) {
    const id = drawn.bpmnElement?.id;
    if (!id) return;
    const box = ({ x, y, width, height }) => ({ x, y, width, height });
    if (drawn.bounds) places.set(id, { bounds: box(drawn.bounds) });
    else if (drawn.waypoint?.length > 1) places.set(id, { waypoints: drawn.waypoint.map(({ x, y }) => ({ x, y })) });
    const label = this.elementRegistry.get(`${id}_label`);
    if (!label) return;
    if (drawn.label?.bounds) places.set(label.id, { bounds: box(drawn.label.bounds) });
    else places.set(label.id, { bounds: this.beside(label, drawn) });
  }

  /** Where a label goes that the other document does not place: below a shape, over a flow's middle. */
  beside({ width, height }, { bounds, waypoint }) {
    if (bounds) return { x: bounds.x + bounds.width / 2 - width / 2, y: bounds.y + bounds.height + 5, width, height };
    const middle = Math.floor((waypoint.length - 1) / 2);
    const [a, b] = [waypoint[middle], waypoint[middle + 1] ?? waypoint[middle]];
    return { x: (a.x + b.x) / 2 - width / 2, y: (a.y + b.y) / 2 - height - 4, width, height };
  }
}
Layout.$inject = ['commandStack', 'moddle', 'elementRegistry'];

export default { __init__: ['mesLayout'], mesLayout: ['type', Layout] };
