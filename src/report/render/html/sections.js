// Sections with a slider: the picture of the middle gives way to a canvas once there is something else to show.

const SIDE = 480;
const STRIPE = 4;
const LETTERS = "xyz";

/** Paints a section into an image; `show` tells the colour of solid, or null to leave it out, and likewise of void. */
function paint(image, b, { bytes, solid }, solidColour, voidColour) {
  const { data, width } = image;
  for (let k = 0; k < bytes.length; k++) {
    const inside = solid[k] === 1;
    const colour = inside ? solidColour(bytes[k]) : bytes[k] === 0 ? null : voidColour(bytes[k]);
    if (!colour) {
      data[4 * k + 3] = 0;
      continue;
    }
    const striped = (inside ? b.struts : b.pores) && outOfLimits(b, bytes[k]) && colour !== b.solid;
    const dark = striped && Math.floor((k % width + Math.floor(k / width)) / STRIPE) % 2 === 1 ? 0.75 : 1;
    data[4 * k] = dark * colour[0];
    data[4 * k + 1] = dark * colour[1];
    data[4 * k + 2] = dark * colour[2];
    data[4 * k + 3] = 255;
  }
}

const voidColour = b => byte => b.pores ? b.pores.colours[byte] : b.unmeasured;

/** Width and height in points of a section, the longer side of SIDE. */
function pixels(b, axis) {
  const [u, v] = acrossUp(axis).map(a => b.high[a] - b.low[a]);
  const unit = Math.max(u, v) / SIDE;
  return [Math.max(1, Math.round(u / unit)), Math.max(1, Math.round(v / unit))];
}

const millimetres = um => (um / 1000).toFixed(3);

/** Makes the sliders of a design's sections work; a function that shows the sections through a place. */
function sections(root) {
  const number = root.dataset.block;
  const figures = [...root.querySelectorAll("figure")].map(figure => {
    const axis = Number(figure.dataset.axis);
    const slider = figure.querySelector("input");
    const place = figure.querySelector("output");
    const probe = figure.querySelector(".probe");
    let canvas = null, shown = null;
    async function draw() {
      const b = await block(number);
      const [width, height] = pixels(b, axis);
      if (!canvas) {
        canvas = document.createElement("canvas");
        canvas.width = width;
        canvas.height = height;
        canvas.setAttribute("role", "img");
        const image = figure.querySelector("img");
        image.replaceWith(canvas);
        canvas.addEventListener("pointermove", read);
        canvas.addEventListener("pointerleave", () => { probe.textContent = ""; });
      }
      const at = Number(slider.value);
      shown = section(b, axis, at, width, height);
      const context = canvas.getContext("2d");
      const image = context.createImageData(width, height);
      paint(image, b, shown, () => b.solid, voidColour(b));
      context.putImageData(image, 0, 0);
      const text = LETTERS[axis] + " = " + millimetres(along(b, axis, at)) + " mm";
      place.textContent = text;
      slider.setAttribute("aria-valuetext", text);
      canvas.setAttribute("aria-label", "Section across " + LETTERS[axis] + " at " + text);
    }
    async function read(event) {
      const b = await block(number);
      const box = canvas.getBoundingClientRect();
      const x = Math.floor((event.clientX - box.left) / box.width * canvas.width);
      const y = Math.floor((event.clientY - box.top) / box.height * canvas.height);
      const k = x + canvas.width * y;
      if (!shown || !(k >= 0 && k < shown.bytes.length)) return;
      const table = shown.solid[k] ? b.struts : b.pores;
      const diameter = table ? table.diameters[shown.bytes[k]] : 0;
      const what = shown.solid[k] ? "solid" : shown.bytes[k] === 0 ? "outside" : "pore";
      probe.textContent = "· " + what + (diameter > 0 ? " " + Math.round(diameter) + " µm" : "");
    }
    slider.addEventListener("input", () => draw().catch(error => { place.textContent = error.message; }));
    return { axis, slider, draw };
  });
  return async at => {
    const b = await block(number);
    for (const { axis, slider, draw } of figures) {
      slider.value = Math.round((at[axis] - b.origin[axis]) / b.spacing[axis]);
      await draw();
    }
  };
}
