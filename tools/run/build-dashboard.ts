import { ensureDashboard } from "./dashboard.ts";

const startedAt = performance.now();
const built = await ensureDashboard((line) => console.log(line));
console.log(built ? `built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s` : "the dashboard is fresh");
