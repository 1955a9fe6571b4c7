/** The bar above the canvas: what is done with the whole drawing, and how it stands. */
import { toast } from '../../../web/static/js/toast.js';
import { make } from '../shared/dom.js';
import { say } from '../shared/say.js';
import { compare } from './compare.js';
import { collided } from './conflict.js';
import { Collision, layOut } from './draft.js';
import { dryRun } from './dryrun.js';
import { importing } from './importing.js';
import { ask } from './ask.js';
import { STATES } from './states.js';

export function toolbar(editor) {
  const acts = {
    undo: () => editor.modeler.get('commandStack').undo(),
    redo: () => editor.modeler.get('commandStack').redo(),
    fit: () => editor.fit(),
    larger: () => editor.zoom(1.25),
    smaller: () => editor.zoom(0.8),
    layout: () => layout(editor),
    findings: () => editor.tab('findings'),
    'dry-run': () => dryRun(editor),
    compare: () => compare(editor),
    import: () => importing(editor),
    download: () => download(editor),
    save: () => saveIfChanged(editor),
    submit: () => turn(editor, 'submit'),
    reject: () => turn(editor, 'reject'),
    release: () => turn(editor, 'release'),
  };
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-do]');
    if (button && !button.disabled) busy(button, acts[button.dataset.do]);
  });
  tabs(editor);
  keys(editor, acts);
  const show = () => standing(editor);
  editor.draft.addEventListener('change', show);
  editor.modeler.on('commandStack.changed', show);
  editor.findings.onchange = () => { counts(editor); editor.panel.show(); };
  show();
}

/** Nothing is done twice by pressing twice, and what fails is told. */
async function busy(button, act) {
  if (button.getAttribute('aria-busy') === 'true') return;
  button.setAttribute('aria-busy', 'true');
  try {
    await act();
  } catch (refusal) {
    toast(refusal.message, { bad: true });
  } finally {
    button.removeAttribute('aria-busy');
  }
}

function tabs(editor) {
  const every = [...document.querySelectorAll('[data-tab]')];
  for (const tab of every) {
    tab.addEventListener('click', () => editor.tab(tab.dataset.tab));
    tab.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const shown = every.filter((each) => !each.hidden);
      const next = shown[(shown.indexOf(tab) + step + shown.length) % shown.length];
      editor.tab(next.dataset.tab);
      next.focus();
    });
  }
}

function keys(editor, acts) {
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest?.('input, textarea, select, [contenteditable], dialog');
    if (!(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key === 's') {
      event.preventDefault();
      document.querySelector('[data-do="save"]')?.click();
    } else if (!typing && (key === 'z' || key === 'y')) {
      event.preventDefault();
      (key === 'y' || event.shiftKey ? acts.redo : acts.undo)();
    }
  }, true);
}

// ---- how it stands --------------------------------------------------------------------------------

function standing(editor) {
  const { draft } = editor;
  const stack = editor.modeler.get('commandStack');
  const one = (name) => document.querySelector(`[data-do="${name}"]`);
  const set = (name, properties) => one(name) && Object.assign(one(name), properties);
  set('undo', { disabled: !stack.canUndo() });
  set('redo', { disabled: !stack.canRedo() });
  const state = draft.base?.state ?? 'draft';
  const [look, words] = STATES[state];
  editor.place('state').replaceChildren(make('span', { class: `chip ${look}` }, draft.base ? `${say(words)} ${draft.base.version}` : say('New')));
  editor.place('name').textContent = editor.process?.name || say('New routing');
  editor.place('saved').textContent = savedWords(draft);
  const { may } = editor.data;
  set('save', { hidden: !may.deploy });
  set('submit', { hidden: !(may.deploy && state === 'draft' && draft.base), disabled: draft.dirty });
  set('release', { hidden: !(may.release && ['draft', 'in_review', 'superseded'].includes(state) && draft.base), disabled: draft.dirty });
  set('reject', { hidden: !(may.release && state === 'in_review') });
  set('dry-run', { hidden: !may.deploy });
  counts(editor);
}

