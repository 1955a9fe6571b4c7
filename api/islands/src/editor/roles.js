/**
 * Gives a step to a role: the step moves into the role's lane. Pool and lane are drawn when there is none yet, all in
 * one act that one undo takes back.
 */
import { say } from '../shared/say.js';

const ROOM = { left: 80, right: 60, top: 60, bottom: 60 };
const GAP = 20;

/** `team_lead` as people read it. */
export const roleWords = (role) => say(role[0].toUpperCase() + role.slice(1).replaceAll('_', ' '));

class RoleHandler {
  constructor(modeling, elementFactory, elementRegistry, canvas) {
    Object.assign(this, { modeling, elementFactory, elementRegistry, canvas });
  }

  preExecute({ element, role, name }) {
    if (element.businessObject.get('mes:role')) this.modeling.updateProperties(element, { 'mes:role': undefined });
    const pool = this.poolOf(element) ?? this.newPool();
    const lane = this.laneOf(pool, role) ?? this.newLane(pool, role, name);
    this.move(element, lane);
  }

  poolOf(element) {
    for (let at = element; at; at = at.parent) if (at.type === 'bpmn:Participant') return at;
    return null;
  }

  /** A pool around everything that is drawn. */
  newPool() {
    const root = this.canvas.getRootElement();
    const name = root.businessObject.name;
    const boxes = this.elementRegistry.filter((each) => each.parent === root && !each.waypoints);
    const left = Math.min(...boxes.map((each) => each.x)) - ROOM.left;
    const top = Math.min(...boxes.map((each) => each.y)) - ROOM.top;
    const right = Math.max(...boxes.map((each) => each.x + each.width)) + ROOM.right;
    const bottom = Math.max(...boxes.map((each) => each.y + each.height)) + ROOM.bottom;
    const shape = this.elementFactory.createParticipantShape({ type: 'bpmn:Participant', isExpanded: true, x: left, y: top, width: right - left, height: Math.max(160, bottom - top) });
    const pool = this.modeling.createShape(shape, { x: left, y: top, width: right - left, height: Math.max(160, bottom - top) }, root);
    this.modeling.updateProperties(pool, { name });
    return pool;
  }

  lanes(pool) {
    return this.elementRegistry.filter((each) => each.type === 'bpmn:Lane' && this.poolOf(each) === pool && !each.children.some((child) => child.type === 'bpmn:Lane'));
  }

  laneOf(pool, role) {
    const named = (lane) => lane.get('mes:role') || (lane.name ?? '').trim().toLowerCase().replaceAll(' ', '_');
    return this.lanes(pool).find((lane) => named(lane.businessObject) === role) ?? null;
  }

  /** The first lane takes all there is, for who draws lanes later; each further one is put below. */
  newLane(pool, role, name) {
    if (!this.lanes(pool).length) {
      this.modeling.splitLane(pool, 2); // the library draws no single lane: one of two goes, the other grows
      this.modeling.removeShape(this.lanes(pool)[1]);
    } else {
      const lowest = this.lanes(pool).sort((a, b) => b.y - a.y)[0];
      this.modeling.addLane(lowest, 'bottom');
    }
    const lane = this.lanes(pool).find((each) => !each.businessObject.get('mes:role') && !each.businessObject.name);
    this.modeling.updateProperties(lane, { name, 'mes:role': role });
    return lane;
  }

  move(element, lane) {
    const middle = element.y + element.height / 2;
    if (middle > lane.y && middle < lane.y + lane.height && this.inside(element, lane)) return;
    const y = lane.y + lane.height / 2 - middle;
    const others = this.elementRegistry.filter((each) => each !== element && !each.waypoints && !each.labelTarget && each.businessObject.$instanceOf?.('bpmn:FlowNode') && !each.host);
    let x = 0;
    const hits = () => others.find((each) => each.x < element.x + x + element.width + GAP && each.x + each.width + GAP > element.x + x && each.y < element.y + y + element.height && each.y + each.height > element.y + y);
    for (let hit = hits(), tries = 0; hit && tries < 20; hit = hits(), tries += 1) x = hit.x + hit.width + 2 * GAP - element.x;
    this.modeling.moveElements(this.together(element), { x, y }, this.poolOf(lane), { autoResize: true });
  }

  /** A question that only this step leads to goes along. */
  together(element) {
    const next = element.outgoing.map((flow) => flow.target).filter((each) => each.type === 'bpmn:ExclusiveGateway' && each.incoming.length === 1);
    return [element, ...next];
  }

  inside(element, lane) {
    return element.x >= lane.x && element.x + element.width <= lane.x + lane.width;
  }
}
RoleHandler.$inject = ['modeling', 'elementFactory', 'elementRegistry', 'canvas'];

class Roles {
  constructor(commandStack, selection) {
    Object.assign(this, { commandStack, selection });
    commandStack.registerHandler('mes.role', RoleHandler);
  }

  give(element, role) {
    this.commandStack.execute('mes.role', { element, role, name: roleWords(role) });
    this.selection.select(element);
  }
}
Roles.$inject = ['commandStack', 'selection'];

export default { __init__: ['mesRoles'], mesRoles: ['type', Roles] };
