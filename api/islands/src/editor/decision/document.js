/** A DMN document as a table, read and written back: ids, order and all that the table does not show are kept. */
const first = (node, name) => [...node.children].find((child) => child.localName === name) ?? null;
const every = (node, name) => [...node.children].filter((child) => child.localName === name);
const textOf = (node) => (node && first(node, 'text')?.textContent) ?? '';

export class TableDocument {
  constructor(xml) {
    this.document = new DOMParser().parseFromString(xml, 'application/xml');
    this.decision = this.document.getElementsByTagNameNS('*', 'decision')[0] ?? null;
    this.table = this.decision && first(this.decision, 'decisionTable');
    if (!this.table || this.document.querySelector('parsererror')) throw new Error('no decision table');
    this.ids = new Set([...this.document.querySelectorAll('[id]')].map((node) => node.id));
  }

  get xml() {
    this.indent(this.table, 4);
    const text = new XMLSerializer().serializeToString(this.document).replace(/^<\?xml[^>]*\?>\s*/, '').replace(/([^\s])\/>/g, '$1 />');
    return `<?xml version="1.0" encoding="UTF-8"?>\n${text.trimEnd()}\n`;
  }

  // ---- reading -------------------------------------------------------------------------------------

  get key() {
    return this.decision.getAttribute('id');
  }

  get hitPolicy() {
    return this.table.getAttribute('hitPolicy') ?? 'UNIQUE';
  }

  set hitPolicy(policy) {
    this.table.setAttribute('hitPolicy', policy);
  }

  get aggregation() {
    return this.table.getAttribute('aggregation') ?? '';
  }

  set aggregation(value) {
    if (value) this.table.setAttribute('aggregation', value);
    else this.table.removeAttribute('aggregation');
  }

  get name() {
    return this.decision.getAttribute('name') ?? '';
  }

  set name(name) {
    this.decision.setAttribute('name', name);
  }

  get description() {
    return first(this.decision, 'description')?.textContent ?? '';
  }

  set description(text) {
    let node = first(this.decision, 'description');
    if (!text) return void node?.remove();
    if (!node) {
      node = this.make('description');
      this.decision.prepend(node);
    }
    node.textContent = text;
  }

  get inputs() {
    return every(this.table, 'input').map((node) => {
      const expression = first(node, 'inputExpression');
      return { node, expression, label: node.getAttribute('label') ?? '', text: textOf(expression), type: expression?.getAttribute('typeRef') ?? '' };
    });
  }

  get outputs() {
    return every(this.table, 'output').map((node) => ({ node, label: node.getAttribute('label') ?? '', name: node.getAttribute('name') ?? '', type: node.getAttribute('typeRef') ?? '' }));
  }

  get rules() {
    return every(this.table, 'rule').map((node) => ({ node, inputs: every(node, 'inputEntry').map(textOf), outputs: every(node, 'outputEntry').map(textOf), note: (first(node, 'description') ?? first(node, 'annotationEntry'))?.textContent.trim() ?? '' }));
  }

  // ---- writing -------------------------------------------------------------------------------------

  setCell(rule, kind, index, text) {
    this.write(every(this.rules[rule].node, `${kind}Entry`)[index], text);
  }

  setNote(rule, text) {
    const { node } = this.rules[rule];
    let note = first(node, 'description');
    if (!text) return void note?.remove();
    if (!note) {
      note = this.make('description');
      node.prepend(note);
    }
    note.textContent = text;
  }

  setColumn(kind, index, { label, text, name, type }) {
    const column = (kind === 'input' ? this.inputs : this.outputs)[index];
    if (label) column.node.setAttribute('label', label);
    else column.node.removeAttribute('label');
    const typed = kind === 'input' ? (column.expression ?? this.expression(column.node)) : column.node;
    if (type) typed.setAttribute('typeRef', type);
    else typed.removeAttribute('typeRef');
    if (kind === 'input') this.write(typed, text);
    else column.node.setAttribute('name', name);
  }

