// Loaded before a measured program: when it ends, the program's largest memory goes into the file BENCH_USAGE names.
import { appendFileSync } from "node:fs";

const file = process.env.BENCH_USAGE;
if (file !== undefined) process.on("exit", () => appendFileSync(file, `${process.resourceUsage().maxRSS}\n`));
