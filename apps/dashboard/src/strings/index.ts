/**
 * Every word on the screen; a part of it is one line in english.ts. English is the first: another language is another
 * module of this shape.
 */
export * as strings from "./english.ts";
