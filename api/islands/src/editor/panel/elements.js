/** Reading and writing of a drawn element, as the panel's controls want it. */

export class Subject {
  constructor(editor, element) {
    this.editor = editor;
    this.element = element;
    this.object = element.businessObject;
    this.modeling = editor.modeler.get('modeling');
    this.factory = editor.modeler.get('bpmnFactory');
  }

  is(type) {
    return this.object.$instanceOf?.(type) ?? false;
  }

  get type() {
    return this.object.$type.replace('bpmn:', '');
  }

  get(name) {
    return this.object.get(name);
  }

  set(properties) {
    this.modeling.updateProperties(this.element, properties);
  }

  /** `get` and `set` of one attribute. */
  property(name) {
    return { get: () => this.object.get(name), set: (value) => this.set({ [name]: value }) };
  }

  /** `get` and `set` of an attribute of something below the element: a definition, a loop. */
  below(holder, name) {
    return { get: () => holder.get(name), set: (value) => this.modeling.updateModdleProperties(this.element, holder, { [name]: value }) };
  }

  /** `get` and `set` of an expression below a holder, as text. */
  expression(holder, name) {
    return {
      get: () => holder.get(name)?.body ?? '',
      set: (value) => {
        const made = value && this.factory.create('bpmn:FormalExpression', { body: value });
        if (made) made.$parent = holder;
        this.modeling.updateModdleProperties(this.element, holder, { [name]: made });
      },
    };
  }

  /** `get` and `set` of rows of ours: `rows('mes:Parameter', ['name', 'value'])`. */
  rows(type, names) {
    const steps = this.editor.modeler.get('mesSteps');
    return {
      get: () => steps.rows(this.element, type).map((each) => Object.fromEntries(names.map((name) => [name, each.get(name)]))),
      set: (rows) => steps.setRows(this.element, type, rows),
    };
  }

  get documentation() {
    return {
      get: () => this.object.get('documentation')[0]?.text ?? '',
      set: (text) => this.set({ documentation: text ? [this.factory.create('bpmn:Documentation', { text })] : [] }),
    };
  }

  get definition() {
    return this.object.get('eventDefinitions')?.[0] ?? null;
  }

  /** `get` and `set` of a reference to a root element by its name: messages, signals, errors, escalations. */
  reference(holder, name, type, by = 'name') {
    return {
      get: () => holder.get(name)?.get(by) ?? '',
      set: (value) => this.refer(holder, name, value && this.root(type, by, value)),
    };
  }

  refer(holder, name, root) {
    if (holder === this.object) this.set({ [name]: root });
    else this.modeling.updateModdleProperties(this.element, holder, { [name]: root });
  }

  /** A root element of that name; it is made when there is none. */
  root(type, by, value) {
    const definitions = this.editor.modeler.getDefinitions();
    const known = definitions.get('rootElements').find((each) => each.$type === type && each.get(by) === value);
    if (known) return known;
    const kind = type.replace('bpmn:', '').toLowerCase();
    const id = this.editor.modeler.get('mesNames').free(`${kind}_${value.replace(/[^A-Za-z0-9]+/g, '_').toLowerCase()}`);
    const made = this.factory.create(type, { id, name: value, ...(by !== 'name' && { [by]: value }) });
    made.$parent = definitions;
    definitions.get('rootElements').push(made);
    return made;
  }

  get variables() {
    return this.editor.variables();
  }
}
