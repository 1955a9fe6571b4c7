/** The kinds of step that a routing is made of: what they are in BPMN, and how they are told apart. */

/** Colours have 4.5:1 and more against white, on which their badge's letters stand out. */
export const KINDS = {
  operation: { badge: 'OP', color: '#1f5fbf', label: 'Operation' },
  inspection: { badge: 'QC', color: '#6b3fa3', label: 'Inspection' },
  machine: { badge: 'MC', color: '#0f766e', label: 'Machine step' },
  hold: { badge: 'HOLD', color: '#9a4a06', label: 'Hold point' },
  sign: { badge: 'SIGN', color: '#b02352', label: 'Sign-off' },
  sub: { badge: 'SUB', color: '#47525e', label: 'Sub-routing' },
};

const PEOPLE = new Set(['bpmn:UserTask', 'bpmn:ManualTask', 'bpmn:Task']);
const GIVEN = new Set(['operation', 'inspection', 'machine', 'hold', 'sign']);

/** The kind of a step: as the diagram says, else as its meaning suggests; null for what is no step. */
export function kindOf(object) {
  if (!object?.$type) return null;
  if (object.$type === 'bpmn:CallActivity') return 'sub';
  if (!object.$instanceOf('bpmn:Task')) return null;
  const given = object.get('mes:kind');
  if (GIVEN.has(given)) return given;
  if (PEOPLE.has(object.$type)) return peopleKind(object);
  return object.get('mes:topic')?.startsWith('machine.') ? 'machine' : null;
}

function peopleKind(object) {
  const meaning = object.get('mes:signature');
  if (meaning) return /releas|approv|accept/.test(meaning) ? 'hold' : 'sign';
  return roleOf(object) === 'quality' || elementsOf(object, 'mes:Characteristic').length ? 'inspection' : 'operation';
}

/** The elements of ours below an element's extensionElements. */
export function elementsOf(object, type) {
  return (object.get('extensionElements')?.get('values') ?? []).filter((each) => each.$type === type);
}

/** The role of a node: its own, else that of the innermost lane it stands in, by `mes:role` or the lane's name. */
export function roleOf(object) {
  const own = object.$instanceOf('bpmn:Activity') && object.get('mes:role');
  if (own) return own;
  const lane = laneOf(object);
  if (!lane) return null;
  return lane.get('mes:role') || (lane.name ?? '').trim().toLowerCase().replaceAll(' ', '_') || null;
}

export function laneOf(object) {
  const scopes = [];
  for (let at = object.$parent; at; at = at.$parent) if (at.laneSets) scopes.push(...at.laneSets);
  let found = null;
  const look = (lanes) => {
    for (const lane of lanes ?? []) {
      if ((lane.flowNodeRef ?? []).includes(object)) found = lane;
      look(lane.childLaneSet?.lanes);
    }
  };
  for (const set of scopes) look(set.lanes);
  return found;
}
