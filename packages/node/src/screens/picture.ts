/** Rows from the top, three bytes a pixel: red, green, blue. */
export interface Picture {
  width: number;
  height: number;
  rgb: Uint8Array;
}

/** The same picture at most `maxWidth` wide: each pixel is the mean of those that it stands for. */
export function shrink(picture: Picture, maxWidth: number): Picture {
  const { width, height, rgb } = picture;
  if (width <= maxWidth) return picture;
  const to = { width: maxWidth, height: Math.max(1, Math.round((height * maxWidth) / width)) };
  const small = new Uint8Array(to.width * to.height * 3);
  for (let y = 0; y < to.height; y++) {
    const [top, bottom] = span(y, to.height, height);
    for (let x = 0; x < to.width; x++) {
      const [left, right] = span(x, to.width, width);
      let [red, green, blue] = [0, 0, 0];
      for (let row = top; row < bottom; row++) {
        for (let at = (row * width + left) * 3; at < (row * width + right) * 3; at += 3) {
          red += rgb[at] ?? 0;
          green += rgb[at + 1] ?? 0;
          blue += rgb[at + 2] ?? 0;
        }
      }
      const count = (bottom - top) * (right - left);
      small.set([red / count, green / count, blue / count], (y * to.width + x) * 3);
    }
  }
  return { ...to, rgb: small };
}

/** Which of `whole` pixels the one at `index` of `parts` stands for. */
function span(index: number, parts: number, whole: number): [from: number, to: number] {
  const from = Math.floor((index * whole) / parts);
  return [from, Math.max(from + 1, Math.floor(((index + 1) * whole) / parts))];
}
