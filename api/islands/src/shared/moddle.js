/** Our attributes and elements as the library's model knows them; docs/reference/dialect.md tells them. */
const text = (name) => ({ name, isAttr: true, type: 'String' });
const attributes = (name, on, names) => ({ name, isAbstract: true, extends: on, properties: names.map(text) });
const element = (name, names) => ({ name, superClass: ['Element'], properties: names.map(text) });

export const NAMESPACE = 'urn:routecard:bpmn:1';

export default {
  name: 'Routecard',
  prefix: 'mes',
  uri: NAMESPACE,
  xml: { tagAlias: 'lowerCase' },
  associations: [],
  types: [
    attributes('OfLane', ['bpmn:Lane'], ['role']),
    attributes('OfActivity', ['bpmn:Activity'], [
      'role', 'kind', 'operation', 'form', 'equipment', 'qualification', 'signature', 'topic', 'action', 'function',
      'decision', 'duration', 'due', 'followUp', 'calendar', 'priority', 'retries', 'maximum', 'optional', 'correlation',
    ]),
    attributes('OfEvent', ['bpmn:Event'], ['calendar', 'correlation', 'optional']),
    attributes('OfGateway', ['bpmn:Gateway'], ['maximum']),
    element('Parameter', ['name', 'value']),
    element('In', ['source', 'target']),
    element('Out', ['source', 'target']),
    element('Material', ['name', 'value']),
    element('Tool', ['name', 'value']),
    element('Characteristic', ['name', 'value']),
  ],
};
