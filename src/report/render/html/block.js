// The data of a design: distances to the surface and diameters on a coarse grid, unpacked when they are first needed.

const blocks = new Map();

/** The block of a design by its number; one promise for all who ask. */
function block(number) {
  if (!blocks.has(number)) blocks.set(number, unpack(number));
  return blocks.get(number);
}

async function unpack(number) {
  if (typeof DecompressionStream === "undefined") {
    throw new Error("this browser cannot unpack the pictures: any browser since 2023 can");
  }
  const b = JSON.parse(document.getElementById("m" + number).textContent);
  const packed = Uint8Array.from(atob(document.getElementById("b" + number).textContent), c => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = await new Response(stream).arrayBuffer();
  const count = b.size[0] * b.size[1] * b.size[2];
  b.distance = new Int8Array(bytes, 0, count);
  b.byte = new Uint8Array(bytes, count, count);
  return b;
}

/** Whether a byte is out of the limits of its scale. */
const outOfLimits = (b, byte) => byte > 1 && (byte <= b.below || byte >= b.above);

/** The axes across and up of a section. */
const acrossUp = axis => axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];

/** Where a sample lies along an axis, in µm. */
const along = (b, axis, sample) => b.origin[axis] + sample * b.spacing[axis];

/** For each of n points along an axis: the lower sample, the next one, and the weight of the next. */
function weights(b, axis, n) {
  const last = b.size[axis] - 1, list = [];
  for (let p = 0; p < n; p++) {
    const at = b.low[axis] + (p + 0.5) / n * (b.high[axis] - b.low[axis]);
    const s = Math.min(Math.max((at - b.origin[axis]) / b.spacing[axis], 0), last);
    const i = Math.min(Math.floor(s), Math.max(last - 1, 0));
    list.push([i, Math.min(i + 1, last), s - i]);
  }
  return list;
}

/**
 * The section across an axis through the samples of a number, as bytes of `width` times `height` points from the top: 0
 * outside, else the byte of the diameter; solid is told by `solid`. The distance is interpolated between samples; a point
 * takes its diameter from the sample of its own phase that weighs most.
 */
function section(b, axis, number, width, height) {
  const [u, v] = acrossUp(axis), stride = [1, b.size[0], b.size[0] * b.size[1]];
  const columns = weights(b, u, width), rows = weights(b, v, height).reverse();
  const bytes = new Uint8Array(width * height), solid = new Uint8Array(width * height);
  const index = [0, 0, 0, 0], weight = [0, 0, 0, 0];
  let k = 0;
  for (const [v0, v1, wv] of rows) {
    for (const [u0, u1, wu] of columns) {
      const base = number * stride[axis];
      index[0] = base + u0 * stride[u] + v0 * stride[v];
      index[1] = base + u1 * stride[u] + v0 * stride[v];
      index[2] = base + u0 * stride[u] + v1 * stride[v];
      index[3] = base + u1 * stride[u] + v1 * stride[v];
      weight[0] = (1 - wu) * (1 - wv);
      weight[1] = wu * (1 - wv);
      weight[2] = (1 - wu) * wv;
      weight[3] = wu * wv;
      let distance = 0;
      for (let c = 0; c < 4; c++) distance += weight[c] * b.distance[index[c]];
      const inside = distance < 0;
      let best = -1;
      for (let c = 0; c < 4; c++) {
        if ((b.distance[index[c]] < 0) === inside && weight[c] > best) {
          best = weight[c];
          bytes[k] = b.byte[index[c]];
        }
      }
      solid[k++] = inside ? 1 : 0;
    }
  }
  return { bytes, solid };
}
