/** What stands around a diagram: zoom at the top right, the legend at the bottom left. */
import { make } from '../shared/dom.js';
import { draw } from '../shared/painter.js';
import { say } from '../shared/say.js';

const STROKES = { larger: 'M12 5v14M5 12h14', smaller: 'M5 12h14', all: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5' };

function sign(name) {
  const holder = document.createElement('span');
  const svg = draw(holder, 'svg', { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' });
  draw(svg, 'path', { d: STROKES[name] });
  return svg;
}

export function tools(diagram) {
  const button = (name, label, act) => make('button', { type: 'button', 'aria-label': label, title: label, onclick: act }, sign(name));
  return make('div', { class: 'tools no-print' }, [
    button('larger', say('Larger'), () => diagram.zoom(1.25)),
    button('smaller', say('Smaller'), () => diagram.zoom(0.8)),
    button('all', say('Show all'), () => diagram.fit()),
  ]);
}

/** Only what is painted is explained. */
export function legend({ flow, path, changes, findings }) {
  const parts = [];
  const entry = (mark, words) => parts.push(make('span', {}, mark, words));
  if (flow?.elements.some((each) => each.waited_seconds_median)) {
    entry(make('span', { class: 'ramp' }), flow.elements.some((each) => each.planned_seconds) ? say('wait against plan, ×1 to ×4') : say('wait, short to long'));
  }
  if (flow) entry(make('span', { class: 'mes-count' }, '3'), say('here now'));
  if (flow?.elements.some((each) => each.held)) entry(make('span', { class: 'mes-count held' }, '▲ 1'), say('held'));
  if (flow?.elements.some((each) => each.incidents)) entry(make('span', { class: 'mes-count incident' }, '! 1'), say('incidents'));
  if (path) entry(make('i'), say('way taken'));
  if (path && Object.values(path.elements ?? {}).some((times) => times > 1)) entry(make('span', { class: 'mes-times' }, '2×'), say('passed so often'));
  if (path?.waiting?.length) entry(make('span', { class: 'mes-token' }), say('waits here'));
  for (const [kind, sign, words] of [['added', '+', say('added')], ['removed', '−', say('removed')], ['changed', '~', say('changed')], ['moved', '↔', say('moved')]]) {
    if (changes?.some((each) => each.kind === kind)) entry(make('span', { class: `mes-change ${kind}` }, sign), words);
  }
  if (findings?.some((each) => each.severity === 'error')) entry(make('span', { class: 'mes-finding bad' }, '✕'), say('error'));
  if (findings?.some((each) => each.severity === 'warning')) entry(make('span', { class: 'mes-finding warn' }, '!'), say('warning'));
  return parts.length ? make('div', { class: 'legend' }, parts) : make('div', { class: 'legend', hidden: true });
}
