import { Metric_Unit as Unit } from "@limiquantix/api";
import { useEffect, useLayoutEffect, useRef, type KeyboardEvent } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { ceiling, formatTick } from "./format.ts";
import type { Line } from "./lines.ts";

export interface Span {
  fromMs: number;
  toMs: number;
}

export interface PlotProps {
  startMs: number;
  stepMs: number;
  lines: readonly Line[];
  /** Names of the theme's colours, a line each. */
  colours: readonly string[];
  span: Span;
  /** The top of the axis, where there is one that everybody knows; otherwise what was measured decides. */
  max?: number | undefined;
  height: number;
  theme: string;
  describedBy: string;
  label: string;
  /** Where the crosshair is; undefined: nowhere. */
  point: number | undefined;
  /** What is measured there, in words. */
  valueText: string;
  onCursor: (point: number | undefined) => void;
  onZoom: (span: Span | undefined) => void;
}

/** Charts with this key have their crosshair at the same time. */
const page = "charts";
const binaryIncrements = Array.from({ length: 60 }, (_, i) => 2 ** i);
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const precise = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** uPlot, and its code, which is loaded when the first chart is shown. */
export function Plot(props: PlotProps) {
  const { lines, theme, label, describedBy, point, valueText } = props;
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(props);
  const points = lines[0]?.values.length ?? 0;
  const shape = lines.map((line) => `${line.label}/${line.unit}`).join();

  useLayoutEffect(() => {
    latest.current = props;
  });

  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const made = new uPlot(optionsOf(element, latest), dataOf(latest.current), element);
    plot.current = made;
    const resize = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: latest.current.height }),
    );
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [theme, shape]);

  useEffect(() => {
    const made = plot.current;
    if (!made) return;
    made.batch(() => {
      made.setData(dataOf(props), false);
      made.setScale("x", { min: props.span.fromMs / 1000, max: props.span.toMs / 1000 });
    });
  });

  return (
    <div
      ref={frame}
      // The arrow keys move the crosshair of all charts.
      tabIndex={0}
      role="slider"
      aria-label={label}
      aria-describedby={describedBy}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, points - 1)}
      aria-valuenow={Math.min(point ?? points - 1, Math.max(0, points - 1))}
      aria-valuetext={valueText}
      onKeyDown={(event) => plot.current && moveCursor(plot.current, event)}
      onBlur={() => plot.current?.setCursor({ left: -10, top: -10 })}
      className="w-full rounded"
      style={{ height: props.height }}
    />
  );
}

function dataOf({ startMs, stepMs, lines }: PlotProps): uPlot.AlignedData {
  let count = lines[0]?.values.length ?? 0;
  // The step that goes on, and the one before for a moment, are not measured yet: the crosshair has no business there.
  for (let spare = 2; spare > 0 && lines.every(({ values }) => Number.isNaN(values[count - 1])); spare--) count--;
  // A mean is drawn in the middle of its time.
  const x = Array.from({ length: count }, (_, i) => (startMs + (i + 0.5) * stepMs) / 1000);
  return [x, ...lines.map(({ values }) => values.slice(0, count).map((value) => (Number.isNaN(value) ? null : value)))];
}

function optionsOf(element: HTMLElement, latest: { readonly current: PlotProps }): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const { lines, colours, height } = latest.current;
  const unit = lines[0]?.unit ?? Unit.NONE;
  const font = `11px ${style.fontFamily}`;
  const axis = { font, stroke: colour("muted"), ticks: { show: false }, grid: { stroke: colour("line"), width: 1 } };
  return {
    width: element.clientWidth,
    height,
    padding: [6, 8, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: true, auto: false },
      y: { range: (_plot, _min, max) => [0, latest.current.max ?? ceiling(max ?? 0, unit)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        gap: 4,
        space: 76,
        values: (_plot, splits, _axis, _space, step) => splits.map((at) => momentText(new Date(at * 1000), step)),
      },
      {
        ...axis,
        size: 66,
        gap: 6,
        space: 32,
        values: (_plot, splits) => splits.map((value) => formatTick(value, unit)),
        ...(unit === Unit.BYTES ? { incrs: binaryIncrements } : {}),
      },
    ],
    series: [
      {},
      ...lines.map(({ label }, i) => {
        const stroke = colour(colours[i] ?? "accent");
        return {
          label,
          stroke,
          width: 1.5,
          // Of several lines the fill of one would hide the other.
          ...(lines.length === 1 ? { fill: colour(`${colours[i] ?? "accent"}-soft`) } : {}),
          spanGaps: false,
          points: { show: true, size: 4, fill: stroke, filter: lonely },
        };
      }),
    ],
    cursor: {
      y: false,
      sync: { key: page },
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
      bind: {
        dblclick: () => () => {
          latest.current.onZoom(undefined);
          return null;
        },
      },
    },
    hooks: {
      setCursor: [(plot) => latest.current.onCursor(plot.cursor.idx ?? undefined)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 4) return;
          const at = (pixels: number) => plot.posToVal(pixels, "x") * 1000;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          latest.current.onZoom({ fromMs: at(left), toMs: at(left + width) });
        },
      ],
    },
  };
}

/** A day begins with its date, so that several of them can be told apart. */
function momentText(at: Date, stepSeconds: number): string {
  if (at.getHours() === 0 && at.getMinutes() === 0 && stepSeconds >= 60) return day.format(at);
  return (stepSeconds < 60 ? precise : time).format(at);
}

/** A measurement between two gaps would have no line. */
function lonely(plot: uPlot, line: number): number[] {
  const values = Array.from<number | null | undefined>(plot.data[line] ?? []);
  const missing = (value: number | null | undefined) => value === null || value === undefined;
  return values.flatMap((value, i) => (!missing(value) && missing(values[i - 1]) && missing(values[i + 1]) ? [i] : []));
}

function moveCursor(plot: uPlot, event: KeyboardEvent): void {
  const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const times = plot.data[0];
  const { min = 0, max = 0 } = plot.scales["x"] ?? {};
  const first = times.findIndex((at) => at >= (min ?? 0));
  const last = times.findLastIndex((at) => at <= (max ?? 0));
  const next = Math.min(last, Math.max(first, (plot.cursor.idx ?? last + 1) + step));
  plot.setCursor({ left: plot.valToPos(times[next] ?? 0, "x"), top: plot.height / 4 });
}
