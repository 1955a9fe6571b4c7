/** Draws a step as its BPMN shape with a coloured bar and a badge: every tool still opens the file. */
import { KINDS, kindOf } from './steps.js';

const FIRST = 1500;
const SVG = 'http://www.w3.org/2000/svg';

/** An SVG element; what is a style is set as one, which the page's policy allows. */
export function draw(parent, name, attributes = {}, style = {}) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  for (const [key, value] of Object.entries(style)) made.style.setProperty(key, value);
  parent.append(made);
  return made;
}

function Painter(eventBus, bpmnRenderer) {
  eventBus.on('render.shape', FIRST, (_, { gfx, element, attrs }) => {
    const kind = element.labelTarget ? null : kindOf(element.businessObject);
    if (!kind) return undefined;
    const shape = bpmnRenderer.drawShape(gfx, element, attrs);
    bar(gfx, element, KINDS[kind]);
    badge(gfx, element, KINDS[kind]);
    return shape;
  });
}
Painter.$inject = ['eventBus', 'bpmnRenderer'];

function bar(gfx, { height }, { color }) {
  draw(gfx, 'path', { d: `M 1.5 10 Q 1.5 4 5 2.2 L 5 ${height - 2.2} Q 1.5 ${height - 4} 1.5 ${height - 10} Z` }, { fill: color, stroke: 'none' });
}

function badge(gfx, { width, height }, { badge: letters, color }) {
  const wide = letters.length * 7.2 + 9;
  const group = draw(gfx, 'g', { transform: `translate(${width - wide - 4},${height - 19})` });
  draw(group, 'rect', { width: wide, height: 15, rx: 4 }, { fill: color, stroke: 'none' });
  const words = draw(group, 'text', { x: wide / 2, y: 11.2 }, {
    'font-family': 'var(--font, sans-serif)', 'font-size': '10px', 'font-weight': 700, 'letter-spacing': '.3px', fill: '#fff', 'text-anchor': 'middle',
  });
  words.textContent = letters;
}

/** Library options that make both themes: its colours are those of the page. */
export const LOOKS = {
  bpmnRenderer: { defaultFillColor: 'var(--bg-2)', defaultStrokeColor: 'var(--fg-1)', defaultLabelColor: 'var(--fg-1)' },
  textRenderer: {
    defaultStyle: { fontFamily: '"Inter Variable", system-ui, "Noto Sans", sans-serif', fontSize: 12 },
    externalStyle: { fontSize: 11 },
  },
  overlays: { defaults: { show: { minZoom: 0.2 }, scale: { min: 0.8, max: 1.4 } } },
};

/** Words are measured when they are drawn: the font has to be there first. */
export const fontReady = () => document.fonts.load('12px "Inter Variable"').catch(() => []);

export default { __init__: ['mesPainter'], mesPainter: ['type', Painter] };
