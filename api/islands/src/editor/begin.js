/** A new routing: what it is called, before the first step is drawn. */
import { make } from '../shared/dom.js';
import { say } from '../shared/say.js';
import { ask } from './ask.js';
import { slug } from './names.js';

export async function begin(editor) {
  const name = make('input', { id: 'begin-name', required: true, autocomplete: 'off', placeholder: say('such as Bearing housing') });
  const key = make('input', { id: 'begin-key', class: 'mono', required: true, pattern: '[a-z][a-z0-9_]*', autocomplete: 'off', spellcheck: 'false' });
  let own = false;
  name.addEventListener('input', () => { if (!own) key.value = slug(name.value); });
  key.addEventListener('input', () => { own = key.value !== ''; });
  const body = make('div', { class: 'stack' }, [
    make('div', { class: 'field' }, make('label', { for: name.id, class: 'need' }, say('Name of the routing')), name),
    make('div', { class: 'field' }, make('label', { for: key.id, class: 'need' }, say('Key')), key, make('span', { class: 'help' }, say('By this name it is called and started'))),
  ]);
  const given = await ask({ title: say('A new routing'), text: say('Then take steps from the left, or press one to put it behind the one chosen.'), go: say('Start drawing'), body });
  if (given === null) return;
  const { process } = editor;
  const root = editor.modeler.get('canvas').getRootElement();
  editor.modeler.get('modeling').updateProperties(root, { name: name.value.trim(), id: key.value.trim() });
  editor.modeler.get('selection').select(editor.modeler.get('elementRegistry').get('started'));
  return process;
}
