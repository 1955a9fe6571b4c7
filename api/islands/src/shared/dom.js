/** Elements made in one line: `make('button', {type: 'button', class: 'btn'}, 'Fit')`. */
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (key === 'class') made.className = value;
    else if (key in made && typeof value !== 'string') made[key] = value;
    else made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** An icon of the page's sprite, whose address stands in `<body data-icons>` or in a link of the page. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `${sprite()}#${name}`);
  svg.append(use);
  return svg;
}

function sprite() {
  const used = document.querySelector('svg.icon use')?.getAttribute('href');
  return document.querySelector('[data-icons]')?.dataset.icons ?? used?.split('#')[0] ?? '';
}
