/** Show the whole diagram, clear of what lies over the canvas; never larger than drawn. */
export function fit(canvas, margin = {}) {
  const { top = 30, right = 30, bottom = 30, left = 30 } = margin;
  const { inner, outer } = canvas.viewbox();
  if (!outer.width || !inner.width) return;
  const scale = Math.min(1.15, (outer.width - left - right) / inner.width, (outer.height - top - bottom) / inner.height);
  if (!(scale > 0)) return;
  const width = outer.width / scale;
  const height = outer.height / scale;
  canvas.viewbox({
    x: inner.x + inner.width / 2 - width / 2 - (left - right) / 2 / scale,
    y: inner.y + inner.height / 2 - height / 2 - (top - bottom) / 2 / scale,
    width,
    height,
  });
}

/** Bring an element into sight, without moving when it is in sight already. */
export function reveal(canvas, element) {
  const box = element.waypoints ? bounds(element.waypoints) : element;
  const view = canvas.viewbox();
  const inside = box.x >= view.x && box.y >= view.y && box.x + box.width <= view.x + view.width && box.y + box.height <= view.y + view.height;
  if (!inside) canvas.viewbox({ ...view, x: box.x + box.width / 2 - view.width / 2, y: box.y + box.height / 2 - view.height / 2 });
}

function bounds(points) {
  const xs = points.map((p) => p.x);
  const ys = points.map((p) => p.y);
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}
