/** What this drawing changes against another version: as sentences, and painted on both drawings. */
import { call } from '../../../web/static/js/api.js';
import { make } from '../shared/dom.js';
import { fit, reveal } from '../shared/fit.js';
import { paint } from '../shared/marks.js';
import { say } from '../shared/say.js';
import { sheet } from './ask.js';
import { changesOf } from './differ.js';
import { Draft, sendTo } from './draft.js';
import { newViewer } from './library.js';
import { STATES } from './states.js';

const CHIPS = { added: ['good', '+', 'added'], removed: ['bad', '−', 'removed'], changed: ['warn', '~', 'changed'], moved: ['plan', '↔', 'moved'] };

/** Compare the drawing with a version to be chosen, the one in force first. */
export async function compare(editor) {
  await editor.flush();
  const { draft } = editor;
  if (!draft.base) throw new Error(say('There is no other version yet: save a draft first.'));
  const { data } = await call('GET', `/api/v1/processes/${encodeURIComponent(draft.key)}`);
  const released = data.versions.find((each) => each.state === 'released');
  const first = released ?? data.versions[0];
  const { body, foot, dialog } = sheet(say('What this drawing changes'), 'wide');
  const pick = make('select', { id: 'compare-with' }, data.versions.map((each) => make('option', { value: each.version, selected: each.version === first.version }, `${each.version} · ${say(STATES[each.state][1])} · ${each.author}`)));
  const area = make('div', { class: 'compared' });
  body.append(make('div', { class: 'row' }, make('label', { for: pick.id }, say('Against version')), pick), area);
  foot.append(make('button', { type: 'button', class: 'btn', onclick: () => dialog.close() }, say('Close')));
  const show = async () => {
    const other = await Draft.read(draft.key, Number(pick.value));
    await sideBySide(area, { title: say('Version {version}', { version: pick.value }), ...other, xml: other.files.get(other.main) }, { title: say('This drawing'), xml: draft.get(draft.main) }, () => sentences(draft, pick.value));
  };
  pick.addEventListener('change', show);
  await show();
}

/** The plant's sentences; nothing when it cannot read the drawing yet. */
export async function sentences(draft, version) {
  try {
    return (await sendTo(`${Draft.address(draft.key, version)}/compare`, draft.form())).changes;
  } catch {
    return null;
  }
}

/** Two drawings beside each other with what differs, and the list of it. */
export async function sideBySide(area, left, right, told) {
  const places = [left, right].map(({ title }) => {
    const canvas = make('div', { class: 'canvas' });
    const box = make('section', { class: 'card' }, make('header', {}, make('h3', {}, title)), make('div', { class: 'diagram' }, canvas));
    return { box, canvas };
  });
  const list = make('div', { class: 'change-list', tabindex: '0', role: 'region', 'aria-label': say('Changes') });
  area.replaceChildren(make('div', { class: 'pair-of-drawings' }, places.map((each) => each.box)), list);
  const viewers = places.map(({ canvas }) => newViewer(canvas));
  await Promise.all(viewers.map((viewer, index) => viewer.importXML([left, right][index].xml)));
  for (const viewer of viewers) fit(viewer.get('canvas'), { top: 24, left: 16, right: 16, bottom: 40 });
  const drawn = changesOf(viewers[0].getDefinitions(), viewers[1].getDefinitions());
  const said = await told?.();
  const changes = said ? [...said, ...drawn.filter((each) => each.kind === 'moved' && !said.some((other) => other.element === each.element))] : drawn;
  const sides = [['removed', 'changed', 'moved'], ['added', 'changed', 'moved']];
  viewers.forEach((viewer, index) => paint(viewer, { changes: changes.filter((each) => each.element && sides[index].includes(each.kind)) }));
  const show = (id) => viewers.forEach((viewer) => {
    const element = viewer.get('elementRegistry').get(id);
    viewer.get('selection').select(element ?? []);
    if (element) reveal(viewer.get('canvas'), element);
  });
  list.append(changes.length ? make('ul', { class: 'plain stack tight' }, changes.map((change) => row(change, show))) : make('p', { class: 'muted' }, say('Both say the same.')));
  return viewers;
}

function row({ element, kind, sentence }, show) {
  const [look, sign, words] = CHIPS[kind] ?? CHIPS.changed;
  return make('li', {}, make('button', { type: 'button', class: 'finding', onclick: () => show(element) }, make('span', { class: `chip ${look}` }, `${sign} ${say(words)}`), ' ', make('span', {}, sentence)));
}
