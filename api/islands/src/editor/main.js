/**
 * The routing editor. The page gives its data as JSON in #editor-data: {key, version, user, may: {deploy, release},
 * file, empty}, and its places as [data-place]; what can be done are [data-do] buttons.
 */
import { toast } from '../../../web/static/js/toast.js';
import { make } from '../shared/dom.js';
import { say } from '../shared/say.js';
import { Draft } from './draft.js';
import { Editor } from './editor.js';
import { begin } from './begin.js';
import { toolbar } from './toolbar.js';

const data = JSON.parse(document.getElementById('editor-data').textContent);
const editor = new Editor(data);
window.routecardEditor = editor; // for who tests or mends a page

async function open() {
  const { draft } = editor;
  if (data.version) await draft.load(data.version);
  const kept = draft.found();
  if (!data.version) draft.files.set(draft.main, editor.empty());
  await Promise.all([editor.show(), editor.vocabulary.load().catch(() => toast(say('The pickers are empty: the plant did not answer.'), { bad: true }))]);
  toolbar(editor);
  if (kept) offer(kept);
  else if (!data.version) begin(editor);
  editor.panel.show();
  editor.findings.ask();
  if (data.file) editor.openFile(data.file);
  document.body.dataset.ready = 'editor';
}

/** What was drawn here and not saved is offered again. */
function offer(kept) {
  const time = new Date(kept.at).toLocaleString(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' });
  const bar = make('div', { class: 'banner warn', role: 'note', id: 'kept' }, make('span', { class: 'grow' }, say('Changes of {time} were kept on this device; they are not saved yet.', { time })), [
    make('button', { type: 'button', class: 'btn small primary', onclick: () => { bar.remove(); editor.takeUp(kept); } }, say('Take them up')),
    make('button', { type: 'button', class: 'btn small', onclick: () => { bar.remove(); editor.draft.forget(); } }, say('Discard them')),
  ]);
  editor.place('notices').append(bar);
}

open().catch((fault) => {
  const { draft } = editor;
  editor.place('notices').append(make('div', { class: 'banner bad', role: 'alert' }, say('The routing cannot be opened.'), ' ', fault.message,
    draft.get(draft.main) && make('a', { class: 'btn small', href: Draft.address(draft.key, data.version) + '.bpmn', download: true }, say('Download'))));
});
