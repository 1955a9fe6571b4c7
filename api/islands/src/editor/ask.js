/** Dialogs: a question with the object named and the consequence; the answer, null when it was closed. */
import { make } from '../shared/dom.js';
import { say } from '../shared/say.js';

let asked = 0;

export function ask({ title, text, go, danger = false, reason = false, body = null }) {
  asked += 1;
  return new Promise((answer) => {
    const field = reason && make('textarea', { id: `ask-${asked}`, required: true, rows: 3 });
    const form = make('form', { method: 'dialog' }, [
      make('h2', { id: `ask-title-${asked}` }, title),
      text && make('p', { class: 'muted' }, text),
      body,
      field && make('div', { class: 'field' }, make('label', { for: field.id, class: 'need' }, say('Reason')), field),
      make('div', { class: 'foot' },
        make('button', { type: 'button', class: 'btn', onclick: () => dialog.close() }, say('Cancel')),
        make('button', { type: 'submit', class: `btn ${danger ? 'danger' : 'primary'}`, value: 'yes' }, go)),
    ]);
    const dialog = make('dialog', { 'aria-labelledby': `ask-title-${asked}` }, form);
    dialog.addEventListener('close', () => {
      answer(dialog.returnValue === 'yes' ? (field ? field.value.trim() : true) : null);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A large dialog that its maker fills: {dialog, body, foot}. */
export function sheet(title, ...classes) {
  asked += 1;
  const body = make('div', { class: 'sheet-body' });
  const foot = make('div', { class: 'foot' });
  const dialog = make('dialog', { class: ['sheet', ...classes].join(' '), 'aria-labelledby': `ask-title-${asked}` }, make('div', { class: 'body' }, make('h2', { id: `ask-title-${asked}` }, title), body, foot));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, body, foot };
}
