/** X11's names of keys as numbers (X Window System Protocol, appendix A). */
export const keysym = {
  backspace: 0xff08,
  tab: 0xff09,
  enter: 0xff0d,
  escape: 0xff1b,
  delete: 0xffff,
  printScreen: 0xff61,
  shift: 0xffe1,
  control: 0xffe3,
  alt: 0xffe9,
  super: 0xffeb,
  f: (number: number) => 0xffbd + number,
} as const;

/** On a US keyboard these need Shift: a server that goes by key positions takes it as it comes. */
const shifted = /[A-Z~!@#$%^&*()_+{}|:"<>?]/;

export interface Keystroke {
  keysym: number;
  shift: boolean;
}

/** The key that a character is typed with; undefined where a US keyboard has none. */
export function keystrokeOf(character: string): Keystroke | undefined {
  if (character === "\n") return { keysym: keysym.enter, shift: false };
  if (character === "\t") return { keysym: keysym.tab, shift: false };
  const code = character.codePointAt(0) ?? 0;
  // Printable ASCII are their own keysyms.
  if (code < 0x20 || code > 0x7e) return undefined;
  return { keysym: code, shift: shifted.test(character) };
}

/** A text as keys, with line ends of any kind as one Enter, and how many of its characters have none. */
export function keystrokesOf(text: string): { strokes: Keystroke[]; leftOut: number } {
  const characters = [...text.replace(/\r\n?/g, "\n")];
  const strokes = characters.flatMap((character) => keystrokeOf(character) ?? []);
  return { strokes, leftOut: characters.length - strokes.length };
}
