/**
 * Shows diagrams in pages, alive or as they were.
 *
 *   <div class="diagram" data-diagram="flow-data" aria-label="…"></div>
 *   <div hidden><script type="application/json" id="flow-data">{"source": "/api/v1/processes/x/versions/1.bpmn", "flow": …}</script></div>
 *
 * The data has `source` (an address) or `xml`, and what shared/marks.js paints. When a live part of the page
 * brings other data under the same id it is painted anew, without moving the view. Clicking an element sends
 * `diagram:select` with {element, name}; whatever has `data-element="id"` in the page chooses it in return.
 */
import Viewer from './library.js';
import { legend, tools } from './around.js';
import { make } from '../shared/dom.js';
import { fit, reveal } from '../shared/fit.js';
import { paint } from '../shared/marks.js';
import moddle from '../shared/moddle.js';
import painter, { LOOKS, fontReady } from '../shared/painter.js';
import { say } from '../shared/say.js';

class Diagram {
  constructor(place) {
    this.place = place;
    this.id = place.dataset.diagram;
    this.text = '';
    this.chosen = null;
    this.canvas = make('div', { class: 'canvas' });
    place.append(this.canvas);
    this.viewer = new Viewer({ container: this.canvas, additionalModules: [painter], moddleExtensions: { mes: moddle }, ...LOOKS });
    this.viewer.on('element.click', ({ element }) => this.clicked(element));
    place.diagram = this;
  }

  data() {
    const script = document.getElementById(this.id);
    return script ? script.textContent : '';
  }

  async show() {
    this.text = this.data();
    const shown = JSON.parse(this.text);
    try {
      const [xml] = await Promise.all([shown.xml ?? load(shown.source), fontReady()]);
      await this.viewer.importXML(xml);
    } catch (fault) {
      this.canvas.append(make('p', { class: 'failed', role: 'alert' }, /no diagram to display/.test(fault.message) ? say('This routing was written without a drawing; the table says the same.') : say('The diagram cannot be shown.'), make('span', { class: 'small' }, fault.message)));
      return;
    }
    this.source = shown.xml ?? shown.source;
    this.place.append(tools(this), legend(shown));
    this.fit();
    this.paint(shown);
    new ResizeObserver(() => this.viewer.get('canvas').resized()).observe(this.canvas);
    this.place.dispatchEvent(new CustomEvent('diagram:ready', { bubbles: true }));
  }

  /** Paint again if the page has other data now. */
  renew() {
    const text = this.data();
    if (!text || text === this.text || !this.source) return;
    this.text = text;
    this.paint(JSON.parse(text));
  }

  paint(shown) {
    paint(this.viewer, shown);
    this.place.querySelector('.legend')?.replaceWith(legend(shown));
    if (shown.selected) this.choose(shown.selected);
  }

  fit() {
    fit(this.viewer.get('canvas'), { top: 40, left: 30, right: 64, bottom: 64 });
  }

  zoom(factor) {
    const canvas = this.viewer.get('canvas');
    canvas.zoom(Math.min(4, Math.max(0.2, canvas.zoom() * factor)), 'auto');
  }

  clicked(element) {
    const object = (element.labelTarget ?? element).businessObject;
    this.choose(object.id);
    this.place.dispatchEvent(new CustomEvent('diagram:select', { bubbles: true, detail: { element: object.id, name: object.name ?? '' } }));
  }

  /** Mark an element as chosen, here and in the page's lists. */
  choose(id) {
    const canvas = this.viewer.get('canvas');
    const element = this.viewer.get('elementRegistry').get(id);
    if (this.chosen) canvas.removeMarker(this.chosen, 'is-chosen');
    this.chosen = element && element !== canvas.getRootElement() ? element : null;
    for (const each of document.querySelectorAll('[data-element]')) {
      const same = this.chosen !== null && each.dataset.element === id;
      if (same) each.setAttribute('aria-current', 'true');
      else each.removeAttribute('aria-current');
    }
    if (!this.chosen) return;
    canvas.addMarker(this.chosen, 'is-chosen');
    reveal(canvas, this.chosen);
  }
}

async function load(source) {
  const answer = await fetch(source, { credentials: 'same-origin', headers: { Accept: 'application/xml' } });
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer.text();
}

const diagrams = [...document.querySelectorAll('[data-diagram]')].map((place) => new Diagram(place));
for (const each of diagrams) each.show();

if (diagrams.length) {
  const elsewhere = ({ target }) => !(target instanceof Element ? target : target.parentElement)?.closest('.diagram');
  new MutationObserver((seen) => seen.some(elsewhere) && diagrams.forEach((each) => each.renew())).observe(document.body, { childList: true, characterData: true, subtree: true });
  document.addEventListener('click', (event) => {
    const asked = event.target.closest('[data-element]');
    if (!asked || asked.closest('.djs-container')) return;
    for (const each of diagrams) each.choose(asked.dataset.element);
  });
}
