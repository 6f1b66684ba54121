// The surface of the solid, where the distance is zero: a net with one corner in each cell that the surface crosses, at
// the middle of its crossings, brought back to the surface by one step, and one square across each edge of the grid whose
// ends lie on different sides (surface nets, Gibson 1998). Beyond the grid is void, so that the body is closed at its faces.

/** Corners in mm from the middle of the box, their normals and bytes, and triangles that face outward. */
function surface(b) {
  const size = b.size.map(n => n + 2);
  const [nx, ny, nz] = size;
  const stride = [1, nx, nx * ny];
  const field = padded(b, size);
  const middle = [0, 1, 2].map(a => (b.low[a] + b.high[a]) / 2);
  const offset = [0, 1, 2, 3, 4, 5, 6, 7].map(c => (c & 1) + nx * (c >> 1 & 1) + nx * ny * (c >> 2));
  const number = new Int32Array(nx * ny * nz).fill(-1);
  let count = 0;
  for (let z = 0; z + 1 < nz; z++) {
    for (let y = 0; y + 1 < ny; y++) {
      for (let x = 0; x + 1 < nx; x++) {
        const i = x + nx * y + nx * ny * z;
        let negative = 0;
        for (let c = 0; c < 8; c++) if (field[i + offset[c]] < 0) negative++;
        if (negative > 0 && negative < 8) number[i] = count++;
      }
    }
  }
  const position = new Float32Array(3 * count), normal = new Int8Array(4 * count);
  const bytes = { struts: new Uint8Array(count), pores: new Uint8Array(count) };
  const value = new Float32Array(8), at = [0, 0, 0], slope = [0, 0, 0];
  let n = 0;
  for (let z = 0; z + 1 < nz; z++) {
    for (let y = 0; y + 1 < ny; y++) {
      for (let x = 0; x + 1 < nx; x++) {
        const i = x + nx * y + nx * ny * z;
        if (number[i] < 0) continue;
        for (let c = 0; c < 8; c++) value[c] = field[i + offset[c]];
        const cell = [x, y, z];
        let crossings = 0;
        at.fill(0);
        slope.fill(0);
        for (let a = 0; a < 3; a++) {
          for (let c = 0; c < 8; c++) {
            if (c >> a & 1) continue;
            const d = c | 1 << a;
            slope[a] += value[d] - value[c];
            if (value[c] < 0 === value[d] < 0) continue;
            const t = value[c] / (value[c] - value[d]);
            for (let k = 0; k < 3; k++) at[k] += (c >> k & 1) + (k === a ? t : 0);
            crossings++;
          }
        }
        let steep = 0;
        for (let a = 0; a < 3; a++) {
          at[a] /= crossings;
          slope[a] /= 4 * b.spacing[a];
          steep += slope[a] * slope[a];
        }
        steep = steep || 1;
        // The middle of the crossings lies inside of an edge: one step along the slope brings it back to the surface.
        const off = between(value, at) / steep;
        for (let a = 0; a < 3; a++) {
          const moved = Math.min(Math.max(at[a] - off * slope[a] / b.spacing[a], 0), 1);
          const place = along(b, a, cell[a] + moved - 1);
          position[3 * n + a] = (Math.min(Math.max(place, b.low[a]), b.high[a]) - middle[a]) / 1000;
          normal[4 * n + a] = Math.round(127 * slope[a] / Math.sqrt(steep));
        }
        // The widest pore and strut at the corners: those in a crevice or an edge are no figure of their own.
        for (let c = 0; c < 8; c++) {
          const s = [x + (c & 1) - 1, y + (c >> 1 & 1) - 1, z + (c >> 2) - 1];
          if (s.some((k, a) => k < 0 || k >= b.size[a])) continue;
          const j = s[0] + b.size[0] * (s[1] + b.size[1] * s[2]);
          const phase = b.distance[j] < 0 ? bytes.struts : bytes.pores;
          phase[n] = Math.max(phase[n], b.byte[j]);
        }
        n++;
      }
    }
  }
  const triangles = new Uint32Array(6 * crossed(field, stride));
  let t = 0;
  for (let i = 0; i < field.length; i++) {
    const inside = field[i] < 0;
    for (let a = 0; a < 3; a++) {
      if (inside === field[i + stride[a]] < 0) continue;
      // The four cells round the edge, counter-clockwise seen from its end.
      const u = stride[(a + 1) % 3], v = stride[(a + 2) % 3];
      const p = number[i - u - v], q = number[i - v], r = number[i], s = number[i - u];
      triangles.set(inside ? [p, q, r, p, r, s] : [p, r, q, p, s, r], t);
      t += 6;
    }
  }
  return { position, normal, bytes, triangles, count };
}

/**
 * Number of edges of the grid whose ends lie on different sides. Its outermost samples are all void, so that what comes
 * behind the last one of a row, the first of the next, is never on the other side.
 */
function crossed(field, stride) {
  let n = 0;
  for (let i = 0; i < field.length; i++) {
    for (let a = 0; a < 3; a++) if (field[i] < 0 !== field[i + stride[a]] < 0) n++;
  }
  return n;
}

/** The distances with a layer of void round them, so far off that the surface lies on the faces of the box. */
function padded(b, size) {
  const [nx, ny, nz] = size, field = new Float32Array(nx * ny * nz);
  const face = [0, 1, 2].map(a => [
    (b.origin[a] - b.low[a]) / b.spacing[a],
    (b.high[a] - along(b, a, b.size[a] - 1)) / b.spacing[a],
  ]);
  let i = 0;
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        const p = [x, y, z];
        let beyond = 1, j = 0;
        for (let a = 2; a >= 0; a--) {
          const k = Math.min(Math.max(p[a] - 1, 0), b.size[a] - 1);
          if (k !== p[a] - 1) {
            const t = Math.min(face[a][p[a] === 0 ? 0 : 1], 0.98);
            beyond = (1 - t) / t;
          }
          j = k + b.size[a] * j;
        }
        const outside = x === 0 || y === 0 || z === 0 || x === nx - 1 || y === ny - 1 || z === nz - 1;
        field[i++] = outside ? Math.max(Math.abs(b.distance[j]), 0.5) * beyond : b.distance[j];
      }
    }
  }
  return field;
}

/** The value at a place in a cell, between those at its corners. */
function between(value, at) {
  let sum = 0;
  for (let c = 0; c < 8; c++) {
    let weight = 1;
    for (let a = 0; a < 3; a++) weight *= c >> a & 1 ? at[a] : 1 - at[a];
    sum += weight * value[c];
  }
  return sum;
}

/** Volume in mm³ that the surface encloses, by the divergence theorem. */
function enclosed({ position, triangles }) {
  let six = 0;
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
    six += position[a] * (position[b + 1] * position[c + 2] - position[b + 2] * position[c + 1])
      + position[a + 1] * (position[b + 2] * position[c] - position[b] * position[c + 2])
      + position[a + 2] * (position[b] * position[c + 1] - position[b + 1] * position[c]);
  }
  return six / 6;
}
