/**
 * Paints what is known of elements over a diagram; everything has a word or a number, never colour alone.
 *
 *   paint(diagram, {
 *     flow:     the body of GET /processes/{key}/flow: lots here, held, incidents, waits as heat
 *     path:     the body of GET /instances/{id}/path: the way taken, loops counted, where it waits
 *     findings: [{element, severity, message, cure}]
 *     changes:  [{element, kind: added | removed | changed | moved, sentence}]
 *     now:      the server's instant, for how long something waits
 *   })
 */
import { make } from './dom.js';
import { say, span } from './say.js';

const OURS = 'mes-mark';
const CLASSES = ['is-taken', 'is-passed', 'is-waiting', 'is-added', 'is-removed', 'is-changed', 'is-moved', 'is-heated'];
const SIGNS = { added: '+', removed: '−', changed: '~', moved: '↔' };
const WORST = 4; // times the planned time, where the ramp ends

export function paint(diagram, shown) {
  clear(diagram);
  if (shown.flow) paintFlow(diagram, shown.flow, shown.now ? Date.parse(shown.now) : Date.now());
  if (shown.path) paintPath(diagram, shown.path);
  if (shown.findings) paintFindings(diagram, shown.findings);
  if (shown.changes) paintChanges(diagram, shown.changes);
}

export function clear(diagram) {
  const canvas = diagram.get('canvas');
  diagram.get('overlays').remove({ type: OURS });
  diagram.get('elementRegistry').forEach((element, gfx) => {
    for (const name of CLASSES) if (canvas.hasMarker(element, name)) canvas.removeMarker(element, name);
    for (const each of gfx.querySelectorAll('[data-heated]')) {
      each.style.fill = each.dataset.heated;
      delete each.dataset.heated;
    }
  });
}

function over(diagram, id, position, html) {
  const element = diagram.get('elementRegistry').get(id);
  if (element?.parent) diagram.get('overlays').add(id, OURS, { position: element.waypoints ? along(element.waypoints) : position, html });
}

/** Past the middle of a flow, where its label is not; measured from its bounding box. */
function along(points) {
  const lengths = points.slice(1).map((point, index) => Math.hypot(point.x - points[index].x, point.y - points[index].y));
  let rest = lengths.reduce((sum, each) => sum + each, 0) * 0.72;
  let index = 0;
  while (index < lengths.length - 1 && rest > lengths[index]) rest -= lengths[index++];
  const share = lengths[index] ? rest / lengths[index] : 0;
  const [from, to] = [points[index], points[index + 1]];
  const x = from.x + (to.x - from.x) * share - Math.min(...points.map((p) => p.x));
  const y = from.y + (to.y - from.y) * share - Math.min(...points.map((p) => p.y));
  return { top: y - 11, left: x - 11 };
}

function mark(diagram, id, name) {
  if (diagram.get('elementRegistry').get(id)) diagram.get('canvas').addMarker(id, name);
}

// ---- flow -----------------------------------------------------------------------------------------

function paintFlow(diagram, flow, now) {
  const longest = Math.max(0, ...flow.elements.map((each) => each.waited_seconds_median ?? 0));
  for (const each of flow.elements) {
    counts(diagram, each);
    const heat = heatOf(each, longest);
    if (heat) warm(diagram, each.element, heat.share);
    const since = each.here && each.oldest_since ? (now - Date.parse(each.oldest_since)) / 1000 : null;
    const words = [since === null ? null : span(since), heat?.words].filter(Boolean).join(' · ');
    if (words) over(diagram, each.element, { bottom: -4, left: 0 }, make('div', { class: 'mes-wait', title: waitTitle(each, since) }, words));
  }
  for (const { flow: id, taken } of flow.flows ?? []) if (taken) mark(diagram, id, 'is-passed');
}

function counts(diagram, { element, here, held, incidents }) {
  const parts = [];
  if (here) parts.push(make('div', { class: 'mes-count', title: say('{n} here now', { n: here }) }, String(here)));
  if (held) parts.push(make('div', { class: 'mes-count held', title: say('{n} held', { n: held }) }, `▲ ${held}`));
  if (incidents) parts.push(make('div', { class: 'mes-count incident', title: say('{n} incidents', { n: incidents }) }, `! ${incidents}`));
  if (parts.length) over(diagram, element, { top: 0, left: -8 }, make('div', { class: 'mes-counts' }, parts));
}

/** How warm: the median wait against the plan, else against the longest wait of this diagram. */
function heatOf({ waited_seconds_median: waited, planned_seconds: planned }, longest) {
  if (!waited) return null;
  if (planned) return { share: Math.min(1, waited / planned / WORST), words: `×${(waited / planned).toFixed(1)}` };
  return { share: waited / longest, words: `⌀ ${span(waited)}` };
}

function waitTitle({ waited_seconds_median: waited, took_seconds_median: took }, since) {
  return [
    since === null ? null : say('oldest waits {time}', { time: span(since) }),
    waited ? say('half waited {time} or less', { time: span(waited) }) : null,
    took ? say('half took {time} or less', { time: span(took) }) : null,
  ].filter(Boolean).join(' · ');
}

function warm(diagram, id, share) {
  const gfx = diagram.get('elementRegistry').getGraphics(id);
  const shape = gfx?.querySelector('.djs-visual > :is(rect, polygon, circle)');
  if (!shape) return;
  shape.dataset.heated = shape.style.fill;
  shape.style.fill = `color-mix(in oklab, #fff7e6, #c2410c ${Math.round(share * 78)}%)`;
  mark(diagram, id, 'is-heated');
}

// ---- path -----------------------------------------------------------------------------------------

function paintPath(diagram, { elements = {}, flows = {}, waiting = [] }) {
  for (const [id, times] of Object.entries(elements)) {
    mark(diagram, id, 'is-passed');
    if (times > 1) over(diagram, id, { top: -12, right: 14 }, make('div', { class: 'mes-times', title: say('passed {n} times', { n: times }) }, `${times}×`));
  }
  for (const id of Object.keys(flows)) mark(diagram, id, 'is-taken');
  for (const id of waiting) {
    mark(diagram, id, 'is-waiting');
    over(diagram, id, { top: 0, left: -8 }, make('div', { class: 'mes-counts' }, make('div', { class: 'mes-token', role: 'img', 'aria-label': say('waits here'), title: say('waits here') })));
  }
}

// ---- findings and changes -------------------------------------------------------------------------

function paintFindings(diagram, findings) {
  const byElement = Map.groupBy?.(findings, (each) => each.element) ?? grouped(findings);
  for (const [id, list] of byElement) {
    const bad = list.some((each) => each.severity === 'error');
    const title = list.map((each) => `${each.message} ${each.cure}`).join('\n');
    const words = `${bad ? '✕' : '!'}${list.length > 1 ? ` ${list.length}` : ''}`;
    over(diagram, id, { top: -10, right: 10 }, make('div', { class: `mes-finding ${bad ? 'bad' : 'warn'}`, title }, words));
  }
}

function grouped(findings) {
  const found = new Map();
  for (const each of findings) found.set(each.element, [...(found.get(each.element) ?? []), each]);
  return found;
}

function paintChanges(diagram, changes) {
  for (const { element, kind, sentence } of changes) {
    mark(diagram, element, `is-${kind}`);
    over(diagram, element, { top: -10, right: 10 }, make('div', { class: `mes-change ${kind}`, title: sentence }, SIGNS[kind] ?? '~'));
  }
}
