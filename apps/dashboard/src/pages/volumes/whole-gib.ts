/** What was typed as a size, if it is one that a volume can have: whole GiB, up to 64 TiB. */
export function wholeGib(text: string): number | undefined {
  const value = Number(text);
  return /^[0-9]{1,5}$/.test(text) && value > 0 && value <= 65_536 ? value : undefined;
}
