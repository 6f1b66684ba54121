// The solid in three dimensions, by WebGL: one canvas for the page, which goes to the design that is looked at.

const VERTEX = `
attribute vec3 position;
attribute vec3 normal;
attribute vec4 colour;
uniform mat4 matrix;
uniform mat3 rotation;
uniform vec3 offset;
uniform float scale;
varying vec3 at;
varying vec3 facing;
varying vec4 shade;
void main() {
  at = position * scale + offset;
  facing = rotation * normal;
  shade = colour;
  gl_Position = matrix * vec4(at, 1.0);
}`;

const FRAGMENT = `
precision highp float;
uniform vec4 cut;
uniform vec3 background;
uniform vec2 depth;
uniform sampler2D picture;
uniform vec3 pictureLow;
uniform vec3 pictureU;
uniform vec3 pictureV;
uniform float whole;
varying vec3 at;
varying vec3 facing;
varying vec4 shade;
void main() {
  if (dot(at, cut.xyz) > cut.w) discard;
  vec3 colour = shade.rgb;
  if (whole > 0.5) {
    vec3 p = at - pictureLow;
    vec4 texel = texture2D(picture, vec2(dot(p, pictureU), dot(p, pictureV)));
    if (texel.a < 0.5) discard;
    colour = texel.rgb;
  } else {
    vec3 n = normalize(facing);
    float light = 0.42 + 0.5 * abs(n.z) + 0.12 * n.y * sign(n.z);
    if (shade.a > 0.5 && mod(floor((gl_FragCoord.x + gl_FragCoord.y) / 4.0), 2.0) > 0.5) light *= 0.65;
    colour *= light;
  }
  float far = clamp((1.0 / gl_FragCoord.w - depth.x) / (depth.y - depth.x), 0.0, 1.0);
  gl_FragColor = vec4(mix(colour, background, 0.5 * far), 1.0);
}`;

const PLAIN = [150, 156, 164];
const MARK = { fail: [0.84, 0.2, 0.1, 0], note: [0.1, 0.45, 0.85, 0] };

/** The one stage of the page: canvas, WebGL, and the view that has it. */
const stage = { canvas: null, gl: null, owner: null };

function compile(gl) {
  const shader = (kind, text) => {
    const s = gl.createShader(kind);
    gl.shaderSource(s, text);
    gl.compileShader(s);
    if (!gl.getShaderParameter(s, gl.COMPILE_STATUS) && !gl.isContextLost()) throw new Error(gl.getShaderInfoLog(s));
    return s;
  };
  const program = gl.createProgram();
  gl.attachShader(program, shader(gl.VERTEX_SHADER, VERTEX));
  gl.attachShader(program, shader(gl.FRAGMENT_SHADER, FRAGMENT));
  ["position", "normal", "colour"].forEach((name, k) => gl.bindAttribLocation(program, k, name));
  gl.linkProgram(program);
  const names = ["matrix", "rotation", "offset", "scale", "cut", "background", "depth", "picture", "pictureLow",
    "pictureU", "pictureV", "whole"];
  return { program, at: Object.fromEntries(names.map(n => [n, gl.getUniformLocation(program, n)])) };
}

