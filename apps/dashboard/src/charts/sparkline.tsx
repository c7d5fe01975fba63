const [width, height] = [64, 16];

/** A line as tall as its text: values in order, NaN where nothing was measured. `label` says it in words. */
export function Sparkline({ values, max, label }: { values: readonly number[]; max?: number; label: string }) {
  const top = max ?? Math.max(1e-9, ...values.filter((value) => !Number.isNaN(value)));
  const x = (i: number) => (values.length > 1 ? (i * width) / (values.length - 1) : width);
  let path = "";
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value)) continue;
    const y = height - 1 - Math.min(1, Math.max(0, value / top)) * (height - 2);
    path += `${path === "" || Number.isNaN(values[i - 1]) ? "M" : "L"}${x(i).toFixed(1)} ${y.toFixed(1)}`;
  }
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className="h-4 w-16"
    >
      <path
        d={path}
        fill="none"
        vectorEffect="non-scaling-stroke"
        strokeWidth={1.5}
        strokeLinejoin="round"
        className="stroke-accent"
      />
    </svg>
  );
}
