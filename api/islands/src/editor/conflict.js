/** Two people at once: who saved meanwhile, what differs, and ways on in which nobody's work is lost. */
import { call } from '../../../web/static/js/api.js';
import { toast } from '../../../web/static/js/toast.js';
import { icon, make } from '../shared/dom.js';
import { say } from '../shared/say.js';
import { sheet } from './ask.js';
import { sideBySide, sentences } from './compare.js';
import { Draft } from './draft.js';

export async function collided(editor) {
  const { draft } = editor;
  const { data } = await call('GET', `/api/v1/processes/${encodeURIComponent(editor.process.id)}`);
  const theirs = await Draft.read(data.key, (data.versions.find((each) => each.state === 'draft') ?? data.versions[0]).version);
  const who = theirs.base.author;
  const when = new Date(theirs.base.created).toLocaleString(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' });
  const { dialog, body, foot } = sheet(say('{who} saved draft {version} meanwhile', { who, version: theirs.base.version }), 'wide', 'collision');
  body.append(make('p', {}, say('Saved {when}. Nothing of yours is lost, and nothing of theirs was overwritten. What differs:', { when })));
  const area = make('div', { class: 'compared' });
  body.append(area);
  const close = (act) => async () => {
    await act();
    dialog.close();
  };
  foot.append(
    make('button', { type: 'button', class: 'btn quiet', onclick: () => dialog.close() }, say('Go on drawing')),
    make('button', { type: 'button', class: 'btn', onclick: () => downloadMine(editor) }, icon('download'), say('Download mine')),
    make('button', { type: 'button', class: 'btn', 'data-answer': 'theirs', onclick: close(() => takeTheirs(editor, theirs)) }, say('Take theirs')),
    make('button', { type: 'button', class: 'btn primary', 'data-answer': 'beside', onclick: close(() => saveBeside(editor)) }, say('Save mine as a new draft')),
  );
  draft.key = data.key;
  await sideBySide(area, { title: say('Draft {version} of {who}', { version: theirs.base.version, who }), xml: theirs.files.get(theirs.main) }, { title: say('Yours'), xml: draft.get(draft.main) }, () => sentences(draft, theirs.base.version));
}

async function saveBeside(editor) {
  const told = await editor.draft.save({ beside: true });
  editor.findings.take(told.findings);
  history.replaceState(null, '', `/routings/${encodeURIComponent(told.key)}/versions/${told.version}/edit`);
  toast(say('Yours is draft {version}, beside theirs.', { version: told.version }));
}

/** Their draft is drawn; yours stays on this device, and can be taken up again at once. */
async function takeTheirs(editor, theirs) {
  const { draft } = editor;
  const mine = { base: null, main: draft.main, files: [...draft.files] };
  draft.forget();
  draft.take(theirs);
  await editor.show();
  editor.findings.ask();
  history.replaceState(null, '', `/routings/${encodeURIComponent(draft.key)}/versions/${theirs.base.version}/edit`);
  toast(say('Theirs is drawn now. Yours is still here.'), { bad: true, action: { label: say('Back to mine'), run: () => editor.takeUp(mine) } });
}

function downloadMine(editor) {
  const { draft } = editor;
  for (const [name, content] of draft.files) {
    const link = make('a', { href: URL.createObjectURL(new Blob([content])), download: name });
    link.click();
    URL.revokeObjectURL(link.href);
  }
}