function openStage() {
  if (stage.canvas) return;
  const canvas = document.createElement("canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  const gl = canvas.getContext("webgl", { antialias: true, preserveDrawingBuffer: true });
  if (!gl || !gl.getExtension("OES_element_index_uint")) {
    throw new Error("This browser has no WebGL (or it is switched off), so the solid cannot be shown in three dimensions. The sections above and all figures do not need it.");
  }
  stage.canvas = canvas;
  stage.gl = gl;
  stage.shader = compile(gl);
  canvas.addEventListener("webglcontextlost", event => event.preventDefault());
  canvas.addEventListener("webglcontextrestored", () => {
    stage.shader = compile(gl);
    const owner = stage.owner;
    stage.owner = null;
    if (owner) owner.activate();
  });
}

/** A ball of radius 1. */
function ball() {
  const position = [], triangles = [], rows = 12, columns = 20;
  for (let r = 0; r <= rows; r++) {
    for (let c = 0; c <= columns; c++) {
      const [a, b] = [Math.PI * r / rows, 2 * Math.PI * c / columns];
      position.push(Math.sin(a) * Math.cos(b), Math.sin(a) * Math.sin(b), Math.cos(a));
      if (r < rows && c < columns) {
        const i = r * (columns + 1) + c, j = i + columns + 1;
        triangles.push(i, j, i + 1, i + 1, j, j + 1);
      }
    }
  }
  const normal = Int8Array.from({ length: position.length / 3 * 4 }, (_, k) => k % 4 < 3 ? 127 * position[3 * (k >> 2) + k % 4] : 0);
  return { position: Float32Array.from(position), normal, triangles: Uint32Array.from(triangles) };
}

function upload(gl, mesh) {
  const buffer = (target, data) => {
    const b = gl.createBuffer();
    gl.bindBuffer(target, b);
    gl.bufferData(target, data, gl.STATIC_DRAW);
    return b;
  };
  return {
    position: buffer(gl.ARRAY_BUFFER, mesh.position),
    normal: buffer(gl.ARRAY_BUFFER, mesh.normal),
    triangles: buffer(gl.ELEMENT_ARRAY_BUFFER, mesh.triangles),
    colour: null,
    count: mesh.triangles.length,
  };
}

function draw(gl, mesh, constant) {
  gl.bindBuffer(gl.ARRAY_BUFFER, mesh.position);
  gl.enableVertexAttribArray(0);
  gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 0, 0);
  gl.bindBuffer(gl.ARRAY_BUFFER, mesh.normal);
  gl.enableVertexAttribArray(1);
  gl.vertexAttribPointer(1, 3, gl.BYTE, true, 4, 0);
  if (mesh.colour) {
    gl.bindBuffer(gl.ARRAY_BUFFER, mesh.colour);
    gl.enableVertexAttribArray(2);
    gl.vertexAttribPointer(2, 4, gl.UNSIGNED_BYTE, true, 0, 0);
  } else {
    gl.disableVertexAttribArray(2);
    gl.vertexAttrib4fv(2, constant);
  }
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, mesh.triangles);
  gl.drawElements(gl.TRIANGLES, mesh.count, gl.UNSIGNED_INT, 0);
}

/** What the drawing is worth: figures are never taken from it. */
function drawn(volume, triangles, measured) {
  const text = `Drawn by ${triangles} triangles round ${volume.toPrecision(4)} mm³`;
  if (measured === null) return text + ".";
  const coarse = Math.abs(volume / measured - 1) > 0.1;
  return text + ` (measured: ${measured.toPrecision(4)} mm³` +
    (coarse ? "; the grid is too coarse to draw all struts as thick as they are)." : ").");
}