  addColumn(kind) {
    const node = this.make(kind, `${this.key}_${kind}`);
    if (kind === 'input') this.expression(node);
    else node.setAttribute('name', 'result');
    const same = every(this.table, kind);
    const before = same.at(-1)?.nextElementSibling ?? (kind === 'input' ? this.table.firstElementChild : first(this.table, 'annotation') ?? first(this.table, 'rule'));
    this.table.insertBefore(node, before);
    for (const { node: rule } of this.rules) {
      const entries = every(rule, `${kind}Entry`);
      const entry = this.entry(kind, rule.id, kind === 'input' ? '-' : '');
      rule.insertBefore(entry, entries.at(-1)?.nextElementSibling ?? (kind === 'input' ? first(rule, 'outputEntry') : first(rule, 'annotationEntry')));
    }
  }

  removeColumn(kind, index) {
    every(this.table, kind)[index].remove();
    for (const { node } of this.rules) every(node, `${kind}Entry`)[index]?.remove();
  }

  moveColumn(kind, index, by) {
    for (const parent of [this.table, ...this.rules.map((rule) => rule.node)]) this.swap(every(parent, parent === this.table ? kind : `${kind}Entry`), index, by);
  }

  addRule(after = this.rules.length - 1) {
    const rule = this.make('rule', `${this.key}_rule`);
    this.inputs.forEach(() => rule.append(this.entry('input', rule.id, '-')));
    this.outputs.forEach(() => rule.append(this.entry('output', rule.id, '')));
    const there = this.rules[after]?.node;
    this.table.insertBefore(rule, there?.nextElementSibling ?? null);
  }

  removeRule(index) {
    this.rules[index].node.remove();
  }

  moveRule(index, by) {
    this.swap(this.rules.map((rule) => rule.node), index, by);
  }

  swap(nodes, index, by) {
    const [one, other] = by < 0 ? [nodes[index], nodes[index + by]] : [nodes[index + by], nodes[index]];
    if (one && other) other.before(one);
  }

  make(name, id = null) {
    const node = this.document.createElementNS(this.table.namespaceURI, this.table.prefix ? `${this.table.prefix}:${name}` : name);
    if (id) node.setAttribute('id', this.free(id));
    return node;
  }

  entry(kind, rule, text) {
    const node = this.make(`${kind}Entry`, `${rule}_${kind === 'input' ? 'in' : 'out'}`);
    this.write(node, text);
    return node;
  }

  expression(column) {
    const node = this.make('inputExpression', `${column.id}_expression`);
    this.write(node, '');
    column.append(node);
    return node;
  }

  write(node, text) {
    let holder = first(node, 'text');
    if (!holder) {
      holder = this.make('text');
      node.replaceChildren(holder);
    }
    holder.textContent = text;
  }

  free(wish) {
    let id = wish;
    for (let number = 1; this.ids.has(id); number += 1) id = `${wish}_${number}`;
    this.ids.add(id);
    return id;
  }

  /** Lines and blanks as in the rest of the document, for who reads the file. */
  indent(node, depth) {
    for (const child of [...node.childNodes]) if (child.nodeType === Node.TEXT_NODE && !child.textContent.trim()) child.remove();
    if (!node.children.length || node.localName === 'text') return;
    const space = (count) => this.document.createTextNode(`\n${' '.repeat(count)}`);
    for (const child of [...node.children]) {
      node.insertBefore(space(depth + 2), child);
      this.indent(child, depth + 2);
    }
    node.append(space(depth));
  }
}

/** The document of a new table: one question, one answer, one rule. */
export function freshDocument(key, name) {
  const escaped = name.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
  return `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="${key}_definitions" name="${escaped}" namespace="urn:routecard:decisions">
  <decision id="${key}" name="${escaped}">
    <decisionTable id="${key}_table" hitPolicy="FIRST">
      <input id="${key}_input" label="">
        <inputExpression id="${key}_input_expression" typeRef="string">
          <text></text>
        </inputExpression>
      </input>
      <output id="${key}_output" name="result" typeRef="string" />
      <rule id="${key}_rule">
        <inputEntry id="${key}_rule_in">
          <text>-</text>
        </inputEntry>
        <outputEntry id="${key}_rule_out">
          <text>""</text>
        </outputEntry>
      </rule>
    </decisionTable>
  </decision>
</definitions>
`;
}
