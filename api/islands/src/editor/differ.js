/** What differs between two drawings, element by element, where the plant cannot be asked. */
import { diff } from 'bpmn-js-differ';
import { say } from '../shared/say.js';

const name = (object) => [object.get?.('mes:operation'), object.name].filter(Boolean).join(' ') || object.id;
const isDrawn = (object) => Boolean(object?.$instanceOf?.('bpmn:FlowElement') || object?.$instanceOf?.('bpmn:Lane') || object?.$instanceOf?.('bpmn:Artifact'));

export function changesOf(old, now) {
  const { _added, _removed, _changed, _layoutChanged } = diff(old, now);
  const changes = [];
  for (const [id, object] of Object.entries(_added)) if (isDrawn(object)) changes.push({ element: id, kind: 'added', sentence: say('{name} is new.', { name: name(object) }) });
  for (const [id, object] of Object.entries(_removed)) if (isDrawn(object)) changes.push({ element: id, kind: 'removed', sentence: say('{name} is gone.', { name: name(object) }) });
  for (const [id, { model, attrs }] of Object.entries(_changed)) {
    if (!isDrawn(model)) continue;
    changes.push({ element: id, kind: 'changed', sentence: say('{name}: {what} changed.', { name: name(model), what: Object.keys(attrs).map((each) => each.split('.')[0].replace('mes:', '')).join(', ') }) });
  }
  for (const [id, object] of Object.entries(_layoutChanged)) if (isDrawn(object) && !_changed[id]) changes.push({ element: id, kind: 'moved', sentence: say('{name} was moved.', { name: name(object) }) });
  return changes;
}