function savedWords(draft) {
  const time = (at) => at.toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  if (draft.dirty) return draft.kept === false ? say('Not saved, and this device has no room to keep it: save soon') : say('Not saved; kept on this device');
  return draft.savedAt ? say('Saved {time}', { time: time(draft.savedAt) }) : '';
}

function counts({ findings }) {
  const box = document.querySelector('[data-place="counts"]');
  const chips = [];
  if (findings.errors) chips.push(make('span', { class: 'chip bad' }, `✕ ${findings.errors === 1 ? say('1 error') : say('{n} errors', { n: findings.errors })}`));
  if (findings.warnings) chips.push(make('span', { class: 'chip warn' }, `! ${findings.warnings === 1 ? say('1 warning') : say('{n} warnings', { n: findings.warnings })}`));
  if (!chips.length && findings.checked) chips.push(make('span', { class: 'chip good' }, `✓ ${say('nothing found')}`));
  box?.replaceChildren(...chips);
  const tab = document.querySelector('[data-tab="findings"] .count');
  if (tab) tab.textContent = findings.list.length ? String(findings.list.length) : '';
}

// ---- what can be done -----------------------------------------------------------------------------

/** The button is always awake: a field gives up what was typed only when the press leaves it. */
async function saveIfChanged(editor) {
  await editor.flush();
  if (editor.draft.dirty || editor.draft.base === null) await save(editor);
  else toast(say('Nothing changed'));
}

/** Save the draft; whether it is saved now. */
export async function save(editor, options = {}) {
  await editor.flush();
  try {
    const told = await editor.draft.save(options);
    editor.findings.take(told.findings);
    history.replaceState(null, '', `/routings/${encodeURIComponent(told.key)}/versions/${told.version}/edit`);
    toast(say('Draft {version} is saved.', { version: told.version }));
    return true;
  } catch (refusal) {
    if (refusal instanceof Collision) {
      await collided(editor);
      return false;
    }
    if (!refusal.problem?.findings) throw refusal;
    editor.findings.take(refusal.problem.findings);
    editor.tab('findings');
    toast(say('Not saved: a draft with errors is not stored. Your drawing is kept on this device; the list says what is missing.'), { bad: true });
    return false;
  }
}

async function layout(editor) {
  await editor.flush();
  await editor.modeler.get('mesLayout').take(await layOut(editor.draft.get(editor.draft.main)));
  editor.fit();
  toast(say('The drawing was laid out anew.'), { action: { label: say('Undo'), run: () => editor.modeler.get('commandStack').undo() } });
}

const TURNS = {
  submit: { title: 'Submit draft {version} for review?', text: 'Until it is released or rejected nobody can change it.', go: 'Submit for review', done: 'Draft {version} is in review.' },
  release: { title: 'Release version {version}?', text: 'What starts from now on follows it; what runs keeps the version it started on. A released version never changes.', go: 'Release', done: 'Version {version} is released.' },
  reject: { title: 'Reject version {version}?', text: 'It becomes a draft again.', go: 'Reject', done: 'Version {version} is a draft again.', reason: true },
};

async function turn(editor, verb) {
  const words = TURNS[verb];
  const { version } = editor.draft.base;
  const given = await ask({ title: say(words.title, { version }), text: say(words.text), go: say(words.go), reason: words.reason, danger: verb === 'reject' });
  if (given === null) return;
  try {
    await editor.draft.turn(verb, words.reason ? { reason: given } : {});
  } catch (refusal) {
    if (!refusal.problem?.findings) throw refusal;
    editor.findings.take(refusal.problem.findings);
    editor.tab('findings');
    throw refusal;
  }
  toast(say(words.done, { version }));
}

async function download(editor) {
  await editor.flush();
  const { draft } = editor;
  const link = make('a', { href: URL.createObjectURL(new Blob([draft.get(draft.main)], { type: 'application/xml' })), download: `${editor.process?.id ?? 'routing'}.bpmn` });
  link.click();
  URL.revokeObjectURL(link.href);
}