/** The 3D view of a design; `goTo` shows its sections through a place. */
function view(root, goTo) {
  const holder = root.querySelector(".stage"), message = root.querySelector(".message");
  const control = name => root.querySelector(`[name="${name}"]`);
  const cutAxis = control("cut"), cutAt = control("at"), cutText = root.querySelector(".slide output");
  const places = [...root.querySelectorAll(".places button")];
  const state = { b: null, mesh: null, look: null, buffers: null, busy: false };
  const self = { activate };

  const middle = () => [0, 1, 2].map(a => (state.b.low[a] + state.b.high[a]) / 2);
  const local = at => at.map((v, a) => (v - middle()[a]) / 1000);

  async function activate() {
    if (stage.owner === self || state.busy) return;
    state.busy = true;
    try {
      openStage();
      state.b = await block(root.dataset.block);
      state.mesh ??= surface(state.b);
    } catch (error) {
      message.textContent = error.message;
      root.classList.add("broken");
      return;
    } finally {
      state.busy = false;
    }
    if (stage.owner) stage.owner.release();
    stage.owner = self;
    const { b, mesh } = state, { gl, canvas } = stage;
    const radius = Math.hypot(...[0, 1, 2].map(a => b.high[a] - b.low[a])) / 2000;
    state.radius = radius;
    state.look ??= camera(radius);
    state.buffers = { solid: upload(gl, mesh), ball: upload(gl, ball()), quad: quad(gl), picture: gl.createTexture() };
    canvas.setAttribute("aria-label", "The solid of " + b.name + " in three dimensions: arrow keys turn, + and − come nearer or farther, Page Up and Page Down move the cut, Home resets");
    holder.append(canvas);
    message.hidden = true;
    pins();
    colour();
    cut();
    root.querySelector(".drawn").textContent = drawn(enclosed(mesh), mesh.triangles.length / 3, b.solidVolume);
    holder.dataset.ready = "yes";
  }

  self.release = () => {
    const { gl } = stage, { solid, ball, quad, picture } = state.buffers;
    for (const m of [solid, ball, quad]) {
      for (const part of [m.position, m.normal, m.colour, m.triangles]) if (part) gl.deleteBuffer(part);
    }
    gl.deleteTexture(picture);
    state.buffers = null;
    state.mesh = null;
    holder.querySelectorAll(".pin").forEach(pin => pin.remove());
    message.hidden = false;
    message.textContent = "shown when you come back to it";
    delete holder.dataset.ready;
  };

  function quad(gl) {
    return upload(gl, { position: new Float32Array(12), normal: new Int8Array(16), triangles: Uint32Array.of(0, 1, 2, 0, 2, 3) });
  }

  /** Colours of the surface by what is chosen. */
  function colour() {
    const { b, mesh } = state, { gl } = stage, mode = control("colour").value;
    keys(mode);
    const table = mode === "struts" ? b.struts : mode === "pores" ? b.pores : null;
    const bytes = mesh.bytes[mode], data = new Uint8Array(4 * mesh.count);
    for (let i = 0; i < mesh.count; i++) {
      const known = table && bytes[i] > 1;
      const c = known ? table.colours[bytes[i]] : PLAIN;
      data[4 * i] = c[0];
      data[4 * i + 1] = c[1];
      data[4 * i + 2] = c[2];
      data[4 * i + 3] = known && outOfLimits(b, bytes[i]) ? 255 : 0;
    }
    const solid = state.buffers.solid;
    if (!solid.colour) solid.colour = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, solid.colour);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    picture();
    render();
  }

  /** The keys of the colours that can be seen. */
  function keys(mode) {
    const cutPores = cutAxis.value !== "" && control("pores").checked;
    root.querySelectorAll(".key").forEach(key => {
      key.hidden = key.dataset.colour !== mode && !(cutPores && key.dataset.colour === "pores");
    });
  }

  /** What is cut off, by the choice of axis and the slider. */
  function cut() {
    const { b } = state, chosen = cutAxis.value;
    cutAt.disabled = chosen === "";
    if (chosen !== "") {
      const axis = Number(chosen), last = b.size[axis] - 1;
      if (Number(cutAt.max) !== last || cutAt.dataset.axis !== chosen) {
        cutAt.max = last;
        cutAt.value = Math.round(last / 2);
        cutAt.dataset.axis = chosen;
      }
      cutText.textContent = LETTERS[axis] + " = " + millimetres(along(b, axis, Number(cutAt.value))) + " mm";
      cutAt.setAttribute("aria-valuetext", cutText.textContent);
    } else {
      cutText.textContent = "";
    }
    picture();
    render();
  }

  /** The section that closes the cut, as a texture. */
  function picture() {
    const { b, buffers } = state, { gl } = stage;
    keys(control("colour").value);
    if (cutAxis.value === "") return;
    const axis = Number(cutAxis.value), [width, height] = pixels(b, axis);
    const image = new ImageData(width, height), mode = control("colour").value;
    const solid = mode === "struts" ? byte => byte > 1 ? b.struts.colours[byte] : b.solid : () => b.solid;
    paint(image, b, section(b, axis, Number(cutAt.value), width, height), solid,
      control("pores").checked ? voidColour(b) : () => null);
    gl.bindTexture(gl.TEXTURE_2D, buffers.picture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, image);
    for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  }

  function pins() {
    state.pins = state.b.places.map((place, k) => {
      const pin = document.createElement("span");
      pin.className = "pin " + (place.fails ? "fail" : "note");
      pin.textContent = k + 1;
      pin.title = place.text;
      pin.addEventListener("click", () => show(k));
      holder.append(pin);
      return pin;
    });
  }

  /** Looks at a place: the view comes near, the cut and the sections go through it. */
  function show(k) {
    const at = state.b.places[k].at, towards = state.look.rotation();
    state.look.target = local(at);
    state.look.zoom = Math.max(state.look.zoom, 2);
    const facing = [0, 1, 2].map(a => Math.abs(towards[3 * a + 2]));
    const axis = facing.indexOf(Math.max(...facing));
    cutAxis.value = String(axis);
    cut();
    cutAt.value = Math.round((at[axis] - state.b.origin[axis]) / state.b.spacing[axis]);
    cut();
    goTo(at);
    places.forEach((button, i) => button.setAttribute("aria-pressed", String(i === k)));
  }

  let frame = 0;
  function render() {
    if (stage.owner !== self || frame) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      if (stage.owner === self) scene();
    });
  }

  function scene() {
    const { gl, canvas, shader } = stage, { b, look, buffers, radius } = state;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const width = Math.max(1, Math.round(holder.clientWidth * ratio)), height = Math.max(1, Math.round(holder.clientHeight * ratio));
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const ground = getComputedStyle(holder).backgroundColor.match(/[\d.]+/g).map(v => v / 255);
    const matrix = look.matrix(width / height), distance = look.distance();
    gl.viewport(0, 0, width, height);
    gl.clearColor(ground[0], ground[1], ground[2], 1);
    gl.enable(gl.DEPTH_TEST);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.useProgram(shader.program);
    const at = shader.at, off = [0, 0, 0, 1];
    gl.uniformMatrix4fv(at.matrix, false, matrix);
    gl.uniformMatrix3fv(at.rotation, false, look.rotation());
    gl.uniform3fv(at.offset, [0, 0, 0]);
    gl.uniform1f(at.scale, 1);
    gl.uniform3fv(at.background, ground.slice(0, 3));
    gl.uniform2f(at.depth, Math.max(distance - radius, 0), distance + 1.3 * radius);
    gl.uniform1i(at.picture, 0);
    gl.uniform1f(at.whole, 0);
    let plane = off;
    if (cutAxis.value !== "") {
      const axis = Number(cutAxis.value), place = (along(b, axis, Number(cutAt.value)) - middle()[axis]) / 1000;
      // What is towards us is cut off.
      const side = look.rotation()[3 * axis + 2] >= 0 ? 1 : -1;
      plane = [0, 0, 0, side * place];
      plane[axis] = side;
      cap(axis, place, side);
    }
    gl.uniform1f(at.whole, 0);
    gl.uniform4fv(at.cut, plane);
    draw(gl, buffers.solid);
    gl.uniform4fv(at.cut, off);
    for (const place of b.places) {
      gl.uniform3fv(at.offset, local(place.at));
      gl.uniform1f(at.scale, place.diameter > 0 ? place.diameter / 2000 : 0.012 * radius);
      draw(gl, buffers.ball, place.fails ? MARK.fail : MARK.note);
    }
    state.pins.forEach((pin, k) => {
      const p = local(b.places[k].at);
      const q = [0, 1, 3].map(r => matrix[r] * p[0] + matrix[4 + r] * p[1] + matrix[8 + r] * p[2] + matrix[12 + r]);
      pin.style.left = 50 + 50 * q[0] / q[2] + "%";
      pin.style.top = 50 - 50 * q[1] / q[2] + "%";
      pin.hidden = q[2] <= 0 || Math.abs(q[0]) > q[2] || Math.abs(q[1]) > q[2];
    });
  }

  /** The section in the plane of the cut. */
  function cap(axis, place, side) {
    const { gl, shader } = stage, { b, buffers } = state, at = shader.at, [u, v] = acrossUp(axis);
    const [low, high] = [local(b.low), local(b.high)];
    const corner = (a, c) => {
      const p = [0, 0, 0];
      p[axis] = place - side * 1e-4;
      p[u] = a ? high[u] : low[u];
      p[v] = c ? high[v] : low[v];
      return p;
    };
    gl.bindBuffer(gl.ARRAY_BUFFER, buffers.quad.position);
    gl.bufferData(gl.ARRAY_BUFFER, Float32Array.from([corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)].flat()), gl.DYNAMIC_DRAW);
    const across = [0, 0, 0], down = [0, 0, 0], start = [0, 0, 0];
    across[u] = 1 / (high[u] - low[u]);
    down[v] = -1 / (high[v] - low[v]);
    start[u] = low[u];
    start[v] = high[v];
    gl.uniform3fv(at.pictureLow, start);
    gl.uniform3fv(at.pictureU, across);
    gl.uniform3fv(at.pictureV, down);
    gl.uniform4fv(at.cut, [0, 0, 0, 1]);
    gl.uniform1f(at.whole, 1);
    gl.bindTexture(gl.TEXTURE_2D, buffers.picture);
    draw(gl, buffers.quad, [1, 1, 1, 0]);
  }

  const live = action => event => {
    if (stage.owner !== self) return;
    if (action(event) !== false) render();
  };
  control("colour").addEventListener("change", live(colour));
  cutAxis.addEventListener("change", live(cut));
  cutAt.addEventListener("input", live(cut));
  control("pores").addEventListener("change", live(() => picture()));
  control("nearer").addEventListener("click", live(() => state.look.nearer(1.3)));
  control("farther").addEventListener("click", live(() => state.look.nearer(1 / 1.3)));
  control("reset").addEventListener("click", live(() => state.look.reset()));
  places.forEach((button, k) => button.addEventListener("click", async () => {
    await activate();
    if (stage.owner === self) show(k);
  }));

  const actions = {
    ArrowLeft: () => state.look.turn(-0.1, 0),
    ArrowRight: () => state.look.turn(0.1, 0),
    ArrowUp: () => state.look.turn(0, 0.1),
    ArrowDown: () => state.look.turn(0, -0.1),
    "+": () => state.look.nearer(1.15),
    "=": () => state.look.nearer(1.15),
    "-": () => state.look.nearer(1 / 1.15),
    Home: () => state.look.reset(),
    PageUp: () => step(1),
    PageDown: () => step(-1),
  };
  function step(by) {
    if (cutAxis.value === "") cutAxis.value = "2";
    cut();
    cutAt.value = Number(cutAt.value) + by * Math.max(1, Math.round(state.b.size[Number(cutAxis.value)] / 40));
    cut();
  }
  holder.addEventListener("keydown", live(event => {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return false;
    event.preventDefault();
    action();
  }));

  const pointers = new Map();
  holder.addEventListener("pointerdown", live(event => {
    if (event.target !== stage.canvas) return false;
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    stage.canvas.setPointerCapture(event.pointerId);
  }));
  holder.addEventListener("pointermove", live(event => {
    const before = pointers.get(event.pointerId);
    if (!before) return false;
    const now = [event.clientX, event.clientY], [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    const height = holder.clientHeight;
    if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
      const apart = p => Math.hypot(p[0] - other[0], p[1] - other[1]);
      state.look.nearer(apart(now) / Math.max(apart(before), 1));
      state.look.shift(dx / 2 / height, -dy / 2 / height);
    } else if (event.shiftKey || event.buttons === 2) {
      state.look.shift(dx / height, -dy / height);
    } else {
      state.look.turn(dx * 0.008, dy * 0.008);
    }
    pointers.set(event.pointerId, now);
  }));
  for (const name of ["pointerup", "pointercancel"]) {
    holder.addEventListener(name, event => pointers.delete(event.pointerId));
  }
  holder.addEventListener("contextmenu", event => event.preventDefault());
  // The wheel scrolls the page until the view was chosen by a click or a key.
  holder.addEventListener("wheel", live(event => {
    if (document.activeElement !== stage.canvas) return false;
    event.preventDefault();
    state.look.nearer(Math.exp(-event.deltaY * 0.0015));
  }), { passive: false });
  new ResizeObserver(() => render()).observe(holder);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => render());
  return self;
}
