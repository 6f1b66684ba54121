// Where the 3D view is seen from: two angles, a distance and the point looked at, in mm. Matrices are column by column.

/** A camera that shows a body of this radius. */
function camera(radius) {
  const c = { yaw: 0, pitch: 0, zoom: 1, target: [0, 0, 0] };
  c.reset = () => {
    c.yaw = -0.6;
    c.pitch = 0.45;
    c.zoom = 1;
    c.target = [0, 0, 0];
  };
  c.turn = (yaw, pitch) => {
    c.yaw += yaw;
    c.pitch = Math.min(Math.max(c.pitch + pitch, -Math.PI / 2), Math.PI / 2);
  };
  c.nearer = factor => { c.zoom = Math.min(Math.max(c.zoom * factor, 0.4), 30); };
  /** Moves what is looked at by a part of the picture's height. */
  c.shift = (right, up) => {
    const r = c.rotation(), span = 2 * c.distance() * Math.tan(ANGLE / 2);
    for (let a = 0; a < 3; a++) c.target[a] -= span * (right * r[3 * a] + up * r[3 * a + 1]);
  };
  c.distance = () => 1.02 * radius / Math.sin(ANGLE / 2) / c.zoom;
  /** From the body's axes to right, up and towards us. */
  c.rotation = () => {
    const [s, t] = [Math.sin(c.yaw), Math.cos(c.yaw)], [p, q] = [Math.sin(c.pitch), Math.cos(c.pitch)];
    return [t, s * p, -s * q, -s, t * p, -t * q, 0, q, p];
  };
  /** The matrix from mm to the picture, for a picture of this ratio of width to height. */
  c.matrix = ratio => {
    const r = c.rotation(), d = c.distance();
    const near = Math.max(d - 2.5 * radius, d * 0.02), far = d + 2.5 * radius;
    const scale = 1 / Math.tan(ANGLE / 2);
    const [sx, sy] = ratio < 1 ? [scale, scale * ratio] : [scale / ratio, scale];
    const shift = [0, 1, 2].map(k => -(r[k] * c.target[0] + r[3 + k] * c.target[1] + r[6 + k] * c.target[2]));
    const zs = -(far + near) / (far - near), zo = -2 * far * near / (far - near);
    const column = (x, y, z, w) => [sx * x, sy * y, zs * z + zo * w, -z];
    return [
      ...column(r[0], r[1], r[2], 0),
      ...column(r[3], r[4], r[5], 0),
      ...column(r[6], r[7], r[8], 0),
      ...column(shift[0], shift[1], shift[2] - d, 1),
    ];
  };
  c.reset();
  return c;
}

/** Angle of view. */
const ANGLE = 0.6;
