import { ensureDashboard } from "./dashboard.ts";

const startedAt = performance.now();
try {
  const built = await ensureDashboard((line) => console.log(line));
  console.log(built ? `built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s` : "the dashboard is fresh");
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
