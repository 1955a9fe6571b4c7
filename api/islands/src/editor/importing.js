/** A drawing of another tool becomes one of ours: what was carried over, and all that was not. */
import { sendTo } from './draft.js';
import { icon, make } from '../shared/dom.js';
import { say } from '../shared/say.js';
import { sheet } from './ask.js';

export function importing(editor) {
  const { dialog, body, foot } = sheet(say('Import a drawing'));
  const files = make('input', { type: 'file', id: 'import-files', multiple: true, accept: '.bpmn,.xml,.dmn,.json,.form' });
  const told = make('div', { class: 'stack', 'aria-live': 'polite' });
  body.append(
    make('p', { class: 'muted' }, say('From Camunda 7 or 8, Flowable or any tool that writes BPMN 2.0. It takes the place of what is drawn here; nothing is saved yet.')),
    make('div', { class: 'field' }, make('label', { for: files.id }, say('The diagram, and its forms and decisions')), files),
    told,
  );
  const take = make('button', { type: 'button', class: 'btn primary', disabled: true }, say('Draw it'));
  foot.append(make('button', { type: 'button', class: 'btn', onclick: () => dialog.close() }, say('Cancel')), take);
  let converted = null;
  files.addEventListener('change', async () => {
    take.disabled = true;
    told.replaceChildren(make('p', {}, say('Reading …')));
    try {
      converted = await convert([...files.files]);
      told.replaceChildren(...report(converted));
      take.disabled = false;
    } catch (refusal) {
      told.replaceChildren(make('p', { class: 'banner bad', role: 'alert' }, refusal.message));
    }
  });
  take.addEventListener('click', async () => {
    await editor.replace(converted.xml, filesOf(converted));
    dialog.close();
  });
}

async function convert(given) {
  const main = given.find((file) => /\.(bpmn|xml)$/i.test(file.name));
  if (!main) throw new Error(say('None of these is a diagram (.bpmn).'));
  const form = new FormData();
  form.append('main', main, main.name.replace(/\.xml$/i, '.bpmn'));
  for (const file of given) if (file !== main) form.append(file.name, file, file.name);
  return sendTo('/api/v1/processes/convert', form);
}

/** The bundle's other files; the routing itself is drawn. */
const filesOf = ({ main, files }) => Object.fromEntries(files.filter((file) => file.name !== main).map((file) => [file.name, file.content]));

function report({ carried = [], lost = [] }) {
  const words = ({ name, element, what }) => [name || element, what].filter(Boolean).join(': ');
  const parts = [make('p', { class: `banner ${lost.length ? 'warn' : 'good'}` }, icon(lost.length ? 'warn' : 'good'), make('span', {}, lost.length ? say('{n} things could not be carried over', { n: lost.length }) : say('Everything was carried over.')))];
  if (lost.length) parts.push(make('ul', { class: 'plain finding-list lost' }, lost.map(({ name, element, what, cure }) => make('li', { class: 'finding' }, make('b', {}, name || element), make('span', {}, what), make('span', { class: 'muted small' }, cure)))));
  if (carried.length) parts.push(make('details', {}, make('summary', {}, say('{n} things were carried over', { n: carried.length })), make('ul', { class: 'small' }, carried.map((each) => make('li', {}, words(each))))));
  return parts;
}
