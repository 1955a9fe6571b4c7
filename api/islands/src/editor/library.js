/** The library's modeler with our parts in place of some of its own. */
import Modeler from 'bpmn-js/lib/Modeler';
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import 'bpmn-js/dist/assets/bpmn-font/css/bpmn.css';
import '../shared/diagram.css';
import moddle from '../shared/moddle.js';
import painter, { LOOKS } from '../shared/painter.js';
import { say } from '../shared/say.js';
import pad from './pad.js';
import names from './names.js';
import layout from './layout.js';
import replace from './replace.js';
import rework from './rework.js';
import roles from './roles.js';
import steps from './steps.js';

// The library's own icons for aligning carry style attributes, which the page's policy forbids.
const plain = (path) => `<svg viewBox="0 0 24 24" width="24" height="24" class="icon"><path d="${path}"></path></svg>`;
const ICONS = {
  left: plain('M4 3v18M8 7h12M8 16h7'), right: plain('M20 3v18M4 7h12M9 16h7'), center: plain('M12 3v18M5 7h14M8 16h8'),
  top: plain('M3 4h18M7 8v12M16 8v7'), bottom: plain('M3 20h18M7 4v12M16 9v7'), middle: plain('M3 12h18M7 5v14M16 8v8'),
};
const SPREAD = { horizontal: plain('M5 4v16M12 7v10M19 4v16'), vertical: plain('M4 5h16M7 12h10M4 19h16') };

const ours = {
  translate: ['value', (text, values) => say(text, values)],
  alignElementsIcons: ['value', ICONS],
  distributeElementsIcons: ['value', SPREAD],
  palette: ['value', { registerProvider() {} }],
  paletteProvider: ['value', null],
};

export function newModeler(container) {
  return new Modeler({
    container,
    additionalModules: [ours, painter, names, pad, layout, replace, rework, roles, steps],
    moddleExtensions: { mes: moddle },
    ...LOOKS,
  });
}

export function newViewer(container) {
  return new NavigatedViewer({ container, additionalModules: [painter], moddleExtensions: { mes: moddle }, ...LOOKS });
}
