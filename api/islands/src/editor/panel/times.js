/** Lengths of time as people write them: `1 h 30 min` for `PT1H30M`; what is an expression stays one. */
import { say } from '../../shared/say.js';

const ISO = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const WRITTEN = { d: 'D', day: 'D', days: 'D', t: 'D', tag: 'D', tage: 'D', h: 'H', hour: 'H', hours: 'H', std: 'H', min: 'M', m: 'M', minutes: 'M', minute: 'M', minuten: 'M', s: 'S', sec: 'S', sek: 'S' };

/** `PT1H30M` as `1 h 30 min`; null when it is no plain length of days, hours, minutes and seconds. */
export function readable(text) {
  const found = ISO.exec(text ?? '');
  if (!found || text === 'P' || text.endsWith('T')) return null;
  const [, years, months, weeks, days, hours, minutes, seconds] = found;
  if (years || months || weeks) return null;
  const parts = [[days, 'd'], [hours, 'h'], [minutes, 'min'], [seconds, 's']];
  return parts.filter(([number]) => number).map(([number, unit]) => `${number} ${say(unit)}`).join(' ') || null;
}

/** What a person wrote, as ISO 8601; expressions and ISO 8601 as they are; null when it is neither. */
export function written(text) {
  const given = text.trim();
  if (given.startsWith('=') || given.startsWith('${') || /^[PR]/.test(given) || /^\d{4}-/.test(given)) return given;
  const parts = [...given.matchAll(/(\d+(?:[.,]\d+)?)\s*([a-zä-ü]+)\s*/gi)];
  if (!parts.length || parts.map((part) => part[0]).join('').trim() !== given) return null;
  const found = {};
  for (const [, number, unit] of parts) {
    const name = WRITTEN[unit.toLowerCase()];
    if (!name || found[name]) return null;
    found[name] = number.replace(',', '.');
  }
  const day = found.D ? `${found.D}D` : '';
  const time = ['H', 'M', 'S'].map((name) => (found[name] ? found[name] + name : '')).join('');
  return `P${day}${time && `T${time}`}`;
}

/** A text control's `get` and `set` around a length of time. */
export function timed(spec) {
  return {
    kind: 'text',
    placeholder: say('for example 2 h 30 min'),
    ...spec,
    get: () => readable(spec.get()) ?? spec.get(),
    set: (value) => spec.set(value && written(value)),
    check: (value) => (written(value) ? null : say('Write a time such as 2 h 30 min, PT2H30M, or = and an expression.')),
  };
}

