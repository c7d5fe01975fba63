/** 512 MiB, 4 GiB, 1.5 TiB. */
export function memory(mib: number): string {
  if (mib < 1024) return `${mib} MiB`;
  const gib = mib / 1024;
  return gib < 1024 ? `${trim(gib)} GiB` : `${trim(gib / 1024)} TiB`;
}

const binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function bytes(count: number | bigint): string {
  let value = Number(count);
  let unit = 0;
  while (value >= 1024 && unit < binary.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${trim(value)} ${binary[unit]}`;
}

export function percent(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}

function trim(value: number): string {
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
}
