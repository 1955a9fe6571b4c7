/** What exists in the plant and in this bundle: what the pickers offer, and which variables there are. */
import { call } from '../../../web/static/js/api.js';
import { Draft, text } from './draft.js';

const NOTHING = { forms: [], decisions: [], processes: [], roles: [], functions: [], topics: [], messages: [], errors: [], equipment: [], calendars: [] };

export class Vocabulary {
  constructor(draft) {
    this.draft = draft;
    this.plant = NOTHING;
    this.measured = [];
  }

  async load() {
    this.plant = { ...NOTHING, ...(await call('GET', '/api/v1/vocabulary')).data };
    this.measured = await measurements();
  }

  /** Forms by key: those of the bundle before those of others. */
  get forms() {
    const own = this.draft.named('.form.json').map((name) => ({ ...formOf(this.draft.get(name)), file: name })).filter((form) => form.key);
    return first([...own, ...this.plant.forms]);
  }

  get decisions() {
    const own = this.draft.named('.dmn').map((name) => ({ ...decisionOf(this.draft.get(name)), file: name })).filter((each) => each.key);
    return first([...own, ...this.plant.decisions]);
  }

  get processes() {
    return this.plant.processes.filter((each) => each.callable !== false);
  }

  form(key) {
    return this.forms.find((each) => each.key === key) ?? null;
  }

  /** A form with everything that is said of its fields: of the bundle, else as its version has it. */
  async definition(key) {
    const known = this.form(key);
    if (!known || known.file) return known;
    this.read ??= new Map();
    if (!this.read.has(key)) this.read.set(key, formsOf(known.process, known.version).then((forms) => forms.find((form) => form.key === key) ?? null));
    return this.read.get(key);
  }

  decision(key) {
    return this.decisions.find((each) => each.key === key) ?? null;
  }

  messages(kind) {
    return this.plant.messages.filter((each) => each.kind === kind).map((each) => each.name);
  }

  topic(name) {
    return this.plant.topics.find((each) => each.topic === name) ?? null;
  }

  func(name) {
    return this.plant.functions.find((each) => each.name === name) ?? null;
  }

  /** Every variable that the steps of a drawing write, with what is known of its values. */
  variables(objects) {
    const found = new Map();
    const add = (name, from, kind = null, values = null) => name && !found.has(name) && found.set(name, { name, from, kind, values });
    for (const object of objects) {
      const form = object.get?.('mes:form') && this.form(object.get('mes:form'));
      for (const field of form?.fields ?? []) add(field.variable, object.name || object.id, field.type, valuesOf(field));
      const decision = object.get?.('mes:decision') && this.decision(object.get('mes:decision'));
      for (const output of decision?.outputs ?? []) add(output, object.name || object.id);
      for (const each of object.get?.('extensionElements')?.get('values') ?? []) if (each.$type === 'mes:Out') add(each.get('target') || each.get('source'), object.name || object.id);
    }
    return [...found.values()];
  }
}

/** What machines measure, as their gateways declared it: [{value, label}]. */
async function measurements() {
  const { data } = await call('GET', '/api/v1/gateways');
  const gateways = await Promise.all(data.items.map(({ name }) => call('GET', `/api/v1/gateways/${encodeURIComponent(name)}`)));
  const found = new Map();
  for (const machine of gateways.flatMap((each) => each.data.declared ?? [])) {
    for (const tag of machine.tags ?? []) {
      if (tag.signal !== 'measurement') continue;
      found.set(tag.name, [...(found.get(tag.name) ?? []), [machine.unit, tag.unit].filter(Boolean).join(' ')]);
    }
  }
  return [...found].map(([value, machines]) => ({ value, label: machines.join(', ') })).sort((a, b) => a.value.localeCompare(b.value));
}

async function formsOf(process, version) {
  const address = Draft.address(process, version);
  const { data } = await call('GET', `${address}/files`);
  const names = data.items.map((file) => file.name).filter((name) => name.endsWith('.form.json'));
  return (await Promise.all(names.map((name) => text(`${address}/files/${encodeURIComponent(name)}`)))).map(formOf);
}

function valuesOf(field) {
  if (field.choices) return field.choices.map((choice) => choice.value);
  return field.type === 'check' ? [true, false] : null;
}

function first(items) {
  const found = new Map();
  for (const item of items) if (!found.has(item.key)) found.set(item.key, item);
  return [...found.values()].sort((a, b) => a.key.localeCompare(b.key));
}

export function formOf(text) {
  try {
    const form = JSON.parse(text);
    return { key: form.key, title: form.title ?? form.key, fields: form.fields ?? [] };
  } catch {
    return {};
  }
}

export function decisionOf(text) {
  const document_ = new DOMParser().parseFromString(text, 'application/xml');
  const decision = document_.getElementsByTagNameNS('*', 'decision')[0];
  if (!decision) return {};
  const outputs = [...decision.getElementsByTagNameNS('*', 'output')].map((each) => each.getAttribute('name')).filter(Boolean);
  const inputs = [...decision.getElementsByTagNameNS('*', 'inputExpression')].map((each) => ({ expression: each.textContent.trim() }));
  return { key: decision.getAttribute('id'), name: decision.getAttribute('name') ?? '', inputs, outputs };
}
